"""Bench of the display: pictures out of a slow memory into a slow host."""

import cocotb

from rtl.peripherals.tokens import DisplayToHostKind as To
from tests.cocotb.support import (
    Memory,
    Sink,
    Source,
    Strobes,
    idle,
    load,
    start,
    store,
    token,
    until,
)

WIDTH, HEIGHT = 7, 4


def picture(words):
    return [token(To.START, HEIGHT << 16 | WIDTH), *(token(To.PIXEL, word) for word in words),
            token(To.END)]


async def fit(dut):
    """Start with a memory and a display of `WIDTH` by `HEIGHT`."""
    await start(dut)
    memory = Memory(dut, [0xFF000000 | n * 0x010305 for n in range(100)])
    sink, source = Sink(dut), Source(dut)
    source.queue.append(HEIGHT << 14 | WIDTH)
    while source.queue:
        await idle(dut)
    return memory, sink


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def flips_show_the_framebuffer(dut):
    memory, sink = await fit(dut)
    events = Strobes(dut, dut.event__valid, dut.event__arg)
    assert [await load(dut, n) for n in range(4)] == [0, WIDTH, HEIGHT, 0]
    for first in (1, 50):
        await store(dut, 3, first)
        await store(dut, 0, 1)
        assert await load(dut, 0) == 2
        await until(dut, 0, 0)
    size = WIDTH * HEIGHT
    assert sink.taken == picture(memory.words[1:1 + size]) + picture(memory.words[50:50 + size])
    assert events.seen == [0, 0]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_framebuffer_past_the_end_gives_error(dut):
    memory, sink = await fit(dut)
    await store(dut, 3, 90)
    await store(dut, 0, 1)
    await until(dut, 0, 0xFF)
    assert sink.taken[-1] == token(To.DROP) and len(sink.taken) == 1 + 10 + 1


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_null_pointer_shows_nothing(dut):
    memory, sink = await fit(dut)
    await store(dut, 0, 1)
    await until(dut, 0, 0)
    await store(dut, 0, 5)
    assert await load(dut, 0) == 5 and sink.taken == []
