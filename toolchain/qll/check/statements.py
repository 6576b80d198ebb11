"""Checking the bodies of functions: statements, scopes, returning on all paths."""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.check.scope import Body, Checked, as_place, as_value, is_assignable
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

__all__ = ["STATEMENTS", "check_function"]


def check_function(body: Body, declaration: nodes.Function) -> None:
    function = body.function
    assert declaration.body is not None
    body.block.scopes.append({local.name: local for local in function.parameters})
    function.locals.extend(function.parameters)
    function.mentions = body.mentions
    function.body, returns = _statements(body, declaration.body)
    if not returns and not body.returns_void and function.result is not UNKNOWN:
        end = declaration.body.end
        body.report.error("missing-return", f"missing return: not all paths of "
                          f"'{function.name}' return a value", end - 1, end,
                          body.report.declared(function.pos))


# --- blocks --------------------------------------------------------------------------------------


def _statements(body: Body, block: nodes.Block) -> tuple[list[tree.Statement], bool]:
    """Check the statements of a block in a new scope; also whether they always return."""
    variables: dict[str, Local] = {}
    body.block.scopes.append(variables)
    result = []
    returns = dead = False
    for node in block.statements:
        if dead:
            body.report.warn("unreachable", "this is never reached", node.pos, node.end)
            dead = False
        done, ends = body.statement(node)
        result.append(done)
        returns = returns or ends
        if ends or type(node) is nodes.Break or type(node) is nodes.Continue:
            dead = True
    body.block.scopes.pop()
    if body.compilation.warns_unused:
        _report_unused(body, variables)
    return result, returns


def _report_unused(body: Body, variables: dict[str, Local]) -> None:
    for local in variables.values():
        if not local.used and not local.is_parameter and not local.name.startswith("_"):
            body.report.warn("unused-variable", f"variable '{local.name}' is never used",
                             local.pos, local.pos + len(local.name))


# --- one function a kind of statement ------------------------------------------------------------


def _var(body: Body, node: nodes.Var) -> Checked:
    kind: Type
    value: Value | None = None
    if node.type is not None:
        kind = body.resolve(node.type)
        if kind.base is VOID:
            body.types.reject_void(kind, node.type, f"variable '{node.name}'")
            kind = UNKNOWN
        elif body.types.reject_large(kind, node.type.pos, node.type.end,
                                     f"variable '{node.name}'"):
            kind = UNKNOWN
        if node.initialiser is not None:
            value = body.converted(node.initialiser, kind)
    else:
        assert node.initialiser is not None
        value = body.value(node.initialiser, None)
        kind = untagged(value.type)
        if kind.base is VOID:
            body.types.reject_void(kind, node.initialiser, f"variable '{node.name}'")
            kind = UNKNOWN
    variables = body.block.scopes[-1]
    name = node.name
    if name in variables:
        body.report.error("duplicate-local", f"redefinition of '{name}' in the same scope",
                          node.name_pos, node.name_pos + len(name),
                          body.report.declared(variables[name].pos))
    local = Local(name, kind, len(body.function.locals), node.name_pos)
    body.function.locals.append(local)
    variables[name] = local
    body.report.use(local.pos, local)
    return tree.Var(node.pos, local, value), False


def _assign(body: Body, node: nodes.Assign) -> Checked:
    target = node.place
    local = body.block.local(target.name) if type(target) is nodes.Name else None
    used = local.used if local is not None else False
    place = body.check(target, None)
    if local is not None:
        local.used = used
    kind = place.type
    if kind is not UNKNOWN:
        if not isinstance(place, tree.Place) or not is_assignable(place):
            _not_assignable(body, place, target)
            kind = UNKNOWN
        elif "constant" in kind.tags or (isinstance(place, tree.GlobalPlace)
                                         and place.glob.constant):
            body.error("constant-assign", "expected non-constant place to assign to", target,
                       body.report.declared(place.glob.pos)
                       if isinstance(place, tree.GlobalPlace) else ())
    value = body.converted(node.value, untagged(kind))
    if isinstance(place, tree.LocalPlace) and isinstance(value, tree.Read) and \
            isinstance(value.place, tree.LocalPlace) and value.place.local is place.local:
        body.report.warn("self-assign", f"'{place.local.name}' is assigned to itself",
                         node.pos, node.end)
    return tree.Assign(node.at, as_place(place), value), False


def _not_assignable(body: Body, given: Expression, node: nodes.Expression) -> None:
    notes: tuple[str, ...] = ()
    if isinstance(given, tree.FunctionAddress):
        notes = (f"'{given.function.name}' is a function",
                 *body.report.declared(given.function.pos))
    elif isinstance(node, nodes.Len):  # that of a slice is a place
        notes = ("the length of an array is fixed; a slice of it has a length of its own",)
    elif isinstance(given, tree.Binary) and given.op is tree.BinaryOp.EQ:
        notes = ("'==' compares",)
    body.error("not-assignable", "expected assignable expression", node, notes)


def _evaluate(body: Body, node: nodes.Evaluate) -> Checked:
    if type(node.expression) is nodes.Wrong:  # which may have been anything, a 'return' too
        return tree.Evaluate(node.pos, tree.Const(node.pos, UNKNOWN, 0)), True
    given = body.check(node.expression, None)
    if isinstance(given, (tree.Binary, tree.Not, tree.Const, tree.LocalPlace,
                          tree.GlobalPlace, tree.FunctionAddress)) \
            and given.type is not UNKNOWN:
        notes = ("'=' assigns",) if isinstance(given, tree.Binary) and \
            given.op in (tree.BinaryOp.EQ, tree.BinaryOp.FEQ) else ()
        if isinstance(given, tree.FunctionAddress):
            notes = ("a call needs parentheses, even without arguments",)
        body.report.warn("unused-value", "the value of this is not used",
                         node.pos, node.end, notes)
    value = as_value(given)
    return tree.Evaluate(node.pos, value), "abort" in value.type.tags


def _return(body: Body, node: nodes.Return) -> Checked:
    result = body.function.result
    value = None
    if node.value is None:
        if not body.returns_void and result is not UNKNOWN:
            body.error("type-mismatch", f"expected {result}, actual void", node)
    elif body.returns_void:
        value = body.value(node.value, None)
        if value.type.base is not VOID and value.type is not UNKNOWN:
            body.error("type-mismatch", f"expected void, actual {value.type}", node.value,
                       (f"'{body.function.name}' returns nothing",
                        *body.report.declared(body.function.pos)))
    else:
        value = _result(body, body.check(node.value, result), result, node.value)
    return tree.Return(node.pos, value), True


def _result(body: Body, given: Expression, target: Type, node: nodes.Expression) -> Value:
    """Convert what is returned. String literals that become slices get static storage, also in
    the arms of `?:`."""
    base = target.base
    if isinstance(base, Slice) and isinstance(given.type.base, Array) \
            and convertible(given.type.base.element, base.element):
        if isinstance(given, tree.StringLiteral):
            given.static = True
            return body.slice_of(tree.Temporary(given), len(given.words), target)
        if isinstance(given, tree.Conditional) and _has_string(given):
            return tree.Conditional(given.pos, untagged(target), given.condition,
                                    _result(body, given.then, target, node),
                                    _result(body, given.other, target, node))
    if isinstance(given, tree.LocalPlace) and isinstance(base, Slice) \
            and isinstance(given.type.base, Array):
        body.report.warn("returned-local", f"the slice that is returned points at "
                         f"'{given.local.name}', which ends with the function",
                         node.pos, node.end)
    return body.convert(given, target, node)


def _break(body: Body, node: nodes.Break) -> Checked:
    if not body.loops:
        body.error("break-outside-loop", "break outside of a loop", node)
    return tree.Break(node.pos), False


def _continue(body: Body, node: nodes.Continue) -> Checked:
    if not body.loops:
        body.error("continue-outside-loop", "continue outside of a loop", node)
    return tree.Continue(node.pos), False


def _delete(body: Body, node: nodes.Delete) -> Checked:
    given = body.check(node.operand, None)
    body.indirect = True
    base = given.type.base
    if isinstance(base, Pointer):
        return tree.DeletePointer(node.pos, as_value(given)), False
    if isinstance(base, Slice):
        if not is_assignable(given):
            body.error("not-assignable", "expected assignable expression after 'delete'",
                       node.operand, ("delete clears the slice itself",))
    elif base is not UNKNOWN:
        body.error("operand-type", f"expected pointer or slice type, actual {given.type}",
                   node.operand)
    return tree.DeleteSlice(node.pos, as_place(given)), False


def _if(body: Body, node: nodes.If) -> Checked:
    arms = []
    returns = node.other is not None
    for condition_node, block in node.arms:
        condition = body.condition(condition_node)
        _consider(body, condition, condition_node)
        inner, ends = _statements(body, block)
        returns = returns and ends
        arms.append((condition_node.pos, condition, inner))
    other: list[tree.Statement] = []
    if node.other is not None:
        other, ends = _statements(body, node.other)
        returns = returns and ends
    for pos, condition, inner in reversed(arms[1:]):
        other = [tree.If(pos, condition, inner, other)]
    _, condition, inner = arms[0]
    return tree.If(node.pos, condition, inner, other), returns


def _while(body: Body, node: nodes.While) -> Checked:
    condition = body.condition(node.condition)
    _consider(body, condition, node.condition)
    body.loops += 1
    inner, _ = _statements(body, node.body)
    body.loops -= 1
    return tree.While(node.pos, condition, inner), False


def _for(body: Body, node: nodes.For) -> Checked:
    variables: dict[str, Local] = {}
    body.block.scopes.append(variables)
    first, _ = body.statement(node.first)
    condition = body.condition(node.condition)
    _consider(body, condition, node.condition)
    body.loops += 1
    update, _ = body.statement(node.update)
    inner, _ = _statements(body, node.body)
    body.loops -= 1
    body.block.scopes.pop()
    if body.compilation.warns_unused:
        _report_unused(body, variables)
    return tree.For(node.pos, first, condition, update, inner), False


def _consider(body: Body, condition: Value, node: nodes.Expression) -> None:
    """Warn of conditions that are true or false whatever happens."""
    if isinstance(condition, tree.Binary) and isinstance(condition.right, tree.Const) \
            and condition.right.word == 0 and condition.type is not UNKNOWN \
            and condition.left.type.base is BYTE:
        if condition.op is tree.BinaryOp.LT:
            body.report.warn("condition", "this is never true: a byte is unsigned",
                             node.pos, node.end, ("compare with -1, or use int",))
        elif condition.op is tree.BinaryOp.GE:
            body.report.warn("condition", "this is always true: a byte is unsigned",
                             node.pos, node.end, ("compare with -1, or use int",))
    elif isinstance(condition, tree.FunctionAddress):
        body.report.warn("condition", "this is always true: a function is never null",
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


STATEMENTS: dict[type[nodes.Statement], Callable[[Body, Any], Checked]] = {
    nodes.Var:      _var,
    nodes.Assign:   _assign,
    nodes.Evaluate: _evaluate,
    nodes.Return:   _return,
    nodes.Break:    _break,
    nodes.Continue: _continue,
    nodes.Delete:   _delete,
    nodes.If:       _if,
    nodes.While:    _while,
    nodes.For:      _for,
}
