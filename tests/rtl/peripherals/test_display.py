# amaranth: UnusedElaboratable=no
"""Display: manual, section 6."""

import random
import sys

import pytest

from rtl.peripherals.display import Display
from rtl.peripherals.tokens import DisplayToHostKind as To
from tests.support.device_followers import DisplayFollower
from tests.support.device_rig import Rig, token

WIDTH, HEIGHT = 5, 3


def run(test, *, width=WIDTH, height=HEIGHT, memory=range(64), **options):
    rig = Rig(Display(width=width, height=height), follower=DisplayFollower(width, height),
              memory=list(memory), **options)
    rig.run(test)
    return rig


def picture(first, width=WIDTH, height=HEIGHT, end=To.END):
    """What a flip sends of a memory that holds its own addresses."""
    return [token(To.START, height << 16 | width),
            *(token(To.PIXEL, first + n) for n in range(width * height)), token(end)]


@pytest.mark.manual("6.14")
def test_a_flip_shows_the_framebuffer_row_by_row():
    async def test(rig):
        assert [await rig.load(n) for n in range(4)] == [0, WIDTH, HEIGHT, 0]
        await rig.store(3, 10)
        await rig.store(0, 1)
        assert await rig.load(0) == 2
        await rig.until(0, 0)

    assert run(test).sent == picture(10)


def test_a_flip_takes_its_address_at_the_store():
    async def test(rig):
        await rig.store(3, 10)
        await rig.store(0, 1)
        await rig.store(3, 20)
        await rig.until(0, 0)
        await rig.store(0, 1)
        await rig.until(0, 0)

    assert run(test, eager=False).sent == picture(10) + picture(20)


@pytest.mark.manual("6.15")
def test_a_null_pointer_shows_nothing():
    async def test(rig):
        await rig.store(0, 1)
        assert await rig.load(0) == 2 or rig.events
        await rig.until(0, 0)

    assert run(test).sent == []


@pytest.mark.manual("6.15")
@pytest.mark.parametrize("value", [0, 2, 3, 0xFF, 0x101, 0xFFFFFFFF])
def test_other_values_stay_as_stored_and_do_nothing(value):
    async def test(rig):
        await rig.store(3, 1)
        await rig.store(0, value)
        await rig.idle(20)
        assert await rig.load(0) == value
        await rig.store(0, 1)  # and a flip still works
        await rig.until(0, 0)

    assert run(test).sent == picture(1)


def test_stores_over_the_size_do_not_change_the_display():
    async def test(rig):
        await rig.store(1, 100)
        await rig.store(2, 100)
        await rig.store(3, 4)
        await rig.store(0, 1)
        await rig.until(0, 0)
        assert await rig.load(1) == 100

    assert run(test).sent == picture(4)


def test_stores_to_control_during_a_flip_do_nothing():
    async def test(rig):
        await rig.store(3, 4)
        await rig.store(0, 1)
        for value in (0, 1, 7):
            await rig.store(0, value)
            assert await rig.load(0) == 2
        await rig.until(0, 0)
        await rig.idle(60)

    assert run(test).sent == picture(4)


@pytest.mark.manual("6.2")
@pytest.mark.parametrize("address, seen", [(50, 14), (64, 0), (0x80000000, 0), (0xFFFFFFFF, 0)])
def test_a_framebuffer_past_the_end_of_ram_gives_error(address, seen):
    async def test(rig):
        await rig.store(3, address)
        await rig.store(0, 1)
        await rig.until(0, 0xFF)
        await rig.store(3, 1)
        await rig.store(0, 1)
        await rig.until(0, 0)

    whole = picture(address)
    assert run(test).sent == whole[:seen + 1] + [token(To.DROP)] + picture(1)


@pytest.mark.manual("6.2")
def test_an_address_does_not_wrap_around():
    class Everything(dict):
        """A RAM of 2^32 words: the device itself must see the end."""
        def __len__(self):
            return sys.maxsize

        def __missing__(self, address):
            return 7

    async def test(rig):
        await rig.store(3, 0xFFFFFFFD)
        await rig.store(0, 1)
        await rig.until(0, 0xFF)
        assert rig.sent == [token(To.START, HEIGHT << 16 | WIDTH), *[token(To.PIXEL, 7)] * 3,
                            token(To.DROP)]
        await rig.store(3, 1)
        await rig.store(0, 1)
        await rig.until(0, 0)

    rig = Rig(Display(width=WIDTH, height=HEIGHT), follower=DisplayFollower(WIDTH, HEIGHT),
              memory=Everything())
    rig.run(test)


def test_the_host_says_the_size():
    async def test(rig):
        rig.inbox.append(3 << 14 | 2)
        await rig.idle(2)
        assert [await rig.load(n) for n in (1, 2)] == [2, 3]
        await rig.store(3, 30)
        await rig.store(0, 1)
        await rig.until(0, 0)

    assert run(test, width=0, height=0).sent == picture(30, 2, 3)


def test_without_a_size_a_flip_shows_nothing():
    async def test(rig):
        await rig.store(3, 30)
        await rig.store(0, 1)
        await rig.until(0, 0)

    assert run(test, width=0, height=0).sent == []


def test_loads_agree_whatever_happens():
    async def test(rig):
        chance = random.Random(2)
        for _ in range(2500):
            match chance.randrange(12):
                case 0:
                    await rig.store(0, chance.choice([1, 1, 1, 1, chance.randrange(5)]))
                case 1:
                    await rig.store(chance.randrange(1, 3), chance.getrandbits(32))
                case 2:
                    await rig.store(3, chance.choice([0, 1, 30, 60, 1 << 31]))
                case 3 if chance.random() < 0.2:
                    rig.inbox.append(chance.randrange(5) << 14 | chance.randrange(5))
                case _:
                    await rig.load(chance.choice([0, 0, 0, 1, 2, 3]))
        assert len(rig.events) > 50

    run(test, eager=False, seed=2)


def test_refuses_impossible_sizes():
    with pytest.raises(ValueError, match="width must be from 0 to 16383, not 16384"):
        Display(width=16384)
    with pytest.raises(TypeError, match="height must be an integer, not '7'"):
        Display(height="7")
