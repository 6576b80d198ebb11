"""Bench of the clock: milliseconds since reset."""

import cocotb

from tests.cocotb.support import Strobes, idle, load, start, store

CYCLES_PER_MS = 10


@cocotb.test(timeout_time=100, timeout_unit="us")
async def counts_milliseconds(dut):
    await start(dut)
    events = Strobes(dut, dut.event__valid, dut.event__arg)
    for ms in range(5):
        assert await load(dut, 0) == ms
        await idle(dut, CYCLES_PER_MS - 2)
    assert events.seen == [1, 2, 3, 4, 5]


@cocotb.test(timeout_time=100, timeout_unit="us")
async def a_store_lasts_until_the_next_millisecond(dut):
    await start(dut)
    await store(dut, 0, 99)
    assert await load(dut, 0) == 99
    await idle(dut, CYCLES_PER_MS)
    assert await load(dut, 0) == 1
