# amaranth: UnusedElaboratable=no
"""Serial line: manual, section 6."""

import random

import pytest

from rtl.peripherals.serial import Serial
from rtl.peripherals.tokens import SerialOctet
from tests.support.device_followers import SerialFollower
from tests.support.device_rig import Rig

WAITS = 0x100


def run(test, **options):
    Rig(Serial(), follower=SerialFollower(), **options).run(test)


@pytest.mark.manual("6.20")
def test_an_octet_a_store_goes_out():
    async def test(rig):
        for octet in (0x41, 0x1FF, 0):
            assert await rig.load(0) == 0
            await rig.store(0, octet)
            await rig.idle(2)
        assert rig.sent == [0x41, 0xFF, 0]

    run(test)


@pytest.mark.manual("6.20")
def test_transmit_reads_one_while_the_line_is_busy_and_drops_stores():
    async def test(rig):
        rig._wants = lambda: False
        await rig.store(0, 1)
        await rig.store(0, 2)
        await rig.idle(3)
        assert await rig.load(0) == 1 and rig.events == []
        rig._wants = lambda: True
        await rig.idle(2)
        assert await rig.load(0) == 0 and rig.sent == [1] and len(rig.events) == 1

    run(test)


@pytest.mark.manual("6.21")
def test_an_octet_that_arrives_interrupts_and_stays_until_acknowledged():
    async def test(rig):
        rig.inbox.append(0x7E)
        await rig.idle(1)
        assert rig.irq_cycles == [1]
        assert await rig.load(2) == 0x17E
        await rig.idle(3)
        assert await rig.load(2) == 0x17E
        await rig.store(1, 0)
        assert await rig.load(2) == 0 and rig.irq_cycles == [1]
        assert await rig.load(1) == 0

    run(test)


@pytest.mark.manual("6.21")
def test_an_acknowledge_interrupts_if_more_are_waiting():
    async def test(rig):
        rig.inbox.extend([1, 2, 3])
        await rig.idle(3)
        assert rig.irq_cycles == [1, 2, 3]
        await rig.store(1, 5)
        assert rig.irq_cycles == [1, 2, 3, 4]
        assert await rig.load(2) == 0x102
        await rig.store(1, 5)
        assert len(rig.irq_cycles) == 5
        assert await rig.load(2) == 0x103
        await rig.store(1, 5)
        assert len(rig.irq_cycles) == 5 and await rig.load(2) == 0

    run(test)


@pytest.mark.manual("6.22")
def test_keeps_64_octets_and_says_what_overran():
    async def test(rig):
        rig.inbox.extend(range(70))
        await rig.idle(70)
        assert not rig.inbox
        assert await rig.load(2) == 0x300
        got = []
        for _ in range(65):
            await rig.store(1, 0)
            got.append(await rig.load(2))
        # One was in +2, 64 behind it; bit 9 ends with the acknowledge.
        assert got == [*range(0x101, 0x141), 0]

    run(test)


@pytest.mark.manual("6.22")
def test_an_octet_that_waits_is_never_lost():
    async def test(rig):
        rig.inbox.extend(WAITS | n for n in range(200))
        await rig.idle(80)
        assert len(rig.inbox) == 200 - 65
        for n in range(200):
            assert await rig.load(2) == 0x100 | n
            await rig.store(1, 0)
            await rig.idle(1)
        assert await rig.load(2) == 0

    run(test)


def test_the_payload_is_as_the_tests_write_it():
    assert SerialOctet.const({"octet": 5, "waits": 1}).as_value().value == WAITS | 5


@pytest.mark.parametrize("seed", range(3))
def test_loads_agree_whatever_happens(seed):
    async def test(rig):
        chance = random.Random(seed)
        for _ in range(1200):
            if chance.random() < 0.4:
                rig.inbox.append(chance.getrandbits(9))
            match chance.randrange(8):
                case 0 | 1:
                    await rig.store(0, chance.getrandbits(32)) if await rig.load(0) == 0 else None
                case 2:
                    await rig.store(1, 0)
                case 3 if chance.random() < 0.1:
                    await rig.store(2, chance.getrandbits(32))
                case _:
                    await rig.load(chance.choice([0, 1, 2, 2, 2]))
        assert len(rig.events) > 200

    run(test, eager=False, seed=seed)


def test_refuses_a_queue_that_is_too_short():
    with pytest.raises(ValueError, match="depth must be at least 64, not 63"):
        Serial(depth=63)
    with pytest.raises(TypeError, match="depth must be an integer, not '64'"):
        Serial(depth="64")
