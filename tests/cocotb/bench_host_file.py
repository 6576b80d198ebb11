"""Bench of the host file: the host's answers, and both directions in turn."""

import cocotb

from rtl.peripherals.tokens import BufferedFromHostKind as From
from rtl.peripherals.tokens import BufferedToHostKind as To
from tests.cocotb.support import Sink, Source, load, start, store, token, until

WRITE, READ, ERROR = 1, 2, 0xFFFFFFFF


class Host:
    """Stores one file; refuses a message that begins with 0."""

    def __init__(self):
        self.collected, self.messages = [], []

    def answer(self, payload):
        kind, word = To(payload >> 32), payload & 0xFFFFFFFF
        if kind == To.WORD:
            self.collected.append(word)
            return []
        if kind == To.END:
            message, self.collected = self.collected, []
            if message[:1] == [0]:
                return [token(From.FAIL)]
            self.messages.append(message)
            return [token(From.DONE)]
        words = self.messages[-1]
        return [token(From.LENGTH, len(words)), *(token(From.WORD, word) for word in words)]


async def write(dut, words, status):
    for at, word in enumerate(words):
        await store(dut, 3 + at, word)
    await store(dut, 2, len(words))
    await store(dut, 0, WRITE)
    await until(dut, 0, status)


@cocotb.test(timeout_time=3, timeout_unit="ms")
async def messages_go_and_come(dut):
    await start(dut)
    host, source = Host(), Source(dut)
    Sink(dut, answer=host.answer, source=source)
    await write(dut, [5, 6, 7], 0)
    await store(dut, 3, 99)
    await store(dut, 0, READ)
    await until(dut, 0, 0)
    assert [await load(dut, n) for n in (2, 3, 4, 5)] == [3, 5, 6, 7]
    await write(dut, [0], ERROR)
    await write(dut, [8], 0)
    assert host.messages == [[5, 6, 7], [8]]


@cocotb.test(timeout_time=3, timeout_unit="ms")
async def a_write_ends_a_long_read(dut):
    await start(dut)
    host, source = Host(), Source(dut, eagerness=0.9)
    Sink(dut, answer=host.answer, source=source)
    host.messages.append(list(range(700)))
    await store(dut, 0, READ)
    await until(dut, 0, 0)
    assert await load(dut, 2) == 253  # the words of this part
    await write(dut, [1, 2], 0)
    await store(dut, 0, READ)
    await until(dut, 0, 0)
    assert [await load(dut, n) for n in (2, 3, 4)] == [2, 1, 2]
