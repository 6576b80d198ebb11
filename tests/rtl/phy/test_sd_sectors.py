# amaranth: UnusedElaboratable=no
"""The SD card's sectors behind the real block device: nothing hangs, whatever the card does."""

import random

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect
from amaranth.sim import Simulator

from isa.machine import BlockCommand, BlockStatus
from rtl.peripherals.block import Block
from rtl.phy.sd_link import Outcome, StepKind
from rtl.phy.sd_sectors import SdSectors
from tests.support.unit import simulate

COMMAND, STATUS, SECTOR, COUNT, ADDRESS, TOTAL = range(6)
SIZES = 64, 32


class Desk(wiring.Component):
    def __init__(self):
        self.block, self.sectors = Block(), SdSectors()
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.block, m.submodules.sectors = self.block, self.sectors
        connect(m, self.block.to_host, self.sectors.to_host)
        connect(m, self.sectors.from_host, self.block.from_host)
        dma = self.block.dma  # a memory of zeros
        m.d.comb += dma.req.ready.eq(~dma.rsp.valid | dma.rsp.ready)
        with m.If(dma.req.ready):
            m.d.sync += dma.rsp.valid.eq(dma.req.valid)
        return m


async def pause(ctx, cycles):
    for _ in range(cycles):
        await ctx.tick()


class Card:
    """What answers the steps: a card that is there or not, and what it was set up as."""

    def __init__(self, seed):
        self.chance   = random.Random(seed)
        self.is_there = True
        self.size     = SIZES[0]
        self.stays    = False
        self.told     = None  # the last size with which a set-up went well, or 0

    async def serve(self, ctx, dut):
        port, chance = dut.port, self.chance
        ctx.set(dut.ms_end, 1)  # a cycle is a millisecond
        while True:
            await ctx.tick()
            ctx.set(port.done, 0)
            ctx.set(dut.started, 0)
            if ctx.get(dut.starts):
                await pause(ctx, chance.randrange(1, 9))
                if self.is_there:
                    ctx.set(dut.total, self.size)
                self.told = self.size if self.is_there else 0
                ctx.set(dut.is_ready, self.is_there)
                ctx.set(dut.started, 1)
            elif ctx.get(port.valid):
                kind = ctx.get(port.step.kind)
                await pause(ctx, chance.randrange(1, 9))
                fine = self.is_there or kind == StepKind.STOP.value
                ctx.set(port.outcome, Outcome.FINE if fine else Outcome.NO_ANSWER)
                ctx.set(port.done, 1)
                if not self.is_there:
                    self.told = 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_no_operation_hangs_and_the_size_is_known_in_the_end(seed):
    desk, card, chance = Desk(), Card(seed), random.Random(seed)
    bus = desk.block.bus
    done = {"ended": 0, "failed": 0}

    async def store(ctx, addr, value):
        ctx.set(bus.addr, addr)
        ctx.set(bus.w_data, value)
        ctx.set(bus.w_stb, 1)
        await ctx.tick()
        ctx.set(bus.w_stb, 0)

    async def load(ctx, addr):
        ctx.set(bus.addr, addr)
        ctx.set(bus.r_stb, 1)
        await ctx.tick()
        ctx.set(bus.r_stb, 0)
        return ctx.get(bus.r_data)

    async def program(ctx):
        for _ in range(20):
            await store(ctx, SECTOR, chance.randrange(8))
            await store(ctx, COUNT, chance.choice((1, 2)))
            await pause(ctx, chance.randrange(300))
            await store(ctx, COMMAND, chance.choice((BlockCommand.READ, BlockCommand.WRITE,
                                                     BlockCommand.FLUSH)))
            for _ in range(10_000):
                if await load(ctx, STATUS) != BlockStatus.BUSY:
                    break
                await pause(ctx, 3)
            status = await load(ctx, STATUS)
            assert status != BlockStatus.BUSY, "it hangs"
            done["failed" if status == BlockStatus.ERROR else "ended"] += 1
        card.is_there, card.stays = True, True
        await pause(ctx, 1500)  # it is looked for, and told
        assert await load(ctx, TOTAL) == card.told == card.size

    async def person(ctx):
        while True:
            await pause(ctx, chance.randrange(50, 900))
            if card.stays:
                continue
            card.is_there = not card.is_there
            card.size = chance.choice(SIZES)

    async def serve(ctx):
        await card.serve(ctx, desk.sectors)

    simulator = Simulator(desk)
    simulator.add_clock(1e-6)
    simulator.add_testbench(program)
    for bench in (serve, person):
        simulator.add_testbench(bench, background=True)
    simulator.run()
    assert done["ended"] and done["failed"]


@pytest.mark.parametrize("offset", range(-3, 5))
def test_a_size_that_comes_as_an_operation_begins_is_told_again(offset):
    desk = Desk()
    bus, dut = desk.block.bus, desk.sectors

    async def bench(ctx):
        ctx.set(dut.total, SIZES[0])
        ctx.set(dut.is_ready, 1)
        for cycle in range(60):
            ctx.set(dut.started, cycle == 10)
            ctx.set(bus.addr, COMMAND)
            ctx.set(bus.w_data, BlockCommand.FLUSH)
            ctx.set(bus.w_stb, cycle == 10 + offset)
            await ctx.tick()
        for addr, expected in ((STATUS, {BlockStatus.READY, BlockStatus.ERROR}),
                               (TOTAL, {SIZES[0]})):
            ctx.set(bus.addr, addr)
            ctx.set(bus.r_stb, 1)
            await ctx.tick()
            assert ctx.get(bus.r_data) in expected

    simulate(desk, bench)
