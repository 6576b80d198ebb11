"""Bench of the serial line: octets both ways, and what overruns."""

import cocotb

from tests.cocotb.support import Sink, Source, Strobes, idle, load, start, store

WAITS = 0x100


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def octets_go_out_in_order(dut):
    await start(dut)
    sink = Sink(dut, eagerness=0.3)
    for octet in range(50):
        while await load(dut, 0):
            pass
        await store(dut, 0, octet * 5)
    await idle(dut, 50)
    assert sink.taken == [octet * 5 for octet in range(50)]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def octets_that_wait_all_come_in(dut):
    await start(dut)
    source, irqs = Source(dut, eagerness=1), Strobes(dut, dut.irq)
    source.queue.extend(WAITS | n for n in range(150))
    await idle(dut, 300)
    for n in range(150):
        while (word := await load(dut, 2)) == 0:
            pass
        assert word == 0x100 | n
        await store(dut, 1, 0)
        await idle(dut, 2)
    # An interrupt at each arrival, and at each acknowledge but those that found nothing waiting.
    assert 150 <= len(irqs.seen) <= 300


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def octets_that_cannot_wait_overrun(dut):
    await start(dut)
    source = Source(dut, eagerness=1)
    source.queue.extend(range(80))
    await idle(dut, 200)
    assert not source.queue and await load(dut, 2) == 0x300
    for n in range(1, 65):
        await store(dut, 1, 0)
        assert await load(dut, 2) == 0x100 | n
    await store(dut, 1, 0)
    assert await load(dut, 2) == 0
