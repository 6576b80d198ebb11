"""Bench of the block device: sectors between a slow disk and a slow memory."""

import cocotb

from rtl.peripherals.tokens import BlockFromHostKind as From
from rtl.peripherals.tokens import BlockToHostKind as To
from tests.cocotb.support import Memory, Sink, Source, idle, load, start, store, token

READ, WRITE, FLUSH = 1, 2, 3
SECTORS = 4


class Disk:
    """A few sectors; sector 3 is worn out."""

    def __init__(self):
        self.words = [0x5000 + n for n in range(SECTORS * 128)]
        self.writing, self.collected = None, []
        self.flushes = 0

    def answer(self, payload):
        kind, data = To(payload >> 32), payload & 0xFFFFFFFF
        if kind == To.WORD:
            self.collected.append(data)
            if len(self.collected) < 128:
                return []
            if self.writing == 3:
                return [token(From.FAIL)]
            self.words[self.writing * 128:self.writing * 128 + 128] = self.collected
            return [token(From.DONE)]
        self.writing, self.collected = data, []
        if kind == To.READ:
            if data == 3:
                return [token(From.FAIL)]
            return [token(From.WORD, word) for word in self.words[data * 128:data * 128 + 128]]
        if kind == To.FLUSH:
            self.flushes += 1
            return [token(From.DONE)]
        return []


async def fit(dut):
    """Start with a memory and a disk."""
    await start(dut)
    memory, disk = Memory(dut, [0x9000 + n for n in range(600)]), Disk()
    source = Source(dut, eagerness=0.8)
    Sink(dut, answer=disk.answer, source=source, eagerness=0.8)
    source.queue.append(token(From.SIZE, SECTORS))
    while source.queue:
        await idle(dut)
    return memory, disk


async def operate(dut, command, sector=0, count=1, address=0):
    for addr, value in ((2, sector), (3, count), (4, address), (0, command)):
        await store(dut, addr, value)
    while (status := await load(dut, 1)) == 1:
        await idle(dut, 5)
    return status, await load(dut, 7)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def sectors_move_both_ways(dut):
    memory, disk = await fit(dut)
    assert [await load(dut, n) for n in (5, 6)] == [SECTORS, 128]
    assert await operate(dut, READ, 1, 2, 50) == (0, 0)
    assert memory.words[50:306] == disk.words[128:384]
    assert memory.words[49] == 0x9000 + 49 and memory.words[306] == 0x9000 + 306
    assert await operate(dut, WRITE, 0, 1, 400) == (0, 0)
    assert disk.words[:128] == memory.words[400:528] and disk.words[128] == 0x5000 + 128
    assert await operate(dut, FLUSH) == (0, 0) and disk.flushes == 1


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def errors_have_their_codes(dut):
    memory, disk = await fit(dut)
    for command in (READ, WRITE):
        assert await operate(dut, command, 4, 1) == (0xFF, 1)
        assert await operate(dut, command, 1, 0xFFFFFFFF) == (0xFF, 2)
        assert await operate(dut, command, 1, 0) == (0xFF, 2)
        assert await operate(dut, command, 2, 2) == (0xFF, 3)       # worn out
        assert await operate(dut, command, 0, 1, 590) == (0xFF, 3)  # past the end of RAM
        assert await operate(dut, command, 1, 1) == (0, 0)
    assert await operate(dut, 4) == (0xFF, 3)
