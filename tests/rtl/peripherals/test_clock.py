"""Clock: manual, section 6."""

import pytest

from rtl.peripherals.clock import Clock
from tests.support.device_followers import ClockFollower
from tests.support.device_rig import Rig


@pytest.mark.manual("6.4")
def test_counts_milliseconds_since_reset():
    rig = Rig(Clock(cycles_per_ms=10), follower=ClockFollower())

    async def test(rig):
        for _ in range(40):
            value = await rig.load(0)
            # The load is the first of its two cycles.
            assert value == (rig.cycle_count - 2) // 10
        assert rig.events == [1, 2, 3, 4, 5, 6, 7, 8]

    rig.run(test)


def test_a_store_stays_until_the_millisecond_ends():
    rig = Rig(Clock(cycles_per_ms=10), follower=ClockFollower())

    async def test(rig):
        await rig.idle(12)
        await rig.store(0, 77)
        assert await rig.load(0) == 77
        await rig.idle(8)
        assert await rig.load(0) == 2

    rig.run(test)


def test_the_tick_wins_over_a_store_in_its_cycle():
    rig = Rig(Clock(cycles_per_ms=10), follower=ClockFollower())

    async def test(rig):
        await rig.idle(9)
        await rig.store(0, 77)
        assert rig.events == [1]
        assert await rig.load(0) == 1

    rig.run(test)
