"""Debug break: manual, section 6."""

import random

import pytest

from rtl.peripherals.debug_break import DebugBreak
from rtl.peripherals.tokens import DebugFromHost
from tests.support.device_followers import DebugBreakFollower
from tests.support.device_rig import Rig

GO_ON, INTERRUPT = DebugFromHost.GO_ON.value, DebugFromHost.INTERRUPT.value


def run(test, **options):
    Rig(DebugBreak(), follower=DebugBreakFollower(), **options).run(test)


@pytest.mark.manual("6.5")
def test_reads_two_until_the_host_goes_on():
    async def test(rig):
        assert await rig.load(0) == 0
        await rig.store(0, 1)
        await rig.idle(3)
        assert rig.sent == [1]
        assert await rig.load(0) == 2
        rig.inbox.append(GO_ON)
        await rig.until(0, 0)
        assert len(rig.events) == 1

    run(test)


@pytest.mark.manual("6.5")
def test_another_store_reads_back_three():
    async def test(rig):
        for value in (0, 2, 3, 0xFFFFFFFF):
            await rig.store(0, value)
            assert await rig.load(0) == 3
        await rig.idle(3)
        assert rig.sent == []

    run(test)


def test_a_bad_store_hides_the_stop_but_does_not_undo_it():
    async def test(rig):
        await rig.store(0, 1)
        await rig.idle(3)
        await rig.store(0, 9)
        rig.inbox.append(GO_ON)
        await rig.idle(3)
        assert await rig.load(0) == 3 and rig.events == []
        await rig.store(0, 1)  # a new stop
        await rig.idle(3)
        assert rig.sent == [1, 1]

    run(test)


def test_asks_once_however_often_it_is_stored():
    async def test(rig):
        await rig.store(0, 1)
        await rig.store(0, 1)
        await rig.idle(3)
        await rig.store(0, 1)
        await rig.idle(3)
        assert rig.sent == [1]

    run(test)


@pytest.mark.manual("3.2")
def test_the_host_can_interrupt():
    async def test(rig):
        rig.inbox.extend([INTERRUPT, GO_ON, INTERRUPT])
        await rig.idle(5)
        assert rig.irq_cycles == [1, 3] and rig.events == [] and await rig.load(0) == 0

    run(test)


def test_an_interrupt_does_not_let_a_stopped_machine_go_on():
    async def test(rig):
        await rig.store(0, 1)
        await rig.idle(3)
        rig.inbox.append(INTERRUPT)
        await rig.idle(3)
        assert len(rig.irq_cycles) == 1 and rig.events == [] and await rig.load(0) == 2

    run(test)


def test_a_shy_host_is_waited_for():
    async def test(rig):
        for _ in range(20):
            await rig.store(0, 1)
            await rig.until(0, 0)

    run(test, host=lambda payload: [GO_ON], eager=False)


@pytest.mark.manual("3.2")
def test_the_host_cannot_go_on_before_it_has_heard_of_the_stop():
    async def test(rig):
        rig._wants = lambda: False
        await rig.store(0, 1)
        rig.inbox.append(GO_ON)
        rig._offered = True
        await rig.idle(3)
        assert not rig.inbox and await rig.load(0) == 2
        rig._wants = lambda: True
        await rig.idle(3)
        rig.inbox.append(GO_ON)
        await rig.until(0, 0)

    run(test)


def test_loads_agree_whatever_happens():
    async def test(rig):
        chance = random.Random(8)
        for _ in range(1500):
            if chance.random() < 0.3:
                rig.inbox.append(chance.choice([GO_ON, GO_ON, INTERRUPT]))
            if chance.random() < 0.4:
                await rig.store(0, chance.choice([1, 1, 1, 0, 3]))
            await rig.load(0)
        rig.inbox.extend([GO_ON] * 3)
        await rig.store(0, 1)
        while await rig.load(0) != 0:
            rig.inbox.append(GO_ON)
        assert len(rig.events) > 100

    run(test, eager=False)
