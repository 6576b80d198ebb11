"""Changes of Python sources, of hardware and of programs, made on the syntax tree.

Each is a replacement of a piece of the text, so that all else of the file stays as it is. In
hardware, `&`, `|`, `~`, `Mux`, `m.If` and `.eq` are what `and`, `not`, `if` and `=` are elsewhere.
"""

import ast
from collections.abc import Iterator

from campaign.mutants.change import Mutant, source

__all__ = ["python_mutants"]

COMPARISONS = {ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=",
               ast.GtE: ">", ast.Is: "is not", ast.IsNot: "is", ast.In: "not in",
               ast.NotIn: "in"}
OPERATORS   = {ast.BitAnd: "|", ast.BitOr: "&", ast.BitXor: "|", ast.Add: "-", ast.Sub: "+",
               ast.LShift: ">>", ast.RShift: "<<"}
TERMS       = (ast.BitAnd, ast.BitOr, ast.BitXor)
LEFT_OUT    = ("__init__", "__repr__", "__str__", "__post_init__")  # no behaviour of the machine's


class _Finder(ast.NodeVisitor):
    """Collects the changes of one file."""

    def __init__(self, path: str):
        self.path, self.text = path, source(path)
        self.starts = [0]
        for line in self.text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.found: list[Mutant] = []
        self.depth = 0

    # --- places -------------------------------------------------------------------------------

    def at(self, line: int, octets: int) -> int:
        """An offset in characters; the tree counts a line's columns in octets of UTF-8."""
        begin = self.starts[line - 1]
        text = self.text[begin:self.starts[line] - 1]
        return begin + len(text.encode()[:octets].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        return (self.at(node.lineno, node.col_offset),
                self.at(node.end_lineno or 0, node.end_col_offset or 0))

    def code(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def add(self, kind: str, node: ast.expr | ast.stmt, new: str) -> None:
        start, end = self.span(node)
        self.found.append(Mutant(self.path, kind, start, end, new))

    # --- what is visited ----------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in LEFT_OUT:
            return
        self.depth += 1
        for statement in node.body:
            self.visit(statement)
        self.depth -= 1

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.AnnAssign, ast.Import,
                             ast.ImportFrom)):
            return  # messages, types and contracts
        super().generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if self.depth:
            new = OPERATORS.get(type(node.op))
            left, right = self.code(node.left), self.code(node.right)
            if new is not None:
                self.add("another operator", node, f"(({left}) {new} ({right}))")
            if isinstance(node.op, TERMS):
                self.add("dropped term", node, f"({left})")
                self.add("dropped term", node, f"({right})")
            if isinstance(node.op, (ast.Sub, ast.LShift, ast.RShift)):
                self.add("swapped operands", node, f"(({right}) {self._sign(node.op)} ({left}))")
        self.generic_visit(node)

    @staticmethod
    def _sign(operator: ast.operator) -> str:
        return {ast.Sub: "-", ast.LShift: "<<", ast.RShift: ">>"}[type(operator)]

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        if self.depth:
            parts = [f"({self.code(value)})" for value in node.values]
            words = (" or ", " and ") if isinstance(node.op, ast.And) else (" and ", " or ")
            self.add("another operator", node, f"({words[0].join(parts)})")
            for leave in range(len(parts)):
                self.add("dropped term", node,
                         f"({words[1].join(parts[:leave] + parts[leave + 1:])})")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        new = COMPARISONS.get(type(node.ops[0]))
        if self.depth and new is not None and len(node.ops) == 1:
            self.add("another comparison", node,
                     f"(({self.code(node.left)}) {new} ({self.code(node.comparators[0])}))")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if self.depth and isinstance(node.op, (ast.Invert, ast.Not)):
            self.add("inverted", node, f"({self.code(node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.depth and type(node.value) is int:
            self.add("off by one", node, str(node.value + 1))

    def visit_If(self, node: ast.If) -> None:
        if self.depth:
            self.add("inverted condition", node.test, f"not ({self.code(node.test)})")
        self.generic_visit(node)

    visit_While = visit_If  # type: ignore[assignment]

    def visit_IfExp(self, node: ast.IfExp) -> None:
        if self.depth:
            self.add("swapped operands", node, f"(({self.code(node.orelse)}) if "
                     f"({self.code(node.test)}) else ({self.code(node.body)}))")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(
            node.func, "id", "")
        if self.depth and name in ("If", "Elif") and node.args:
            self.add("inverted enable", node.args[0], f"~({self.code(node.args[0])}).any()")
        if self.depth and name == "Mux" and len(node.args) == 3:
            choice, one, other = map(self.code, node.args)
            self.add("swapped operands", node, f"Mux({choice}, {other}, {one})")
        if name == "Signal":
            for keyword in node.keywords:
                if keyword.arg == "init" and isinstance(keyword.value, ast.Constant):
                    self.add("wrong reset", keyword.value, str(int(not keyword.value.value)))
            if self.depth and not node.keywords and not node.args:
                self.add("wrong reset", node, "Signal(init=1)")
        for part in (node.func, *node.args, *(keyword.value for keyword in node.keywords)):
            if not (name == "Signal" and isinstance(part, ast.Constant)):
                self.visit(part)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._drop(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not self._is_hardware and not isinstance(node.targets[0], ast.Name):
            self._drop(node)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not self._is_hardware and isinstance(node.value, ast.Call):
            self._drop(node)
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def _drop(self, node: ast.stmt) -> None:
        """Leave a statement out; of a list of assignments in hardware, one after the other."""
        if not self.depth:
            return
        value = getattr(node, "value", None)
        if isinstance(node, ast.AugAssign) and isinstance(value, (ast.List, ast.Tuple)):
            for element in value.elts:
                self.add("dropped assignment", element, "*[]")
        else:
            self.add("dropped assignment", node, "pass")

    @property
    def _is_hardware(self) -> bool:
        return self.path.startswith("rtl/")


def python_mutants(path: str) -> Iterator[Mutant]:
    """All changes of a file."""
    finder = _Finder(path)
    finder.visit(ast.parse(finder.text))
    yield from dict.fromkeys(finder.found)
