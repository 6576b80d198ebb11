"""Checking literals; most take their type from the context."""

import struct
from collections.abc import Callable
from typing import Any

from toolchain.arithmetic import WORD_MASK
from toolchain.qll import tree
from toolchain.qll.check.names import guess
from toolchain.qll.check.scope import Broken, Scope
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import Expression, Value
from toolchain.qll.types import (
    BOOL,
    BYTE,
    FLOAT,
    INT,
    UNKNOWN,
    VOID,
    Array,
    Pointer,
    Slice,
    Struct,
    Type,
    untagged,
)

__all__ = ["LITERALS", "unknown_member"]


def _integer(scope: Scope, node: nodes.Int, context: Type | None) -> Expression:
    return _number(node.pos, node.word, context, BYTE)


def _boolean(scope: Scope, node: nodes.Bool, context: Type | None) -> Expression:
    return _number(node.pos, int(node.value), context, BOOL)


def _number(pos: int, word: int, context: Type | None, default: Type) -> Expression:
    if context is not None:
        base = context.base
        if base is BYTE or base is INT:
            return tree.Const(pos, untagged(context), word)
        if base is FLOAT:
            pattern = struct.unpack("<I", struct.pack("<f", word))[0]
            return tree.Const(pos, untagged(context), pattern)
    return tree.Const(pos, default, word)


def _character(scope: Scope, node: nodes.Char, context: Type | None) -> Expression:
    return tree.Const(node.pos, BYTE, node.word)


def _floating(scope: Scope, node: nodes.Float, context: Type | None) -> Expression:
    return tree.Const(node.pos, FLOAT, node.word)


def _string(scope: Scope, node: nodes.String, context: Type | None) -> Expression:
    words = [ord(char) for char in node.text]
    return tree.StringLiteral(node.pos, BYTE.array(len(words)), words)


def _null(scope: Scope, node: nodes.Null, context: Type | None) -> Expression:
    if context is not None:
        base = context.base
        if isinstance(base, Pointer):
            return tree.Const(node.pos, untagged(context), 0)
        if isinstance(base, Slice):
            return tree.NullSlice(node.pos, untagged(context))
        if base is UNKNOWN:
            return Broken(node.pos)
    what = f"; {context} has no null" if context is not None else ""
    return scope.error("no-context-for-null",
                       f"expected contextual pointer or slice type for null{what}", node)


def _void(scope: Scope, node: nodes.Void, context: Type | None) -> Expression:
    return tree.VoidValue(node.pos, VOID)


def _list(scope: Scope, node: nodes.List, context: Type | None) -> Expression:
    element = None
    base = context.base if context is not None else None
    if isinstance(base, (Array, Slice)):
        element = untagged(base.element)
    if not node.elements:
        if element is None:
            if base is UNKNOWN:
                return Broken(node.pos)
            return scope.error("no-context-for-empty-array",
                               "expected contextual array or slice type for []", node)
        if isinstance(base, Array) and base.length == 0:
            return tree.ArrayLiteral(node.pos, element.array(0), [])
        return tree.NullSlice(node.pos, element.slice())
    values: list[Value] = []
    for part in node.elements:
        if element is None:
            values.append(scope.value(part, None))
            element = untagged(values[0].type)
            if element.base is VOID:
                return scope.error("void-member", "invalid void type: an element needs a value",
                                   part)
        else:
            values.append(scope.converted(part, element))
    assert element is not None
    if element is UNKNOWN:
        return Broken(node.pos)
    return tree.ArrayLiteral(node.pos, element.array(len(values)), values)


def _repeat(scope: Scope, node: nodes.Repeat, context: Type | None) -> Expression:
    base = context.base if context is not None else None
    count = scope.types.length(node.count, scope.block, scope.env)
    if isinstance(base, (Array, Slice)):
        element = untagged(base.element)
        value = scope.converted(node.element, element)
        if isinstance(base, Array) and count is not None and base.length != count:
            return scope.error("type-mismatch",
                               f"expected {base.length} elements, actual {count}", node)
    else:
        value = scope.value(node.element, None)
        element = untagged(value.type)
    if element.base is VOID:
        return scope.error("void-member", "invalid void type: an element needs a value",
                           node.element)
    if element is UNKNOWN or count is None:
        return Broken(node.pos)
    kind = element.array(count)
    if scope.types.reject_large(kind, node.pos, node.end, "array literal"):
        return Broken(node.pos)
    return tree.RepeatLiteral(node.pos, kind, value, count)


def _struct(scope: Scope, node: nodes.StructLiteral, context: Type | None) -> Expression:
    kind = untagged(scope.resolve(node.target))
    base = kind.base
    if not isinstance(base, Struct):
        if base is not UNKNOWN:
            scope.error("operand-type", f"expected struct type, actual {kind}", node.target)
        for argument in node.members:
            scope.check(argument.value, UNKNOWN)
        return Broken(node.pos)
    given: dict[str, tuple[tree.Member, Value]] = {}
    for argument in node.members:
        name = argument.name
        member = base.member(name)
        if member is None:
            unknown_member(scope, name, argument.pos, kind)
            scope.check(argument.value, UNKNOWN)
            continue
        scope.report.use(argument.pos, member)
        value = scope.converted(argument.value, member.type)
        if name in given:
            scope.report.error("duplicate-member", f"duplicate member '{name}'",
                               argument.pos, argument.pos + len(name))
        given[name] = (member, value)
    members = [given[member.name] for member in base.members if member.name in given]
    return tree.StructLiteral(node.pos, kind, members)


def unknown_member(scope: Scope, name: str, pos: int, kind: Type) -> Broken:
    base = kind.base
    assert isinstance(base, Struct)
    scope.report.error("unknown-member", f"unknown member '{name}' in {kind}",
                       pos, pos + len(name),
                       guess(name, [part.name for part in base.parts]))
    return Broken(pos)


def _sizeof(scope: Scope, node: nodes.Sizeof, context: Type | None) -> Expression:
    return tree.Const(node.pos, BYTE, scope.resolve(node.target).size & WORD_MASK)


LITERALS: dict[type[nodes.Expression], Callable[[Scope, Any, Type | None], Expression]] = {
    nodes.Int:           _integer,
    nodes.Bool:          _boolean,
    nodes.Char:          _character,
    nodes.Float:         _floating,
    nodes.String:        _string,
    nodes.Null:          _null,
    nodes.Void:          _void,
    nodes.List:          _list,
    nodes.Repeat:        _repeat,
    nodes.StructLiteral: _struct,
    nodes.Sizeof:        _sizeof,
}
