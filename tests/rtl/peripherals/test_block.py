"""Block device: manual, section 6."""

import random
import sys

import pytest

from rtl.peripherals.block import Block
from rtl.peripherals.tokens import BlockFromHostKind as From
from rtl.peripherals.tokens import BlockToHostKind as To
from tests.support.device_followers import BlockFollower
from tests.support.device_rig import Rig, token

SECTORS   = 6
RAM_WORDS = 1000

READ, WRITE, FLUSH = 1, 2, 3
READY, BUSY, ERROR = 0, 1, 0xFF


class Host:
    """A disk of a few sectors; operations on the sectors in `bad` fail, and flushes if 'flush'."""

    def __init__(self, words, bad=()):
        self.words = list(words)
        self.bad = bad
        self.writing = None
        self.flushes = 0

    def __call__(self, payload):
        kind, data = To(payload >> 32), payload & 0xFFFFFFFF
        if kind == To.WORD:
            sector, words = self.writing
            words.append(data)
            if len(words) < 128:
                return []
            self.writing = None
            if sector in self.bad:
                return [token(From.FAIL)]
            self.words[sector * 128:sector * 128 + 128] = words
            return [token(From.DONE)]
        self.writing = (data, []) if kind == To.WRITE else None
        if kind == To.WRITE:
            return []
        if kind == To.FLUSH:
            self.flushes += 1
            return [token(From.FAIL if "flush" in self.bad else From.DONE)]
        if data in self.bad:
            return [token(From.FAIL)]
        return [token(From.WORD, word) for word in self.words[data * 128:data * 128 + 128]]


def run(test, *, bad=(), **options):
    """Run a test; then memory and disk must be as the follower has them."""
    disk = [0x1000 + n for n in range(SECTORS * 128)]
    memory = [0x900000 + n for n in range(RAM_WORDS)]
    host = Host(disk, bad)
    follower = BlockFollower(list(disk), list(memory))
    rig = Rig(Block(), follower=follower, host=host, memory=memory, **options)

    async def with_disk(rig):
        rig.inbox.append(token(From.SIZE, SECTORS))
        while rig.inbox:
            await rig.idle()
        await test(rig)

    rig.run(with_disk)
    assert rig.memory == follower.memory
    if not bad:
        assert sectors_of(host.words) == sectors_of(follower.disk)
    return host


def sectors_of(words):
    return [words[at:at + 128] for at in range(0, len(words), 128)]


async def operate(rig, command, sector=0, count=1, address=0):
    """One operation; its status and error at the end."""
    for addr, value in ((2, sector), (3, count), (4, address), (0, command)):
        await rig.store(addr, value)
    assert await rig.load(1) == BUSY or rig.events
    for _ in range(10_000):
        if await rig.load(1) != BUSY:
            break
    return await rig.load(1), await rig.load(7)


@pytest.mark.manual("6.17")
def test_read_only_words():
    async def test(rig):
        await rig.store(5, 99)
        await rig.store(6, 99)
        assert await rig.load(5) == SECTORS and await rig.load(6) == 128

    run(test)


@pytest.mark.slow
@pytest.mark.manual("6.17")
@pytest.mark.parametrize("sector, count", [(0, 1), (5, 1), (1, 3), (0, SECTORS)])
def test_reads_sectors_into_memory(sector, count):
    async def test(rig):
        assert await operate(rig, READ, sector, count, 100) == (READY, 0)
        first = 0x1000 + sector * 128
        assert rig.memory[100:100 + count * 128] == [first + n for n in range(count * 128)]
        assert rig.memory[99] == 0x900000 + 99
        assert rig.memory[100 + count * 128] == 0x900000 + 100 + count * 128

    run(test)


@pytest.mark.manual("6.17")
@pytest.mark.parametrize("sector, count", [(0, 1), (5, 1), (1, 3)])
def test_writes_memory_to_sectors(sector, count):
    async def test(rig):
        assert await operate(rig, WRITE, sector, count, 200) == (READY, 0)

    words = run(test).words
    at, size = sector * 128, count * 128
    assert words[at:at + size] == [0x900000 + 200 + n for n in range(size)]
    assert words[:at] == [0x1000 + n for n in range(at)]
    assert words[at + size:] == [0x1000 + n for n in range(at + size, SECTORS * 128)]


@pytest.mark.manual("6.19")
def test_flush_asks_the_host():
    async def test(rig):
        assert await operate(rig, FLUSH, 99, 99, 0xFFFFFFFF) == (READY, 0)

    assert run(test).flushes == 1


@pytest.mark.manual("6.18")
@pytest.mark.parametrize("command", [READ, WRITE])
@pytest.mark.parametrize("sector, count, error", [
    (6, 1, 1), (0xFFFFFFFF, 1, 1), (6, 0, 1), (0x80000000, 0x80000001, 1),
    (0, 0, 2), (0, 7, 2), (5, 2, 2), (1, 0xFFFFFFFF, 2), (5, 0xFFFFFFFC, 2), (5, 0x80000000, 2),
])
def test_operands_out_of_range(command, sector, count, error):
    async def test(rig):
        assert await operate(rig, command, sector, count) == (ERROR, error)
        assert len(rig.sent) == 0

    run(test)


@pytest.mark.manual("6.18")
@pytest.mark.parametrize("command", [4, 5, 0x101, 0xFFFFFFFF])
def test_an_unknown_command_is_an_error(command):
    async def test(rig):
        assert await operate(rig, command) == (ERROR, 3)
        assert await rig.load(0) == command

    run(test)


@pytest.mark.manual("6.17")
def test_a_store_of_zero_changes_nothing_but_the_command():
    async def test(rig):
        assert await operate(rig, READ, 9) == (ERROR, 1)
        await rig.store(0, 0)
        await rig.idle(5)
        assert [await rig.load(n) for n in (0, 1, 7)] == [0, ERROR, 1]
        assert await operate(rig, READ) == (READY, 0)

    run(test)


@pytest.mark.manual("6.17")
def test_the_command_keeps_what_was_stored():
    async def test(rig):
        await operate(rig, READ)
        assert await rig.load(0) == READ

    run(test)


def test_a_command_during_an_operation_is_kept_and_starts_nothing():
    async def test(rig):
        await rig.store(3, 1)
        await rig.store(0, READ)
        await rig.store(2, 5)
        await rig.store(0, FLUSH)
        assert await rig.load(0) == FLUSH
        await rig.until(1, READY)
        await rig.idle(100)

    host = run(test)
    assert host.flushes == 0


@pytest.mark.manual("6.18")
@pytest.mark.parametrize("command", [READ, WRITE])
def test_a_host_that_fails_is_an_error_after_the_sectors_before(command):
    async def test(rig):
        assert await operate(rig, command, 1, 3, 0) == (ERROR, 3)
        assert await operate(rig, command, 3, 1, 0) == (READY, 0)
        assert await operate(rig, FLUSH) == (ERROR, 3)

    host = run(test, bad=(2, "flush"))
    if command == WRITE:
        assert host.words[128] == 0x900000 and host.words[256] == 0x1000 + 256


@pytest.mark.slow
@pytest.mark.manual("6.2")
@pytest.mark.parametrize("command", [READ, WRITE])
@pytest.mark.parametrize("address", [RAM_WORDS - 127, RAM_WORDS - 1, RAM_WORDS, 0x80000000,
                                     0xFFFFFFFF, 0xFFFFFFC0])
def test_a_buffer_past_the_end_of_ram_is_an_error(command, address):
    async def test(rig):
        assert await operate(rig, command, 2, 2, address) == (ERROR, 3)
        assert await operate(rig, READ, 3, 1, 0) == (READY, 0)  # nothing is left over
        assert await operate(rig, WRITE, 3, 1, 0) == (READY, 0)

    host = run_partial(test)
    if command == WRITE:
        assert host.words[256:384] == [0x1000 + n for n in range(256, 384)]


def run_partial(test):
    """As `run`, without the follower's disk, which would have part of a sector."""
    memory = [0x900000 + n for n in range(RAM_WORDS)]
    host = Host([0x1000 + n for n in range(SECTORS * 128)])
    rig = Rig(Block(), follower=BlockFollower(list(host.words), list(memory)), host=host,
              memory=memory, eager=False)
    rig.inbox.append(token(From.SIZE, SECTORS))

    async def with_disk(rig):
        while rig.inbox:
            await rig.idle()
        await test(rig)

    rig.run(with_disk)
    assert rig.memory == rig.follower.memory
    return host


@pytest.mark.manual("6.2")
@pytest.mark.parametrize("command", [READ, WRITE])
def test_an_address_does_not_wrap_around(command):
    class Everything(dict):
        """A RAM of 2^32 words: the device itself must see the end."""
        def __len__(self):
            return sys.maxsize

        def __missing__(self, address):
            return 0

    async def test(rig):
        rig.inbox.append(token(From.SIZE, SECTORS))
        await rig.idle(2)
        rig.memory[0] = rig.memory[1] = 77
        assert await operate(rig, command, 2, 1, 0xFFFFFFFE) == (ERROR, 3)
        assert rig.memory[0] == rig.memory[1] == 77
        assert len(rig.events) == 1 + 2 + 1  # SIZE, two words, the end

    Rig(Block(), host=Host(range(SECTORS * 128)), memory=Everything()).run(test)


@pytest.mark.manual("6.2")
def test_a_buffer_that_ends_with_ram_is_fine():
    async def test(rig):
        assert await operate(rig, READ, 0, 1, RAM_WORDS - 128) == (READY, 0)

    run(test)


def test_without_a_disk_there_are_no_sectors():
    async def test(rig):
        assert await rig.load(5) == 0
        assert await operate(rig, READ) == (ERROR, 1)

    Rig(Block(), follower=BlockFollower([], [])).run(test)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_loads_agree_whatever_happens(seed):
    async def test(rig):
        chance = random.Random(seed)
        for _ in range(1500):
            match chance.randrange(12):
                case 0:
                    await rig.store(0, chance.choice([READ, WRITE, READ, WRITE, 0, 3, 7]))
                case 1 | 2:
                    addr = chance.choice([1, 2, 3, 3, 4, 7])
                    value = chance.choice([0, 1, 2, 5, 6])
                    await rig.store(addr, value * 100 if addr == 4 else value)
                case _:
                    await rig.load(chance.choice([0, 1, 1, 1, 2, 3, 4, 5, 7]))
        while rig.follower.operation:
            await rig.idle()
        assert len(rig.events) > 200

    run(test, eager=False, seed=seed)
