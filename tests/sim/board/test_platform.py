"""Pins in simulation: a small board's design, as the engine and Amaranth's simulator run it."""

import pytest
from amaranth import Cat, Elaboratable, Module, Signal
from amaranth.build import DiffPairs, Pins, PinsN, Resource, Subsignal
from amaranth.hdl import Fragment
from amaranth.lib import io, stream, wiring
from amaranth.lib.wiring import Out
from amaranth.sim import Simulator

from sim.board.platform import Exposed, SimulatedPlatform
from sim.engine import build
from sim.engine.clocks import Clock
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from toolchain.places import ROOT

CLOCKS = Clock("sync", 20, 4), Clock("tmds", 4, 2)
CYCLES = 40


def platform():
    return SimulatedPlatform([
        Resource("led", 0, PinsN("A", dir="o")),
        Resource("bus", 0, Subsignal("d", Pins("A B C D", dir="io")),
                 Subsignal("strobe", Pins("E", dir="o"))),
        Resource("lane", 0, DiffPairs("A B C D", "E F G H", dir="o")),
        Resource("back", 0, Pins("A B C D", dir="i")),
    ])


class Small(Elaboratable):
    """Blinks, writes to a bus and reads from it in turn, and sends a counter at a double data rate,
    which comes back. `heard` is what came back, `read` what the bus had."""

    def __init__(self):
        self.heard, self.read = Signal(8), Signal(4)

    def elaborate(self, platform):
        m = Module()
        count, fast = Signal(8), Signal(4)
        m.d.sync += count.eq(count + 1)
        m.d.tmds += fast.eq(fast + 1)
        bus = platform.request("bus", dir="-")
        m.submodules.led    = led    = io.Buffer("o", platform.request("led", dir="-"))
        m.submodules.strobe = strobe = io.FFBuffer("o", bus.strobe)
        m.submodules.d      = d      = io.FFBuffer("io", bus.d)
        m.submodules.lane   = lane   = io.DDRBuffer("o", platform.request("lane", dir="-"),
                                                    o_domain="tmds")
        m.submodules.back   = back   = io.DDRBuffer("i", platform.request("back", dir="-")[:4],
                                                    i_domain="tmds")
        m.d.comb += [
            led.o.eq(count[0]), strobe.o.eq(count[1]),
            d.o.eq(count[2:]), d.oe.eq(count[1]), self.read.eq(d.i),
            lane.o[0].eq(fast), lane.o[1].eq(~fast), lane.oe.eq(1),
            self.heard.eq(Cat(back.i[0], back.i[1])),
        ]
        return m


class Around(wiring.Component):
    """The board with what is at its pins: a bus that answers with 9, and a cable."""
    slow: Out(stream.Signature(11))
    fast: Out(stream.Signature(17))

    def elaborate(self, platform):
        m = Module()
        m.submodules.board = board = Small()
        led, bus, lane, back = (platform.pins(name) for name in ("led", "bus", "lane", "back"))
        m.d.comb += [
            bus.d.i.eq(9), back.i.eq(lane.o), back.i_second.eq(lane.o_second),
            self.slow.valid.eq(1),
            self.slow.payload.eq(Cat(led.o, bus.strobe.o, bus.d.oe[0], bus.d.o, board.read)),
            self.fast.valid.eq(1),
            self.fast.payload.eq(Cat(lane.o, lane.o_second, board.heard, lane.oe[3])),
        ]
        return m


def compiled():
    def design():
        return Design(component=Around(), platform=platform(), clocks=CLOCKS,
                      streams=(Stream("slow", "out", 11), Stream("fast", "out", 17, "tmds")))

    folders = [ROOT / "sim" / "engine", ROOT / "sim" / "board", ROOT / "tests" / "sim" / "board"]
    simulation = Simulation(*build.built(build.source_key(folders, "pins"), design,
                                         lambda line: None))
    simulation.run(CYCLES)
    found = simulation.receive("slow").tolist(), simulation.receive("fast").tolist()
    simulation.close()
    return found


def interpreted():
    around, slow, fast = Around(), [], []

    async def bench(ctx):
        for _ in range(CYCLES):
            *_, payload = await ctx.tick().sample(around.slow.payload)
            slow.append(payload)

    async def fast_bench(ctx):
        async for *_, payload in ctx.tick("tmds").sample(around.fast.payload):
            fast.append(payload)

    simulator = Simulator(Fragment.get(around, platform()))
    for clock in CLOCKS:
        simulator.add_clock(clock.period_ps * 1e-12, phase=clock.phase_ps * 1e-12,
                            domain=clock.domain)
    simulator.add_testbench(bench)
    simulator.add_testbench(fast_bench, background=True)
    simulator.run()
    return slow, fast


def test_pins_are_the_same_in_the_engine_and_in_amaranths_simulator():
    (slow, fast), (is_slow, is_fast) = compiled(), interpreted()
    assert slow == is_slow
    assert len(fast) >= 5 * (CYCLES - 1)
    assert fast[:len(is_fast)] == is_fast[:len(fast)]

    # The LED is low while it shines; the bus is read where it was not driven.
    assert [word & 1 for word in slow[:4]] == [1, 0, 1, 0]
    read = [word >> 7 for word in slow]
    driven = [word >> 2 & 1 for word in slow]
    values = [word >> 3 & 15 for word in slow]
    for n in range(3, CYCLES):
        assert read[n] == (values[n - 1] if driven[n - 1] else 9)
    assert {9, 3} <= set(read)

    # Both halves are on the wire together, a cycle after they were given; they come back two later.
    first, second = [word & 15 for word in fast], [word >> 4 & 15 for word in fast]
    assert first[1:9] == list(range(8))
    assert second[1:9] == [15 - n for n in range(8)]
    assert [word >> 8 & 15 for word in fast[2:]] == first[:-2]
    assert [word >> 12 & 15 for word in fast[1:]] == second[:-1]
    assert all(word >> 16 for word in fast[1:])


def test_exposed_pins_are_ports():
    made = platform()
    exposed = Exposed(Small(), {"led_0": made.pins("led"), "bus_0_d": made.pins("bus").d})
    assert set(exposed.signature.members) == {
        "led_0_o", "led_0_oe", "led_0_o_second", "bus_0_d_i", "bus_0_d_i_second", "bus_0_d_o",
        "bus_0_d_oe", "bus_0_d_o_second"}

    async def bench(ctx):
        ctx.set(exposed.bus_0_d_i, 5)
        seen = []
        for _ in range(6):
            await ctx.tick()
            seen.append((ctx.get(exposed.led_0_o), ctx.get(exposed.bus_0_d_oe)))
        assert seen == [(0, 0), (1, 0), (0, 15), (1, 15), (0, 0), (1, 0)]

    simulator = Simulator(Fragment.get(exposed, made))
    for clock in CLOCKS:
        simulator.add_clock(clock.period_ps * 1e-12, domain=clock.domain)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("ask, error, message", [
    (lambda made: made.request("lamp", dir="-"), KeyError,
     "the board has no lamp#0; there are back#0, bus#0, lane#0, led#0"),
    (lambda made: made.request("led"), ValueError, 'led#0 must be requested with dir="-"'),
    (lambda made: [made.request("led", dir="-") for _ in range(2)], ValueError,
     "led#0 has been requested already"),
])
def test_requests_that_cannot_be_met_say_why(ask, error, message):
    with pytest.raises(error, match=message):
        ask(platform())
