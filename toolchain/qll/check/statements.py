"""Checking the bodies of functions: statements, scopes, returning on all paths."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from toolchain.qll import tree
from toolchain.qll.check.context import as_place, as_value, is_assignable
from toolchain.qll.check.expressions import Expressions
from toolchain.qll.check.names import Block
from toolchain.qll.check.resolve import Environment
from toolchain.qll.syntax import nodes
from toolchain.qll.tree import Expression, Local, Value
from toolchain.qll.types import (
    BYTE,
    UNKNOWN,
    VOID,
    Array,
    Pointer,
    Slice,
    Type,
    convertible,
    untagged,
)

if TYPE_CHECKING:
    from toolchain.qll.check.program import Checker

__all__ = ["Body"]


class Body(Expressions):
    """The body of one function; `check_function` fills in its tree."""

    def __init__(self, checker: "Checker", block: Block, env: Environment | None,
                 function: tree.Function):
        super().__init__(checker, block, env)
        self.function = function
        self.loops = 0
        self.returns_void = function.result.base is VOID

    def check_function(self, declaration: nodes.Function) -> None:
        function = self.function
        assert declaration.body is not None
        self.scopes.append({local.name: local for local in function.parameters})
        function.locals.extend(function.parameters)
        function.mentions = self.mentions
        body, returns = self.statements(declaration.body.statements, {})
        function.body = body
        if not returns and not self.returns_void and function.result is not UNKNOWN:
            end = declaration.body.end
            self.report.error("missing-return", f"missing return: not all paths of "
                              f"'{function.name}' return a value", end - 1, end,
                              self.report.declared(function.pos))

    # --- blocks ----------------------------------------------------------------------------------

    def statements(self, body: list[nodes.Statement], scope: dict[str, Local]) \
            -> tuple[list[tree.Statement], bool]:
        """Check the statements of a block in a new scope; also whether they always return."""
        self.scopes.append(scope)
        result = []
        returns = dead = False
        for node in body:
            if dead:
                self.report.warn("unreachable", "this is never reached", node.pos, node.end)
                dead = False
            done, ends = _METHODS[type(node)](self, node)
            result.append(done)
            returns = returns or ends
            if ends or type(node) is nodes.Break or type(node) is nodes.Continue:
                dead = True
        self.scopes.pop()
        if self.checker.warns_unused:
            self.report_unused(scope)
        return result, returns

    def report_unused(self, scope: dict[str, Local]) -> None:
        for local in scope.values():
            if not local.used and not local.is_parameter and not local.name.startswith("_"):
                self.report.warn("unused-variable", f"variable '{local.name}' is never used",
                                 local.pos, local.pos + len(local.name))

    def block_of(self, node: nodes.Block) -> tuple[list[tree.Statement], bool]:
        return self.statements(node.statements, {})

    # --- one method a kind of statement; each also tells whether it always returns ---------------

    def var(self, node: nodes.Var) -> tuple[tree.Statement, bool]:
        kind: Type
        value: Value | None = None
        if node.type is not None:
            kind = self.resolve(node.type)
            if kind.base is VOID:
                self.checker.types.reject_void(kind, node.type, f"variable '{node.name}'")
                kind = UNKNOWN
            elif self.checker.types.reject_large(kind, node.type.pos, node.type.end,
                                                 f"variable '{node.name}'"):
                kind = UNKNOWN
            if node.initialiser is not None:
                value = self.converted(node.initialiser, kind)
        else:
            assert node.initialiser is not None
            value = self.value(node.initialiser, None)
            kind = untagged(value.type)
            if kind.base is VOID:
                self.checker.types.reject_void(kind, node.initialiser, f"variable '{node.name}'")
                kind = UNKNOWN
        scope = self.scopes[-1]
        name = node.name
        if name in scope:
            self.report.error("duplicate-local", f"redefinition of '{name}' in the same scope",
                              node.name_pos, node.name_pos + len(name),
                              self.report.declared(scope[name].pos))
        local = Local(name, kind, len(self.function.locals), node.name_pos)
        self.function.locals.append(local)
        scope[name] = local
        return tree.Var(node.pos, local, value), False

    def assign(self, node: nodes.Assign) -> tuple[tree.Statement, bool]:
        target = node.place
        local = self.local(target.name) if type(target) is nodes.Name else None
        used = local.used if local is not None else False
        place = self.check(target, None)
        if local is not None:
            local.used = used
        kind = place.type
        if kind is not UNKNOWN:
            if not isinstance(place, tree.Place) or not is_assignable(place):
                self.not_assignable(place, target)
                kind = UNKNOWN
            elif "constant" in kind.tags or (isinstance(place, tree.GlobalPlace)
                                             and place.glob.constant):
                self.error("constant-assign", "expected non-constant place to assign to", target,
                           self.report.declared(place.glob.pos)
                           if isinstance(place, tree.GlobalPlace) else ())
        value = self.converted(node.value, untagged(kind))
        if isinstance(place, tree.LocalPlace) and isinstance(value, tree.Read) and \
                isinstance(value.place, tree.LocalPlace) and value.place.local is place.local:
            self.report.warn("self-assign", f"'{place.local.name}' is assigned to itself",
                             node.pos, node.end)
        return tree.Assign(node.at, as_place(place), value), False

    def not_assignable(self, given: Expression, node: nodes.Expression) -> None:
        notes: tuple[str, ...] = ()
        if isinstance(given, tree.FunctionAddress):
            notes = (f"'{given.function.name}' is a function",
                     *self.report.declared(given.function.pos))
        elif isinstance(node, nodes.Len) and isinstance(given, tree.Const):
            notes = ("the length of an array is fixed; a slice of it has a length of its own",)
        elif isinstance(given, tree.Binary) and given.op is tree.BinaryOp.EQ:
            notes = ("'==' compares",)
        self.error("not-assignable", "expected assignable expression", node, notes)

    def evaluate(self, node: nodes.Evaluate) -> tuple[tree.Statement, bool]:
        given = self.check(node.expression, None)
        if isinstance(given, (tree.Binary, tree.Not, tree.Const, tree.LocalPlace,
                              tree.GlobalPlace, tree.FunctionAddress)) \
                and given.type is not UNKNOWN:
            notes = ("'=' assigns",) if isinstance(given, tree.Binary) and \
                given.op in (tree.BinaryOp.EQ, tree.BinaryOp.FEQ) else ()
            if isinstance(given, tree.FunctionAddress):
                notes = ("a call needs parentheses, even without arguments",)
            self.report.warn("unused-value", "the value of this is not used",
                             node.pos, node.end, notes)
        value = as_value(given)
        return tree.Evaluate(node.pos, value), "abort" in value.type.tags

    def return_statement(self, node: nodes.Return) -> tuple[tree.Statement, bool]:
        result = self.function.result
        value = None
        if node.value is None:
            if not self.returns_void and result is not UNKNOWN:
                self.error("type-mismatch", f"expected {result}, actual void", node)
        elif self.returns_void:
            value = self.value(node.value, None)
            if value.type.base is not VOID and value.type is not UNKNOWN:
                self.error("type-mismatch", f"expected void, actual {value.type}", node.value,
                           (f"'{self.function.name}' returns nothing",
                            *self.report.declared(self.function.pos)))
        else:
            value = self.result(self.check(node.value, result), result, node.value)
        return tree.Return(node.pos, value), True

    def result(self, given: Expression, target: Type, node: nodes.Expression) -> Value:
        """Convert what is returned. String literals that become slices get static storage, also in
        the arms of `?:`."""
        base = target.base
        if isinstance(base, Slice) and isinstance(given.type.base, Array) \
                and convertible(given.type.base.element, base.element):
            if isinstance(given, tree.StringLiteral):
                given.static = True
                return self.slice_of(tree.Temporary(given), len(given.words), target)
            if isinstance(given, tree.Conditional) and _has_string(given):
                return tree.Conditional(given.pos, untagged(target), given.condition,
                                        self.result(given.then, target, node),
                                        self.result(given.other, target, node))
        if isinstance(given, tree.LocalPlace) and isinstance(base, Slice) \
                and isinstance(given.type.base, Array):
            self.report.warn("returned-local", f"the slice that is returned points at "
                             f"'{given.local.name}', which ends with the function",
                             node.pos, node.end)
        return self.convert(given, target, node)

    def break_statement(self, node: nodes.Break) -> tuple[tree.Statement, bool]:
        if not self.loops:
            self.error("break-outside-loop", "break outside of a loop", node)
        return tree.Break(node.pos), False

    def continue_statement(self, node: nodes.Continue) -> tuple[tree.Statement, bool]:
        if not self.loops:
            self.error("continue-outside-loop", "continue outside of a loop", node)
        return tree.Continue(node.pos), False

    def delete(self, node: nodes.Delete) -> tuple[tree.Statement, bool]:
        given = self.check(node.operand, None)
        self.indirect = True
        base = given.type.base
        if isinstance(base, Pointer):
            return tree.DeletePointer(node.pos, as_value(given)), False
        if isinstance(base, Slice):
            if not is_assignable(given):
                self.error("not-assignable", "expected assignable expression after 'delete'",
                           node.operand, ("delete clears the slice itself",))
        elif base is not UNKNOWN:
            self.error("operand-type", f"expected pointer or slice type, actual {given.type}",
                       node.operand)
        return tree.DeleteSlice(node.pos, as_place(given)), False

    def if_statement(self, node: nodes.If) -> tuple[tree.Statement, bool]:
        arms = []
        returns = node.other is not None
        for condition_node, block in node.arms:
            condition = self.condition(condition_node)
            self.consider(condition, condition_node)
            body, ends = self.block_of(block)
            returns = returns and ends
            arms.append((condition_node.pos, condition, body))
        other: list[tree.Statement] = []
        if node.other is not None:
            other, ends = self.block_of(node.other)
            returns = returns and ends
        for pos, condition, body in reversed(arms[1:]):
            other = [tree.If(pos, condition, body, other)]
        _, condition, body = arms[0]
        return tree.If(node.pos, condition, body, other), returns

    def while_statement(self, node: nodes.While) -> tuple[tree.Statement, bool]:
        condition = self.condition(node.condition)
        self.consider(condition, node.condition)
        self.loops += 1
        body, _ = self.block_of(node.body)
        self.loops -= 1
        return tree.While(node.pos, condition, body), False

    def for_statement(self, node: nodes.For) -> tuple[tree.Statement, bool]:
        scope: dict[str, Local] = {}
        self.scopes.append(scope)
        first, _ = self.part(node.first)
        condition = self.condition(node.condition)
        self.consider(condition, node.condition)
        self.loops += 1
        update, _ = self.part(node.update)
        body, _ = self.block_of(node.body)
        self.loops -= 1
        self.scopes.pop()
        if self.checker.warns_unused:
            self.report_unused(scope)
        return tree.For(node.pos, first, condition, update, body), False

    def part(self, node: nodes.Statement) -> tuple[tree.Statement, bool]:
        return _METHODS[type(node)](self, node)

    def consider(self, condition: Value, node: nodes.Expression) -> None:
        """Warn of conditions that are true or false whatever happens."""
        if isinstance(condition, tree.Binary) and isinstance(condition.right, tree.Const) \
                and condition.right.word == 0 and condition.type is not UNKNOWN \
                and condition.left.type.base is BYTE:
            if condition.op is tree.BinaryOp.LT:
                self.report.warn("condition", "this is never true: a byte is unsigned",
                                 node.pos, node.end, ("compare with -1, or use int",))
            elif condition.op is tree.BinaryOp.GE:
                self.report.warn("condition", "this is always true: a byte is unsigned",
                                 node.pos, node.end, ("compare with -1, or use int",))
        elif isinstance(condition, tree.FunctionAddress):
            self.report.warn("condition", "this is always true: a function is never null",
                             node.pos, node.end, ("a call needs parentheses",))


def _has_string(given: tree.Conditional) -> bool:
    waiting: list[Value] = [given]
    while waiting:
        value = waiting.pop()
        if isinstance(value, tree.StringLiteral):
            return True
        if isinstance(value, tree.Conditional):
            waiting += [value.then, value.other]
    return False


_METHODS: dict[type, Callable[[Body, Any], tuple[tree.Statement, bool]]] = {
    nodes.Var: Body.var, nodes.Assign: Body.assign, nodes.Evaluate: Body.evaluate,
    nodes.Return: Body.return_statement, nodes.Break: Body.break_statement,
    nodes.Continue: Body.continue_statement, nodes.Delete: Body.delete,
    nodes.If: Body.if_statement, nodes.While: Body.while_statement,
    nodes.For: Body.for_statement,
}
