"""Checking names, `new`, and what stands behind an expression: members, indices, calls."""

from collections.abc import Callable
from typing import Any

from toolchain.arithmetic import WORD_MASK
from toolchain.qll import tree
from toolchain.qll.check.literals import unknown_member
from toolchain.qll.check.names import MAX_HINTS, Ambiguous, FunctionTemplate
from toolchain.qll.check.operators import dereferenced
from toolchain.qll.check.scope import Broken, Scope, as_place, as_value, expose
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.habits import FOREIGN_NAMES
from toolchain.qll.tree import Expression, Place, Value
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

__all__ = ["EXPRESSIONS"]


# --- names ---------------------------------------------------------------------------------------


def _name(scope: Scope, node: nodes.Name, context: Type | None) -> Expression:
    """A name as a place or value; not the callee of a call."""
    local = scope.block.local(node.name)
    if local is not None:
        if node.arguments is not None:
            _no_template(scope, node)
        local.used = True
        scope.report.use(node.pos, local)
        if local.type is UNKNOWN:
            return Broken(node.pos)
        return tree.LocalPlace(node.pos, local)
    entity = _entity(scope, node)
    if isinstance(entity, tree.Global):
        if entity.type is UNKNOWN:
            return Broken(node.pos)
        return tree.GlobalPlace(node.pos, entity)
    if isinstance(entity, FunctionTemplate):
        return scope.error("not-instantiated",
                           f"template function '{node.name}' is not instantiated", node,
                           (*scope.report.declared(entity.pos),
                            f"give type arguments: {node.name}<...>"))
    if entity is None:
        return Broken(node.pos)
    scope.mentions[entity] = node.pos
    return tree.FunctionAddress(node.pos, entity.type, entity)


def _entity(scope: Scope, node: nodes.Name) \
        -> tree.Function | tree.Global | FunctionTemplate | None:
    """What a name that is no local stands for, instances made; None if that was an error. A
    template comes out only if the name has no type arguments."""
    entity = scope.block.value(node.name)
    if entity is not None and not isinstance(entity, Ambiguous):
        scope.report.use(node.pos, entity)
    if isinstance(entity, FunctionTemplate):
        if node.arguments is None:
            return entity
        arguments = [scope.resolve(argument) for argument in node.arguments]
        return scope.compilation.instance(entity, arguments, node, scope)
    if node.arguments is not None and entity is not None:
        _no_template(scope, node)
    if isinstance(entity, Ambiguous):
        scope.error("ambiguous-identifier",
                    f"ambiguous identifier '{node.name}': in {entity.names()}", node)
        return None
    if entity is None:
        _unknown_name(scope, node)
    elif isinstance(entity, tree.Global):
        scope.globals.add(entity)
    return entity


def _no_template(scope: Scope, node: nodes.Name) -> None:
    scope.error("unexpected-type-arguments",
                f"unexpected type arguments; '{node.name}' is no template", node)


def _unknown_name(scope: Scope, node: nodes.Name) -> None:
    notes: tuple[str, ...] = ()
    scope.report.hints += 1
    if node.name in FOREIGN_NAMES:
        notes = (FOREIGN_NAMES[node.name],)
    elif scope.report.hints <= MAX_HINTS:
        locals_ = [name for scope in scope.block.scopes for name in scope]
        notes = scope.block.hints(node.name, "values", locals_)
    if scope.block.type(node.name) is not None or (scope.env and node.name in scope.env):
        notes = (f"'{node.name}' is a type, not a value",)
    scope.report.error("unknown-identifier", f"unknown identifier '{node.name}'",
                       node.pos, node.pos + len(node.name), notes)


# --- new -----------------------------------------------------------------------------------------


def _wrong(scope: Scope, node: nodes.Wrong, context: Type | None) -> Expression:
    return Broken(node.pos)


def _new(scope: Scope, node: nodes.New, context: Type | None) -> Expression:
    kind = untagged(scope.resolve(node.target))
    base = kind.base
    scope.indirect = True
    pos = node.pos
    if base is UNKNOWN or base is VOID:
        scope.types.reject_void(kind, node.target, "an object")
        if node.initialiser is not None:
            scope.check(node.initialiser, UNKNOWN)
        return Broken(pos)
    initialiser = node.initialiser
    if isinstance(base, Array):  # a name for an array type: the same as new element[length]
        count = tree.Const(pos, BYTE, base.length & WORD_MASK)
        return _new_array(scope, pos, base.element, count, node.how, initialiser, kind)
    if isinstance(initialiser, (nodes.String, nodes.List, nodes.Repeat)) \
            and node.how == "=" and not isinstance(base, Struct):
        if not isinstance(base, Slice):
            scope.check(initialiser, UNKNOWN)
            return scope.error("new-type", f"new array expected a slice type, actual {kind}",
                               node.target)
        element = untagged(base.element)
        source = scope.value(initialiser, base)
        _same_elements(scope, source, element, initialiser)
        length = source.type.base.length if isinstance(source.type.base, Array) else 0
        count = tree.Const(pos, BYTE, length & WORD_MASK)
        return tree.NewArray(pos, element.slice(), element, count, None, source)
    if initialiser is None:
        return tree.NewObject(pos, kind.pointer(), kind, None)
    value = scope.value(initialiser, kind)
    if node.how == "...":
        return scope.error("new-type", f"new array expected before '...', actual {kind}",
                           node.target, (f"write new {kind}[n] ... e",))
    if not equal(value.type, kind):
        scope.mismatch(kind, value.type, initialiser)
    return tree.NewObject(pos, kind.pointer(), kind, value)


def _new_elements(scope: Scope, node: nodes.NewElements, context: Type | None) -> Expression:
    element = untagged(scope.resolve(node.element))
    scope.indirect = True
    count = scope.index_word(node.count)
    if element.base is VOID or element is UNKNOWN:
        scope.types.reject_void(element, node.element, "an element")
        if node.initialiser is not None:
            scope.check(node.initialiser, UNKNOWN)
        return Broken(node.pos)
    return _new_array(scope, node.pos, element, count, node.how, node.initialiser,
                      element.slice())


def _new_array(scope: Scope, pos: int, element: Type, count: Value, how: str,
               initialiser: nodes.Expression | None, context: Type) -> Expression:
    element = untagged(element)
    fill = source = None
    if initialiser is not None and how == "...":
        fill = scope.value(initialiser, element)
        if not equal(fill.type, element):
            scope.mismatch(element, fill.type, initialiser)
    elif initialiser is not None:
        source = scope.value(initialiser, context)
        _same_elements(scope, source, element, initialiser)
    return tree.NewArray(pos, element.slice(), element, count, fill, source)


def _same_elements(scope: Scope, source: Value, element: Type, node: nodes.Node) -> None:
    """What fills new elements must be an array or slice of exactly them."""
    base = source.type.base
    if base is UNKNOWN:
        return
    if not isinstance(base, (Array, Slice)) or not equal(base.element, element):
        scope.mismatch(element.slice(), source.type, node)


# --- suffixes ------------------------------------------------------------------------------------


def _member(scope: Scope, node: nodes.Member, context: Type | None) -> Expression:
    given = scope.check(node.base, None)
    kind = given.type
    base = kind.base
    if not isinstance(base, Struct):
        if base is UNKNOWN:
            return Broken(node.pos)
        notes: tuple[str, ...] = ()
        if isinstance(base, Pointer) and isinstance(base.target.base, Struct):
            notes = (f"write -> to reach through a pointer: ->{node.name}",)
        return scope.error("operand-type", f"expected struct type, actual {kind}",
                           node.base, notes)
    member = base.member(node.name)
    if member is None:
        return unknown_member(scope, node.name, node.name_pos, kind)
    scope.report.use(node.name_pos, member)
    return _part(node.pos, as_place(given), member)


def _arrow(scope: Scope, node: nodes.Arrow, context: Type | None) -> Expression:
    pointer = scope.value(node.base, None)
    kind = pointer.type.base
    base = kind.target.base if isinstance(kind, Pointer) else None
    if kind is UNKNOWN or base is UNKNOWN:
        return Broken(node.pos)
    if not isinstance(base, Struct):
        notes: tuple[str, ...] = ()
        if isinstance(kind, Struct):
            notes = (f"write . to reach into a struct: .{node.name}",)
        return scope.error("operand-type", "expected pointer to struct type, "
                           f"actual {pointer.type}", node.base, notes)
    member = base.member(node.name)
    if member is None:
        assert isinstance(kind, Pointer)
        return unknown_member(scope, node.name, node.name_pos, kind.target)
    scope.report.use(node.name_pos, member)
    return _part(node.pos, dereferenced(scope, pointer, node.pos, node.base), member)


def _part(pos: int, base: Place, member: tree.Member) -> Place:
    if member.type is UNKNOWN or isinstance(base, Broken):
        return Broken(pos)
    return tree.MemberPlace(pos, base, member)


def _index(scope: Scope, node: nodes.Index, context: Type | None) -> Expression:
    return _indexed(scope, scope.check(node.base, None), node)


def _arrow_index(scope: Scope, node: nodes.ArrowIndex, context: Type | None) -> Expression:
    pointer = scope.value(node.base, None)
    return _indexed(scope, dereferenced(scope, pointer, node.pos, node.base), node)


def _indexed(scope: Scope, given: Expression, node: nodes.Index | nodes.ArrowIndex) -> Expression:
    index = scope.index_word(node.index)
    kind = given.type
    base = kind.base
    pos = node.pos
    if isinstance(base, Array):
        place = as_place(given)
        if isinstance(index, tree.Const) and index.type is not UNKNOWN:
            if index.word >= base.length:
                expose(place)
                if not node.unsafe:
                    scope.report.warn(
                        "bounds", f"index {index.word} is out of bounds of {kind}: "
                        "this always traps", node.index.pos, node.index.end)
        else:
            expose(place)
        return tree.ArrayIndex(pos, base.element, place, index, node.unsafe)
    if isinstance(base, Slice):
        scope.indirect = True
        return tree.SliceIndex(pos, base.element, as_place(given), index, node.unsafe)
    if base is UNKNOWN:
        return Broken(pos)
    if isinstance(base, Pointer) and base.target.base is not VOID:
        if not node.unsafe:
            return scope.error("unsafe-required", "indexing a pointer requires unsafe", node,
                               ("write [unsafe i] if it is meant; nothing checks the index",))
        scope.indirect = True
        return tree.PointerIndex(pos, base.target, as_value(given), index)
    return scope.error("operand-type",
                       f"expected array, slice or pointer type, actual {kind}", node.base)


def _subslice(scope: Scope, node: nodes.Subslice, context: Type | None) -> Expression:
    given = scope.check(node.base, None)
    lower = scope.index_word(node.lower) if node.lower is not None else None
    upper = scope.index_word(node.upper) if node.upper is not None else None
    base = given.type.base
    if base is UNKNOWN:
        return Broken(node.pos)
    if not isinstance(base, (Array, Slice)):
        return scope.error("operand-type", f"expected array or slice type, actual {given.type}",
                           node.base)
    place = as_place(given)
    if isinstance(base, Array):
        expose(place)
    return tree.Subslice(node.pos, untagged(base.element).slice(), lower, upper, place)


def _call(scope: Scope, node: nodes.Call, context: Type | None) -> Expression:
    callee = node.callee
    if type(callee) is nodes.Name and scope.block.local(callee.name) is None:
        entity = _entity(scope, callee)
        if isinstance(entity, FunctionTemplate):
            return _inferred_call(scope, node, callee, entity, context)
        if isinstance(entity, tree.Function):
            return _direct_call(scope, node, callee, entity)
        if entity is None:
            return _hopeless(scope, node)
        place = Broken(callee.pos) if entity.type is UNKNOWN else \
            tree.GlobalPlace(callee.pos, entity)
        return _pointer_call(scope, node, as_value(place))
    return _pointer_call(scope, node, scope.value(callee, None))


def _hopeless(scope: Scope, node: nodes.Call) -> Broken:
    """Check the arguments of a call that is wrong already."""
    for argument in node.arguments:
        scope.check(argument, UNKNOWN)
    return Broken(node.pos)


def _direct_call(scope: Scope, node: nodes.Call, callee: nodes.Name,
                 function: tree.Function) -> Expression:
    scope.mentions[function] = node.pos
    if function.interrupt:
        scope.report.warn("interrupt", f"'{function.name}' is an interrupt function; "
                          "it cannot return to a caller", callee.pos, callee.end)
    values = _arguments(scope, node, function.type, function)
    if values is None:
        return Broken(node.pos)
    return _called(tree.Call(node.pos, function.result, function, values))


def _called(call: tree.Call | tree.CallPointer) -> Expression:
    return Broken(call.pos) if call.type is UNKNOWN else call


def _pointer_call(scope: Scope, node: nodes.Call, pointer: Value) -> Expression:
    base = pointer.type.base
    if not isinstance(base, FunctionType):
        if base is not UNKNOWN:
            scope.error("not-callable", f"expected function type, actual {pointer.type}",
                        node.callee)
        return _hopeless(scope, node)
    scope.indirect = True
    values = _arguments(scope, node, base, None)
    if values is None:
        return Broken(node.pos)
    if isinstance(pointer, tree.FunctionAddress):
        return _called(tree.Call(node.pos, base.result, pointer.function, values))
    return _called(tree.CallPointer(node.pos, base.result, pointer, values))


def _arguments(scope: Scope, node: nodes.Call, kind: FunctionType,
               function: tree.Function | None) -> list[Value] | None:
    """The arguments of a call, of a function if it is known which; None after an error."""
    wanted = len(kind.parameters)
    if len(node.arguments) != wanted:
        scope.error("arity", f"expected {wanted} arguments, "
                    f"actual {len(node.arguments)}", node,
                    scope.report.declared(function.pos) if function is not None else ())
        _hopeless(scope, node)
        return None
    return [scope.converted(argument, parameter) for argument, parameter
            in zip(node.arguments, kind.parameters, strict=True)]


def _inferred_call(scope: Scope, node: nodes.Call, callee: nodes.Name, template: FunctionTemplate,
                   context: Type | None) -> Expression:
    given = [scope.check(argument, None) for argument in node.arguments]
    wanted = len(template.declaration.parameters)
    if len(given) != wanted:
        return scope.error("arity", f"expected {wanted} arguments, "
                           f"actual {len(given)}", node, scope.report.declared(template.pos))
    if any(argument.type is UNKNOWN for argument in given):
        return Broken(node.pos)
    function = scope.compilation.inferred(template, given, context, node, scope)
    if function is None:
        return Broken(node.pos)
    scope.mentions[function] = node.pos
    values = [scope.convert(argument, parameter, part) for argument, parameter, part
              in zip(given, function.type.parameters, node.arguments, strict=True)]
    return _called(tree.Call(node.pos, function.result, function, values))


EXPRESSIONS: dict[type[nodes.Expression], Callable[[Scope, Any, Type | None], Expression]] = {
    nodes.Name:        _name,
    nodes.New:         _new,
    nodes.NewElements: _new_elements,
    nodes.Member:      _member,
    nodes.Arrow:       _arrow,
    nodes.Index:       _index,
    nodes.ArrowIndex:  _arrow_index,
    nodes.Subslice:    _subslice,
    nodes.Call:        _call,
    nodes.Wrong:       _wrong,
}
