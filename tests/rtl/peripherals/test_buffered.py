# amaranth: UnusedElaboratable=no
"""Console output, console input and host file: the buffered protocol of the manual, section 6."""

import random

import pytest

from rtl.peripherals.buffered import BufferedDevice
from rtl.peripherals.console_input import ConsoleInput
from rtl.peripherals.console_output import ConsoleOutput
from rtl.peripherals.host_file import HostFile
from rtl.peripherals.tokens import BufferedFromHostKind as From
from rtl.peripherals.tokens import BufferedToHostKind as To
from tests.support.device_followers import BufferedFollower
from tests.support.device_rig import Rig, token

READY, WRITE, READ, PENDING, ERROR = 0, 1, 2, 3, 0xFFFFFFFF
REST = 0xFFFFFFFF  # size, as a read begins


class Host:
    """Collects messages, and gives those it was made with; None stands for a failure."""

    def __init__(self, to_read=(), fails=()):
        self.to_read = list(to_read)
        self.fails = list(fails)  # numbers of the messages that are refused
        self.written, self.collected = [], []

    def __call__(self, payload):
        kind, data = To(payload >> 32), payload & 0xFFFFFFFF
        if kind == To.WORD:
            self.collected.append(data)
            return []
        if kind == To.END:
            self.written.append(self.collected)
            self.collected = []
            refused = len(self.written) - 1 in self.fails
            return [token(From.FAIL if refused else From.DONE)]
        self.collected = []
        message = self.to_read.pop(0)
        if message is None:
            return [token(From.FAIL)]
        return [token(From.LENGTH, len(message)), *(token(From.WORD, word) for word in message)]


def run(device, test, *, to_read=(), fails=(), **options):
    host = Host(to_read, fails)
    follower = BufferedFollower(device.writes, device.reads, to_read)
    rig = Rig(device, follower=follower, host=host, **options)
    if not hasattr(device, "from_host"):
        rig.host = lambda payload: host(payload) and []
    rig.run(test)
    return host


async def write(rig, words, size=None):
    """A write of one part; the control word at its end."""
    for at, word in enumerate(words[:253]):
        await rig.store(3 + at, word)
    await rig.store(2, len(words) if size is None else size)
    await rig.store(0, WRITE)
    return await finished(rig)


async def read(rig):
    """A read of one part: its size and its words; None for an error."""
    await rig.store(0, READ)
    if await finished(rig) == ERROR:
        return None
    size = await rig.load(2)
    return size, [await rig.load(3 + at) for at in range(min(size, 253))]


async def finished(rig):
    assert await rig.load(0) in (PENDING, READY, ERROR)
    for _ in range(5000):
        value = await rig.load(0)
        if value != PENDING:
            return value
    raise AssertionError("still pending")


@pytest.mark.manual("6.8")
@pytest.mark.parametrize("length", [0, 1, 2, 252, 253])
def test_a_message_of_one_part_goes_out(length):
    words = [1000 + n for n in range(length)]

    async def test(rig):
        assert await write(rig, words) == READY
        await rig.idle(3)

    assert run(ConsoleOutput(), test).written == [words]


@pytest.mark.slow
@pytest.mark.manual("6.8")
@pytest.mark.parametrize("length", [254, 506, 507, 600])
def test_a_message_of_several_parts_ends_with_the_first_that_fits(length):
    words = [1000 + n for n in range(length)]

    async def test(rig):
        at = 0
        while length - at > 253:
            assert await write(rig, words[at:at + 253], size=length - at) == READY
            at += 253
        assert await write(rig, words[at:]) == READY
        await rig.idle(3)

    assert run(ConsoleOutput(), test).written == [words]


@pytest.mark.manual("6.8")
@pytest.mark.parametrize("size", [254, 0x100, 0x1FD, 0x10000, 0xFFFFFFFF])
def test_any_size_above_the_capacity_is_a_full_buffer(size):
    async def test(rig):
        assert await write(rig, [7] * 253, size=size) == READY
        assert await write(rig, [8]) == READY
        await rig.idle(3)

    assert run(ConsoleOutput(), test).written == [[7] * 253 + [8]]


@pytest.mark.manual("6.7")
def test_reads_pending_at_once():
    async def test(rig):
        await rig.store(2, 1)
        await rig.store(0, WRITE)
        assert await rig.load(0) == PENDING

    run(ConsoleOutput(), test)


@pytest.mark.manual("6.7")
def test_capacity_is_read_only():
    async def test(rig):
        assert await rig.load(1) == 253
        await rig.store(1, 9)
        assert await rig.load(1) == 253

    run(ConsoleOutput(), test)


@pytest.mark.manual("6.10")
@pytest.mark.parametrize("device, bad", [
    (ConsoleOutput, [0, READ, 3, 4, 0xFFFFFFFF]),
    (ConsoleInput, [0, WRITE, 3, 4, 0xFFFFFFFF]),
    (HostFile, [0, 3, 4, 0x101, 0xFFFFFFFF]),
])
def test_any_other_store_gives_error(device, bad):
    async def test(rig):
        for value in bad:
            await rig.store(0, value)
            assert await rig.load(0) == ERROR
        await rig.idle(10)
        assert await rig.load(0) == ERROR and rig.sent == [] and rig.events == []

    run(device(), test)


def test_works_again_after_an_error():
    async def test(rig):
        await rig.store(0, 9)
        assert await write(rig, [1, 2]) == READY
        await rig.idle(3)

    assert run(ConsoleOutput(), test).written == [[1, 2]]


@pytest.mark.manual("6.8")
@pytest.mark.parametrize("order", ["up", "down", "random"])
def test_the_data_is_taken_at_once(order):
    words = [5000 + n for n in range(100)]
    positions = {"up": list(range(253)), "down": list(range(252, -1, -1)),
                 "random": random.Random(3).sample(range(253), 253)}[order]

    async def test(rig):
        for at, word in enumerate(words):
            await rig.store(3 + at, word)
        await rig.store(2, len(words))
        await rig.store(0, WRITE)
        for at in positions:  # over it, while it is leaving
            await rig.store(3 + at, 9000 + at)
        await rig.store(2, 253)
        for at in (0, 50, 99, 100, 252):
            assert await rig.load(3 + at) == 9000 + at
        await rig.until(0, READY)
        await rig.store(0, WRITE)
        await rig.until(0, READY)
        await rig.idle(3)

    host = run(ConsoleOutput(), test)
    assert host.written == [words, [9000 + at for at in range(253)]]


def test_stores_to_control_while_pending_do_nothing():
    async def test(rig):
        await rig.store(2, 20)
        await rig.store(0, WRITE)
        for value in (WRITE, READ, 0, 7):
            await rig.store(0, value)
            assert await rig.load(0) == PENDING
        await rig.until(0, READY)
        await rig.idle(50)

    assert len(run(ConsoleOutput(), test).written) == 1


@pytest.mark.manual("6.9")
@pytest.mark.parametrize("length", [0, 1, 252, 253])
def test_a_read_of_one_part(length):
    words = [70 + n for n in range(length)]

    async def test(rig):
        assert await read(rig) == (length, words)
        assert len(rig.events) == length + 2  # SIZE, the words, CONTROL

    run(ConsoleInput(), test, to_read=[words])


@pytest.mark.manual("6.9")
@pytest.mark.parametrize("length, sizes", [(254, [253, 1]), (506, [253, 253]),
                                           (507, [253, 253, 1])])
def test_a_long_message_is_delivered_by_further_reads(length, sizes):
    words = [70 + n for n in range(length)]

    async def test(rig):
        got = []
        for size in sizes:
            said, part = await read(rig)
            assert said == size
            got += part
        assert got == words
        assert await read(rig) == (1, [5])  # and the next message
        assert rig.sent == [token(To.READ)] * 2

    run(ConsoleInput(), test, to_read=[words, [5]])


@pytest.mark.manual("6.9")
@pytest.mark.parametrize("length, sizes", [(0, [0, 0]), (5, [5, 0, 0]), (253, [253, 0]),
                                           (254, [253, 1, 0]), (506, [253, 253, 0])])
def test_a_read_of_the_rest_never_begins_a_message(length, sizes):
    async def test(rig):
        assert (await read(rig))[0] == sizes[0]
        for size in sizes[1:]:
            await rig.store(2, REST)
            assert (await read(rig))[0] == size
        assert rig.sent == [token(To.READ)]
        assert await read(rig) == (1, [5])

    run(ConsoleInput(), test, to_read=[list(range(length)), [5]])


def test_a_read_leaves_the_words_behind_the_message():
    async def test(rig):
        for at in range(253):
            await rig.store(3 + at, 40 + at)
        assert await read(rig) == (2, [1, 2])
        assert await rig.load(5) == 42 and await rig.load(255) == 292

    run(ConsoleInput(), test, to_read=[[1, 2]])


@pytest.mark.manual("6.11")
def test_a_read_stays_pending_until_a_line_is_there():
    async def test(rig):
        await rig.store(0, READ)
        await rig.idle(200)
        assert await rig.load(0) == PENDING
        rig.inbox.extend([token(From.LENGTH, 1), token(From.WORD, 65)])
        await rig.until(0, READY)

    device = ConsoleInput()
    Rig(device, follower=BufferedFollower(False, True, [[65]])).run(test)


@pytest.mark.manual("6.11")
def test_the_end_of_input_gives_error():
    async def test(rig):
        assert await read(rig) is None
        assert await read(rig) is None

    run(ConsoleInput(), test, to_read=[None, None])


def test_a_host_that_refuses_gives_error():
    async def test(rig):
        assert await write(rig, [1]) == ERROR
        assert await write(rig, [2]) == READY
        assert await read(rig) is None
        assert await read(rig) == (1, [3])

    host = run(HostFile(), test, to_read=[None, [3]], fails=[0])
    assert host.written == [[1], [2]]


@pytest.mark.parametrize("eager", [True, False])
def test_a_write_drops_the_rest_of_what_was_being_read(eager):
    async def test(rig):
        assert (await read(rig))[0] == 253
        assert await write(rig, [8, 9]) == READY
        assert await read(rig) == (1, [5])

    host = run(HostFile(), test, to_read=[list(range(270)), [5]], eager=eager)
    assert host.written == [[8, 9]]


def test_a_bad_store_does_not_drop_it():
    async def test(rig):
        words = (await read(rig))[1]
        await rig.store(0, 9)
        assert await rig.load(0) == ERROR
        words += (await read(rig))[1]
        assert words == list(range(300))

    run(HostFile(), test, to_read=[list(range(300))])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_loads_agree_whatever_happens(seed):
    chance = random.Random(seed)
    lengths = [chance.choice([0, 1, 3, 20, 253, 254, 300, None]) for _ in range(60)]
    to_read = [None if n is None else [chance.getrandbits(32) for _ in range(n)] for n in lengths]

    async def test(rig):
        for _ in range(3000):
            match chance.randrange(20):
                case 0:
                    await rig.store(0, chance.choice([WRITE, READ, WRITE, READ, 0, 3, 4, 5]))
                case 1:
                    await rig.store(2, chance.choice([0, 1, 2, 5, 9, 30, REST, 253, 254, 1 << 31]))
                case 2 | 3 | 4 | 5 | 6 | 7:
                    await rig.store(3 + chance.choice([0, 1, 2, 4, 20, 252, chance.randrange(253)]),
                                    chance.getrandbits(32))
                case _:
                    await rig.load(chance.choice([0, 0, 2, 3, 4, 7, chance.randrange(256)]))
        await rig.idle(4000)
        assert len(rig.events) > 50

    host = run(HostFile(), test, to_read=to_read, eager=False, seed=seed)
    assert host.written


@pytest.mark.slow
def test_what_was_written_arrives_whatever_the_program_stores_meanwhile():
    chance = random.Random(11)
    device = ConsoleOutput()
    follower = BufferedFollower(True, False)
    host = Host()
    rig = Rig(device, follower=follower, eager=False)
    rig.host = lambda payload: host(payload) and []

    async def test(rig):
        for _ in range(4000):
            if chance.random() < 0.05:
                await rig.store(0, WRITE)
            elif chance.random() < 0.02:
                await rig.store(2, chance.choice([3, 10, 40]))
            else:
                await rig.store(3 + chance.randrange(44), chance.getrandbits(32))
            if chance.random() < 0.3:
                await rig.load(3 + chance.randrange(44))
        while follower.operation:
            await rig.idle()
        await rig.idle(5)

    rig.run(test)
    assert host.written == follower.written and len(host.written) > 10


@pytest.mark.parametrize("cycles", [3, 5, 8])
def test_a_word_that_is_stored_while_it_is_sent_goes_out_the_next_time(cycles):
    async def test(rig):
        await rig.store(2, 2)
        await rig.store(3, 11)
        await rig.store(4, 12)
        rig._wants = lambda: False
        await rig.store(0, WRITE)
        await rig.idle(cycles)
        await rig.store(3, 99)
        await rig.idle(3)
        rig._wants = lambda: True
        await rig.until(0, 0)
        await rig.store(0, WRITE)
        await rig.until(0, 0)

    host = run(ConsoleOutput(), test)
    assert host.written == [[11, 12], [99, 12]]


def test_refuses_a_device_that_does_nothing():
    with pytest.raises(ValueError, match="must write, read or both"):
        BufferedDevice(writes=False, reads=False, answered=False)
