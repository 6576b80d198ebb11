"""Checking expressions: from syntax to the typed tree (sections 6 and 7 of the language).

`Expressions` knows everything about expressions in one function, or in the initialiser of a
global; `statements.Body` adds statements. `check` takes an expression and its context (the type
that is expected, or None) and returns a value or a place. What is wrong is reported, and the
result is then of type `UNKNOWN`, which agrees with everything, so that one mistake is one message.
"""

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import syntax, tree
from .names import Ambiguous, Block, FunctionTemplate
from .resolve import Environment
from .tree import BinaryOp, Expression, Local, Place, Value
from .types import (
    BOOL,
    BYTE,
    FLOAT,
    INT,
    UNKNOWN,
    VOID,
    Array,
    FunctionType,
    Pointer,
    Slice,
    Struct,
    Type,
    convertible,
    equal,
    is_integer,
    is_numeric,
    is_scalar,
    is_testable,
    slice_element,
    untagged,
)

if TYPE_CHECKING:
    from .check import Checker

__all__ = ["Broken", "Expressions"]

_MASK = 0xFFFFFFFF

_COMPARISONS = frozenset(["==", "!=", "<", ">", "<=", ">="])

# Operators by the kind of their left operand, in the order byte and the like, int, float.
_OPERATIONS = {
    "+":  (BinaryOp.ADD, BinaryOp.ADD,  BinaryOp.FADD),
    "-":  (BinaryOp.SUB, BinaryOp.SUB,  BinaryOp.FSUB),
    "*":  (BinaryOp.MUL, BinaryOp.MUL,  BinaryOp.FMUL),
    "/":  (BinaryOp.DIV, BinaryOp.SDIV, BinaryOp.FDIV),
    "%":  (BinaryOp.MOD, BinaryOp.SMOD, BinaryOp.MOD),
    "&":  (BinaryOp.AND, BinaryOp.AND,  BinaryOp.AND),
    "|":  (BinaryOp.OR,  BinaryOp.OR,   BinaryOp.OR),
    "<<": (BinaryOp.SHL, BinaryOp.SHL,  BinaryOp.SHL),
    ">>": (BinaryOp.SHR, BinaryOp.SAR,  BinaryOp.SHR),
    "<":  (BinaryOp.LT,  BinaryOp.SLT,  BinaryOp.FLT),
    ">":  (BinaryOp.GT,  BinaryOp.SGT,  BinaryOp.FGT),
    "<=": (BinaryOp.LE,  BinaryOp.SLE,  BinaryOp.FLE),
    ">=": (BinaryOp.GE,  BinaryOp.SGE,  BinaryOp.FGE),
    "==": (BinaryOp.EQ,  BinaryOp.EQ,   BinaryOp.FEQ),
    "!=": (BinaryOp.NE,  BinaryOp.NE,   BinaryOp.FNE),
}


class Broken(Place):
    """Stands for an expression that was reported as wrong."""

    __slots__ = ()

    def __init__(self, pos: int):
        self.pos = pos
        self.type = UNKNOWN


def _is_numeric_or_pointer(kind: Type) -> bool:
    return is_numeric(kind) or isinstance(kind.base, Pointer)


def _is_word(kind: Type) -> bool:
    return is_scalar(kind) and kind.base is not FLOAT


# What an operator's operands must be: a test and its name.
_NUMERIC = (is_numeric, "numeric type")
_OPERANDS = {
    "+": _NUMERIC, "-": _NUMERIC, "*": _NUMERIC, "/": _NUMERIC,
    "<": _NUMERIC, ">": _NUMERIC, "<=": _NUMERIC, ">=": _NUMERIC,
    "%": (is_integer, "integer type"),
    "|": (_is_word, "integer, pointer or function type"),
    "&": (_is_word, "integer, pointer or function type"),
    "<<": (_is_word, "integer, pointer or function type"),
    ">>": (_is_word, "integer, pointer or function type"),
    "==": (_is_numeric_or_pointer, "numeric or pointer type"),
    "!=": (_is_numeric_or_pointer, "numeric or pointer type"),
}


def is_assignable(expression: Expression) -> bool:
    """Whether an expression is a place that the language lets one assign to."""
    return isinstance(expression, Place) and not isinstance(
        expression, (tree.RetypePlace, tree.AtAddress, tree.Temporary))


def as_place(expression: Expression) -> Place:
    """A place that holds the expression's value: itself, or a temporary."""
    return expression if isinstance(expression, Place) else _temporary(expression)


def _temporary(expression: Expression) -> Place:
    assert isinstance(expression, Value)
    if isinstance(expression, tree.Read):
        return expression.place
    return tree.Temporary(expression)


def as_value(expression: Expression) -> Value:
    """The value of an expression."""
    if isinstance(expression, Value):
        return expression
    if isinstance(expression, Broken):
        return tree.Const(expression.pos, UNKNOWN, 0)
    assert isinstance(expression, Place)
    return tree.Read(expression.pos, expression)


class Expressions:
    """The expressions of one function, or of one global's initialiser.

    Parameters
    ----------
    checker : Checker
        The program.
    block : Block
        Where namespace-level names are looked up.
    env : Environment | None
        What type parameters stand for, in an instance of a template.
    """

    def __init__(self, checker: "Checker", block: Block, env: Environment | None):
        self.checker = checker
        self.report = checker.report
        self.block = block
        self.env = env
        self.scopes: list[dict[str, Local]] = []
        self.mentions: dict[tree.Function, int] = {}
        self.globals: set[tree.Global] = set()
        self.indirect = False   # reads or writes what cannot be told, or calls a pointer
        self.depth = 0          # of template instances within each other

    # --- helpers ---------------------------------------------------------------------------------

    def error(self, kind: str, message: str, node: syntax.Node,
              notes: tuple[str, ...] = ()) -> Broken:
        self.report.error(kind, message, node.pos, node.end, notes)
        return Broken(node.pos)

    def mismatch(self, wanted: Type, given: Type, node: syntax.Node) -> Broken:
        """Report that a type was expected and another one came."""
        notes: tuple[str, ...] = ()
        wanted_base, given_base = wanted.base, given.base
        if is_numeric(wanted) and is_numeric(given) and \
                FLOAT in (wanted_base, given_base) and wanted_base is not given_base:
            notes = (f"a cast converts: <{wanted}>",)
        elif _is_word(wanted) and _is_word(given) and not convertible(given, wanted):
            notes = (f"a cast makes it fit: <unsafe {wanted}>",)
        elif isinstance(given_base, Pointer) and convertible(given_base.target, wanted):
            notes = ("'*' in front gives what it points to",)
        elif isinstance(wanted_base, Pointer) and convertible(given, wanted_base.target):
            notes = ("'&' in front gives its address",)
        return self.error("type-mismatch", f"expected {wanted}, actual {given}", node, notes)

    def resolve(self, node: syntax.Type) -> Type:
        return self.checker.types.resolve(node, self.block, self.env)

    def check(self, node: syntax.Expression, context: Type | None) -> Expression:
        """The typed expression, a value or a place."""
        return _METHODS[type(node)](self, node, context)

    def value(self, node: syntax.Expression, context: Type | None) -> Value:
        """The typed expression as a value."""
        return as_value(_METHODS[type(node)](self, node, context))

    def converted(self, node: syntax.Expression, target: Type) -> Value:
        """An expression where a value of type `target` is wanted: with it as context, and
        converted to it."""
        return self.convert(self.check(node, target), target, node)

    def convert(self, given: Expression, target: Type, node: syntax.Node) -> Value:
        """A checked expression as a value of type `target`."""
        kind = given.type
        if kind is target or convertible(kind, target):
            return as_value(given)
        base = target.base
        if isinstance(base, Slice):
            source = kind.base
            if isinstance(source, Array) and convertible(source.element, base.element):
                return self.slice_of(as_place(given), source.length, target)
            if isinstance(source, Pointer):
                array = source.target.base
                if isinstance(array, Array) and convertible(array.element, base.element):
                    return tree.PointerToSlice(given.pos, untagged(target), as_value(given),
                                               array.length & _MASK)
        return as_value(self.mismatch(target, kind, node))

    def slice_of(self, place: Place, length: int, target: Type) -> Value:
        """The array in a place as a slice of type `target`."""
        expose(place)
        return tree.ArrayToSlice(place.pos, untagged(target), place, length & _MASK)

    def condition(self, node: syntax.Expression) -> Value:
        """An expression whose truth is asked for, as a word."""
        given = self.check(node, None)
        if not is_testable(given.type):
            return as_value(self.not_testable(given.type, node))
        return self.truth(given)

    def truth(self, given: Expression) -> Value:
        base = given.type.base
        if isinstance(base, Slice):
            return tree.SlicePointer(given.pos, base.element.pointer(), as_place(given))
        return as_value(given)

    def not_testable(self, kind: Type, node: syntax.Node) -> Broken:
        notes: tuple[str, ...] = ()
        if kind.base is FLOAT:
            notes = ("compare it with 0.0f",)
        return self.error("not-testable",
                          f"expected a type for a boolean context, actual {kind}", node, notes)

    def index_word(self, node: syntax.Expression, what: str) -> Value:
        """An index, bound or count: integer kind, no context."""
        word = self.value(node, None)
        if not is_integer(word.type):
            return as_value(self.error(
                "operand-type", f"expected integer type, actual {word.type}", node,
                (f"{what} is a number of words, unsigned",)))
        return word

    # --- literals --------------------------------------------------------------------------------

    def integer(self, node: syntax.Int, context: Type | None) -> Expression:
        return self.number(node.pos, node.word, context, BYTE)

    def boolean(self, node: syntax.Bool, context: Type | None) -> Expression:
        return self.number(node.pos, int(node.value), context, BOOL)

    def number(self, pos: int, word: int, context: Type | None, default: Type) -> Expression:
        if context is not None:
            base = context.base
            if base is BYTE or base is INT:
                return tree.Const(pos, untagged(context), word)
            if base is FLOAT:
                pattern = struct.unpack("<I", struct.pack("<f", word))[0]
                return tree.Const(pos, untagged(context), pattern)
        return tree.Const(pos, default, word)

    def character(self, node: syntax.Char, context: Type | None) -> Expression:
        return tree.Const(node.pos, BYTE, node.word)

    def floating(self, node: syntax.Float, context: Type | None) -> Expression:
        return tree.Const(node.pos, FLOAT, node.word)

    def string(self, node: syntax.String, context: Type | None) -> Expression:
        words = [ord(char) for char in node.text]
        return tree.StringLiteral(node.pos, BYTE.array(len(words)), words)

    def null(self, node: syntax.Null, context: Type | None) -> Expression:
        if context is not None:
            base = context.base
            if isinstance(base, Pointer):
                return tree.Const(node.pos, untagged(context), 0)
            if isinstance(base, Slice):
                return tree.NullSlice(node.pos, untagged(context))
            if base is UNKNOWN:
                return Broken(node.pos)
        what = f"; {context} has no null" if context is not None else ""
        return self.error("no-context-for-null",
                          f"expected contextual pointer or slice type for null{what}", node)

    def void(self, node: syntax.Void, context: Type | None) -> Expression:
        return tree.VoidValue(node.pos, VOID)

    def listing(self, node: syntax.List, context: Type | None) -> Expression:
        element = None
        base = context.base if context is not None else None
        if isinstance(base, (Array, Slice)):
            element = untagged(base.element)
        if not node.elements:
            if element is None:
                if base is UNKNOWN:
                    return Broken(node.pos)
                return self.error("no-context-for-empty-array",
                                  "expected contextual array or slice type for []", node)
            if isinstance(base, Array) and base.length == 0:
                return tree.ArrayLiteral(node.pos, element.array(0), [])
            return tree.NullSlice(node.pos, element.slice())
        values: list[Value] = []
        for part in node.elements:
            if element is None:
                values.append(self.value(part, None))
                element = untagged(values[0].type)
                if element.base is VOID:
                    return self.error("void-member", "invalid void type: an element needs a value",
                                      part)
            else:
                values.append(self.converted(part, element))
        assert element is not None
        if element is UNKNOWN:
            return Broken(node.pos)
        return tree.ArrayLiteral(node.pos, element.array(len(values)), values)

    def repeat(self, node: syntax.Repeat, context: Type | None) -> Expression:
        base = context.base if context is not None else None
        if isinstance(base, (Array, Slice)):
            element = untagged(base.element)
            value = self.converted(node.element, element)
            if isinstance(base, Array) and base.length != node.count:
                return self.error("type-mismatch",
                                  f"expected {base.length} elements, actual {node.count}", node)
        else:
            value = self.value(node.element, None)
            element = untagged(value.type)
        if element.base is VOID:
            return self.error("void-member", "invalid void type: an element needs a value",
                              node.element)
        if element is UNKNOWN:
            return Broken(node.pos)
        kind = element.array(node.count)
        if self.checker.types.reject_large(kind, node.pos, node.end, "array literal"):
            return Broken(node.pos)
        return tree.RepeatLiteral(node.pos, kind, value, node.count)

    def struct_literal(self, node: syntax.StructLiteral, context: Type | None) -> Expression:
        kind = untagged(self.resolve(node.target))
        base = kind.base
        if not isinstance(base, Struct):
            if base is not UNKNOWN:
                self.error("operand-type", f"expected struct type, actual {kind}", node.target)
            for argument in node.members:
                self.check(argument.value, UNKNOWN)
            return Broken(node.pos)
        given: dict[str, tuple[tree.Member, Value]] = {}
        for argument in node.members:
            name = argument.name
            member = base.member(name)
            if member is None:
                self.unknown_member(name, argument.pos, kind)
                self.check(argument.value, UNKNOWN)
                continue
            value = self.converted(argument.value, member.type)
            if name in given:
                self.report.error("duplicate-member", f"duplicate member '{name}'",
                                  argument.pos, argument.pos + len(name))
            given[name] = (member, value)
        members = [given[member.name] for member in base.members if member.name in given]
        return tree.StructLiteral(node.pos, kind, members)

    def unknown_member(self, name: str, pos: int, kind: Type) -> Broken:
        base = kind.base
        assert isinstance(base, Struct)
        guess = self.checker.guess(name, [part.name for part in base.parts])
        self.report.error("unknown-member", f"unknown member '{name}' in {kind}",
                          pos, pos + len(name), guess)
        return Broken(pos)

    def sizeof(self, node: syntax.Sizeof, context: Type | None) -> Expression:
        return tree.Const(node.pos, BYTE, self.resolve(node.target).size & _MASK)

    # --- names -----------------------------------------------------------------------------------

    def local(self, name: str) -> Local | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None

    def name(self, node: syntax.Name, context: Type | None) -> Expression:
        """A name as a place or value; not the callee of a call."""
        local = self.local(node.name)
        if local is not None:
            if node.arguments is not None:
                self.no_template(node)
            local.used = True
            if local.type is UNKNOWN:
                return Broken(node.pos)
            return tree.LocalPlace(node.pos, local)
        entity = self.entity(node)
        if isinstance(entity, tree.Global):
            if entity.type is UNKNOWN:
                return Broken(node.pos)
            return tree.GlobalPlace(node.pos, entity)
        if isinstance(entity, FunctionTemplate):
            return self.error("not-instantiated",
                              f"template function '{node.name}' is not instantiated", node,
                              (*self.report.declared(entity.pos),
                               f"give type arguments: {node.name}<...>"))
        if entity is None:
            return Broken(node.pos)
        self.mentions[entity] = node.pos
        return tree.FunctionAddress(node.pos, entity.type, entity)

    def entity(self, node: syntax.Name) \
            -> tree.Function | tree.Global | FunctionTemplate | None:
        """What a name that is no local stands for, instances made; None if that was an error. A
        template comes out only if the name has no type arguments."""
        entity = self.block.value(node.name)
        if isinstance(entity, FunctionTemplate):
            if node.arguments is None:
                return entity
            arguments = [self.resolve(argument) for argument in node.arguments]
            return self.checker.instance(entity, arguments, node, self)
        if node.arguments is not None and entity is not None:
            self.no_template(node)
        if isinstance(entity, Ambiguous):
            self.error("ambiguous-identifier",
                       f"ambiguous identifier '{node.name}': in {entity.names()}", node)
            return None
        if entity is None:
            self.unknown_name(node)
        elif isinstance(entity, tree.Global):
            self.globals.add(entity)
        return entity

    def no_template(self, node: syntax.Name) -> None:
        self.error("unexpected-type-arguments",
                   f"unexpected type arguments; '{node.name}' is no template", node)

    def unknown_name(self, node: syntax.Name) -> None:
        locals_ = [name for scope in self.scopes for name in scope]
        guess = self.block.suggest(node.name, "values", locals_)
        notes: tuple[str, ...] = (f"did you mean '{guess}'?",) if guess else ()
        if self.block.type(node.name) is not None or (self.env and node.name in self.env):
            notes = (f"'{node.name}' is a type, not a value",)
        self.report.error("unknown-identifier", f"unknown identifier '{node.name}'",
                          node.pos, node.pos + len(node.name), notes)

    # --- prefix operators ------------------------------------------------------------------------

    def sign(self, node: syntax.Sign, context: Type | None) -> Expression:
        signs = [node]
        operand_node = node.operand
        while isinstance(operand_node, syntax.Sign):
            signs.append(operand_node)
            operand_node = operand_node.operand
        operand = self.value(operand_node, context)
        kind = operand.type
        if not is_numeric(kind):
            return self.error("operand-type", f"expected numeric type, actual {kind}",
                              operand_node)
        for sign in reversed(signs):
            if sign.negative:
                operand = _negated(sign.pos, untagged(kind), operand)
        return operand

    def logical_not(self, node: syntax.Not, context: Type | None) -> Expression:
        return tree.Not(node.pos, BOOL, self.condition(node.operand))

    def deref(self, node: syntax.Deref, context: Type | None) -> Expression:
        pointer = self.value(node.operand, None)
        return self.dereferenced(pointer, node.pos, node.operand)

    def dereferenced(self, pointer: Value, pos: int, node: syntax.Expression) -> Place:
        """The place that a pointer points to; errors are the pointer's."""
        base = pointer.type.base
        if base is UNKNOWN:
            return Broken(pos)
        if not isinstance(base, Pointer) or base.target.base is VOID:
            return self.error("operand-type", f"expected pointer type, actual {pointer.type}",
                              node)
        self.indirect = True
        return tree.Deref(pos, base.target, pointer)

    def address_of(self, node: syntax.AddressOf, context: Type | None) -> Expression:
        place = self.check(node.operand, None)
        if place.type is UNKNOWN:
            return Broken(node.pos)
        if not isinstance(place, Place) or not is_assignable(place):
            notes = ("the name of a function is its address already",) \
                if isinstance(place, tree.FunctionAddress) else ()
            return self.error("not-assignable",
                              "expected assignable expression after '&'", node.operand, notes)
        expose(place)
        return tree.AddressOf(node.pos, untagged(place.type).pointer(), place)

    def length(self, node: syntax.Len, context: Type | None) -> Expression:
        given = self.check(node.operand, None)
        base = given.type.base
        if isinstance(base, Array):
            return tree.Const(node.pos, BYTE, base.length & _MASK)
        if base is UNKNOWN:
            return Broken(node.pos)
        if slice_element(base) is None:
            return self.error("operand-type",
                              f"expected array or slice type, actual {given.type}", node.operand)
        return tree.Length(node.pos, BYTE, as_place(given), isinstance(base, Slice))

    def capacity(self, node: syntax.Capacity, context: Type | None) -> Expression:
        given = self.check(node.operand, None)
        base = given.type.base
        if isinstance(base, Array):
            return tree.Const(node.pos, BYTE, base.length & _MASK)
        if base is UNKNOWN:
            return Broken(node.pos)
        if slice_element(base) is None:
            return self.error("operand-type",
                              f"expected array or slice type, actual {given.type}", node.operand)
        return tree.Capacity(node.pos, BYTE, as_place(given))

    def cast(self, node: syntax.Cast, context: Type | None) -> Expression:
        """Section 7.6: the first row that applies."""
        target = untagged(self.resolve(node.target))
        base = target.base
        given = self.check(node.operand,
                           None if base is BYTE or base is INT or base is FLOAT else target)
        kind = given.type
        source = kind.base
        pos = node.pos
        if base is UNKNOWN or source is UNKNOWN:
            return Broken(pos)
        if convertible(kind, target):
            if node.unsafe:
                self.report.warn("unsafe", f"casting {kind} to {target} does not need unsafe",
                                 pos, node.operand.pos)
            if isinstance(given, Place) and not is_scalar(target):
                return tree.RetypePlace(pos, target, given)
            return _retyped(pos, target, as_value(given))
        if base is FLOAT and (source is BYTE or source is INT):
            return tree.IntToFloat(pos, target, as_value(given))
        if source is FLOAT and (base is BYTE or base is INT):
            return tree.FloatToInt(pos, target, as_value(given))
        to_word = _is_word(target)
        if (_is_word(kind) and (to_word or isinstance(base, Array))) \
                or (isinstance(source, Slice) and to_word):
            if not node.unsafe:
                return self.error("unsafe-required",
                                  f"casting {kind} to {target} requires unsafe", node,
                                  (f"write <unsafe {target}> if it is meant",))
            if isinstance(source, Slice):
                return tree.SlicePointer(pos, target, as_place(given))
            if to_word:
                return _retyped(pos, target, as_value(given))
            self.indirect = True
            return tree.AtAddress(pos, target, as_value(given))
        notes: tuple[str, ...] = ()
        if isinstance(source, Array) and isinstance(base, Pointer):
            notes = ("'&' gives the address of an array or of its first element",)
        elif isinstance(source, Array) and isinstance(base, Slice):
            notes = ("arrays become slices when they are assigned or passed, not by a cast",)
        return self.error("invalid-cast", f"{kind} is not convertible to {target}", node, notes)

    # --- new -------------------------------------------------------------------------------------

    def new(self, node: syntax.New, context: Type | None) -> Expression:
        kind = untagged(self.resolve(node.target))
        base = kind.base
        self.indirect = True
        pos = node.pos
        if base is UNKNOWN or base is VOID:
            self.checker.types.reject_void(kind, node.target, "an object")
            if node.initialiser is not None:
                self.check(node.initialiser, UNKNOWN)
            return Broken(pos)
        initialiser = node.initialiser
        if isinstance(base, Array):  # a name for an array type: the same as new element[length]
            count = tree.Const(pos, BYTE, base.length & _MASK)
            return self.new_array(pos, base.element, count, node.how, initialiser, kind)
        if isinstance(initialiser, (syntax.String, syntax.List, syntax.Repeat)) \
                and node.how == "=" and not isinstance(base, Struct):
            if not isinstance(base, Slice):
                self.check(initialiser, UNKNOWN)
                return self.error("new-type", f"new array expected a slice type, actual {kind}",
                                  node.target)
            element = untagged(base.element)
            source = self.value(initialiser, base)
            self.same_elements(source, element, initialiser)
            length = source.type.base.length if isinstance(source.type.base, Array) else 0
            count = tree.Const(pos, BYTE, length & _MASK)
            return tree.NewArray(pos, element.slice(), element, count, None, source)
        if initialiser is None:
            return tree.NewObject(pos, kind.pointer(), kind, None)
        value = self.value(initialiser, kind)
        if node.how == "...":
            return self.error("new-type", f"new array expected before '...', actual {kind}",
                              node.target, (f"write new {kind}[n] ... e",))
        if not equal(value.type, kind):
            self.mismatch(kind, value.type, initialiser)
        return tree.NewObject(pos, kind.pointer(), kind, value)

    def new_elements(self, node: syntax.NewElements, context: Type | None) -> Expression:
        element = untagged(self.resolve(node.element))
        self.indirect = True
        count = self.index_word(node.count, "a number of elements")
        if element.base is VOID or element is UNKNOWN:
            self.checker.types.reject_void(element, node.element, "an element")
            if node.initialiser is not None:
                self.check(node.initialiser, UNKNOWN)
            return Broken(node.pos)
        return self.new_array(node.pos, element, count, node.how, node.initialiser,
                              element.slice())

    def new_array(self, pos: int, element: Type, count: Value, how: str,
                  initialiser: syntax.Expression | None, context: Type) -> Expression:
        element = untagged(element)
        fill = source = None
        if initialiser is not None and how == "...":
            fill = self.value(initialiser, element)
            if not equal(fill.type, element):
                self.mismatch(element, fill.type, initialiser)
        elif initialiser is not None:
            source = self.value(initialiser, context)
            self.same_elements(source, element, initialiser)
        return tree.NewArray(pos, element.slice(), element, count, fill, source)

    def same_elements(self, source: Value, element: Type, node: syntax.Node) -> None:
        """What fills new elements must be an array or slice of exactly them."""
        base = source.type.base
        if base is UNKNOWN:
            return
        if not isinstance(base, (Array, Slice)) or not equal(base.element, element):
            self.mismatch(element.slice(), source.type, node)

    # --- binary operators ------------------------------------------------------------------------

    def binary(self, node: syntax.Binary, context: Type | None) -> Expression:
        # Down the left spine, which may be long, and up again.
        spine = [node]
        if node.operator in _COMPARISONS:
            context = None
        first = node.left
        while type(first) is syntax.Binary:
            spine.append(first)
            if first.operator in _COMPARISONS:
                context = None
            first = first.left
        lowest = spine[-1]
        right: Expression | None = None
        if _is_bare_literal(first):
            right = self.check(lowest.right, context)
            peer = right.type
            left = self.check(first, peer if is_numeric(peer) and peer is not UNKNOWN else None)
        elif isinstance(first, syntax.Null) and not isinstance(lowest.right, syntax.Null):
            right = self.check(lowest.right, context)
            left = self.check(first, right.type)
        else:
            left = self.check(first, context)
        for each in reversed(spine):
            if right is None:
                right = self.check(each.right, None if left.type is UNKNOWN else left.type)
            left = self.operation(each, left, right)
            right = None
        return left

    def operation(self, node: syntax.Binary, left: Expression, right: Expression) -> Expression:
        kind, other = left.type, right.type
        operator = node.operator
        if operator == "&&" or operator == "||":
            if not is_testable(kind):
                return self.not_testable(kind, node.left)
            if not is_testable(other):
                return self.not_testable(other, node.right)
            if kind is not other and not equal(kind, other):
                return self.mismatch(kind, other, node.right)
            if kind is UNKNOWN or other is UNKNOWN:
                return Broken(node.pos)
            return tree.Logical(node.pos, untagged(kind), operator == "&&",
                                as_value(left), as_value(right))
        fits, wanted = _OPERANDS[operator]
        if not fits(kind):
            return self.bad_operand(wanted, kind, node.left, operator)
        if kind is not other and not equal(kind, other):
            return self.mismatch(kind, other, node.right)
        base = kind.base
        if base is UNKNOWN or other is UNKNOWN:
            return Broken(node.pos)
        column = 2 if base is FLOAT else 1 if base is INT else 0
        result = BOOL if operator in _COMPARISONS else untagged(kind)
        return tree.Binary(node.at, result, _OPERATIONS[operator][column],
                           as_value(left), as_value(right))

    def bad_operand(self, wanted: str, kind: Type, node: syntax.Node, operator: str) -> Broken:
        notes: tuple[str, ...] = ()
        if isinstance(kind.base, Pointer) and operator in "+-":
            notes = ("pointers have no arithmetic; &p[unsafe n] steps, <unsafe byte>p is a number",)
        elif isinstance(kind.base, (Slice, Struct, Array, FunctionType)) \
                and operator in ("==", "!="):
            notes = ("slices, arrays, structs and functions cannot be compared",)
        return self.error("operand-type",
                          f"expected {wanted}, actual {kind}",
                          node, notes)

    def conditional(self, node: syntax.Conditional, context: Type | None) -> Expression:
        condition = self.condition(node.condition)
        if isinstance(node.then, syntax.Null) and not isinstance(node.other, syntax.Null):
            other = self.value(node.other, None)
            then = self.value(node.then, other.type)
        else:
            then = self.value(node.then, None)
            other = self.value(node.other,
                               then.type if isinstance(node.other, syntax.Null) else None)
        if not equal(then.type, other.type):
            return self.mismatch(then.type, other.type, node.other)
        if then.type is UNKNOWN or other.type is UNKNOWN:
            return Broken(node.pos)
        return tree.Conditional(node.pos, untagged(then.type), condition, then, other)

    # --- suffixes --------------------------------------------------------------------------------

    def member(self, node: syntax.Member, context: Type | None) -> Expression:
        given = self.check(node.base, None)
        kind = given.type
        base = kind.base
        if not isinstance(base, Struct):
            if base is UNKNOWN:
                return Broken(node.pos)
            notes: tuple[str, ...] = ()
            if isinstance(base, Pointer) and isinstance(base.target.base, Struct):
                notes = (f"write -> to reach through a pointer: ->{node.name}",)
            return self.error("operand-type", f"expected struct type, actual {kind}",
                              node.base, notes)
        member = base.member(node.name)
        if member is None:
            return self.unknown_member(node.name, node.name_pos, kind)
        return _member(node.pos, as_place(given), member)

    def arrow(self, node: syntax.Arrow, context: Type | None) -> Expression:
        pointer = self.value(node.base, None)
        kind = pointer.type.base
        base = kind.target.base if isinstance(kind, Pointer) else None
        if kind is UNKNOWN or base is UNKNOWN:
            return Broken(node.pos)
        if not isinstance(base, Struct):
            notes: tuple[str, ...] = ()
            if isinstance(kind, Struct):
                notes = (f"write . to reach into a struct: .{node.name}",)
            return self.error("operand-type", "expected pointer to struct type, "
                              f"actual {pointer.type}", node.base, notes)
        member = base.member(node.name)
        if member is None:
            assert isinstance(kind, Pointer)
            return self.unknown_member(node.name, node.name_pos, kind.target)
        return _member(node.pos, self.dereferenced(pointer, node.pos, node.base), member)

    def index(self, node: syntax.Index, context: Type | None) -> Expression:
        return self.indexed(self.check(node.base, None), node)

    def arrow_index(self, node: syntax.ArrowIndex, context: Type | None) -> Expression:
        pointer = self.value(node.base, None)
        return self.indexed(self.dereferenced(pointer, node.pos, node.base), node)

    def indexed(self, given: Expression, node: syntax.Index | syntax.ArrowIndex) -> Expression:
        index = self.index_word(node.index, "an index")
        kind = given.type
        base = kind.base
        pos = node.pos
        if isinstance(base, Array):
            place = as_place(given)
            if isinstance(index, tree.Const) and index.type is not UNKNOWN:
                if index.word >= base.length:
                    expose(place)
                    if not node.unsafe:
                        self.report.warn(
                            "bounds", f"index {index.word} is out of bounds of {kind}: "
                            "this always traps", node.index.pos, node.index.end)
            else:
                expose(place)
            return tree.ArrayIndex(pos, base.element, place, index, node.unsafe)
        if isinstance(base, Slice):
            self.indirect = True
            return tree.SliceIndex(pos, base.element, as_place(given), index, node.unsafe)
        if base is UNKNOWN:
            return Broken(pos)
        if isinstance(base, Pointer) and base.target.base is not VOID:
            if not node.unsafe:
                return self.error("unsafe-required", "indexing a pointer requires unsafe", node,
                                  ("write [unsafe i] if it is meant; nothing checks the index",))
            self.indirect = True
            return tree.PointerIndex(pos, base.target, as_value(given), index)
        return self.error("operand-type",
                          f"expected array, slice or pointer type, actual {kind}", node.base)

    def subslice(self, node: syntax.Subslice, context: Type | None) -> Expression:
        given = self.check(node.base, None)
        lower = self.index_word(node.lower, "a bound") if node.lower is not None else None
        upper = self.index_word(node.upper, "a bound") if node.upper is not None else None
        base = given.type.base
        if base is UNKNOWN:
            return Broken(node.pos)
        if not isinstance(base, (Array, Slice)):
            return self.error("operand-type", f"expected array or slice type, actual {given.type}",
                              node.base)
        place = as_place(given)
        if isinstance(base, Array):
            expose(place)
        return tree.Subslice(node.pos, untagged(base.element).slice(), lower, upper, place)

    def call(self, node: syntax.Call, context: Type | None) -> Expression:
        callee = node.callee
        if type(callee) is syntax.Name and self.local(callee.name) is None:
            entity = self.entity(callee)
            if isinstance(entity, FunctionTemplate):
                return self.inferred_call(node, callee, entity, context)
            if isinstance(entity, tree.Function):
                return self.direct_call(node, callee, entity)
            if entity is None:
                return self.hopeless(node)
            place = Broken(callee.pos) if entity.type is UNKNOWN else \
                tree.GlobalPlace(callee.pos, entity)
            return self.pointer_call(node, as_value(place))
        return self.pointer_call(node, self.value(callee, None))

    def hopeless(self, node: syntax.Call) -> Broken:
        """Check the arguments of a call that is wrong already."""
        for argument in node.arguments:
            self.check(argument, UNKNOWN)
        return Broken(node.pos)

    def direct_call(self, node: syntax.Call, callee: syntax.Name,
                    function: tree.Function) -> Expression:
        self.mentions[function] = node.pos
        if function.interrupt:
            self.report.warn("interrupt", f"'{function.name}' is an interrupt function; "
                             "it cannot return to a caller", callee.pos, callee.end)
        values = self.arguments(node, function.type, self.report.declared(function.pos))
        if values is None:
            return Broken(node.pos)
        return self.called(tree.Call(node.pos, function.result, function, values))

    def called(self, call: tree.Call | tree.CallPointer) -> Expression:
        return Broken(call.pos) if call.type is UNKNOWN else call

    def pointer_call(self, node: syntax.Call, pointer: Value) -> Expression:
        base = pointer.type.base
        if not isinstance(base, FunctionType):
            if base is not UNKNOWN:
                self.error("not-callable", f"expected function type, actual {pointer.type}",
                           node.callee)
            return self.hopeless(node)
        self.indirect = True
        values = self.arguments(node, base, ())
        if values is None:
            return Broken(node.pos)
        if isinstance(pointer, tree.FunctionAddress):
            return self.called(tree.Call(node.pos, base.result, pointer.function, values))
        return self.called(tree.CallPointer(node.pos, base.result, pointer, values))

    def arguments(self, node: syntax.Call, kind: FunctionType,
                  notes: tuple[str, ...]) -> list[Value] | None:
        wanted = len(kind.parameters)
        if len(node.arguments) != wanted:
            self.error("arity", f"expected {wanted} arguments, "
                       f"actual {len(node.arguments)}", node, notes)
            self.hopeless(node)
            return None
        return [self.converted(argument, parameter) for argument, parameter
                in zip(node.arguments, kind.parameters, strict=True)]

    def inferred_call(self, node: syntax.Call, callee: syntax.Name, template: FunctionTemplate,
                      context: Type | None) -> Expression:
        given = [self.check(argument, None) for argument in node.arguments]
        wanted = len(template.declaration.parameters)
        if len(given) != wanted:
            return self.error("arity", f"expected {wanted} arguments, "
                              f"actual {len(given)}", node, self.report.declared(template.pos))
        if any(argument.type is UNKNOWN for argument in given):
            return Broken(node.pos)
        function = self.checker.inferred(template, given, context, node, self)
        if function is None:
            return Broken(node.pos)
        self.mentions[function] = node.pos
        values = [self.convert(argument, parameter, part) for argument, parameter, part
                  in zip(given, function.type.parameters, node.arguments, strict=True)]
        return self.called(tree.Call(node.pos, function.result, function, values))


def expose(place: Place) -> None:
    """Note that somebody may hold the address of the variable that a place is part of."""
    here: Expression = place
    while not isinstance(here, tree.LocalPlace):
        if not isinstance(here, (tree.MemberPlace, tree.ArrayIndex, tree.Length,
                                 tree.RetypePlace)):
            return
        here = here.base
    here.local.exposed = True


def _member(pos: int, base: Place, member: tree.Member) -> Place:
    if member.type is UNKNOWN or isinstance(base, Broken):
        return Broken(pos)
    return tree.MemberPlace(pos, base, member)


def _retyped(pos: int, kind: Type, value: Value) -> Value:
    if isinstance(value, tree.Const):
        return tree.Const(pos, kind, value.word)
    return tree.Retype(pos, kind, value)


def _negated(pos: int, kind: Type, operand: Value) -> Value:
    """`0 - operand`; literals are worked out."""
    if isinstance(operand, tree.Const) and operand.type is not UNKNOWN:
        word = operand.word
        if kind.base is not FLOAT:
            return tree.Const(pos, kind, -word & _MASK)
        if word & 0x7FFFFFFF == 0:
            return tree.Const(pos, kind, 0)
        if word & 0x7FFFFFFF <= 0x7F800000:
            return tree.Const(pos, kind, word ^ 0x80000000)
    return tree.Negate(pos, kind, operand)


def _is_bare_literal(node: syntax.Expression) -> bool:
    """An integer literal, possibly with signs."""
    while isinstance(node, syntax.Sign):
        node = node.operand
    return isinstance(node, syntax.Int)


_METHODS: dict[type, Callable[[Expressions, Any, Type | None], Expression]] = {
    syntax.Int: Expressions.integer, syntax.Bool: Expressions.boolean,
    syntax.Char: Expressions.character, syntax.Float: Expressions.floating,
    syntax.String: Expressions.string,
    syntax.Null: Expressions.null, syntax.Void: Expressions.void, syntax.List: Expressions.listing,
    syntax.Repeat: Expressions.repeat, syntax.StructLiteral: Expressions.struct_literal,
    syntax.Sizeof: Expressions.sizeof, syntax.Name: Expressions.name,
    syntax.Sign: Expressions.sign, syntax.Not: Expressions.logical_not,
    syntax.Deref: Expressions.deref, syntax.AddressOf: Expressions.address_of,
    syntax.Len: Expressions.length, syntax.Capacity: Expressions.capacity,
    syntax.Cast: Expressions.cast, syntax.New: Expressions.new,
    syntax.NewElements: Expressions.new_elements, syntax.Binary: Expressions.binary,
    syntax.Conditional: Expressions.conditional, syntax.Member: Expressions.member,
    syntax.Arrow: Expressions.arrow, syntax.Index: Expressions.index,
    syntax.ArrowIndex: Expressions.arrow_index, syntax.Subslice: Expressions.subslice,
    syntax.Call: Expressions.call,
}
