"""Several clocks in the engine, on random hardware: it does what Amaranth's own simulator does."""

import os

import numpy as np
import pytest
from amaranth import (
    Cat,
    ClockDomain,
    ClockSignal,
    EnableInserter,
    Module,
    ResetInserter,
    ResetSignal,
    Signal,
)
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer, ResetSynchronizer
from amaranth.lib.fifo import AsyncFIFO
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator

from sim.engine import build
from sim.engine.clocks import Clock, Schedule, simulated_clock
from sim.engine.design import Design, Slot, Stream
from sim.engine.library import Simulation
from sim.engine.netlist import Edge, NetlistError
from tests.sim.engine.test_compiler import Random
from toolchain.places import ROOT

TOKENS = 60


class Crossing(wiring.Component):
    """Random hardware on several domains, with what else is made of them around it.

    `aux` is defined inside, with an edge and a reset of a kind that `seed` chooses, and is reset
    now and then. `other` is of `pixel`, with what came through a FIFO from ``sync``.

    `late`, which a `ResetSynchronizer` resets, is there if ``sync`` and `pixel` are `apart`, never
    on the same picosecond: Amaranth's simulator lets a clock that is another one come a moment
    later.
    """
    i:     In(stream.Signature(64))
    o:     Out(stream.Signature(64))
    other: Out(stream.Signature(64))

    def __init__(self, seed, *, apart):
        self.seed, self.apart = seed, apart
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.domains.aux = ClockDomain("aux", async_reset=bool(self.seed & 1),
                                    clk_edge="neg" if self.seed & 2 else "pos")
        if platform is not None:  # the engine's: a simulator has clocks of its own
            m.submodules += simulated_clock("aux")
        m.submodules.random = inner = Random(self.seed, ("sync", "pixel", "aux"))
        connect(m, flipped(self.i), inner.i)

        mixed = Signal(64)
        m.d.pixel += mixed.eq(mixed.rotate_left(9) ^ inner.o.payload)
        resets = Signal()
        m.d.sync += resets.eq(inner.o.payload[:3] == 5)
        m.d.comb += ResetSignal("aux").eq(resets)

        m.submodules.fifo = fifo = AsyncFIFO(width=64, depth=4, w_domain="sync", r_domain="pixel")
        m.submodules += FFSynchronizer(inner.o.payload[0], slow := Signal(), o_domain="pixel")
        counts = Module()
        late, held = Signal(8, init=3), Signal(8)
        if self.apart:
            m.submodules += ResetSynchronizer(resets, domain="late")
            m.domains.late = ClockDomain("late", local=True)
            m.d.comb += ClockSignal("late").eq(ClockSignal("pixel"))
            m.d.late += late.eq(late + 1)
        counts.d.pixel += held.eq(held + 1)
        m.submodules += EnableInserter({"pixel": slow})(
            ResetInserter({"pixel": late[1]})(counts))

        m.d.comb += [
            fifo.w_data.eq(inner.o.payload),
            fifo.w_en.eq(1),
            fifo.r_en.eq(mixed[3] | slow),
            inner.o.ready.eq(self.o.ready),
            self.o.valid.eq(inner.o.valid),
            self.o.payload.eq(inner.o.payload ^ held ^ Cat(fifo.w_rdy, slow, late)),
            self.other.valid.eq(1),
            self.other.payload.eq(mixed ^ fifo.r_data ^ held ^ (late << 40)),
        ]
        return m


# On the same picosecond at times, always, and never; fast, slow and of odd ratios. The clock of
# `aux`, of which seed 2 uses the falling edges, is low at the beginning.
APART  = Clock("sync", 14, 2), Clock("pixel", 6, 1), Clock("aux", 10, 3)
CLOCKS = [
    (Clock("sync", 20, 4), Clock("pixel", 40, 4), Clock("aux", 8, 2)),
    (Clock("sync", 20, 4), Clock("pixel", 20, 4), Clock("aux", 20, 4)),
    APART,
]


def crossing(seed):
    return Crossing(seed, apart=CLOCKS[seed] is APART)


def compiled(seed, tokens):
    """What the engine makes of the tokens, and what else it puts out."""
    clocks = CLOCKS[seed]

    def design():
        return Design(component=crossing(seed), clocks=clocks, platform="engine",
                      streams=(Stream("i", "in", 64), Stream("o", "out", 64),
                               Stream("other", "out", 64, domain="pixel")))

    folders = [ROOT / "sim" / "engine", ROOT / "tests" / "sim" / "engine"]
    simulation = Simulation(*build.built(build.source_key(folders, "crossing", seed), design,
                                         lambda line: None))
    simulation.send("i", tokens)
    for _ in range(len(tokens)):  # one by one, as a run may end between any two edges
        simulation.run(1)
    found = simulation.receive("o").tolist(), simulation.receive("other").tolist()
    simulation.close()
    return found


def interpreted(seed, tokens):
    """What Amaranth's simulator makes of them."""
    design, seen, others = crossing(seed), [], []

    async def bench(ctx):
        ctx.set(design.i.valid, 1)
        ctx.set(design.o.ready, 1)
        for token in tokens:
            ctx.set(design.i.payload, int(token))
            *_, payload = await ctx.tick().sample(design.o.payload)
            seen.append(payload)

    async def other_bench(ctx):
        ctx.set(design.other.ready, 1)
        async for *_, payload in ctx.tick("pixel").sample(design.other.payload):
            others.append(payload)

    simulator = Simulator(design)
    for clock in CLOCKS[seed]:
        simulator.add_clock(clock.period_ps * 1e-12, phase=clock.phase_ps * 1e-12,
                            domain=clock.domain)
    simulator.add_testbench(bench)
    simulator.add_testbench(other_bench, background=True)
    simulator.run()
    return seen, others


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_random_hardware_on_several_clocks_does_what_amaranth_says(seed):
    tokens = np.random.default_rng(seed).integers(0, 1 << 64, TOKENS, dtype=np.uint64)
    compiled_seen, compiled_others = compiled(seed, tokens)
    seen, others = interpreted(seed, tokens)
    assert compiled_seen == seen
    count = min(len(others), len(compiled_others))
    sync, pixel, _ = CLOCKS[seed]
    assert count >= TOKENS * sync.period_ps // pixel.period_ps - 3
    assert compiled_others[:count] == others[:count]


def test_edges_come_in_the_order_of_their_times():
    schedule = Schedule([Clock("sync", 20), Clock("pixel", 40), Clock("tmds", 8, 4)],
                        [Edge("sync"), Edge("pixel"), Edge("tmds"), Edge("sync", rises=False)])
    named = [{("" if edge.rises else "-") + edge.domain for edge in schedule.kinds[kind]}
             for kind in schedule.order]
    assert named == [{"sync", "pixel"}, {"tmds"}, {"-sync"}, {"tmds"}, {"sync", "tmds"},
                     {"tmds"}, {"-sync"}, {"tmds"}]


class Odd(wiring.Component):
    """Something that no clock fits."""
    o: Out(1)

    def __init__(self, what):
        self.what = what
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.d.other += self.o.eq(~self.o)
        if self.what == "value":
            m.d.comb += self.o.eq(ClockSignal("other"))
        if self.what == "gated":
            m.domains.other = ClockDomain("other", reset_less=True)
            divided = Signal()
            m.d.sync += divided.eq(~divided)
            m.d.comb += ClockSignal("other").eq(divided)
        return m


@pytest.mark.parametrize("what, clocks, message", [
    ("unknown", (Clock("sync", 20),), "the domain other has no clock; there are sync"),
    ("ratio", (Clock("sync", 20_000), Clock("other", 19_999)),
     r"the clocks \(sync 20000 ps, other 19999 ps\) repeat themselves only after more than 4096"),
    ("gated", (Clock("sync", 20), Clock("other", 20)),
     "is clocked by divided, which is not the clock of a domain"),
])
def test_what_no_clock_fits_is_named(what, clocks, message):
    with pytest.raises(build.BuildError, match=f"^the hardware cannot be compiled: .*{message}"):
        build.built(f"test-{os.getpid()}", lambda: Design(component=Odd(what), clocks=clocks),
                    lambda line: None)


@pytest.mark.parametrize("make, message", [
    (lambda: Clock("sync", 1), "the period of sync must be at least 2 ps, not 1"),
    (lambda: Clock("sync", 20, 20), "the phase of sync must be within its period of 20 ps, not 20"),
    (lambda: Design(None, clocks=(Clock("pixel", 20),)), "one of sync; not pixel"),
    (lambda: Design(None, clocks=(Clock("sync", 20), Clock("sync", 10))), "not sync, sync"),
    (lambda: Design(None, streams=(Stream("o", "out", 8, domain="pixel"),)),
     "stream o is of the domain pixel, which has no clock; there are sync"),
    (lambda: Design(None, slots=(Slot("made", {}, is_kept=True, domain="pixel"),),
                    clocks=(Clock("sync", 20), Clock("pixel", 40))),
     "slot made is kept, and must be of sync, not pixel"),
    (lambda: Design(None, clocks=(Clock("sync", 20), Clock("pixel", 40)), ticker_wrap=9),
     "ticker_wrap must be 0"),
])
def test_clocks_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_schedule_too_long_says_so():
    with pytest.raises(NetlistError, match="choose periods whose ratio"):
        Schedule([Clock("sync", 20_000), Clock("b", 19_999)], [Edge("sync"), Edge("b")])
