"""Bench of the SoC with block RAM: reset, sleep, interrupts and the stop, seen at its ports."""

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from isa.trace import Kind, Stop
from tests.cocotb.soc_program import CYCLES_PER_MS, EXIT_CODE, PROGRAM, TICKS
from tests.cocotb.support import idle, records_until_stop, start

START = 0x1000


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
    interrupts = [record for record in found if record.kind == Kind.INTERRUPT]
    wait = PROGRAM.symbols["tick"] - 2
    assert [(record.ip, record.code) for record in interrupts] == [(wait, 2)] * TICKS
    cycles = [record.cycle for record in interrupts]
    assert [b - a for a, b in zip(cycles, cycles[1:], strict=False)] == [CYCLES_PER_MS] * 2


@cocotb.test(timeout_time=100, timeout_unit="us")
async def halt_is_told_and_nothing_comes_after(dut):
    await start(dut)
    found = await records_until_stop(dut)
    assert found[-1].kind == Kind.STOP and found[-1].code == Stop.HALT
    assert found[-1].cycle == found[-2].cycle + 1
    assert EXIT_CODE in [record.value for record in found]
    for _ in range(200):
        await RisingEdge(dut.clk)
        await FallingEdge(dut.clk)
        assert not int(dut.trace_slow.value) | int(dut.trace_fast.value)
        assert int(dut.stopped.value)
