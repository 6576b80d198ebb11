"""Keyboard: manual, section 6."""

import random

import pytest

from rtl.peripherals.keyboard import Keyboard
from sim.host.keyboard import KeyChange
from tests.support.device_followers import KeyboardFollower
from tests.support.device_rig import Rig


def run(test, **options):
    Rig(Keyboard(), follower=KeyboardFollower(), **options).run(test)


@pytest.mark.manual("6.16")
def test_a_key_is_a_bit():
    async def test(rig):
        rig.inbox.extend(KeyChange(word, bit, True).token for word, bit in
                         [(0, 0), (0, 13), (4, 31), (3, 1)])
        await rig.idle(8)
        assert [await rig.load(n) for n in range(5)] == [0x2001, 0, 0, 2, 0x80000000]
        rig.inbox.append(KeyChange(0, 0, False).token)
        await rig.idle(2)
        assert await rig.load(0) == 0x2000
        assert len(rig.events) == 5

    run(test)


def test_words_that_do_not_exist_do_not_change():
    async def test(rig):
        rig.inbox.extend(KeyChange(word, 3, True).token for word in (5, 6, 7))
        await rig.idle(8)
        assert [await rig.load(n) for n in range(5)] == [0] * 5 and rig.events == []

    run(test)


def test_programs_may_store_to_it():
    async def test(rig):
        await rig.store(2, 0xF0)
        rig.inbox.append(KeyChange(2, 0, True).token)
        await rig.idle(2)
        assert await rig.load(2) == 0xF1

    run(test)


def test_loads_agree_whatever_happens():
    async def test(rig):
        chance = random.Random(5)
        for _ in range(600):
            if chance.random() < 0.5:
                rig.inbox.append(chance.randrange(1 << 9))
            if chance.random() < 0.3:
                await rig.store(chance.randrange(5), chance.getrandbits(32))
            await rig.load(chance.randrange(5))
        assert len(rig.events) > 100

    run(test, eager=False)
