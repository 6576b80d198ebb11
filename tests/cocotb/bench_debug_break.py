"""Bench of the debug break: stop, go on, interrupt."""

import cocotb

from rtl.peripherals.tokens import DebugFromHost
from tests.cocotb.support import Sink, Source, Strobes, idle, load, start, store, until


@cocotb.test(timeout_time=100, timeout_unit="us")
async def stops_until_the_host_goes_on(dut):
    await start(dut)
    sink, source = Sink(dut), Source(dut)
    await store(dut, 0, 1)
    await idle(dut, 30)
    assert await load(dut, 0) == 2 and sink.taken == [1]
    source.queue.append(DebugFromHost.GO_ON.value)
    await until(dut, 0, 0)
    await store(dut, 0, 7)
    assert await load(dut, 0) == 3


@cocotb.test(timeout_time=100, timeout_unit="us")
async def the_host_interrupts(dut):
    await start(dut)
    irqs, source = Strobes(dut, dut.irq), Source(dut)
    source.queue.extend([DebugFromHost.INTERRUPT.value] * 5)
    await idle(dut, 100)
    assert irqs.seen == [1] * 5 and await load(dut, 0) == 0
