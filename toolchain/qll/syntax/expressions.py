"""Parsing expressions.

Two things make the grammar more than one token deep, and both are decided by looking ahead:

- whether `<` after a name starts type arguments: the parser tries to read a list of types and `>`
  and then looks at the token behind (`_EXPECTED_AFTER_TYPE_ARGUMENTS`);
- whether a name or parenthesis starts a struct literal: it does if nothing but type suffixes
  stands between it and a `{`.
"""

from collections.abc import Callable
from typing import NoReturn

from toolchain.floats import binary32_from_text
from toolchain.integers import integer_value
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.cursor import MAX_DEPTH
from toolchain.qll.syntax.lexer import KEYWORDS, unescape
from toolchain.qll.syntax.types import BUILTIN_TYPES, TypeParser
from toolchain.qll.text import Text

__all__ = ["ExpressionParser"]

_LEVEL = {
    "&&": 2, "||": 2, "|": 3, "&": 3, "==": 4, "!=": 4, "<": 5, ">": 5, "<=": 5, ">=": 5,
    "<<": 6, ">>": 6, "+": 7, "-": 7, "*": 8, "/": 8, "%": 8,
}
_NOT_CHAINED = (4, 5)

# For an operator, those that are easily taken to bind otherwise when they stand beside it.
_COMPARISONS = frozenset(["==", "!=", "<", ">", "<=", ">="])
_CONFUSED: dict[str, frozenset[str]] = {
    "|": frozenset(["&", *_COMPARISONS]), "&": frozenset(["|", *_COMPARISONS]),
    "||": frozenset(["&&"]), "&&": frozenset(["||"]),
    "<<": frozenset("+-"), ">>": frozenset("+-"),
}

_EXPECTED_AFTER_TYPE_ARGUMENTS = frozenset(
    ["(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "->", "?", "=", "==", "!=", "&&", "||",
     "&", "|"])

_SUFFIXES = frozenset(["(", ".", "[", "->"])


class ExpressionParser(TypeParser):
    """Reads expressions."""

    def __init__(self, text: Text, index: int):
        super().__init__(text, index)
        self.mixtures: list[tuple[nodes.Binary, nodes.Binary]] = []
        self.prefixes: dict[str, Callable[[], nodes.Expression]] = {
            "NAME": self.name, "global": self.name, "INT": self.integer, "FLOAT": self.float,
            "CHAR": self.character, "STRING": self.string, "(": self.parenthesis,
            "[": self.array, "-": self.sign, "+": self.sign, "!": self.logical_not,
            "*": self.dereference, "&": self.address_of, "&&": self.address_of_address,
            "len": self.length, "cap": self.capacity, "<": self.cast, "new": self.new,
            "null": self.null, "void": self.void, "sizeof": self.sizeof,
            "byte": self.type_literal, "int": self.type_literal, "float": self.type_literal,
            ".": self.type_literal, "WRONG": self.wrong_literal,
        }

    def expression(self) -> nodes.Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.depth -= 1
            self.deeper()
        condition = self.binary(2)
        if self.kinds[self.i] == "?":
            self.i += 1
            then = self.expression()
            self.expect(":", "between the arms of '?:'")
            other = self.expression()
            condition = nodes.Conditional(condition.pos, other.end, condition, then, other)
        self.depth -= 1
        return condition

    def binary(self, lowest: int) -> nodes.Expression:
        kinds, starts = self.kinds, self.starts
        left = self.prefix()
        highest = 8
        while True:
            i = self.i
            operator = kinds[i]
            level = _LEVEL.get(operator)
            if level is None:
                return left
            at = starts[i]
            if operator == ">" and starts[i + 1] == at + 1:
                if kinds[i + 1] == ">":
                    operator, level, i = ">>", 6, i + 1
                elif kinds[i + 1] == "=":
                    operator, i = ">=", i + 1
            if level < lowest:
                return left
            if level > highest:
                self.fail("expected an operator that binds less tightly", found=True,
                          notes=("comparisons do not chain; use parentheses or '&&'",))
            self.i = i + 1
            right = self.binary(level + 1)
            left = nodes.Binary(left.pos, right.end, operator, at, left, right, False)
            if operator in _CONFUSED:
                self.note_mixture(left, _CONFUSED[operator])
            highest = level - 1 if level in _NOT_CHAINED else level

    def note_mixture(self, node: nodes.Binary, confused: frozenset[str]) -> None:
        """Remember operands that are another operator, of which one may think that it binds
        otherwise, without parentheses."""
        for operand in (node.left, node.right):
            if type(operand) is nodes.Binary and not operand.grouped \
                    and operand.operator in confused:
                self.mixtures.append((node, operand))

    def prefix(self) -> nodes.Expression:
        read = self.prefixes.get(self.kinds[self.i])
        if read is None:
            self.no_operand()
        return read()

    def no_operand(self) -> NoReturn:
        kind = self.kinds[self.i]
        previous = self.kinds[self.i - 1] if self.i else ""
        notes: tuple[str, ...] = ()
        if previous in ("+", "-") and self.kinds[self.i - 2] == previous:
            notes = (f"there is no '{previous}{previous}'; write x = x {previous} 1",)
        elif kind == "=" and previous in _LEVEL:
            notes = (f"there is no '{previous}='; write x = x {previous} ...",
                     ) if previous in ("+", "-", "*", "/", "%", "&", "|", "<<") \
                else (f"there is no '{previous}='",)
        elif kind in KEYWORDS:
            notes = (f"'{kind}' is a keyword",)
        elif kind == "{":
            notes = ("a list of elements stands in '[' and ']'; "
                     "in front of the '{' of a struct stands its type",)
        self.fail("expected an expression", notes=notes)

    def operand(self) -> nodes.Expression:
        """What a prefix operator applies to."""
        self.deeper()
        operand = self.prefix()
        self.depth -= 1
        return operand

    def sign(self) -> nodes.Expression:
        i = self.i
        self.i = i + 1
        operand = self.operand()
        return nodes.Sign(self.starts[i], operand.end, self.kinds[i] == "-", operand)

    def logical_not(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return nodes.Not(pos, operand.end, operand)

    def dereference(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return nodes.Deref(pos, operand.end, operand)

    def address_of(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return nodes.AddressOf(pos, operand.end, operand)

    def address_of_address(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        inner = nodes.AddressOf(pos + 1, operand.end, operand)
        return nodes.AddressOf(pos, operand.end, inner)

    def length(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return nodes.Len(pos, operand.end, operand)

    def capacity(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return nodes.Capacity(pos, operand.end, operand)

    def cast(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        unsafe = self.kinds[self.i] == "unsafe"
        if unsafe:
            self.i += 1
        target = self.type()
        self.expect(">", "after the type of a cast")
        operand = self.operand()
        return nodes.Cast(pos, operand.end, target, unsafe, operand)

    def new(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        kinds = self.kinds
        target = self.new_type()
        if kinds[self.i] == "[":
            self.i += 1
            count = self.expression()
            self.expect("]", "after the number of elements")
            how = kinds[self.i]
            initialiser: nodes.Expression | None = None
            if how == "=" or how == "...":
                self.i += 1
                initialiser = self.expression()
            elif how == "[":
                how = "="
                initialiser = self.array_literal()
            else:
                how = ""
            return nodes.NewElements(pos, self.end(), target, count, how, initialiser)
        how = kinds[self.i]
        if how != "=" and how != "...":
            return nodes.New(pos, self.end(), target, "", None)
        self.i += 1
        if how == "=" and kinds[self.i] == "STRING":
            initialiser = self.string_literal()
        elif how == "=" and kinds[self.i] == "[":
            initialiser = self.array_literal()
        else:
            initialiser = self.expression()
        return nodes.New(pos, self.end(), target, how, initialiser)

    def new_type(self) -> nodes.Type:
        """The type behind `new`, up to a bracket that holds a count."""
        pos = self.starts[self.i]
        if self.kinds[self.i] == ".":
            tags = self.tags()
            target = self.new_type()
            return nodes.Tags(pos, self.end(), tags, target)
        if self.kinds[self.i] == "*":
            self.i += 1
            self.deeper()
            target = self.new_type()
            self.depth -= 1
            return nodes.PointerType(pos, target.end, target)
        base = self.base_type()
        while self.kinds[self.i] == ".":
            self.i += 1
            at = self.starts[self.i]
            name = self.member_name()
            base = nodes.MemberType(base.pos, self.end(), base, name, at)
        if self.kinds[self.i] == "[" and self.kinds[self.i + 1] == "]":
            return self.suffixed_type(base)
        return base

    # --- primaries, each with its suffixes -------------------------------------------------------

    def name(self) -> nodes.Expression:
        i = self.i
        kinds = self.kinds
        word = self.texts[i]
        pos = self.starts[i]
        following = kinds[i + 1]
        if following == "{":
            return self.suffixes(self.struct_literal(self.type()))
        if (following == "." or following == "[") and self.is_head(i + 1):
            return self.suffixes(self.struct_literal(self.type()))
        if following == "<":
            self.i = i + 1
            remembering, self.remembering = self.remembering, False
            arguments = self.type_arguments()
            self.remembering = remembering
            if arguments is not None:
                after = kinds[self.i]
                if after == "{" or ((after == "." or after == "[") and self.is_head(self.i)):
                    self.i = i
                    return self.suffixes(self.struct_literal(self.type()))
                if after in _EXPECTED_AFTER_TYPE_ARGUMENTS and not (
                        after == "=" and self.starts[self.i] == self.end()):
                    return self.suffixes(nodes.Name(pos, self.end(), word, arguments))
        self.i = i + 1
        if word == "true" or word == "false":
            return self.suffixes(nodes.Bool(pos, pos + len(word), word == "true"))
        if word == "Inf" or word == "NaN":
            pattern = 0x7F800000 if word == "Inf" else 0x7FC00000
            return self.suffixes(nodes.Float(pos, pos + 3, pattern))
        node = nodes.Name(pos, pos + len(word), word, None)
        if following in _SUFFIXES:
            return self.suffixes(node)
        return node

    def is_head(self, i: int) -> bool:
        """Whether type suffixes from that token on lead to the `{` of a struct literal."""
        kinds = self.kinds
        while True:
            kind = kinds[i]
            if kind == ".":
                if kinds[i + 1] != "NAME":
                    return False
                i += 2
            elif kind == "[" and kinds[i + 1] == "]":
                i += 2
            elif kind == "[" and kinds[i + 1] == "INT" and kinds[i + 2] == "]":
                i += 3
            else:
                return kind == "{"

    def type_literal(self) -> nodes.Expression:
        """A struct literal whose head does not start with a name."""
        i = self.i
        target = self.type()
        if self.kinds[self.i] != "{":
            kind = self.texts[i]
            notes = (f"a cast is written <{kind}>x",) if kind in BUILTIN_TYPES else ()
            if notes and self.kinds[i + 1] == "NAME":
                notes = (f"a variable is declared as var {self.texts[i + 1]}: {kind} = value;",)
            self.fail("expected an expression", i, notes)
        return self.suffixes(self.struct_literal(target))

    def struct_literal(self, target: nodes.Type) -> nodes.StructLiteral:
        kinds = self.kinds
        if kinds[self.i] != "{":
            self.fail("expected '{' and members after the type of a struct literal")
        self.i += 1
        members = []
        while kinds[self.i] != "}":
            pos = self.starts[self.i]
            name = self.member_name()
            self.expect("=", "after the name of a member")
            value = self.expression()
            members.append(nodes.Argument(pos, value.end, name, value))
            if kinds[self.i] != ",":
                break
            self.i += 1
        self.expect("}", "or ',' after a member")
        return nodes.StructLiteral(target.pos, self.end(), target, members)

    def integer(self) -> nodes.Expression:
        i = self.i
        word = self.texts[i]
        pos = self.starts[i]
        self.i = i + 1
        node = nodes.Int(pos, pos + len(word), integer_value(word))
        if self.kinds[i + 1] in _SUFFIXES:
            return self.suffixes(node)
        return node

    def float(self) -> nodes.Expression:
        word = self.texts[self.i]
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(nodes.Float(pos, pos + len(word), binary32_from_text(word[:-1])))

    def wrong_literal(self) -> nodes.Expression:
        self.i += 1
        return self.suffixes(self.wrong(self.i - 1))

    def character(self) -> nodes.Expression:
        word = self.texts[self.i]
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(nodes.Char(pos, pos + len(word), ord(unescape(word))))

    def string_literal(self) -> nodes.String:
        word = self.texts[self.i]
        pos = self.starts[self.i]
        self.i += 1
        return nodes.String(pos, pos + len(word), unescape(word))

    def string(self) -> nodes.Expression:
        return self.suffixes(self.string_literal())

    def null(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(nodes.Null(pos, pos + 4))

    def void(self) -> nodes.Expression:
        if self.is_head(self.i + 1):
            return self.type_literal()
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(nodes.Void(pos, pos + 4))

    def sizeof(self) -> nodes.Expression:
        pos = self.starts[self.i]
        self.i += 1
        target = self.type()
        return self.suffixes(nodes.Sizeof(pos, self.end(), target))

    def parenthesis(self) -> nodes.Expression:
        closer = self.tokens.closers.get(self.i)
        if closer is not None and self.is_head(closer + 1):
            return self.suffixes(self.struct_literal(self.type()))
        self.i += 1
        inner = self.expression()
        if self.kinds[self.i] != ")":
            notes = ("assignment is a statement, not an operator",) \
                if self.kinds[self.i] == "=" else ()
            self.fail("expected ')'", notes=notes)
        self.i += 1
        if type(inner) is nodes.Binary:
            inner.grouped = True
        return self.suffixes(inner)

    def array(self) -> nodes.Expression:
        return self.suffixes(self.array_literal())

    def array_literal(self) -> nodes.Expression:
        kinds = self.kinds
        pos = self.starts[self.i]
        self.i += 1
        elements: list[nodes.Expression] = []
        if kinds[self.i] != "]":
            elements.append(self.expression())
            if kinds[self.i] == ";":
                self.i += 1
                count = self.expression()
                self.expect("]", "after the number of elements")
                return nodes.Repeat(pos, self.end(), elements[0], count)
            while kinds[self.i] == ",":
                self.i += 1
                if kinds[self.i] == "]":
                    break
                elements.append(self.expression())
        self.expect("]", "or ',' after an element")
        return nodes.List(pos, self.end(), elements)

    def suffixes(self, base: nodes.Expression) -> nodes.Expression:
        kinds = self.kinds
        while True:
            kind = kinds[self.i]
            if kind not in _SUFFIXES:
                return base
            pos = base.pos
            if kind == "(":
                self.i += 1
                arguments = []
                while kinds[self.i] != ")":
                    arguments.append(self.expression())
                    if kinds[self.i] != ",":
                        break
                    self.i += 1
                self.expect(")", "or ',' after an argument")
                base = nodes.Call(pos, self.end(), base, arguments)
            elif kind == ".":
                self.i += 1
                at = self.starts[self.i]
                name = self.member_name()
                base = nodes.Member(pos, self.end(), base, name, at)
            elif kind == "[":
                base = self.bracket(base)
            else:
                self.i += 1
                at = self.starts[self.i]
                if kinds[self.i] == "[":
                    unsafe, index = self.index()
                    base = nodes.ArrowIndex(pos, self.end(), base, index, unsafe)
                else:
                    name = self.member_name()
                    base = nodes.Arrow(pos, self.end(), base, name, at)

    def index(self) -> tuple[bool, nodes.Expression]:
        """`[ [unsafe] expression ]`."""
        self.i += 1
        unsafe = self.kinds[self.i] == "unsafe"
        if unsafe:
            self.i += 1
        index = self.expression()
        self.expect("]", "after an index")
        return unsafe, index

    def bracket(self, base: nodes.Expression) -> nodes.Expression:
        """A subslice or an index."""
        kinds = self.kinds
        self.i += 1
        lower = upper = None
        if kinds[self.i] == "unsafe":
            self.i += 1
            index = self.expression()
            self.expect("]", "after an index")
            return nodes.Index(base.pos, self.end(), base, index, True)
        if kinds[self.i] != ":":
            lower = self.length_or_index()
            if kinds[self.i] == "]":
                self.i += 1
                return nodes.Index(base.pos, self.end(), base, lower, False)
            if kinds[self.i] != ":":
                self.fail("expected ']' after an index")
        self.i += 1
        if kinds[self.i] != "]":
            upper = self.expression()
        self.expect("]", "after the bounds of a subslice")
        return nodes.Subslice(base.pos, self.end(), base, lower, upper)
