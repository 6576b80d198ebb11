"""Building SSA form: what is made of variables where ways part and meet."""

import pytest

from toolchain.qll.middle.ir import Block, Function, Memory, print_function, verify
from toolchain.qll.middle.ssa import Builder


@pytest.fixture
def build():
    return Builder(Function("f"))


def text(build):
    """The function's lines, without its frame."""
    verify(build.fn)
    return [line.strip() for line in print_function(build.fn).splitlines()[1:-1]]


def finish(build, *words):
    build.leave("ret", list(words))
    return text(build)


def test_an_operation_on_constants_is_a_constant(build):
    assert build.add(build.const(3), 4) is build.const(7)
    assert build.block.body == []


def test_adding_nothing_and_scaling_by_one_make_no_code(build):
    param = build.param()
    assert build.add(param, 0) is build.scaled(param, 1) is param


def diamond(build, then_value, other_value):
    """Assign a variable differently on the two ways of a branch; returns its value behind."""
    build.env["x"] = (build.const(0),)
    before = build.env
    then, other, after = Block(), Block(), Block()
    build.branch(build.param(), then, other)
    envs = {}
    for block, value in ((then, then_value), (other, other_value)):
        build.env = dict(before)
        build.start(block)
        if value is not None:
            build.env["x"] = (build.const(value),)
        build.env["inner"] = (build.const(9),)
        envs[build.block] = build.env
        build.jump(after)
    build.join(after, envs, before)
    return build.env["x"][0]


def test_a_variable_that_differs_gets_a_phi(build):
    value = diamond(build, 1, 2)
    assert (value.op, [arg.value for arg in value.args]) == ("phi", [1, 2])


@pytest.mark.parametrize("value, expected", [(None, 0), (5, 5)])
def test_a_variable_that_is_the_same_on_both_ways_gets_none(build, value, expected):
    assert diamond(build, value, value) is build.const(expected)
    assert build.block.phis == []


def test_what_was_declared_on_one_way_ends_where_they_meet(build):
    diamond(build, 1, 2)
    assert list(build.env) == ["x"]


def test_only_the_words_that_differ_get_phis(build):
    first, second, third = (build.const(n) for n in (1, 2, 3))
    build.env["pair"] = (first, second)
    before = build.env
    then, after = Block(), Block()
    build.branch(build.param(), then, after)
    build.env = {"pair": (first, third)}
    build.start(then)
    build.jump(after)
    build.join(after, {then: build.env}, before)
    one, other = build.env["pair"]
    assert one is first
    assert other.op == "phi" and other.args == [second, third]


def test_a_way_that_ends_brings_no_value(build):
    build.env["x"] = (build.const(0),)
    before = build.env
    then, after = Block(), Block()
    build.branch(build.param(), then, after)
    build.start(then)
    build.env = {"x": (build.const(1),)}
    build.leave("ret", [])
    build.join(after, {}, before)
    assert build.env["x"] == (build.const(0),)


def test_nothing_behind_a_return_reaches_the_function(build):
    build.leave("ret", [])
    build.store(Memory.POINTER, build.const(1), build.const(2))
    after = Block()
    build.jump(after)
    build.start(after)
    assert build.dead
    assert text(build) == ["b0:", "ret"]


def test_a_branch_on_a_constant_or_an_address_is_a_jump(build):
    for condition in (build.const(7), build.fn.label("g")):
        then = Block()
        build.branch(condition, then, Block())
        build.start(then)
    then = Block()
    build.branch(build.const(0), Block(), then)
    build.start(then)
    assert finish(build) == ["b0:", "jump b1", "b1: <- b0", "jump b2", "b2: <- b1", "jump b3",
                             "b3: <- b2", "ret"]


def test_a_branch_looks_through_comparisons_with_zero(build):
    then, other = Block(), Block()
    param, zero = build.param(), build.const(0)
    build.branch(build.op("eq", build.op("eq", param, zero), zero), then, other)
    term = build.block.term
    assert term.args == [param]
    assert build.block.succs == [then, other]
    build.start(then)
    build.branch(build.op("eq", param, zero), Block(), other)
    assert build.block.succs[0] is other


@pytest.mark.parametrize("value, wanted, expected", [
    (1, True, ["b0:", "ret"]), (0, False, ["b0:", "ret"]),
    (0, True, ["b0:", "trap.2"]), (1, False, ["b0:", "trap.2"]),
])
def test_a_guard_on_a_constant_traps_or_is_nothing(build, value, wanted, expected):
    build.guard(build.const(value), 2, wanted)
    assert finish(build) == expected


def test_an_address_is_never_null(build):
    build.guard(build.fn.label("g"), 0)
    assert finish(build) == ["b0:", "ret"]


def test_a_guard_looks_through_comparisons_with_zero(build):
    param = build.param()
    build.guard(build.op("eq", param, build.const(0)), 1)
    guard = build.block.body[-1]
    assert (guard.op, guard.args, guard.value) == ("guardnot", [param], 1)


def test_what_depends_on_a_condition_is_skipped_without_it(build):
    param = build.param()
    with build.when(param):
        build.store(Memory.POINTER, param, build.const(0))
    assert finish(build) == ["b0:", "%0 = param 0", "branch %0, b1, b2", "b1: <- b0",
                             "store.p %0, 0", "jump b2", "b2: <- b0, b1", "ret"]


def test_a_counted_loop_ends_at_its_end(build):
    first, end = build.param(), build.param()
    (at,), again = build.count([first], end)
    build.store(Memory.ELEMENT, at, build.const(0))
    again([build.add(at, 1)])
    assert finish(build) == [
        "b0:", "%0 = param 0", "%1 = param 1", "jump b1",
        "b1: <- b0, b1", "%2 = phi %0, %3", "store.e %2, 0", "%3 = add %2, 1", "%4 = neq %3, %1",
        "branch %4, b1, b2",
        "b2: <- b1", "ret"]


def test_a_loop_has_phis_for_what_it_assigns_alone(build):
    build.env = {"steady": (build.const(1),), "moving": (build.const(2),)}
    header, exit_ = Block(), Block()
    build.jump(header)
    made = build.open_loop(header, ["moving", "elsewhere"])
    assert [(one.variable, one.word) for one in made] == [("moving", 0)]
    assert build.env["steady"] == (build.const(1),)
    (phi,) = build.env["moving"]
    after = build.add(phi, 3)
    build.env = {**build.env, "moving": (after,)}
    build.branch(build.param(), header, exit_)
    build.close_loop(made, build.env)
    assert phi.args == [build.const(2), after]
    build.start(exit_)
    finish(build)


def test_a_loop_that_nothing_reaches_has_no_phis(build):
    build.env = {"x": (build.const(1),)}
    build.leave("ret", [])
    header = Block()
    build.jump(header)
    assert build.open_loop(header, ["x"]) == []
