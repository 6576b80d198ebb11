"""The predictor's parts and the store watch, each by itself."""

import pytest

from rtl.core.predictor import BranchTargets, ReturnStack
from rtl.core.watch import GROUPS, StoreWatch
from tests.support.unit import simulate


async def teach(ctx, dut, *, group, target, counter, pos=0, always=0, is_gone=0, taken=0):
    ctx.set(dut.update, {"valid": 1, "group": group, "pos": pos, "counter": counter,
                         "index": ctx.get(dut.prediction.index), "always": always,
                         "is_gone": is_gone, "taken": taken, "calls": 0, "returns": 0,
                         "target": target})
    await ctx.tick()
    ctx.set(dut.update.valid, 0)
    await ctx.tick()


def test_a_jump_is_known_by_the_address_of_its_group():
    dut = BranchTargets(entries=8)

    async def bench(ctx):
        ctx.set(dut.group, 0x1003)
        assert not ctx.get(dut.prediction.hit)
        await teach(ctx, dut, group=0x1003, target=0x2000, counter=2, pos=1)
        assert ctx.get(dut.prediction.taken)
        assert ctx.get(dut.prediction.pos) == 1
        assert ctx.get(dut.target) == 0x2000
        ctx.set(dut.group, 0x100B)  # the same row
        assert not ctx.get(dut.prediction.hit)

    simulate(dut, bench)


@pytest.mark.parametrize("learnt, hit, taken", [
    ({"counter": 0}, 1, 0), ({"counter": 1}, 1, 0), ({"counter": 2}, 1, 1), ({"counter": 3}, 1, 1),
    ({"counter": 0, "always": 1}, 1, 1), ({"counter": 3, "is_gone": 1}, 0, 0),
])
def test_the_counter_decides_unless_the_jump_is_not_conditional(learnt, hit, taken):
    dut = BranchTargets(entries=8)

    async def bench(ctx):
        ctx.set(dut.group, 0x1000)
        await teach(ctx, dut, group=0x1000, target=1, **learnt)
        assert (ctx.get(dut.prediction.hit), ctx.get(dut.prediction.taken)) == (hit, taken)

    simulate(dut, bench)


def test_the_history_chooses_the_counter_and_execute_says_what_it_was():
    dut = BranchTargets(entries=8)

    async def bench(ctx):
        ctx.set(dut.group, 0x1000)
        await teach(ctx, dut, group=0x1000, target=1, counter=3, taken=1)
        assert ctx.get(dut.prediction.taken)
        ctx.set(dut.moves, 1)
        ctx.set(dut.follows, 1)
        await ctx.tick()  # fetch predicts it once more: another history, and another counter
        ctx.set(dut.moves, 0)
        fetched = ctx.get(dut.prediction.index)
        assert (ctx.get(dut.prediction.hit), ctx.get(dut.prediction.counter)) == (1, 2)
        ctx.set(dut.restart, 1)
        await ctx.tick()  # execute has seen one jump taken, too
        assert ctx.get(dut.prediction.index) == fetched
        ctx.set(dut.update, {"valid": 1, "group": 0x1000, "counter": 0, "taken": 0})
        await ctx.tick()  # the mistake is part of the history
        assert ctx.get(dut.prediction.index) not in (0x1000 & 0xFF, fetched)

    simulate(dut, bench)


def test_fetch_starts_again_from_what_execute_saw():
    dut = ReturnStack(entries=4)

    async def bench(ctx):
        async def strobe(name, address=0):
            ctx.set(dut.address, address)
            ctx.set(getattr(dut, name), 1)
            ctx.set(dut.may_push, name == "push")
            ctx.set(dut.moves, name != "restart")
            await ctx.tick()
            ctx.set(getattr(dut, name), 0)
            ctx.set(dut.may_push, 0)
            ctx.set(dut.moves, 0)

        ctx.set(dut.executed, {"moves": 1, "push": 1, "pop": 0, "address": 11, "is_new": 0})
        await strobe("restart")  # a call that led where fetch did not go
        ctx.set(dut.executed.moves, 0)
        await ctx.tick()
        assert ctx.get(dut.top) == ctx.get(dut.executed_top) == 11
        await strobe("push", 22)
        await strobe("push", 33)
        assert (ctx.get(dut.top), ctx.get(dut.executed_top)) == (33, 11)
        await strobe("pop")
        assert ctx.get(dut.top) == 22
        await strobe("restart")
        assert ctx.get(dut.top) == 11
        ctx.set(dut.executed, {"moves": 1, "push": 1, "pop": 0, "address": 44, "is_new": 1})
        await ctx.tick()  # a call that fetch did not know as such; it hears of that a cycle later
        ctx.set(dut.executed.moves, 0)
        await strobe("restart")
        assert ctx.get(dut.top) == ctx.get(dut.executed_top) == 44

    simulate(dut, bench)


@pytest.mark.parametrize("later", range(GROUPS + 2))
@pytest.mark.parametrize("offset", [-1, 0, 1, 2])
def test_a_write_to_one_of_the_last_groups_is_noticed(later, offset):
    dut = StoreWatch()

    async def bench(ctx):
        ctx.set(dut.asked, 1)
        ctx.set(dut.asked_addr, 0x1234)
        await ctx.tick()
        for n in range(later):
            ctx.set(dut.asked_addr, 0x2000 + 2 * n)
            await ctx.tick()
        ctx.set(dut.asked, 0)
        ctx.set(dut.wrote, 1)
        ctx.set(dut.wrote_addr, 0x1234 + offset)
        assert not ctx.get(dut.hit)
        await ctx.tick()
        ctx.set(dut.wrote, 0)
        assert ctx.get(dut.hit) == (offset in (0, 1) and later < GROUPS)
        await ctx.tick()
        assert not ctx.get(dut.hit)

    simulate(dut, bench)


@pytest.mark.parametrize("asked", [0, 1])
def test_a_group_that_is_asked_for_in_the_cycle_of_the_write_is_noticed(asked):
    dut = StoreWatch()

    async def bench(ctx):
        ctx.set(dut.asked, asked)
        ctx.set(dut.asked_addr, 0x1234)
        ctx.set(dut.wrote, 1)
        ctx.set(dut.wrote_addr, 0x1235)
        await ctx.tick()
        assert ctx.get(dut.hit) == asked

    simulate(dut, bench)
