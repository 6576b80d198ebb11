"""What checking any expression needs: its surroundings, conversions, reports.

A checked expression is a value or a place of the typed tree. What is wrong is reported, and stands
in the tree as `Broken`, whose type agrees with everything, so that one mistake is one message.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from toolchain.qll import tree
from toolchain.qll.check.names import Block, Inner
from toolchain.qll.check.resolve import Environment
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import Expression, Place, Value
from toolchain.qll.types import (
    FLOAT,
    UNKNOWN,
    Array,
    Pointer,
    Slice,
    Type,
    convertible,
    is_integer,
    is_numeric,
    is_scalar,
    is_testable,
    untagged,
)

if TYPE_CHECKING:
    from toolchain.qll.check.program import Checker

__all__ = ["WORD_MASK", "Broken", "Context", "as_place", "as_value", "expose", "is_assignable",
           "is_word"]

WORD_MASK = 0xFFFFFFFF


class Broken(Place):
    """Stands for an expression that was reported as wrong."""

    __slots__ = ()

    def __init__(self, pos: int):
        self.pos = pos
        self.type = UNKNOWN


def is_word(kind: Type) -> bool:
    """One word that is not a float: integers, pointers, functions."""
    return is_scalar(kind) and kind.base is not FLOAT


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


def expose(place: Place) -> None:
    """Note that somebody may hold the address of the variable that a place is part of."""
    local = tree.root(place)
    if local is not None:
        local.exposed = True


class Context:
    """What all expressions of one function, or of one global's initialiser, have in common.

    Parameters
    ----------
    checker : Checker
        The program.
    block : Block
        Where namespace-level names are looked up.
    env : Environment | None
        What type parameters stand for, in an instance of a template.
    """

    methods: ClassVar[dict[type, Callable[[Any, Any, Type | None], Expression]]]
    """How to check each kind of expression: self, the expression, its context."""

    def __init__(self, checker: "Checker", block: Block, env: Environment | None):
        self.checker = checker
        self.report = checker.report
        self.block = block
        self.env = env
        self.inner = block if isinstance(block, Inner) else Inner(block, [])
        self.scopes = self.inner.scopes
        self.mentions: dict[tree.Function, int] = {}
        self.globals: set[tree.Global] = set()
        self.indirect = False   # reads or writes what cannot be told, or calls a pointer
        self.depth = 0          # of template instances within each other

    # --- helpers ---------------------------------------------------------------------------------

    def error(self, kind: str, message: str, node: nodes.Node,
              notes: tuple[str, ...] = ()) -> Broken:
        self.report.error(kind, message, node.pos, node.end, notes)
        return Broken(node.pos)

    def mismatch(self, wanted: Type, given: Type, node: nodes.Node) -> Broken:
        """Report that a type was expected and another one came."""
        notes: tuple[str, ...] = ()
        wanted_base, given_base = wanted.base, given.base
        if is_numeric(wanted) and is_numeric(given) and \
                FLOAT in (wanted_base, given_base) and wanted_base is not given_base:
            notes = (f"a cast converts: <{wanted}>",)
        elif is_word(wanted) and is_word(given) and not convertible(given, wanted):
            notes = (f"a cast makes it fit: <unsafe {wanted}>",)
        elif isinstance(given_base, Pointer) and convertible(given_base.target, wanted):
            notes = ("'*' in front gives what it points to",)
        elif isinstance(wanted_base, Pointer) and convertible(given, wanted_base.target):
            notes = ("'&' in front gives its address",)
        return self.error("type-mismatch", f"expected {wanted}, actual {given}", node, notes)

    def resolve(self, node: nodes.Type) -> Type:
        return self.checker.types.resolve(node, self.inner, self.env)

    def check(self, node: nodes.Expression, context: Type | None) -> Expression:
        """The typed expression, a value or a place."""
        return self.methods[type(node)](self, node, context)

    def value(self, node: nodes.Expression, context: Type | None) -> Value:
        """The typed expression as a value."""
        return as_value(self.methods[type(node)](self, node, context))

    def converted(self, node: nodes.Expression, target: Type) -> Value:
        """An expression where a value of type `target` is wanted: with it as context, and
        converted to it."""
        return self.convert(self.check(node, target), target, node)

    def convert(self, given: Expression, target: Type, node: nodes.Node) -> Value:
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
                                               array.length & WORD_MASK)
        return as_value(self.mismatch(target, kind, node))

    def slice_of(self, place: Place, length: int, target: Type) -> Value:
        """The array in a place as a slice of type `target`."""
        expose(place)
        return tree.ArrayToSlice(place.pos, untagged(target), place, length & WORD_MASK)

    def condition(self, node: nodes.Expression) -> Value:
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

    def not_testable(self, kind: Type, node: nodes.Node) -> Broken:
        notes: tuple[str, ...] = ()
        if kind.base is FLOAT:
            notes = ("compare it with 0.0f",)
        return self.error("not-testable",
                          f"expected a type for a boolean context, actual {kind}", node, notes)

    def index_word(self, node: nodes.Expression) -> Value:
        """An index, bound or count: integer kind, no context."""
        word = self.value(node, None)
        if not is_integer(word.type):
            return as_value(self.error(
                "operand-type", f"expected integer type, actual {word.type}", node))
        return word
