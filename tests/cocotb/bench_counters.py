"""Bench of the counters: both counts as they were at a store, until the next one."""

import cocotb

from tests.cocotb.support import Strobes, idle, load, start, store

RETIRING = 25  # cycles in which an instruction retires


async def counts(dut):
    """Take both counts: (cycles, instructions)."""
    await store(dut, 0, 1)
    low, high, few, many = [await load(dut, offset) for offset in range(1, 5)]
    return high << 32 | low, many << 32 | few


@cocotb.test(timeout_time=100, timeout_unit="us")
async def what_retires_is_counted_and_cycles_go_on(dut):
    await start(dut, "retires")
    events = Strobes(dut, dut.event__valid, dut.event__arg)
    cycles, instructions = await counts(dut)
    assert await load(dut, 1) == cycles, "a count changed without a store"
    dut.retires.value = 1
    await idle(dut, RETIRING)
    dut.retires.value = 0
    later, more = await counts(dut)
    assert more == instructions + RETIRING
    assert later > cycles + RETIRING
    assert events.seen == [cycles, later]
