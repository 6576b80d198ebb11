"""Bench of the timer: when its interrupts come."""

import cocotb

from tests.cocotb.support import cycles_until, idle, load, start, store

CYCLES_PER_MS = 10


@cocotb.test(timeout_time=100, timeout_unit="us")
async def interrupts_come_a_period_apart(dut):
    await start(dut)
    await store(dut, 0, 3)
    for _ in range(3):
        assert await cycles_until(dut, dut.irq) == 3 * CYCLES_PER_MS
    assert await load(dut, 0) == 3


@cocotb.test(timeout_time=100, timeout_unit="us")
async def a_store_starts_afresh(dut):
    await start(dut)
    await store(dut, 0, 2)
    await idle(dut, 2 * CYCLES_PER_MS - 1)
    await store(dut, 0, 1)
    assert await cycles_until(dut, dut.irq) == CYCLES_PER_MS


@cocotb.test(timeout_time=100, timeout_unit="us")
async def zero_stops_it(dut):
    await start(dut)
    await store(dut, 0, 1)
    await store(dut, 0, 0)
    for _ in range(5 * CYCLES_PER_MS):
        assert not int(dut.irq.value)
        await idle(dut)
