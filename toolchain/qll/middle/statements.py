"""Lowering statements."""

from collections.abc import Callable
from typing import Any

from toolchain.qll import tree
from toolchain.qll.middle.body import DEALLOC, FLAT, Body, InMemory, Loop, Witness
from toolchain.qll.middle.calls import hook
from toolchain.qll.middle.copying import fill
from toolchain.qll.middle.ir import TRAP_CAPACITY, Block, Ins, Memory
from toolchain.qll.middle.ssa import Env
from toolchain.qll.middle.values import condition
from toolchain.qll.types import VOID, is_aggregate

__all__ = ["STATEMENTS", "assigned_in_loops", "leave"]

CONDITION_COPIES = 24  # nodes of a loop's condition that may be emitted twice

# What counts as more than one node.
_HEAVY = (tree.Call, tree.CallPointer, tree.NewArray, tree.NewObject, tree.StringLiteral,
          tree.ArrayLiteral)
HEAVY_NODES = 6


# --- variables and values ------------------------------------------------------------------------


def _var(body: Body, statement: tree.Var) -> None:
    local, value = statement.local, statement.initialiser
    build, size = body.build, local.type.size
    if body.promote and not local.exposed and size <= FLAT:
        words = [build.const(0)] * size if value is None else body.parts(value)
        build.env[local] = tuple(words)
        body.visible.append(local)
        return
    target = body.home(local)
    if value is None:
        fill(build, target.kind, body.address(target), build.const(0), size)
    else:
        body.assign(target, value, Witness.ANYBODY if local.exposed else Witness.NOBODY)
    body.visible.append(local)


def _assign(body: Body, statement: tree.Assign) -> None:
    place = statement.place
    if isinstance(place, tree.Length):
        _set_length(body, place, statement.value)
        return
    target = body.place(place)
    root = tree.root(place)
    hidden = root is not None and not root.exposed
    body.assign(target, statement.value, Witness.EXPRESSION if hidden else Witness.ANYBODY)


def _set_length(body: Body, place: tree.Length, value: tree.Value) -> None:
    build = body.build
    base = body.place(place.base)
    length = body.value(value)
    if place.checked:
        capacity = body.read(base, 2)
        build.guard(build.op("gt", length, capacity), TRAP_CAPACITY, False)
    body.write(base, 1, length)


def _evaluate(body: Body, statement: tree.Evaluate) -> None:
    value = statement.value
    if not is_aggregate(value.type):
        body.value(value)
    elif value.type.size <= FLAT:
        body.words(value)
    elif isinstance(value, tree.Read):
        body.memory_of(value.place)
    else:
        body.into(value, body.slot(value, value.type.size), Witness.NOBODY)


def _delete_pointer(body: Body, statement: tree.DeletePointer) -> None:
    hook(body, DEALLOC, body.value(statement.pointer))


def _delete_slice(body: Body, statement: tree.DeleteSlice) -> None:
    place = body.place(statement.place)
    hook(body, DEALLOC, body.read(place))
    body.store_words(place, [body.build.const(0)] * 3)


# --- control flow --------------------------------------------------------------------------------


def _if(body: Body, statement: tree.If) -> None:
    build = body.build
    before = build.env
    then, after = Block("then"), Block("endif")
    other = Block("else") if statement.other else after
    condition(body, statement.condition, then, other)
    envs: dict[Block, Env] = {}
    arms = [(then, statement.then)]
    if statement.other:
        arms.append((other, statement.other))
    for block, inner in arms:
        build.env = dict(before)
        build.start(block)
        body.statements(inner)
        envs[build.block] = build.env
        build.jump(after)
    build.join(after, envs, before)


def _while(body: Body, statement: tree.While) -> None:
    _loop(body, statement, statement.condition, statement.body, None)


def _for(body: Body, statement: tree.For) -> None:
    declared = len(body.visible)
    body.statement(statement.first)
    _loop(body, statement, statement.condition, statement.body, statement.update)
    body.end_scope(declared)


def _loop(body: Body, statement: tree.Statement, test: tree.Value, inner: list[tree.Statement],
          update: tree.Statement | None) -> None:
    """The test stands at the bottom; at the top too, if it is short enough for two copies."""
    build = body.build
    twice = body.promote and _weight(test, CONDITION_COPIES) < CONDITION_COPIES
    before = build.env
    entry, start, exit_ = Block("enter"), Block("loop"), Block("endloop")
    header = start if twice else Block("test")
    loop = Loop(exit_, Block("next"))

    def test_for(then: Block) -> None:
        env, known = build.env, len(exit_.preds)
        body.mark(test.pos)
        condition(body, test, then, exit_)
        for pred in exit_.preds[known:]:
            loop.envs[pred] = env

    if twice:
        test_for(entry)
        build.start(entry)
    build.jump(header)
    assigned = sorted(body.assigned.get(statement, ()), key=lambda local: local.index)
    phis = build.open_loop(header, assigned)
    if not twice:
        test_for(start)
        build.env = dict(build.env)
        build.start(start)
    around = dict(build.env)  # what is declared in the body is not seen by `update`
    body.loops.append(loop)
    body.statements(inner)
    loop.envs[build.block] = build.env
    build.jump(loop.latch)
    build.join(loop.latch, loop.envs, around)
    if update is not None:
        body.statement(update)
    body.loops.pop()
    last = build.env
    if twice:
        test_for(start)
    else:
        build.jump(header)
    build.close_loop(phis, last)
    build.join(exit_, loop.envs, before)


def _weight(node: tree.Expression, limit: int) -> int:
    """Number of nodes of an expression, counted up to a limit; calls and literals weigh more."""
    total, stack = 0, [node]
    while stack and total < limit:
        node = stack.pop()
        total += HEAVY_NODES if isinstance(node, _HEAVY) else 1
        stack.extend(tree.children(node))
    return total


def _break(body: Body, statement: tree.Break) -> None:
    _go_to(body, body.loops[-1].exit)


def _continue(body: Body, statement: tree.Continue) -> None:
    _go_to(body, body.loops[-1].latch)


def _go_to(body: Body, target: Block) -> None:
    build = body.build
    body.loops[-1].envs[build.block] = build.env
    build.jump(target)
    build.env = dict(build.env)
    build.start(Block("dead"))


def _return(body: Body, statement: tree.Return) -> None:
    value = statement.value
    if value is None:
        leave(body, None)
    elif body.result is not None:
        # Nobody else knows the result's area: it may be filled piece by piece.
        body.assign(InMemory(Memory.ELEMENT, body.result), value, Witness.NOBODY)
        leave(body, body.result)
    elif value.type.base is VOID:
        body.value(value)
        leave(body, None)
    else:
        leave(body, body.value(value))
    body.build.env = dict(body.build.env)


def leave(body: Body, value: Ins | None) -> None:
    """Leave the function. `main` without a result leaves 0, as the exit code."""
    build = body.build
    if value is None and build.fn.symbol == "global::main":
        value = build.const(0)
    build.leave("ret", [] if value is None else [value])


STATEMENTS: dict[type[tree.Statement], Callable[[Body, Any], None]] = {
    tree.Var:           _var,
    tree.Assign:        _assign,
    tree.Evaluate:      _evaluate,
    tree.If:            _if,
    tree.While:         _while,
    tree.For:           _for,
    tree.Break:         _break,
    tree.Continue:      _continue,
    tree.Return:        _return,
    tree.DeletePointer: _delete_pointer,
    tree.DeleteSlice:   _delete_slice,
}


# --- a look ahead --------------------------------------------------------------------------------


def assigned_in_loops(body: list[tree.Statement]) -> dict[tree.Statement, set[tree.Local]]:
    """For each loop of a function, the locals that it assigns, wholly or in part."""
    found: dict[tree.Statement, set[tree.Local]] = {}
    _survey(body, found)
    return found


def _survey(body: list[tree.Statement],
            loops: dict[tree.Statement, set[tree.Local]]) -> set[tree.Local]:
    found: set[tree.Local] = set()
    for statement in body:
        if isinstance(statement, tree.Assign | tree.DeleteSlice):
            local = tree.root(statement.place)
            if local is not None:
                found.add(local)
        elif isinstance(statement, tree.If):
            found |= _survey(statement.then, loops)
            found |= _survey(statement.other, loops)
        elif isinstance(statement, tree.While):
            loops[statement] = _survey(statement.body, loops)
            found |= loops[statement]
        elif isinstance(statement, tree.For):
            found |= _survey([statement.first], loops)
            loops[statement] = _survey([*statement.body, statement.update], loops)
            found |= loops[statement]
    return found
