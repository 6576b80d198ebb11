"""Counters: manual, section 6."""

import random

import pytest

from rtl.peripherals.counters import Counters
from tests.support.device_rig import Rig

CYCLES, INSTRUCTIONS = 1, 3


async def count(rig, offset):
    """The two words of a count, as one number."""
    return await rig.load(offset) | await rig.load(offset + 1) << 32


@pytest.mark.manual("6.23")
def test_a_store_takes_both_counts_of_its_own_cycle_and_they_stay():
    rig = Rig(Counters())

    async def test(rig):
        draw, retired = random.Random(0), 0
        assert [await rig.load(n) for n in range(5)] == [0] * 5
        for _ in range(20):
            for _ in range(draw.randrange(1, 9)):
                retires = draw.randrange(2)
                rig.ctx.set(rig.dut.retires, retires)
                await rig.idle()
                retired += retires
            rig.ctx.set(rig.dut.retires, 0)
            before = rig.cycle_count
            await rig.store(0, draw.getrandbits(32))
            await rig.idle(draw.randrange(9))
            assert await count(rig, CYCLES) == rig.events[-1] == before
            assert await count(rig, INSTRUCTIONS) == retired
        assert len(rig.events) == 20

    rig.run(test)


@pytest.mark.manual("6.23")
def test_counts_carry_into_their_high_words():
    dut = Counters()
    rig = Rig(dut)

    async def test(rig):
        rig.ctx.set(dut.cycles, 0x1_FFFF_FFFE)
        rig.ctx.set(dut.instructions, 0x7_FFFF_FFFF)
        await rig.store(0, 0)
        assert await count(rig, CYCLES) == 0x1_FFFF_FFFE
        assert await count(rig, INSTRUCTIONS) == 0x7_FFFF_FFFF
        rig.ctx.set(dut.cycles, 0x1_FFFF_FFFE)
        rig.ctx.set(dut.retires, 1)
        await rig.idle(2)
        rig.ctx.set(dut.retires, 0)
        await rig.store(0, 0)
        assert await count(rig, CYCLES) == 0x2_0000_0000
        assert await count(rig, INSTRUCTIONS) == 0x8_0000_0001

    rig.run(test)


@pytest.mark.manual("6.25")
def test_what_was_stored_stays_and_the_other_words_are_memory():
    rig = Rig(Counters())

    async def test(rig):
        for offset in range(5):
            await rig.store(offset, 0x1000 + offset)
        words = [await rig.load(n) for n in range(5)]
        assert words == [0x1000, 0x1001, 0x1002, 0x1003, 0x1004]
        assert len(rig.events) == 1

    rig.run(test)
