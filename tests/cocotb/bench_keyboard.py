"""Bench of the keyboard: changes become state."""

import random

import cocotb

from tests.cocotb.support import Source, Strobes, idle, load, start


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def the_state_is_the_sum_of_all_changes(dut):
    await start(dut)
    source, chance = Source(dut), random.Random(7)
    events = Strobes(dut, dut.event__valid, dut.event__arg)
    state, changes = [0] * 5, []
    for _ in range(300):
        word, bit, down = chance.randrange(5), chance.randrange(32), chance.randrange(2)
        state[word] = state[word] & ~(1 << bit) | down << bit
        changes.append(down << 8 | word << 5 | bit)
    source.queue.extend(changes)
    while source.queue:
        await idle(dut)
    assert [await load(dut, n) for n in range(5)] == state
    assert events.seen == changes
