"""Control flow of random graphs: order, dominators and loops, by their definitions."""

import random

import pytest

from toolchain.qll.middle.cfg import analyse, dominates, find_loops, goes_back, meet, prune
from toolchain.qll.middle.ir import Block, Function, Ins


def random_function(rng, size):
    """Blocks with random edges: loops of several entries, and blocks that nothing reaches."""
    function = Function("f")
    function.blocks = [Block(f"b{n}") for n in range(size)]
    for number, block in enumerate(function.blocks):
        near = range(1, min(size, number + 4))
        count = rng.choice([0, 1, 1, 2, 2]) if number else rng.choice([1, 2])
        targets = [rng.choice(near) if rng.random() < 0.8 else rng.randrange(1, size)
                   for _ in range(count)]
        block.succs = [function.blocks[target] for target in targets]
        for succ in block.succs:
            succ.preds.append(block)
        block.term = Ins(["ret", "jump", "branch"][count], [function.const(1)] * (count == 2))
    return function


def reached(start, without=None):
    found, stack = set(), [start]
    while stack:
        block = stack.pop()
        if block not in found and block is not without:
            found.add(block)
            stack += block.succs
    return found


@pytest.mark.parametrize("seed", range(40))
def test_dominators_are_what_every_way_leads_through(seed):
    rng = random.Random(seed)
    for size in (2, 3, 5, 8, 12, 30):
        function = random_function(rng, size)
        entry = function.blocks[0]
        every = reached(entry)
        blocks = analyse(function)
        assert set(blocks) == every and [block.n for block in blocks] == list(range(len(blocks)))
        above = {block: {other for other in every
                         if other is block or block not in reached(entry, other)}
                 for block in every}
        assert goes_back(function) == any(
            block in reached(succ) for block in every for succ in block.succs)
        assert entry.idom is None
        for block in blocks:
            assert block.level == len(above[block]) - 1
            assert set(block.kids) == {other for other in every if other.idom is block}
            if block is not entry:
                assert above[block] == above[block.idom] | {block}
                assert dominates(block.jump, block) and block.jump is not block
            for other in rng.sample(blocks, min(5, len(blocks))):
                assert dominates(other, block) == (other in above[block])
                assert above[meet(block, other)] == above[block] & above[other]


@pytest.mark.parametrize("seed", range(40))
def test_loops_are_what_comes_back_to_a_header_that_dominates_it(seed):
    rng = random.Random(seed)
    for size in (3, 5, 8, 12, 20):
        function = random_function(rng, size)
        prune(function)  # blocks that nothing reaches lead into loops otherwise
        blocks = analyse(function)
        expected = {}
        for block in blocks:
            for header in block.succs:
                if dominates(header, block):
                    expected.setdefault(header, {header}).update(
                        other for other in blocks
                        if dominates(header, other) and block in reached(other, header))
        loops = find_loops(blocks)
        assert {loop.header: loop.blocks for loop in loops} == expected
        for loop in loops:
            assert set(loop.latches) == {block for block in loop.header.preds
                                         if dominates(loop.header, block)}
            entries = [block for block in loop.header.preds if block not in loop.blocks]
            is_one = len(entries) == 1 and len(entries[0].succs) == 1
            assert loop.preheader is (entries[0] if is_one else None)
            around = [other for other in loops if other is not loop
                      and loop.blocks < other.blocks]
            assert loop.depth == 1 + len(around)
            assert loop.parent is min(around, key=lambda other: len(other.blocks), default=None)
        for block in blocks:
            assert block.depth == sum(block in loop.blocks for loop in loops)
