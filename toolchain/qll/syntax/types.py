"""Parsing types.

Type arguments are read by attempts, as `<` may compare instead. What was read in an attempt that
fails is read again, in another way; so that this does not happen once more for each attempt around
it, what an attempt found of type arguments and of lengths of arrays is kept.
"""

from abc import ABC, abstractmethod

from toolchain.qll.errors import QllError
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.cursor import NoType
from toolchain.qll.syntax.lexer import KEYWORDS
from toolchain.qll.syntax.recovery import Recovery
from toolchain.qll.text import Text

__all__ = ["BUILTIN_TYPES", "TypeParser"]

BUILTIN_TYPES = frozenset(["byte", "int", "float", "void"])


class TypeParser(Recovery, ABC):
    """Reads types. The length of an array is an expression, which the layer above reads."""

    def __init__(self, text: Text, index: int):
        super().__init__(text, index)
        # By the index of a `<`, the type arguments and the index behind them; None if it compares.
        self.argument_lists: dict[int, tuple[list[nodes.Type], int] | None] = {}
        # By the index behind a `[`, what attempts have read there, in the same way.
        self.lengths: dict[int, tuple[nodes.Expression, int] | NoType] = {}

    @abstractmethod
    def expression(self) -> nodes.Expression:
        """Read an expression."""

    def type(self) -> nodes.Type:
        i = self.i
        pos = self.starts[i]
        if self.kinds[i] == ".":
            tags = self.tags()
            target = self.pointer_type()
            return nodes.Tags(pos, self.end(), tags, target)
        return self.pointer_type()

    def pointer_type(self) -> nodes.Type:
        pos = self.starts[self.i]
        if self.kinds[self.i] == "*":
            self.i += 1
            self.deeper()
            target = self.pointer_type()
            self.depth -= 1
            return nodes.PointerType(pos, target.end, target)
        return self.suffixed_type(self.base_type())

    def suffixed_type(self, base: nodes.Type) -> nodes.Type:
        kinds = self.kinds
        while True:
            kind = kinds[self.i]
            if kind == "[":
                self.i += 1
                if kinds[self.i] == "]":
                    self.i += 1
                    base = nodes.SliceType(base.pos, self.end(), base)
                else:
                    length = self.length_or_index()
                    self.expect("]", "after the length of an array")
                    base = nodes.ArrayType(base.pos, self.end(), base, length)
            elif kind == ".":
                self.i += 1
                at = self.starts[self.i]
                name = self.member_name()
                base = nodes.MemberType(base.pos, self.end(), base, name, at)
            else:
                return base

    def base_type(self) -> nodes.Type:
        i = self.i
        kind = self.kinds[i]
        pos = self.starts[i]
        if kind in BUILTIN_TYPES:
            self.i = i + 1
            return nodes.Builtin(pos, pos + len(kind), kind)
        if kind == "NAME" or kind == "global":
            word = self.texts[i]
            if word == "struct" and self.kinds[i + 1] == "{":
                return self.struct_type()
            self.i = i + 1
            arguments = self.type_arguments() if self.kinds[self.i] == "<" else None
            return nodes.TypeName(pos, self.end(), word, arguments)
        if kind == "(":
            return self.parenthesised_type()
        if kind in KEYWORDS:
            self.fail(f"expected a type; '{kind}' is a keyword", found=False)
        self.fail("expected a type")

    def length_or_index(self) -> nodes.Expression:
        """An expression behind `[`, where an attempt may take for a type what is none."""
        start = self.i
        found = self.lengths.get(start)
        if isinstance(found, tuple):
            node, self.i = found
            return node
        if not self.trying:
            return self.expression()
        if found is not None:
            self.fail(found.message, found.index)
        try:
            node = self.expression()
        except NoType as failure:
            self.lengths[start] = failure
            raise
        self.lengths[start] = node, self.i
        return node

    def type_arguments(self) -> list[nodes.Type] | None:
        """`< type_list >`, at a `<`; None, and no token taken, if something else follows it."""
        start = self.i
        if start not in self.argument_lists:
            found = self.attempt(self.type_argument_list)
            self.argument_lists[start] = None if found is None else (found, self.i)
        known = self.argument_lists[start]
        if known is None:
            return None
        arguments, self.i = known
        return arguments

    def type_argument_list(self) -> list[nodes.Type]:
        self.i += 1
        self.deeper()
        arguments = self.type_list(">")
        self.depth -= 1
        if self.kinds[self.i] != ">":
            self.fail("expected '>' or ',' after a type argument")
        self.i += 1
        return arguments

    def type_list(self, closer: str) -> list[nodes.Type]:
        """At least one type; a comma may trail."""
        types = [self.type()]
        while self.kinds[self.i] == ",":
            self.i += 1
            if self.kinds[self.i] == closer:
                break
            types.append(self.type())
        return types

    def struct_type(self) -> nodes.Type:
        pos = self.starts[self.i]
        opened = self.i + 1
        self.i += 2
        self.deeper()
        members = []
        while self.kinds[self.i] != "}":
            start = self.i
            try:
                members.append(self.parameter("the name of a member"))
                self.expect(";", "after a member")
            except QllError as error:
                if not self.skip_member(start, error):
                    raise
        self.depth -= 1
        self.i += 1
        if not members and self.i > opened + 2:
            return nodes.WrongType(pos, self.end())
        return nodes.StructType(pos, self.end(), members)

    def parenthesised_type(self) -> nodes.Type:
        """A function type, or a type in parentheses."""
        start = self.i
        pos = self.starts[start]
        closer = self.tokens.closers.get(start)
        self.deeper()
        if closer is not None and self.kinds[closer + 1] == "=>":
            self.i += 1
            parameters = []
            if self.i != closer:
                parameters = self.type_list(")")
                if self.i != closer:
                    self.fail("expected ')' or ',' after a parameter's type")
            self.i = closer + 2
            result = self.type()
            self.depth -= 1
            return nodes.FunctionType(pos, result.end, parameters, result)
        self.i += 1
        if self.i == closer:
            self.fail("expected '=>' after '()'", self.i + 1)
        inner = self.type()
        self.expect(")", "after a type in parentheses")
        self.depth -= 1
        return inner

    def parameter(self, what: str) -> nodes.Parameter:
        pos = self.starts[self.i]
        name = self.new_name(what)
        self.expect(":", f"and a type after {what}")
        target = self.type()
        return nodes.Parameter(pos, self.end(), name, target)
