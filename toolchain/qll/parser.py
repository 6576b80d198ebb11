"""The parser: recursive descent over the tokens of one file (section 3 of the language).

Two things make the grammar more than one token deep, and both are decided by looking ahead:

- whether `<` after a name starts type arguments: the parser tries to read a list of types and `>`
  and then looks at the token behind (`_EXPECTED_AFTER_TYPE_ARGUMENTS`);
- whether a name or parenthesis starts a struct literal: it does if nothing but type suffixes
  stands between it and a `{`.

The first error ends the parse. While a list of types is being tried, errors are failures of the
attempt; the one that got furthest is remembered, as it often explains the error that follows
(not in expressions, where `<` most often compares).
"""

from collections.abc import Callable
from typing import NoReturn, TypeVar

from toolchain.floats import binary32_from_text

from . import syntax
from .errors import QllError, did_you_mean
from .lexer import KEYWORDS, tokenise, unescape
from .text import Text

__all__ = ["MAX_DEPTH", "parse"]

MAX_DEPTH = 2000
"""How deep expressions, types and blocks may nest. Far more than anybody writes; every later
phase of the compiler recurses as deep."""

_LEVEL = {
    "&&": 2, "||": 2, "|": 3, "&": 3, "==": 4, "!=": 4, "<": 5, ">": 5, "<=": 5, ">=": 5,
    "<<": 6, ">>": 6, "+": 7, "-": 7, "*": 8, "/": 8, "%": 8,
}
_NOT_CHAINED = (4, 5)

_EXPECTED_AFTER_TYPE_ARGUMENTS = frozenset(
    ["(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "->", "?", "=", "==", "!=", "&&", "||",
     "&", "|"])

_BUILTIN_TYPES = frozenset(["byte", "int", "float", "void"])

_T = TypeVar("_T")


class _NoType(Exception):
    """The attempt to read type arguments failed."""


def parse(text: Text, index: int) -> syntax.File:
    """Parse the source of that index. Raises `QllError` of kind `syntax`."""
    return _Parser(text, index).file()


class _Parser:
    def __init__(self, text: Text, index: int):
        self.text = text
        self.base = text.starts[index]
        tokens = tokenise(text.sources[index].text)
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.starts = [self.base + start for start in tokens.starts] if self.base else tokens.starts
        self.i = 0
        self.depth = 0
        self.trying = 0                                  # attempts to read type arguments
        self.no_type_list: set[int] = set()              # indices of `<` where that failed
        self.furthest: tuple[int, str] = (-1, "")
        self.remembering = True                          # failures; not where `<` may compare
        self.prefixes: dict[str, Callable[[], syntax.Expression]] = {
            "NAME": self.name, "global": self.name, "INT": self.integer, "FLOAT": self.float,
            "CHAR": self.character, "STRING": self.string, "(": self.parenthesis,
            "[": self.array, "-": self.sign, "+": self.sign, "!": self.logical_not,
            "*": self.dereference, "&": self.address_of, "&&": self.address_of_address,
            "len": self.length, "cap": self.capacity, "<": self.cast, "new": self.new,
            "null": self.null, "void": self.void, "sizeof": self.sizeof,
            "byte": self.type_literal, "int": self.type_literal, "float": self.type_literal,
            ".": self.type_literal,
        }
        self.statements: dict[str, Callable[[], syntax.Statement]] = {
            "if": self.if_statement, "while": self.while_statement, "for": self.for_statement,
        }
        self.simples: dict[str, Callable[[], syntax.Statement]] = {
            "var": self.var, "return": self.return_statement, "break": self.break_statement,
            "continue": self.continue_statement, "delete": self.delete,
        }

    # --- helpers ---------------------------------------------------------------------------------

    def end(self) -> int:
        """Position just behind the last token taken."""
        last = self.i - 1
        return self.starts[last] + len(self.texts[last])

    def describe(self, index: int) -> str:
        kind, word = self.kinds[index], self.texts[index]
        if kind == "END":
            return "the end of the file"
        if kind in KEYWORDS:
            return f"keyword '{word}'"
        if kind in ("STRING", "CHAR"):
            what = "string" if kind == "STRING" else "character"
            return f"{what} {word if len(word) <= 20 else word[:16] + '...'}"
        return f"'{word}'"

    def fail(self, message: str, index: int | None = None, notes: tuple[str, ...] = (),
             found: bool = True) -> NoReturn:
        """A syntax error at a token, by default the current one."""
        if index is None:
            index = self.i
        if self.trying:
            if self.remembering and index > self.furthest[0]:
                self.furthest = (index, message)
            raise _NoType
        if self.furthest[0] > index:
            index, message = self.furthest
            found, notes = True, ()
        start = self.starts[index]
        if self.kinds[index] == "ERROR":
            message, notes, found = self.tokens.error, (), False
        if found:
            message += f", found {self.describe(index)}"
        if self.kinds[index] == "END" and self.tokens.openers:
            opener = self.tokens.openers[-1]
            span = self.text.span(self.starts[opener])
            notes = (*notes, f"'{self.texts[opener]}' of {span.line}:{span.column} is not closed")
        raise QllError("syntax", message,
                       self.text.span(start, start + len(self.texts[index])), notes)

    def expect(self, kind: str, where: str) -> None:
        """Take a token that must be there; `where` completes "expected '...' "."""
        if self.kinds[self.i] != kind:
            if kind == ";":
                self.missing_semicolon(where)
            self.fail(f"expected '{kind}' {where}")
        self.i += 1

    def new_name(self, what: str) -> str:
        """Take the name of something that is declared: one segment."""
        i = self.i
        word = self.texts[i]
        if self.kinds[i] not in ("NAME", "global"):
            if self.kinds[i] in KEYWORDS:
                self.fail(f"'{word}' is a keyword and cannot be {what}", found=False)
            self.fail(f"expected {what}")
        if "::" in word:
            self.fail(f"expected {what} without '::'")
        self.i = i + 1
        return word

    def member_name(self) -> str:
        return self.new_name("the name of a member")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.furthest = (-1, "")
            self.fail("nested too deeply", found=False)

    def attempt(self, read: Callable[[], _T]) -> _T | None:
        """What `read` makes of the following tokens; None, and no token taken, if it fails."""
        start, depth = self.i, self.depth
        self.trying += 1
        try:
            return read()
        except _NoType:
            self.i, self.depth = start, depth
            return None
        finally:
            self.trying -= 1

    # --- declarations ----------------------------------------------------------------------------

    def file(self) -> syntax.File:
        declarations = []
        while self.kinds[self.i] != "END":
            declarations.append(self.declaration())
        return syntax.File(self.base, self.end() if self.i else self.base, declarations)

    def declaration(self) -> syntax.Declaration:
        start = self.i
        tags = self.tags()
        kind = self.kinds[self.i]
        if kind == "function":
            return self.function(start, tags)
        if kind == "global":
            return self.global_variable(start, tags)
        if kind == "type":
            return self.type_declaration(start, tags)
        if tags:
            self.fail("expected 'function', 'global' or 'type' after a tag")
        if kind == "namespace":
            return self.namespace()
        if kind == "using":
            return self.using()
        word = self.texts[self.i]
        notes: tuple[str, ...] = ()
        if kind == "NAME":
            guess = did_you_mean(word, ["function", "global", "type", "namespace", "using"])
            notes = (f"did you mean '{guess}'?",) if guess else ()
        elif kind == "var":
            notes = ("outside of functions variables are declared with 'global'",)
        elif kind == "/" and self.kinds[self.i + 1] == "*":
            notes = ("comments start with '//'",)
        elif kind == "}":
            notes = ("there is a '}' too many",)
        elif kind == ";":
            notes = ("no ';' follows the '}' of a function or namespace",)
        self.fail("expected a declaration", notes=notes)

    def tags(self) -> list[str]:
        kinds, texts, starts, i = self.kinds, self.texts, self.starts, self.i
        tags: list[str] = []
        while kinds[i] == ".":
            word = texts[i + 1]
            if not (word.isascii() and word.isalpha() and word.islower()) \
                    or starts[i + 1] != starts[i] + 1:
                self.fail("expected a tag, lower-case letters right after the '.'", i + 1)
            tags.append(word)
            i += 2
        self.i = i
        return tags

    def type_parameters(self) -> list[tuple[str, int]]:
        parameters: list[tuple[str, int]] = []
        if self.kinds[self.i] != "<":
            return parameters
        while not parameters or self.kinds[self.i] == ",":
            self.i += 1
            pos = self.starts[self.i]
            parameters.append((self.new_name("the name of a type parameter"), pos))
        self.expect(">", "after the type parameters")
        return parameters

    def type_declaration(self, start: int, tags: list[str]) -> syntax.TypeDecl:
        self.i += 1
        pos = self.starts[self.i]
        name = self.new_name("the name of a type")
        parameters = self.type_parameters()
        self.expect("=", "after the name of the type")
        target = self.type()
        self.expect(";", "after the type")
        return syntax.TypeDecl(self.starts[start], self.end(), tags, name, pos, parameters, target)

    def global_variable(self, start: int, tags: list[str]) -> syntax.Global:
        self.i += 1
        pos = self.starts[self.i]
        name = self.new_name("the name of a global")
        if self.kinds[self.i] == "=":
            self.fail("expected ':' and a type", notes=("a global needs a type",))
        self.expect(":", "and a type after the name of a global")
        target = self.type()
        initialiser = None
        if self.kinds[self.i] == "=":
            self.i += 1
            initialiser = self.expression()
        self.expect(";", "after the declaration of a global")
        return syntax.Global(self.starts[start], self.end(), tags, name, pos, target, initialiser)

    def function(self, start: int, tags: list[str]) -> syntax.Function:
        self.i += 1
        kinds = self.kinds
        pos = self.starts[self.i]
        name = self.new_name("the name of a function")
        type_parameters = self.type_parameters()
        self.expect("(", "after the name of a function")
        parameters: list[syntax.Parameter] = []
        if kinds[self.i] == ")":
            self.i += 1
        else:
            while True:
                parameters.append(self.parameter("the name of a parameter"))
                if kinds[self.i] != ",":
                    break
                self.i += 1
                if kinds[self.i] == ")":
                    self.fail("expected another parameter after ','")
            self.expect(")", "or ',' after a parameter")
        if kinds[self.i] == "{":
            self.fail("expected ':' and the type of the result",
                      notes=("a function that returns nothing has the result type 'void'",))
        self.expect(":", "and the type of the result")
        result = self.type()
        body = None
        if kinds[self.i] == "{":
            body = self.block("function")
        elif type_parameters:
            self.fail("expected the body of the function template")
        elif kinds[self.i] == ";":
            self.i += 1
        else:
            self.fail("expected the body of the function, or ';'")
        return syntax.Function(self.starts[start], self.end(), tags, name, pos, type_parameters,
                               parameters, result, body)

    def parameter(self, what: str) -> syntax.Parameter:
        pos = self.starts[self.i]
        name = self.new_name(what)
        self.expect(":", f"and a type after {what}")
        target = self.type()
        return syntax.Parameter(pos, self.end(), name, target)

    def qualified(self, what: str) -> str:
        if self.kinds[self.i] not in ("NAME", "global"):
            self.fail(f"expected {what}")
        self.i += 1
        return self.texts[self.i - 1]

    def namespace(self) -> syntax.Namespace:
        pos = self.starts[self.i]
        self.i += 1
        name = self.qualified("the name of a namespace")
        self.expect("{", "after the name of a namespace")
        self.deeper()
        declarations = []
        while self.kinds[self.i] != "}":
            if self.kinds[self.i] == "END":
                self.fail("expected a declaration or '}'")
            declarations.append(self.declaration())
        self.depth -= 1
        self.i += 1
        return syntax.Namespace(pos, self.end(), name, declarations)

    def using(self) -> syntax.Using:
        pos = self.starts[self.i]
        self.i += 1
        name = self.qualified("the name of a namespace")
        self.expect(";", "after 'using'")
        return syntax.Using(pos, self.end(), name)

    # --- types -----------------------------------------------------------------------------------

    def type(self) -> syntax.Type:
        i = self.i
        pos = self.starts[i]
        if self.kinds[i] == ".":
            tags = self.tags()
            target = self.pointer_type()
            return syntax.Tags(pos, self.end(), tags, target)
        return self.pointer_type()

    def pointer_type(self) -> syntax.Type:
        pos = self.starts[self.i]
        if self.kinds[self.i] == "*":
            self.i += 1
            self.deeper()
            target = self.pointer_type()
            self.depth -= 1
            return syntax.PointerType(pos, target.end, target)
        return self.suffixed_type(self.base_type())

    def suffixed_type(self, base: syntax.Type) -> syntax.Type:
        kinds = self.kinds
        while True:
            kind = kinds[self.i]
            if kind == "[":
                if kinds[self.i + 1] == "]":
                    self.i += 2
                    base = syntax.SliceType(base.pos, self.end(), base)
                elif kinds[self.i + 1] == "INT" and kinds[self.i + 2] == "]":
                    length = self.integer_value(self.texts[self.i + 1])
                    self.i += 3
                    base = syntax.ArrayType(base.pos, self.end(), base, length)
                else:
                    self.fail("expected the length of the array, an integer literal, or ']'",
                              self.i + (2 if kinds[self.i + 1] == "INT" else 1))
            elif kind == ".":
                self.i += 1
                at = self.starts[self.i]
                base = syntax.MemberType(base.pos, self.end(), base, self.member_name(), at)
                base.end = self.end()
            else:
                return base

    def base_type(self) -> syntax.Type:
        i = self.i
        kind = self.kinds[i]
        pos = self.starts[i]
        if kind in _BUILTIN_TYPES:
            self.i = i + 1
            return syntax.Builtin(pos, pos + len(kind), kind)
        if kind == "NAME" or kind == "global":
            word = self.texts[i]
            if word == "struct" and self.kinds[i + 1] == "{":
                return self.struct_type()
            self.i = i + 1
            arguments = None
            if self.kinds[self.i] == "<" and self.i not in self.no_type_list:
                arguments = self.attempt(self.type_arguments)
                if arguments is None:
                    self.no_type_list.add(self.i)
            return syntax.TypeName(pos, self.end(), word, arguments)
        if kind == "(":
            return self.parenthesised_type()
        if kind in KEYWORDS:
            self.fail(f"expected a type; '{kind}' is a keyword", found=False)
        self.fail("expected a type")

    def type_arguments(self) -> list[syntax.Type]:
        """`< type_list >`, at the `<`."""
        self.i += 1
        self.deeper()
        arguments = self.type_list(">")
        self.depth -= 1
        if self.kinds[self.i] != ">":
            self.fail("expected '>' or ',' after a type argument")
        self.i += 1
        return arguments

    def type_list(self, closer: str) -> list[syntax.Type]:
        """At least one type; a comma may trail."""
        types = [self.type()]
        while self.kinds[self.i] == ",":
            self.i += 1
            if self.kinds[self.i] == closer:
                break
            types.append(self.type())
        return types

    def struct_type(self) -> syntax.Type:
        pos = self.starts[self.i]
        self.i += 2
        self.deeper()
        members = []
        while self.kinds[self.i] != "}":
            members.append(self.parameter("the name of a member"))
            self.expect(";", "after a member")
        self.depth -= 1
        self.i += 1
        return syntax.StructType(pos, self.end(), members)

    def parenthesised_type(self) -> syntax.Type:
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
            return syntax.FunctionType(pos, result.end, parameters, result)
        self.i += 1
        if self.i == closer:
            self.fail("expected '=>' after '()'", self.i + 1)
        inner = self.type()
        self.expect(")", "after a type in parentheses")
        self.depth -= 1
        return inner

    # --- statements ------------------------------------------------------------------------------

    def block(self, what: str) -> syntax.Block:
        pos = self.starts[self.i]
        if self.kinds[self.i] != "{":
            self.fail(f"expected '{{' for the body of the {what}",
                      notes=("a body is always a block, even if it is one statement",))
        self.i += 1
        self.deeper()
        statements = []
        kinds = self.kinds
        while kinds[self.i] != "}":
            special = self.statements.get(kinds[self.i])
            if special is not None:
                statements.append(special())
            else:
                statements.append(self.simple())
                if kinds[self.i] != ";":
                    self.missing_semicolon("after a statement")
                self.i += 1
        self.depth -= 1
        self.i += 1
        return syntax.Block(pos, self.end(), statements)

    def missing_semicolon(self, where: str) -> NoReturn:
        kind = self.kinds[self.i]
        notes: tuple[str, ...] = ()
        if kind == "=":
            notes = ("assignment is a statement, not an operator",)
        elif kind in ("<", ">", "<=", ">=", "==", "!="):
            notes = ("comparisons do not chain; use parentheses or '&&'",)
        if not self.trying and self.i and self.furthest[0] <= self.i and kind != "ERROR":
            # Where the semicolon is missing, rather than at what follows on another line.
            end = self.end()
            if self.text.locate(end)[1] != self.text.locate(self.starts[self.i])[1]:
                raise QllError("syntax", f"expected ';' {where}", self.text.span(end), notes)
        self.fail(f"expected ';' {where}", notes=notes)

    def simple(self) -> syntax.Statement:
        kind = self.kinds[self.i]
        special = self.simples.get(kind)
        if special is not None:
            return special()
        if kind not in self.prefixes:
            self.no_statement(kind)
        start = self.starts[self.i]
        expression = self.expression()
        if self.kinds[self.i] == "=":
            at = self.starts[self.i]
            self.i += 1
            value = self.expression()
            return syntax.Assign(start, value.end, expression, at, value)
        return syntax.Evaluate(start, expression.end, expression)

    def no_statement(self, kind: str) -> NoReturn:
        notes: tuple[str, ...] = ()
        if kind == ";":
            notes = ("there is no empty statement",)
        elif kind == "{":
            notes = ("a block is not a statement by itself",)
        elif kind == "else":
            notes = ("'else' follows the '}' of an 'if'",)
        elif kind in ("function", "type"):
            notes = (f"there are no local {kind}s",)
        elif kind == "/" and self.kinds[self.i + 1] in ("*", "/"):
            notes = ("comments start with '//'",)
        self.fail("expected a statement", notes=notes)

    def var(self) -> syntax.Var:
        start = self.starts[self.i]
        self.i += 1
        pos = self.starts[self.i]
        name = self.new_name("the name of a variable")
        target = initialiser = None
        if self.kinds[self.i] == ":":
            self.i += 1
            target = self.type()
            if self.kinds[self.i] == "=":
                self.i += 1
                initialiser = self.expression()
        elif self.kinds[self.i] == "=":
            self.i += 1
            initialiser = self.expression()
        else:
            self.fail("expected ':' and a type, or '=' and a value, after the name of a variable")
        return syntax.Var(start, self.end(), name, pos, target, initialiser)

    def return_statement(self) -> syntax.Return:
        start = self.starts[self.i]
        self.i += 1
        value = None
        if self.kinds[self.i] not in (";", ")"):
            value = self.expression()
        return syntax.Return(start, self.end(), value)

    def break_statement(self) -> syntax.Break:
        self.i += 1
        return syntax.Break(self.starts[self.i - 1], self.end())

    def continue_statement(self) -> syntax.Continue:
        self.i += 1
        return syntax.Continue(self.starts[self.i - 1], self.end())

    def delete(self) -> syntax.Delete:
        start = self.starts[self.i]
        self.i += 1
        operand = self.expression()
        return syntax.Delete(start, operand.end, operand)

    def condition(self, what: str) -> syntax.Expression:
        self.expect("(", f"after '{what}'")
        condition = self.expression()
        if self.kinds[self.i] == "=":
            self.fail("expected ')' after the condition", notes=("'==' compares",))
        self.expect(")", "after the condition")
        return condition

    def if_statement(self) -> syntax.If:
        start = self.starts[self.i]
        arms = []
        other = None
        while True:
            self.i += 1
            condition = self.condition("if")
            arms.append((condition, self.block("if")))
            if self.kinds[self.i] != "else":
                break
            self.i += 1
            if self.kinds[self.i] != "if":
                other = self.block("else")
                break
        return syntax.If(start, self.end(), arms, other)

    def while_statement(self) -> syntax.While:
        start = self.starts[self.i]
        self.i += 1
        condition = self.condition("while")
        body = self.block("while")
        return syntax.While(start, body.end, condition, body)

    def for_statement(self) -> syntax.For:
        start = self.starts[self.i]
        self.i += 1
        self.expect("(", "after 'for'")
        first = self.for_part()
        self.expect(";", "after the first part of 'for'")
        if self.kinds[self.i] == ";":
            self.fail("expected a condition", notes=("all three parts of 'for' must be there",))
        condition = self.expression()
        self.expect(";", "after the condition of 'for'")
        update = self.for_part()
        self.expect(")", "after the last part of 'for'")
        body = self.block("for")
        return syntax.For(start, body.end, first, condition, update, body)

    def for_part(self) -> syntax.Statement:
        if self.kinds[self.i] in (";", ")"):
            self.fail("expected a statement", notes=("all three parts of 'for' must be there",))
        return self.simple()

    # --- expressions -----------------------------------------------------------------------------

    def expression(self) -> syntax.Expression:
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
            condition = syntax.Conditional(condition.pos, other.end, condition, then, other)
        self.depth -= 1
        return condition

    def binary(self, lowest: int) -> syntax.Expression:
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
            left = syntax.Binary(left.pos, right.end, operator, at, left, right)
            highest = level - 1 if level in _NOT_CHAINED else level

    def prefix(self) -> syntax.Expression:
        read = self.prefixes.get(self.kinds[self.i])
        if read is None:
            self.no_operand()
        return read()

    def no_operand(self) -> NoReturn:
        kind = self.kinds[self.i]
        previous = self.kinds[self.i - 1] if self.i else ""
        notes: tuple[str, ...] = ()
        if previous in ("+", "-") and self.kinds[self.i - 2] == previous:
            notes = (f"there is no '{previous}{previous}'",)
        elif kind == "=" and previous in _LEVEL:
            notes = (f"there is no '{previous}='",)
        elif kind in KEYWORDS:
            notes = (f"'{kind}' is a keyword",)
        elif kind == "{":
            notes = ("a list of elements stands in '[' and ']'; "
                     "in front of the '{' of a struct stands its type",)
        self.fail("expected an expression", notes=notes)

    def operand(self) -> syntax.Expression:
        """What a prefix operator applies to."""
        self.deeper()
        operand = self.prefix()
        self.depth -= 1
        return operand

    def sign(self) -> syntax.Expression:
        i = self.i
        self.i = i + 1
        operand = self.operand()
        return syntax.Sign(self.starts[i], operand.end, self.kinds[i] == "-", operand)

    def logical_not(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return syntax.Not(pos, operand.end, operand)

    def dereference(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return syntax.Deref(pos, operand.end, operand)

    def address_of(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return syntax.AddressOf(pos, operand.end, operand)

    def address_of_address(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        inner = syntax.AddressOf(pos + 1, operand.end, operand)
        return syntax.AddressOf(pos, operand.end, inner)

    def length(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return syntax.Len(pos, operand.end, operand)

    def capacity(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        operand = self.operand()
        return syntax.Capacity(pos, operand.end, operand)

    def cast(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        unsafe = self.kinds[self.i] == "unsafe"
        if unsafe:
            self.i += 1
        target = self.type()
        self.expect(">", "after the type of a cast")
        operand = self.operand()
        return syntax.Cast(pos, operand.end, target, unsafe, operand)

    def new(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        kinds = self.kinds
        start = self.i
        element = self.element_type()
        if kinds[self.i] == "[" and kinds[self.i + 1] != "]":
            self.i += 1
            count = self.expression()
            self.expect("]", "after the number of elements")
            how = kinds[self.i]
            initialiser: syntax.Expression | None = None
            if how == "=" or how == "...":
                self.i += 1
                initialiser = self.expression()
            elif how == "[":
                how = "="
                initialiser = self.array_literal()
            else:
                how = ""
            return syntax.NewElements(pos, self.end(), element, count, how, initialiser)
        target: syntax.Type = element
        if kinds[self.i] == "[":
            self.i = start
            target = self.type()
        how = kinds[self.i]
        if how != "=" and how != "...":
            return syntax.New(pos, self.end(), target, "", None)
        self.i += 1
        if how == "=" and kinds[self.i] == "STRING":
            initialiser = self.string_literal()
        elif how == "=" and kinds[self.i] == "[":
            initialiser = self.array_literal()
        else:
            initialiser = self.expression()
        return syntax.New(pos, self.end(), target, how, initialiser)

    def element_type(self) -> syntax.Type:
        """A type without array suffixes, since a bracket behind `new T` holds a count."""
        pos = self.starts[self.i]
        if self.kinds[self.i] == ".":
            tags = self.tags()
            target = self.element_type()
            return syntax.Tags(pos, self.end(), tags, target)
        if self.kinds[self.i] == "*":
            self.i += 1
            self.deeper()
            target = self.element_type()
            self.depth -= 1
            return syntax.PointerType(pos, target.end, target)
        base = self.base_type()
        while self.kinds[self.i] == ".":
            self.i += 1
            at = self.starts[self.i]
            base = syntax.MemberType(base.pos, self.end(), base, self.member_name(), at)
            base.end = self.end()
        return base

    # --- primaries, each with its suffixes -------------------------------------------------------

    def name(self) -> syntax.Expression:
        i = self.i
        kinds = self.kinds
        word = self.texts[i]
        pos = self.starts[i]
        following = kinds[i + 1]
        if following == "{":
            return self.suffixes(self.struct_literal(self.type()))
        if (following == "." or following == "[") and self.is_head(i + 1):
            return self.suffixes(self.struct_literal(self.type()))
        if following == "<" and i + 1 not in self.no_type_list:
            self.i = i + 1
            self.remembering = False
            arguments = self.attempt(self.type_arguments)
            self.remembering = True
            if arguments is not None:
                after = kinds[self.i]
                if after == "{" or ((after == "." or after == "[") and self.is_head(self.i)):
                    self.i = i
                    return self.suffixes(self.struct_literal(self.type()))
                if after in _EXPECTED_AFTER_TYPE_ARGUMENTS and not (
                        after == "=" and self.starts[self.i] == self.end()):
                    return self.suffixes(syntax.Name(pos, self.end(), word, arguments))
            else:
                self.no_type_list.add(i + 1)
        self.i = i + 1
        if word == "true" or word == "false":
            return self.suffixes(syntax.Bool(pos, pos + len(word), word == "true"))
        if word == "Inf" or word == "NaN":
            pattern = 0x7F800000 if word == "Inf" else 0x7FC00000
            return self.suffixes(syntax.Float(pos, pos + 3, pattern))
        node = syntax.Name(pos, pos + len(word), word, None)
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

    def type_literal(self) -> syntax.Expression:
        """A struct literal whose head does not start with a name."""
        i = self.i
        target = self.type()
        if self.kinds[self.i] != "{":
            kind = self.texts[i]
            notes = (f"a cast is written <{kind}>x",) if kind in _BUILTIN_TYPES else ()
            self.fail("expected an expression", i, notes)
        return self.suffixes(self.struct_literal(target))

    def struct_literal(self, target: syntax.Type) -> syntax.StructLiteral:
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
            members.append(syntax.Argument(pos, value.end, name, value))
            if kinds[self.i] != ",":
                break
            self.i += 1
        self.expect("}", "or ',' after a member")
        return syntax.StructLiteral(target.pos, self.end(), target, members)

    def integer_value(self, word: str) -> int:
        if word[:2] == "0x":
            return int(word[2:][-8:], 16)
        if word[:2] == "0b":
            return int(word[2:][-32:], 2)
        if len(word) <= 4000:
            return int(word) & 0xFFFFFFFF
        value = 0
        for at in range(0, len(word), 1000):  # Python refuses to convert very long numbers
            part = word[at:at + 1000]
            value = (value * pow(10, len(part), 1 << 32) + int(part)) & 0xFFFFFFFF
        return value

    def integer(self) -> syntax.Expression:
        i = self.i
        word = self.texts[i]
        pos = self.starts[i]
        self.i = i + 1
        node = syntax.Int(pos, pos + len(word), self.integer_value(word))
        if self.kinds[i + 1] in _SUFFIXES:
            return self.suffixes(node)
        return node

    def float(self) -> syntax.Expression:
        word = self.texts[self.i]
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(syntax.Float(pos, pos + len(word), binary32_from_text(word[:-1])))

    def character(self) -> syntax.Expression:
        word = self.texts[self.i]
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(syntax.Char(pos, pos + len(word), ord(unescape(word))))

    def string_literal(self) -> syntax.String:
        word = self.texts[self.i]
        pos = self.starts[self.i]
        self.i += 1
        return syntax.String(pos, pos + len(word), unescape(word))

    def string(self) -> syntax.Expression:
        return self.suffixes(self.string_literal())

    def null(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(syntax.Null(pos, pos + 4))

    def void(self) -> syntax.Expression:
        if self.is_head(self.i + 1):
            return self.type_literal()
        pos = self.starts[self.i]
        self.i += 1
        return self.suffixes(syntax.Void(pos, pos + 4))

    def sizeof(self) -> syntax.Expression:
        pos = self.starts[self.i]
        self.i += 1
        target = self.type()
        return self.suffixes(syntax.Sizeof(pos, self.end(), target))

    def parenthesis(self) -> syntax.Expression:
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
        return self.suffixes(inner)

    def array(self) -> syntax.Expression:
        return self.suffixes(self.array_literal())

    def array_literal(self) -> syntax.Expression:
        kinds = self.kinds
        pos = self.starts[self.i]
        self.i += 1
        elements: list[syntax.Expression] = []
        if kinds[self.i] != "]":
            elements.append(self.expression())
            if kinds[self.i] == ";":
                self.i += 1
                if kinds[self.i] != "INT":
                    self.fail("expected the number of elements, an integer literal")
                count = self.integer_value(self.texts[self.i])
                self.i += 1
                self.expect("]", "after the number of elements")
                return syntax.Repeat(pos, self.end(), elements[0], count)
            while kinds[self.i] == ",":
                self.i += 1
                if kinds[self.i] == "]":
                    break
                elements.append(self.expression())
        self.expect("]", "or ',' after an element")
        return syntax.List(pos, self.end(), elements)

    def suffixes(self, base: syntax.Expression) -> syntax.Expression:
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
                base = syntax.Call(pos, self.end(), base, arguments)
            elif kind == ".":
                self.i += 1
                at = self.starts[self.i]
                base = syntax.Member(pos, 0, base, self.member_name(), at)
                base.end = self.end()
            elif kind == "[":
                base = self.bracket(base)
            else:
                self.i += 1
                at = self.starts[self.i]
                if kinds[self.i] == "[":
                    unsafe, index = self.index()
                    base = syntax.ArrowIndex(pos, self.end(), base, index, unsafe)
                else:
                    base = syntax.Arrow(pos, 0, base, self.member_name(), at)
                    base.end = self.end()

    def index(self) -> tuple[bool, syntax.Expression]:
        """`[ [unsafe] expression ]`."""
        self.i += 1
        unsafe = self.kinds[self.i] == "unsafe"
        if unsafe:
            self.i += 1
        index = self.expression()
        self.expect("]", "after an index")
        return unsafe, index

    def bracket(self, base: syntax.Expression) -> syntax.Expression:
        """A subslice or an index."""
        kinds = self.kinds
        self.i += 1
        lower = upper = None
        if kinds[self.i] == "unsafe":
            self.i += 1
            index = self.expression()
            self.expect("]", "after an index")
            return syntax.Index(base.pos, self.end(), base, index, True)
        if kinds[self.i] != ":":
            lower = self.expression()
            if kinds[self.i] == "]":
                self.i += 1
                return syntax.Index(base.pos, self.end(), base, lower, False)
            if kinds[self.i] != ":":
                self.fail("expected ']' after an index")
        self.i += 1
        if kinds[self.i] != "]":
            upper = self.expression()
        self.expect("]", "after the bounds of a subslice")
        return syntax.Subslice(base.pos, self.end(), base, lower, upper)


_SUFFIXES = frozenset(["(", ".", "[", "->"])
