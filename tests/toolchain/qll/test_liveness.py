"""Which values are alive where."""

import random

import pytest

from tests.support.qll_programs import program as random_program
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.middle import cfg
from toolchain.qll.middle.ir import parse_function
from toolchain.qll.middle.lower import lower
from toolchain.qll.middle.optimise import optimise
from toolchain.qll.target.liveness import Liveness, over_ranges
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
    return [value.n for value in values]


def test_what_a_loop_needs_in_every_round_is_alive_all_through_it():
    live = liveness(parse_function(LOOP))
    assert live.live_in == [{0, 1}, {0}, {3}]
    assert live.live_out == [{0, 1}, {0, 3}, set()]


def test_a_call_knows_what_lives_across_it():
    live = liveness(parse_function(LOOP))
    (found,) = live.calls
    assert (found.block.n, numbers(found.calls), found.spans) == (1, [3], [(0, 0, 1)])


def test_values_live_across_the_calls_between_where_they_are_made_and_last_used():
    live = liveness(parse_function("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = call.fast @g()
          %2 = call.fast @g(%1)
          %3 = call.fast @g()
          %4 = add %2, %0
          %5 = call.fast @g(%4)
          ret %5
        }"""))
    assert sorted(live.calls[0].spans) == [(0, 0, 3), (2, 2, 3)]


def test_last_uses_are_where_nothing_behind_wants_the_value():
    live = liveness(parse_function(LOOP))
    ending, wanted, front = live.last_uses(live.blocks[1])
    assert ([numbers(last) for last in ending], wanted, front) == ([[2], []], [True, True], {0, 2})


def test_what_is_alive_in_front_of_an_instruction():
    live = liveness(parse_function(LOOP))
    assert [live.in_front(live.blocks[1], place) for place in range(3)] == [
        {0, 2}, {0, 3}, {0, 3, 4}]


@pytest.mark.parametrize("count", range(1, 10))
def test_bits_of_masks_in_a_row(count):
    masks = [1 << index for index in range(count)]
    bits = over_ranges(masks)
    for first in range(count):
        for end in range(first + 1, count + 1):
            assert bits(first, end) == sum(masks[first:end])


def test_the_most_crowded_place_of_a_block():
    lines = "".join(f"  %{n} = load.e {n}\n" for n in range(5))
    lines += "".join(f"  store.e {n}, %{n}\n" for n in range(5))
    live = liveness(parse_function(f"function @f (0) {{\nb0:\n{lines}  ret\n}}"))
    assert live.crowded(5) == []
    ((block, index, values),) = live.crowded(4)
    assert (block.n, index, values) == (0, 5, {0, 1, 2, 3, 4})


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
            assert live.live_in[block.n] == expected


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
