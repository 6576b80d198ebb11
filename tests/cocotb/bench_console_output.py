"""Bench of console output: messages leave as they were, whoever is slow."""

import random

import cocotb

from rtl.peripherals.tokens import BufferedToHostKind as To
from tests.cocotb.support import Sink, load, start, store, token, until

WRITE, PENDING, ERROR = 1, 3, 0xFFFFFFFF


def messages(sink):
    """What was taken, split at each END; the last may be incomplete."""
    found = [[]]
    for payload in sink.taken:
        if payload == token(To.END):
            found.append([])
        else:
            found[-1].append(payload)
    return found


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def messages_of_all_sizes_leave_whole(dut):
    await start(dut)
    sink, chance = Sink(dut), random.Random(4)
    expected = []
    for length in (0, 1, 7, 253):
        words = [chance.getrandbits(32) for _ in range(length)]
        for at, word in enumerate(words):
            await store(dut, 3 + at, word)
        await store(dut, 2, length)
        await store(dut, 0, WRITE)
        assert await load(dut, 0) == PENDING
        await until(dut, 0, 0)
        expected.append([token(To.WORD, word) for word in words])
    assert messages(sink) == [*expected, []]


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def a_size_above_the_capacity_means_more_to_come(dut):
    await start(dut)
    sink = Sink(dut, eagerness=1)
    for at in range(253):
        await store(dut, 3 + at, 42 + at)
    await store(dut, 2, 254)
    await store(dut, 0, WRITE)
    await until(dut, 0, 0)
    await store(dut, 2, 1)
    await store(dut, 0, WRITE)
    await until(dut, 0, 0)
    full = [token(To.WORD, 42 + at) for at in range(253)]
    assert messages(sink) == [[*full, full[0]], []]


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def the_data_is_taken_at_once(dut):
    await start(dut)
    sink, chance = Sink(dut), random.Random(6)
    for at in range(40):
        await store(dut, 3 + at, at)
    await store(dut, 2, 40)
    await store(dut, 0, WRITE)
    for _ in range(300):
        await store(dut, 3 + chance.randrange(253), 0xDEAD)
        await load(dut, 3 + chance.randrange(253))
    await until(dut, 0, 0)
    assert messages(sink) == [[token(To.WORD, at) for at in range(40)], []]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def it_does_not_read(dut):
    await start(dut)
    for value in (2, 0, 9):
        await store(dut, 0, value)
        assert await load(dut, 0) == ERROR
