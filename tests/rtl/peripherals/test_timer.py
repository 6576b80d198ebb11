# amaranth: UnusedElaboratable=no
"""Timer: manual, section 6."""

import pytest

from rtl.peripherals.timer import Timer
from tests.support.device_rig import Rig


def irq_cycles(stores, cycles, cycles_per_ms=4):
    """Cycles with the interrupt, counted from the first store's; `stores` is {cycle: period}."""
    rig = Rig(Timer(cycles_per_ms=cycles_per_ms))

    async def test(rig):
        await rig.idle(5)
        for cycle in range(cycles + 1):
            if cycle in stores:
                await rig.store(0, stores[cycle])
            else:
                await rig.idle()

    rig.run(test)
    return [cycle - 6 for cycle in rig.irq_cycles]


@pytest.mark.manual("6.3")
@pytest.mark.parametrize("period_ms, expected", [
    (1, [4, 8, 12, 16, 20, 24]), (2, [8, 16, 24]), (3, [12, 24]), (7, []), (0xFFFFFFFF, []),
])
def test_interrupts_come_a_period_apart(period_ms, expected):
    assert irq_cycles({0: period_ms}, 24) == expected


@pytest.mark.manual("6.3")
def test_does_nothing_after_reset():
    assert irq_cycles({}, 40) == []


@pytest.mark.manual("6.3")
def test_a_store_of_zero_stops_it():
    assert irq_cycles({0: 1, 10: 0}, 40) == [4, 8]


@pytest.mark.manual("6.3")
def test_a_store_starts_a_whole_new_period():
    assert irq_cycles({0: 2, 5: 1}, 14) == [9, 13]


def test_a_store_takes_back_the_interrupt_of_its_own_cycle():
    assert irq_cycles({0: 1, 4: 0}, 20) == []


def test_reads_back_its_period():
    rig = Rig(Timer(cycles_per_ms=4))

    async def test(rig):
        assert await rig.load(0) == 0
        await rig.store(0, 0x12345678)
        assert await rig.load(0) == 0x12345678

    rig.run(test)


def test_refuses_a_millisecond_that_is_too_short():
    with pytest.raises(ValueError, match="cycles_per_ms must be at least 2, not 1"):
        Timer(cycles_per_ms=1)
    with pytest.raises(TypeError, match="cycles_per_ms must be an integer, not 2.5"):
        Timer(cycles_per_ms=2.5)
