"""Bench of the timer: when its interrupts come."""

import cocotb

from tests.cocotb.support import cycles_until, load, start, store

CYCLES_PER_MS = 10


@cocotb.test(timeout_time=100, timeout_unit="us")
async def interrupts_come_a_period_apart(dut):
    await start(dut)
    await store(dut, 0, 3)
    # The store acts as its cycle ends; the interrupt is in the last cycle of the period.
    for _ in range(3):
        assert await cycles_until(dut, dut.irq) == 3 * CYCLES_PER_MS
    assert await load(dut, 0) == 3
