"""Bench of the SoC with block RAM: reset, sleep, interrupts and the stop, seen at its ports."""

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from tests.cocotb.soc_program import CYCLES_PER_MS, EXIT_CODE, PROGRAM, TICKS
from tests.cocotb.support import idle, start
from toolchain.isa.trace import Kind, Stop

START = 0x1000


async def records_until_stop(dut, limit=2000):
    """(cycle, kind, ip, value, code) of each trace record, up to the cycle of `stopped`."""
    found = []
    for cycle in range(limit):
        await FallingEdge(dut.clk)
        if int(dut.trace_slow.value) | int(dut.trace_fast.value):
            found.append((cycle, *(int(getattr(dut, f"trace_{name}").value)
                                   for name in ("kind", "ip", "value", "code"))))
        if int(dut.stopped.value):
            return found
        await RisingEdge(dut.clk)
    raise AssertionError(f"it has not stopped after {limit} cycles")


@cocotb.test(timeout_time=100, timeout_unit="us")
async def a_reset_starts_at_the_program(dut):
    await start(dut)
    await idle(dut, 100)
    dut.rst.value = 1
    await idle(dut, 2)
    dut.rst.value = 0
    found = []
    while not found:
        await FallingEdge(dut.clk)
        if int(dut.retires.value):
            found.append(int(dut.trace_ip.value))
    assert found == [START]


@cocotb.test(timeout_time=100, timeout_unit="us")
async def interrupts_wake_it_a_millisecond_apart(dut):
    await start(dut)
    found = await records_until_stop(dut)
    interrupts = [record for record in found if record[1] == Kind.INTERRUPT]
    wait = PROGRAM.symbols["tick"] - 2
    assert [(ip, code) for _, _, ip, _, code in interrupts] == [(wait, 2)] * TICKS
    cycles = [cycle for cycle, *_ in interrupts]
    assert [b - a for a, b in zip(cycles, cycles[1:], strict=False)] == [CYCLES_PER_MS] * 2


@cocotb.test(timeout_time=100, timeout_unit="us")
async def halt_is_told_and_nothing_comes_after(dut):
    await start(dut)
    found = await records_until_stop(dut)
    assert found[-1][1] == Kind.STOP and found[-1][4] == Stop.HALT
    assert found[-1][0] == found[-2][0] + 1
    assert EXIT_CODE in [value for _, _, _, value, _ in found]
    for _ in range(200):
        await RisingEdge(dut.clk)
        await FallingEdge(dut.clk)
        assert not int(dut.trace_slow.value) | int(dut.trace_fast.value)
        assert int(dut.stopped.value)
