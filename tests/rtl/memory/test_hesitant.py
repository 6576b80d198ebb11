"""A memory that hesitates is still a memory, for who keeps to the rules of its ports."""

import random

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from rtl.memory.hesitant import LONGEST, Hesitation
from rtl.memory.ram import BankedRam

WORDS = 64


def simulate(bench):
    m = Module()
    m.submodules.ram = ram = BankedRam(words=WORDS, init=[n * 3 for n in range(WORDS)])
    m.submodules.dut = dut = Hesitation()
    wiring.connect(m, dut.to_fetch, ram.fetch)
    wiring.connect(m, dut.to_data, ram.data)
    simulator = Simulator(m)
    simulator.add_clock(1e-6)

    async def run(ctx):
        await bench(ctx, dut)

    simulator.add_testbench(run)
    simulator.run()


async def answer(ctx, port):
    """The cycles until the answer to a request that is made now."""
    await ctx.tick()
    ctx.set(port.en, 0)
    cycles = 1
    while not ctx.get(port.done):
        await ctx.tick()
        cycles += 1
    return cycles


def test_loads_stores_and_fetches_are_those_of_the_memory_behind_it():
    rng, model = random.Random(1), [n * 3 for n in range(WORDS)]
    took = {"data": set(), "fetch": set()}

    async def bench(ctx, dut):
        for _ in range(400):
            addr, value, write = rng.randrange(WORDS - 1), rng.getrandbits(32), rng.random() < 0.5
            ctx.set(dut.data.addr, addr)
            ctx.set(dut.data.w_data, value)
            ctx.set(dut.data.write, write)
            ctx.set(dut.data.en, 1)
            took["data"].add(await answer(ctx, dut.data))
            if write:
                model[addr] = value
            else:
                assert ctx.get(dut.data.r_data) == model[addr]
            addr = rng.randrange(WORDS - 1)
            ctx.set(dut.fetch.addr, addr)
            ctx.set(dut.fetch.en, 1)
            took["fetch"].add(await answer(ctx, dut.fetch))
            assert [ctx.get(dut.fetch.first), ctx.get(dut.fetch.second)] == model[addr:addr + 2]

    simulate(bench)
    assert took["data"] == took["fetch"] == set(range(1, LONGEST + 2))


def test_words_are_wrong_until_they_are_there():
    early = []

    async def bench(ctx, dut):
        for _ in range(50):
            ctx.set(dut.fetch.addr, 20)
            ctx.set(dut.fetch.en, 1)
            await ctx.tick()
            ctx.set(dut.fetch.en, 0)
            while not ctx.get(dut.fetch.done):
                early.append(ctx.get(dut.fetch.first))
                await ctx.tick()

    simulate(bench)
    assert early and 60 not in early


@pytest.mark.parametrize("name, word", [("data", "r_data"), ("fetch", "first")])
def test_a_request_that_is_made_too_early_is_lost(name, word):
    lost = []

    async def bench(ctx, dut):
        port = getattr(dut, name)
        for _ in range(50):
            ctx.set(port.addr, 10)
            ctx.set(port.en, 1)
            await ctx.tick()
            if not ctx.get(port.done):
                ctx.set(port.addr, 11)  # does not wait
                await ctx.tick()
                ctx.set(port.en, 0)
                while not ctx.get(port.done):
                    await ctx.tick()
                lost.append(ctx.get(getattr(port, word)))
            ctx.set(port.en, 0)
            while not ctx.get(port.done):
                await ctx.tick()

    simulate(bench)
    assert set(lost) == {30}
