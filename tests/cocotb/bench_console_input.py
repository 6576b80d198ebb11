"""Bench of console input: lines of all lengths arrive."""

import cocotb

from rtl.peripherals.tokens import BufferedFromHostKind as From
from rtl.peripherals.tokens import BufferedToHostKind as To
from tests.cocotb.support import Sink, Source, idle, load, start, store, token, until

READ, PENDING, ERROR = 2, 3, 0xFFFFFFFF


def line_tokens(words):
    return [token(From.LENGTH, len(words)), *(token(From.WORD, word) for word in words)]


@cocotb.test(timeout_time=3, timeout_unit="ms")
async def lines_of_all_lengths_arrive(dut):
    await start(dut)
    sink, source = Sink(dut), Source(dut)
    for length in (0, 1, 253, 254, 600):
        words = list(range(1000, 1000 + length))
        source.queue.extend(line_tokens(words))
        got = []
        while True:
            await store(dut, 0, READ)
            assert await load(dut, 0) == PENDING
            await until(dut, 0, 0)
            size = await load(dut, 2)
            assert size == min(length - len(got), 253)
            got += [await load(dut, 3 + n) for n in range(min(size, 253))]
            if len(got) == length:
                break
        assert got == words
    assert sink.taken == [token(To.READ)] * 5


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_read_waits_for_the_host_and_may_fail(dut):
    await start(dut)
    source = Source(dut)
    Sink(dut)
    await store(dut, 0, READ)
    await idle(dut, 200)
    assert await load(dut, 0) == PENDING
    source.queue.append(token(From.FAIL))
    await until(dut, 0, ERROR)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def it_does_not_write(dut):
    await start(dut)
    sink = Sink(dut)
    await store(dut, 0, 1)
    assert await load(dut, 0) == ERROR
    await idle(dut, 20)
    assert sink.taken == []
