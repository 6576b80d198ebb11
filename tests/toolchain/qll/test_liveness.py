"""Which values are alive where."""

import random

import pytest

from tests.support.qll_programs import program as random_program
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.middle import cfg
from toolchain.qll.middle.ir import parse_function
from toolchain.qll.middle.lower import lower
from toolchain.qll.middle.optimise import optimise
from toolchain.qll.target.liveness import Liveness, at_end, backward
from toolchain.source import Source

LOOP = """
function @f (2) {
b0:
  %0 = param 0
  %1 = param 1
  jump b1
b1: <- b0, b1
  %2 = phi %1, %3
  %3 = call.fast @g(%2)
  %4 = add %3, %0
  branch %4, b1, b2
b2: <- b1
  ret %3
}"""


def liveness(function):
    return Liveness(function, cfg.analyse(function))


def numbers(values):
    return {value.n for value in values}


def named(live, mask):
    return numbers(live.bits(mask))


def test_what_a_loop_needs_in_every_round_is_alive_all_through_it():
    live = liveness(parse_function(LOOP))
    assert [named(live, mask) for mask in live.live_in] == [{0, 1}, {0}, {3}]
    assert [named(live, mask) for mask in live.live_out] == [{0, 1}, {0, 3}, set()]


def test_a_call_knows_what_lives_across_it():
    live = liveness(parse_function(LOOP))
    ((block, index, call, across),) = live.calls
    assert (block.n, index, call.n, named(live, across)) == (1, 0, 3, {0})


def test_backward_tells_what_is_alive_across_and_in_front():
    live = liveness(parse_function(LOOP))
    loop = live.blocks[1]
    end = at_end(loop, live.live_out[1])
    assert named(live, end) == {0, 3, 4}
    assert [(index, named(live, across), named(live, front))
            for index, _, across, front in backward(loop, end)] == [
        (1, {0, 3}, {0, 3}), (0, {0}, {0, 2})]


def test_the_most_crowded_place_of_a_block():
    lines = "".join(f"  %{n} = load.e {n}\n" for n in range(5))
    lines += "".join(f"  store.e {n}, %{n}\n" for n in range(5))
    live = liveness(parse_function(f"function @f (0) {{\nb0:\n{lines}  ret\n}}"))
    assert live.crowded(5) == []
    ((block, index, values),) = live.crowded(4)
    assert (block.n, index, named(live, values)) == (0, 5, {0, 1, 2, 3, 4})


def uses_from(block, index, value, seen):
    """Whether some way from in front of an instruction uses a value before it is made again."""
    for ins in [*block.body, block.term][index:]:
        if value in ins.args:
            return True
        if ins is value:
            return False
    for succ in block.succs:
        edge = succ.preds.index(block)
        if any(phi.args[edge] is value for phi in succ.phis):
            return True
        if value not in succ.phis and succ not in seen:
            seen.add(succ)
            if uses_from(succ, 0, value, seen):
                return True
    return False


@pytest.mark.parametrize("seed", range(6))
def test_a_value_is_alive_where_a_way_to_a_use_begins(seed):
    def functions():
        source = Source("r.qll", random_program(random.Random(seed)))
        module = lower(analyse([source])[0], 2)
        optimise(module, 2)
        return module.functions

    for function in with_deep_stack(functions)[:6]:
        live = liveness(function)
        for block in live.blocks[:12]:
            expected = {value.n for value in live.values if uses_from(block, 0, value, {block})
                        and value not in block.phis}
            assert named(live, live.live_in[block.n]) == expected


def test_two_blocks_meet_at_the_last_that_dominates_both():
    function = parse_function("""
        function @f (1) {
        b0:
          %0 = param 0
          branch %0, b1, b4
        b1: <- b0
          branch %0, b2, b3
        b2: <- b1
          jump b4
        b3: <- b1
          jump b4
        b4: <- b0, b2, b3
          ret
        }""")
    entry, first, left, right, last = function.blocks
    cfg.analyse(function)
    assert cfg.meet(left, right) is cfg.meet(left, first) is first
    assert cfg.meet(left, last) is entry
    assert cfg.meet(last, last) is last
