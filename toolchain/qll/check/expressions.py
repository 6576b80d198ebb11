"""Checking expressions: from syntax to the typed tree.

`Expressions` knows everything about expressions in one function, or in the initialiser of a
global; `statements.Body` adds statements. `check` takes an expression and its context (the type
that is expected, or None) and returns a value or a place. The layers are `context`, `literals`,
`operators`, and here names, suffixes and `new`.
"""

from toolchain.qll import tree
from toolchain.qll.check.context import WORD_MASK, Broken, as_place, as_value, expose
from toolchain.qll.check.names import Ambiguous, FunctionTemplate
from toolchain.qll.check.operators import Operators
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import Expression, Local, Place, Value
from toolchain.qll.types import (
    BYTE,
    UNKNOWN,
    VOID,
    Array,
    FunctionType,
    Pointer,
    Slice,
    Struct,
    Type,
    equal,
    untagged,
)

__all__ = ["Expressions"]


class Expressions(Operators):
    """The expressions of one function, or of one global's initialiser."""

    # --- names -----------------------------------------------------------------------------------

    def local(self, name: str) -> Local | None:
        return self.inner.local(name)

    def name(self, node: nodes.Name, context: Type | None) -> Expression:
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

    def entity(self, node: nodes.Name) \
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

    def no_template(self, node: nodes.Name) -> None:
        self.error("unexpected-type-arguments",
                   f"unexpected type arguments; '{node.name}' is no template", node)

    def unknown_name(self, node: nodes.Name) -> None:
        locals_ = [name for scope in self.scopes for name in scope]
        notes = self.block.hints(node.name, "values", locals_)
        if self.block.type(node.name) is not None or (self.env and node.name in self.env):
            notes = (f"'{node.name}' is a type, not a value",)
        self.report.error("unknown-identifier", f"unknown identifier '{node.name}'",
                          node.pos, node.pos + len(node.name), notes)

    # --- new -------------------------------------------------------------------------------------

    def new(self, node: nodes.New, context: Type | None) -> Expression:
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
            count = tree.Const(pos, BYTE, base.length & WORD_MASK)
            return self.new_array(pos, base.element, count, node.how, initialiser, kind)
        if isinstance(initialiser, (nodes.String, nodes.List, nodes.Repeat)) \
                and node.how == "=" and not isinstance(base, Struct):
            if not isinstance(base, Slice):
                self.check(initialiser, UNKNOWN)
                return self.error("new-type", f"new array expected a slice type, actual {kind}",
                                  node.target)
            element = untagged(base.element)
            source = self.value(initialiser, base)
            self.same_elements(source, element, initialiser)
            length = source.type.base.length if isinstance(source.type.base, Array) else 0
            count = tree.Const(pos, BYTE, length & WORD_MASK)
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

    def new_elements(self, node: nodes.NewElements, context: Type | None) -> Expression:
        element = untagged(self.resolve(node.element))
        self.indirect = True
        count = self.index_word(node.count)
        if element.base is VOID or element is UNKNOWN:
            self.checker.types.reject_void(element, node.element, "an element")
            if node.initialiser is not None:
                self.check(node.initialiser, UNKNOWN)
            return Broken(node.pos)
        return self.new_array(node.pos, element, count, node.how, node.initialiser,
                              element.slice())

    def new_array(self, pos: int, element: Type, count: Value, how: str,
                  initialiser: nodes.Expression | None, context: Type) -> Expression:
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

    def same_elements(self, source: Value, element: Type, node: nodes.Node) -> None:
        """What fills new elements must be an array or slice of exactly them."""
        base = source.type.base
        if base is UNKNOWN:
            return
        if not isinstance(base, (Array, Slice)) or not equal(base.element, element):
            self.mismatch(element.slice(), source.type, node)

    # --- suffixes --------------------------------------------------------------------------------

    def member(self, node: nodes.Member, context: Type | None) -> Expression:
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

    def arrow(self, node: nodes.Arrow, context: Type | None) -> Expression:
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

    def index(self, node: nodes.Index, context: Type | None) -> Expression:
        return self.indexed(self.check(node.base, None), node)

    def arrow_index(self, node: nodes.ArrowIndex, context: Type | None) -> Expression:
        pointer = self.value(node.base, None)
        return self.indexed(self.dereferenced(pointer, node.pos, node.base), node)

    def indexed(self, given: Expression, node: nodes.Index | nodes.ArrowIndex) -> Expression:
        index = self.index_word(node.index)
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

    def subslice(self, node: nodes.Subslice, context: Type | None) -> Expression:
        given = self.check(node.base, None)
        lower = self.index_word(node.lower) if node.lower is not None else None
        upper = self.index_word(node.upper) if node.upper is not None else None
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

    def call(self, node: nodes.Call, context: Type | None) -> Expression:
        callee = node.callee
        if type(callee) is nodes.Name and self.local(callee.name) is None:
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

    def hopeless(self, node: nodes.Call) -> Broken:
        """Check the arguments of a call that is wrong already."""
        for argument in node.arguments:
            self.check(argument, UNKNOWN)
        return Broken(node.pos)

    def direct_call(self, node: nodes.Call, callee: nodes.Name,
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

    def pointer_call(self, node: nodes.Call, pointer: Value) -> Expression:
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

    def arguments(self, node: nodes.Call, kind: FunctionType,
                  notes: tuple[str, ...]) -> list[Value] | None:
        wanted = len(kind.parameters)
        if len(node.arguments) != wanted:
            self.error("arity", f"expected {wanted} arguments, "
                       f"actual {len(node.arguments)}", node, notes)
            self.hopeless(node)
            return None
        return [self.converted(argument, parameter) for argument, parameter
                in zip(node.arguments, kind.parameters, strict=True)]

    def inferred_call(self, node: nodes.Call, callee: nodes.Name, template: FunctionTemplate,
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


def _member(pos: int, base: Place, member: tree.Member) -> Place:
    if member.type is UNKNOWN or isinstance(base, Broken):
        return Broken(pos)
    return tree.MemberPlace(pos, base, member)


Expressions.methods = {
    nodes.Int: Expressions.integer, nodes.Bool: Expressions.boolean,
    nodes.Char: Expressions.character, nodes.Float: Expressions.floating,
    nodes.String: Expressions.string,
    nodes.Null: Expressions.null, nodes.Void: Expressions.void, nodes.List: Expressions.listing,
    nodes.Repeat: Expressions.repeat, nodes.StructLiteral: Expressions.struct_literal,
    nodes.Sizeof: Expressions.sizeof, nodes.Name: Expressions.name,
    nodes.Sign: Expressions.sign, nodes.Not: Expressions.logical_not,
    nodes.Deref: Expressions.deref, nodes.AddressOf: Expressions.address_of,
    nodes.Len: Expressions.length, nodes.Capacity: Expressions.capacity,
    nodes.Cast: Expressions.cast, nodes.New: Expressions.new,
    nodes.NewElements: Expressions.new_elements, nodes.Binary: Expressions.binary,
    nodes.Conditional: Expressions.conditional, nodes.Member: Expressions.member,
    nodes.Arrow: Expressions.arrow, nodes.Index: Expressions.index,
    nodes.ArrowIndex: Expressions.arrow_index, nodes.Subslice: Expressions.subslice,
    nodes.Call: Expressions.call,
}
