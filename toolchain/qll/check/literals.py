"""Checking literals."""

import struct

from toolchain.qll import tree
from toolchain.qll.check.context import WORD_MASK, Broken, Context
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

__all__ = ["Literals"]


class Literals(Context):
    """Literals of all kinds; most take their type from the context."""

    def integer(self, node: nodes.Int, context: Type | None) -> Expression:
        return self.number(node.pos, node.word, context, BYTE)

    def boolean(self, node: nodes.Bool, context: Type | None) -> Expression:
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

    def character(self, node: nodes.Char, context: Type | None) -> Expression:
        return tree.Const(node.pos, BYTE, node.word)

    def floating(self, node: nodes.Float, context: Type | None) -> Expression:
        return tree.Const(node.pos, FLOAT, node.word)

    def string(self, node: nodes.String, context: Type | None) -> Expression:
        words = [ord(char) for char in node.text]
        return tree.StringLiteral(node.pos, BYTE.array(len(words)), words)

    def null(self, node: nodes.Null, context: Type | None) -> Expression:
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

    def void(self, node: nodes.Void, context: Type | None) -> Expression:
        return tree.VoidValue(node.pos, VOID)

    def listing(self, node: nodes.List, context: Type | None) -> Expression:
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

    def repeat(self, node: nodes.Repeat, context: Type | None) -> Expression:
        base = context.base if context is not None else None
        count = self.checker.types.length(node.count, self.inner, self.env)
        if isinstance(base, (Array, Slice)):
            element = untagged(base.element)
            value = self.converted(node.element, element)
            if isinstance(base, Array) and count is not None and base.length != count:
                return self.error("type-mismatch",
                                  f"expected {base.length} elements, actual {count}", node)
        else:
            value = self.value(node.element, None)
            element = untagged(value.type)
        if element.base is VOID:
            return self.error("void-member", "invalid void type: an element needs a value",
                              node.element)
        if element is UNKNOWN or count is None:
            return Broken(node.pos)
        kind = element.array(count)
        if self.checker.types.reject_large(kind, node.pos, node.end, "array literal"):
            return Broken(node.pos)
        return tree.RepeatLiteral(node.pos, kind, value, count)

    def struct_literal(self, node: nodes.StructLiteral, context: Type | None) -> Expression:
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

    def sizeof(self, node: nodes.Sizeof, context: Type | None) -> Expression:
        return tree.Const(node.pos, BYTE, self.resolve(node.target).size & WORD_MASK)
