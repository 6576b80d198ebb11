"""The parser: declarations and statements, and the whole.

Recursive descent over the tokens of one file, in layers: `cursor`, `parse_types`,
`parse_expressions`, and this.
"""

from collections.abc import Callable
from typing import NoReturn

from toolchain.qll.errors import QllError, did_you_mean
from toolchain.qll.syntax import habits, nodes
from toolchain.qll.syntax.cursor import MAX_DEPTH
from toolchain.qll.syntax.expressions import ExpressionParser
from toolchain.qll.syntax.outline import unmentioned
from toolchain.qll.text import Text

__all__ = ["MAX_DEPTH", "parse", "parse_all"]


def parse(text: Text, index: int) -> nodes.File:
    """Parse the source of that index. What is wrong is in the file's `errors`, of kind
    `syntax`."""
    return _Parser(text, index).file()


def parse_all(text: Text, library: int = 0) -> list[nodes.File]:
    """Parse all sources, but of the first ones, so many, not the functions that nothing in the
    others may lead to (`outline`)."""
    parsers = [_Parser(text, index) for index in range(len(text.sources))]
    tokens = [parser.tokens for parser in parsers]
    for parser, skips in zip(parsers, unmentioned(tokens[:library], tokens[library:]),
                             strict=False):
        parser.skips = skips
    return [parser.file() for parser in parsers]


class _Parser(ExpressionParser):
    def __init__(self, text: Text, index: int):
        super().__init__(text, index)
        self.skips: dict[int, int] = {}  # declarations that are left aside, and what is behind them
        self.statements: dict[str, Callable[[], nodes.Statement]] = {
            "if": self.if_statement, "while": self.while_statement, "for": self.for_statement,
        }
        self.simples: dict[str, Callable[[], nodes.Statement]] = {
            "var": self.var, "return": self.return_statement, "break": self.break_statement,
            "continue": self.continue_statement, "delete": self.delete,
        }

    # --- declarations ----------------------------------------------------------------------------

    def file(self) -> nodes.File:
        declarations: list[nodes.Declaration] = []
        while self.kinds[self.i] != "END":
            self.next_declaration(declarations, None)
        return nodes.File(self.base, self.end() if self.i else self.base, declarations,
                          self.mixtures, self.errors, self.lost)

    def next_declaration(self, declarations: list[nodes.Declaration],
                         column: int | None) -> None:
        """Read a declaration, or skip it if it is wrong; `column` as in `skip_declaration`."""
        start = self.i
        if start in self.skips:
            self.i = self.skips[start]
            return
        if self.kinds[start] == "}" and self.errors:
            self.i += 1  # the mistake before may well be where its partner is
            return
        depth = self.depth
        self.column = self.column_of(start) if self.is_first(start) else 0
        try:
            found = self.declaration()
        except QllError as error:
            self.depth = depth
            self.skip_declaration(start, error, column)
        else:
            if found is not None:
                declarations.append(found)
        self.leaving = False

    def declaration(self) -> nodes.Declaration | None:
        """A declaration; None for a function whose head is wrong, after its body."""
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
        self.no_declaration(kind)

    def no_declaration(self, kind: str) -> NoReturn:
        notes: tuple[str, ...] = ()
        hint = habits.of_declaration(self, self.i)
        if hint:
            notes = (hint,)
        elif kind == "NAME":
            guess = did_you_mean(self.texts[self.i],
                                 ["function", "global", "type", "namespace", "using"])
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

    def function(self, start: int, tags: list[str]) -> nodes.Function | None:
        depth = self.depth
        try:
            head = self.function_head(start, tags)
        except QllError as error:
            self.depth = depth
            if not self.skip_to_block(start, error):
                raise
            self.block("function")  # for the mistakes in it
            return None
        if self.kinds[self.i] == "{":
            head.body = self.block("function")
        elif head.type_parameters:
            self.fail("expected the body of the function template")
        elif self.kinds[self.i] == ";":
            self.i += 1
        else:
            self.fail("expected the body of the function, or ';'")
        head.end = self.end()
        return head

    def function_head(self, start: int, tags: list[str]) -> nodes.Function:
        """A function up to its body."""
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
        behind = self.i
        try:
            result = self.result_type()
        except QllError as error:
            if not self.skip_to_block(behind, error):
                raise
            result = nodes.WrongType(self.starts[behind], self.end())
        return nodes.Function(self.starts[start], self.end(), tags, name, pos, type_parameters,
                               parameters, result, None)

    def result_type(self) -> nodes.Type:
        """`: type` behind the parameters."""
        kind = self.kinds[self.i]
        if kind == "{":
            self.fail("expected ':' and the type of the result",
                      notes=("a function that returns nothing has the result type 'void'",))
        if kind in ("->", "=>"):
            self.fail("expected ':' and the type of the result",
                      notes=(f"the type of the result follows ':', not '{kind}'",))
        self.expect(":", "and the type of the result")
        return self.type()

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
        declarations: list[nodes.Declaration] = []
        column = self.column
        while self.kinds[self.i] != "}":
            if self.kinds[self.i] == "END":
                try:
                    self.fail("expected a declaration or '}'")
                except QllError as error:
                    self.record(error)
                break
            self.next_declaration(declarations, column)
        else:
            self.i += 1
        self.depth -= 1
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
        depth = self.depth
        while kinds[self.i] != "}":
            start = self.i
            try:
                special = self.statements.get(kinds[start])
                if special is not None:
                    statements.append(special())
                else:
                    statement = self.simple()
                    if kinds[self.i] == ";":
                        self.i += 1
                    else:
                        self.no_semicolon(statement)
                    statements.append(statement)
            except QllError as error:
                self.depth = depth
                statements.append(self.skip_statement(start, error))
            if self.leaving:
                statements.append(self.wrong_statement(start))
                break
        else:
            self.i += 1
        self.depth -= 1
        return nodes.Block(pos, self.end(), statements)

    def no_semicolon(self, statement: nodes.Statement) -> None:
        """Report that the semicolon of a statement is missing; go on as if it was there, if a
        statement may begin at what stands in its place."""
        if type(statement) is nodes.Evaluate and type(statement.expression) is nodes.Wrong:
            return
        try:
            self.missing_semicolon("after a statement")
        except QllError as error:
            kind = self.kinds[self.i]
            if kind != "}" and kind not in self.statements and kind not in self.simples \
                    and (kind not in ("NAME", "*") or not self.is_first(self.i)):
                raise
            self.record(error)

    def body(self, what: str) -> nodes.Block:
        """The body of a statement; a statement without braces is taken for one, after an error."""
        start = self.i
        if self.kinds[start] == "{":
            return self.block(what)
        try:
            return self.block(what)
        except QllError as error:
            special = self.statements.get(self.kinds[start])
            if special is None and self.kinds[start] not in self.prefixes \
                    and self.kinds[start] not in self.simples:
                raise
            self.record(error)
            if special is not None:
                statement = special()
            else:
                statement = self.simple()
                self.expect(";", "after a statement")
            return nodes.Block(statement.pos, self.end(), [statement])

    def nested_declaration(self, error: QllError) -> nodes.Statement:
        """Skip a function or type that is declared within a function."""
        start = self.i
        self.record(error)
        column = self.column
        self.next_declaration([], None)
        self.column = column
        self.lose(start, start + 2)
        return self.wrong_statement(start)

    def simple(self) -> nodes.Statement:
        kind = self.kinds[self.i]
        special = self.simples.get(kind)
        if special is not None:
            return special()
        if kind not in self.prefixes:
            if kind in ("function", "type") and not self.begins_declaration(self.i):
                try:
                    self.no_statement(kind)
                except QllError as error:
                    return self.nested_declaration(error)
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
        """The condition in its parentheses; what is wrong with it does not hide the body."""
        start, depth = self.i, self.depth
        try:
            self.expect("(", f"after '{what}'")
            condition = self.expression()
            if self.kinds[self.i] == "=":
                self.fail("expected ')' after the condition", notes=("'==' compares",))
            self.expect(")", "after the condition")
        except QllError as error:
            self.depth = depth
            if not self.skip_to_block(start, error):
                raise
            return self.wrong(start)
        return condition

    def if_statement(self) -> nodes.If:
        start = self.starts[self.i]
        arms = []
        other = None
        while True:
            self.i += 1
            condition = self.condition("if")
            arms.append((condition, self.body("if")))
            if self.kinds[self.i] != "else":
                break
            self.i += 1
            if self.kinds[self.i] != "if":
                other = self.body("else")
                break
        return nodes.If(start, self.end(), arms, other)

    def while_statement(self) -> nodes.While:
        start = self.starts[self.i]
        self.i += 1
        condition = self.condition("while")
        body = self.body("while")
        return nodes.While(start, body.end, condition, body)

    def for_statement(self) -> nodes.For:
        start = self.starts[self.i]
        self.i += 1
        head, depth = self.i, self.depth
        first: nodes.Statement = self.wrong_statement(head)
        update: nodes.Statement = first
        condition: nodes.Expression = self.wrong(head)
        try:
            self.expect("(", "after 'for'")
            first = self.for_part()
            self.expect(";", "after the first part of 'for'")
            if self.kinds[self.i] == ";":
                self.fail("expected a condition",
                          notes=("all three parts of 'for' must be there",))
            condition = self.expression()
            self.expect(";", "after the condition of 'for'")
            update = self.for_part()
            self.expect(")", "after the last part of 'for'")
        except QllError as error:
            self.depth = depth
            if not self.skip_to_block(head, error):
                raise
        body = self.body("for")
        return nodes.For(start, body.end, first, condition, update, body)

    def for_part(self) -> nodes.Statement:
        if self.kinds[self.i] in (";", ")"):
            self.fail("expected a statement", notes=("all three parts of 'for' must be there",))
        return self.simple()
