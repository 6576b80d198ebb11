"""The parser: declarations and statements, and the whole.

Recursive descent over the tokens of one file, in layers: `cursor`, `parse_types`,
`parse_expressions`, and this.
"""

from collections.abc import Callable
from typing import NoReturn

from toolchain.qll.errors import did_you_mean
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.cursor import MAX_DEPTH
from toolchain.qll.syntax.expressions import ExpressionParser
from toolchain.qll.text import Text

__all__ = ["MAX_DEPTH", "parse"]


def parse(text: Text, index: int) -> nodes.File:
    """Parse the source of that index. Raises `QllError` of kind `syntax`."""
    return _Parser(text, index).file()


class _Parser(ExpressionParser):
    def __init__(self, text: Text, index: int):
        super().__init__(text, index)
        self.statements: dict[str, Callable[[], nodes.Statement]] = {
            "if": self.if_statement, "while": self.while_statement, "for": self.for_statement,
        }
        self.simples: dict[str, Callable[[], nodes.Statement]] = {
            "var": self.var, "return": self.return_statement, "break": self.break_statement,
            "continue": self.continue_statement, "delete": self.delete,
        }

    # --- declarations ----------------------------------------------------------------------------

    def file(self) -> nodes.File:
        declarations = []
        while self.kinds[self.i] != "END":
            declarations.append(self.declaration())
        return nodes.File(self.base, self.end() if self.i else self.base, declarations,
                          self.mixtures)

    def declaration(self) -> nodes.Declaration:
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

    def type_declaration(self, start: int, tags: list[str]) -> nodes.TypeDecl:
        self.i += 1
        pos = self.starts[self.i]
        name = self.new_name("the name of a type")
        parameters = self.type_parameters()
        self.expect("=", "after the name of the type")
        target = self.type()
        self.expect(";", "after the type")
        return nodes.TypeDecl(self.starts[start], self.end(), tags, name, pos, parameters, target)

    def global_variable(self, start: int, tags: list[str]) -> nodes.Global:
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
        return nodes.Global(self.starts[start], self.end(), tags, name, pos, target, initialiser)

    def function(self, start: int, tags: list[str]) -> nodes.Function:
        self.i += 1
        kinds = self.kinds
        pos = self.starts[self.i]
        name = self.new_name("the name of a function")
        type_parameters = self.type_parameters()
        self.expect("(", "after the name of a function")
        parameters: list[nodes.Parameter] = []
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
        return nodes.Function(self.starts[start], self.end(), tags, name, pos, type_parameters,
                               parameters, result, body)

    def qualified(self, what: str) -> str:
        if self.kinds[self.i] not in ("NAME", "global"):
            self.fail(f"expected {what}")
        self.i += 1
        return self.texts[self.i - 1]

    def namespace(self) -> nodes.Namespace:
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
        return nodes.Namespace(pos, self.end(), name, declarations)

    def using(self) -> nodes.Using:
        pos = self.starts[self.i]
        self.i += 1
        name = self.qualified("the name of a namespace")
        self.expect(";", "after 'using'")
        return nodes.Using(pos, self.end(), name)

    # --- statements ------------------------------------------------------------------------------

    def block(self, what: str) -> nodes.Block:
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
        return nodes.Block(pos, self.end(), statements)

    def simple(self) -> nodes.Statement:
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
            return nodes.Assign(start, value.end, expression, at, value)
        return nodes.Evaluate(start, expression.end, expression)

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

    def var(self) -> nodes.Var:
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
        return nodes.Var(start, self.end(), name, pos, target, initialiser)

    def return_statement(self) -> nodes.Return:
        start = self.starts[self.i]
        self.i += 1
        value = None
        if self.kinds[self.i] not in (";", ")"):
            value = self.expression()
        return nodes.Return(start, self.end(), value)

    def break_statement(self) -> nodes.Break:
        self.i += 1
        return nodes.Break(self.starts[self.i - 1], self.end())

    def continue_statement(self) -> nodes.Continue:
        self.i += 1
        return nodes.Continue(self.starts[self.i - 1], self.end())

    def delete(self) -> nodes.Delete:
        start = self.starts[self.i]
        self.i += 1
        operand = self.expression()
        return nodes.Delete(start, operand.end, operand)

    def condition(self, what: str) -> nodes.Expression:
        self.expect("(", f"after '{what}'")
        condition = self.expression()
        if self.kinds[self.i] == "=":
            self.fail("expected ')' after the condition", notes=("'==' compares",))
        self.expect(")", "after the condition")
        return condition

    def if_statement(self) -> nodes.If:
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
        return nodes.If(start, self.end(), arms, other)

    def while_statement(self) -> nodes.While:
        start = self.starts[self.i]
        self.i += 1
        condition = self.condition("while")
        body = self.block("while")
        return nodes.While(start, body.end, condition, body)

    def for_statement(self) -> nodes.For:
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
        return nodes.For(start, body.end, first, condition, update, body)

    def for_part(self) -> nodes.Statement:
        if self.kinds[self.i] in (";", ")"):
            self.fail("expected a statement", notes=("all three parts of 'for' must be there",))
        return self.simple()
