# amaranth: UnusedElaboratable=no
"""UART: octets on a line, sent and heard by a clock of its own."""

import random

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect
from amaranth.sim import Simulator

from isa.machine import SerialWord
from rtl.peripherals.serial import Serial
from rtl.phy.uart import Uart, rate_error

CLOCK_HZ, BAUD_HZ = 50_000_000, 2_000_000


class Line:
    """The other end of the line: its bits last what its own rate says, whatever the clock is."""

    def __init__(self, ctx, dut, baud_hz=BAUD_HZ, clock_hz=CLOCK_HZ):
        self.ctx, self.dut, self.bit = ctx, dut, 1 / baud_hz
        self.late = 1.1 / clock_hz  # that an edge may be

    async def say(self, octet, stop=1):
        for level in (0, *((octet >> n) & 1 for n in range(8)), stop):
            self.ctx.set(self.dut.rx, level)
            await self.ctx.delay(self.bit)
        self.ctx.set(self.dut.rx, 1)

    async def hear(self):
        """An octet, and whether its start and stop bit are right all along."""
        if self.ctx.get(self.dut.tx):
            await self.ctx.negedge(self.dut.tx)
        await self.ctx.delay(self.late)
        bits = []
        for _ in range(10):
            begin = self.ctx.get(self.dut.tx)
            await self.ctx.delay(self.bit - self.late - 1e-11)
            assert self.ctx.get(self.dut.tx) == begin, "an edge within a bit"
            bits.append(begin)
            await self.ctx.delay(self.late + 1e-11 if len(bits) < 10 else 0)
        assert (bits[0], bits[9]) == (0, 1)
        return sum(bit << n for n, bit in enumerate(bits[1:9]))


def simulate(*benches, dut=None, clock_hz=CLOCK_HZ):
    dut = dut or Uart(clock_hz=clock_hz, baud_hz=BAUD_HZ)
    simulator = Simulator(dut)
    simulator.add_clock(1 / clock_hz)
    for n, bench in enumerate(benches):
        async def run(ctx, bench=bench):
            ctx.set(getattr(dut, "uart", dut).rx, 1)
            await ctx.delay(20 / clock_hz)
            await bench(ctx, dut)
        simulator.add_testbench(run, background=n > 0)
    simulator.run()


def collect(signal, into, value=None):
    """A bench that notes the cycles' values in which a strobe is high."""
    async def bench(ctx, dut):
        while True:
            _, _, high, what = await ctx.tick().sample(signal(dut), value(dut) if value
                                                       else signal(dut))
            if high:
                into.append(what)
    return bench


def receive(into):
    """A bench that takes all octets from the line."""
    async def bench(ctx, dut):
        ctx.set(dut.from_host.ready, 1)
        while True:
            _, _, valid, payload = await ctx.tick().sample(dut.from_host.valid,
                                                           dut.from_host.payload)
            if valid:
                into.append(payload.octet)
    return bench


async def send(ctx, dut, octets):
    ctx.set(dut.to_host.valid, 1)
    for octet in octets:
        ctx.set(dut.to_host.payload, octet)
        await ctx.tick().until(dut.to_host.ready)
    ctx.set(dut.to_host.valid, 0)


RATES = [(25_000_000, 921_600), (25_000_000, 3_000_000), (62_500_000, 3_000_000)]
OCTETS = [0x55, 0x00, 0xFF, 0xA7]


@pytest.mark.parametrize("clock_hz, baud_hz", RATES)
def test_octets_go_out_in_frames_of_exact_length(clock_hz, baud_hz):
    dut = Uart(clock_hz=clock_hz, baud_hz=baud_hz)

    async def hear(ctx, dut):
        line = Line(ctx, dut, baud_hz, clock_hz)
        assert [await line.hear() for _ in OCTETS] == OCTETS

    simulate(hear, lambda ctx, dut: send(ctx, dut, OCTETS), dut=dut, clock_hz=clock_hz)


@pytest.mark.parametrize("off", [-0.03, 0, 0.03])
@pytest.mark.parametrize("clock_hz, baud_hz", RATES)
def test_octets_come_in_from_a_sender_that_is_a_little_off(clock_hz, baud_hz, off):
    dut, got = Uart(clock_hz=clock_hz, baud_hz=baud_hz), []

    async def say(ctx, dut):
        line = Line(ctx, dut, baud_hz * (1 + off))
        for octet in OCTETS:  # with nothing between a stop bit and the next start bit
            await line.say(octet)
        await ctx.delay(2 / baud_hz)

    simulate(say, receive(got), dut=dut, clock_hz=clock_hz)
    assert got == OCTETS


def test_what_is_shorter_than_half_a_bit_begins_no_octet():
    got, bad = [], []

    async def bench(ctx, dut):
        line = Line(ctx, dut)
        for part in (0.05, 0.2, 0.35):
            ctx.set(dut.rx, 0)
            await ctx.delay(part * line.bit)
            ctx.set(dut.rx, 1)
            await ctx.delay(2 * line.bit)
        await line.say(0x3C)
        await ctx.delay(line.bit)

    simulate(bench, receive(got), collect(lambda dut: dut.has_bad_stop | dut.is_break, bad))
    assert got == [0x3C] and not bad


def test_a_disturbance_at_one_sample_changes_no_bit():
    got = []

    async def bench(ctx, dut):
        line, chance = Line(ctx, dut), random.Random(2)
        for octet in OCTETS:
            for level in (0, *((octet >> n) & 1 for n in range(8)), 1):
                before = line.bit * chance.uniform(0.1, 0.8)
                for value, time in ((level, before), (1 - level, line.bit * 0.1),
                                    (level, line.bit * 0.9 - before)):
                    # A start bit begins where its edge is, undisturbed.
                    ctx.set(dut.rx, value)
                    await ctx.delay(time)
        await ctx.delay(line.bit)

    simulate(bench, receive(got))
    assert got == OCTETS


def test_a_break_and_a_missing_stop_bit_are_no_octets():
    got, breaks, bad = [], [], []

    async def bench(ctx, dut):
        line = Line(ctx, dut)
        await line.say(0x41)
        await line.say(0x5A, stop=0)
        await ctx.delay(line.bit)
        ctx.set(dut.rx, 0)
        await ctx.delay(35 * line.bit)
        ctx.set(dut.rx, 1)
        await ctx.delay(line.bit)
        await line.say(0)
        await line.say(0x42)
        await ctx.delay(line.bit)

    simulate(bench, receive(got), collect(lambda dut: dut.is_break, breaks),
             collect(lambda dut: dut.has_bad_stop, bad))
    assert got == [0x41, 0, 0x42] and len(breaks) == len(bad) == 1


def test_what_it_sends_as_a_break_is_one_and_waits_for_the_octet_before():
    dut, heard = Uart(clock_hz=CLOCK_HZ, baud_hz=BAUD_HZ), []

    async def bench(ctx, dut):
        await send(ctx, dut, [0x69])
        await ctx.negedge(dut.tx)
        await ctx.tick()
        ctx.set(dut.send_break, 1)
        await send(ctx, dut, [0x96])
        await ctx.delay(25 / BAUD_HZ)
        ctx.set(dut.send_break, 0)
        await ctx.delay(14 / BAUD_HZ)

    async def hear(ctx, dut):
        heard.append(await Line(ctx, dut).hear())
        await ctx.negedge(dut.tx)
        bits = 0
        while not ctx.get(dut.tx):
            await ctx.delay(0.25 / BAUD_HZ)
            bits += 0.25
        heard.append(bits)
        heard.append(await Line(ctx, dut).hear())

    simulate(bench, hear, dut=dut)
    assert heard[0] == 0x69 and 12 < heard[1] < 26 and heard[2] == 0x96


def test_octets_wait_in_the_queue_and_what_overflows_is_told():
    lost = []

    async def bench(ctx, dut):
        line = Line(ctx, dut)
        for octet in range(12):
            await line.say(octet)
        assert ctx.get(dut.from_host.valid)
        got = []
        ctx.set(dut.from_host.ready, 1)
        for _ in range(30):
            _, _, valid, payload = await ctx.tick().sample(dut.from_host.valid,
                                                           dut.from_host.payload)
            if valid:
                got.append((payload.octet, payload.waits))
        # The first was offered, as one that waits, before any was lost.
        assert got[:2] == [(0, 1), (1, 0)] and got[2:] == [(n, 1) for n in range(2, len(got))]
        assert len(got) + len(lost) == 12 and lost

    simulate(bench, collect(lambda dut: dut.overruns, lost),
             dut=Uart(clock_hz=CLOCK_HZ, baud_hz=BAUD_HZ, receive_depth=8))


class Machine(wiring.Component):
    """The serial peripheral with its UART."""
    def __init__(self, **options):
        self.uart = Uart(**{"clock_hz": CLOCK_HZ, "baud_hz": BAUD_HZ} | options)
        self.serial = Serial()
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.uart, m.submodules.serial = self.uart, self.serial
        connect(m, self.serial.to_host, self.uart.to_host)
        connect(m, self.uart.from_host, self.serial.from_host)
        return m


async def store(ctx, bus, addr, data):
    ctx.set(bus.addr, addr)
    ctx.set(bus.w_data, data)
    ctx.set(bus.w_stb, 1)
    await ctx.tick()
    ctx.set(bus.w_stb, 0)


async def load(ctx, bus, addr):
    ctx.set(bus.addr, addr)
    ctx.set(bus.r_stb, 1)
    await ctx.tick()
    ctx.set(bus.r_stb, 0)
    return ctx.get(bus.r_data)


def test_a_program_that_reads_too_late_finds_the_overrun_bit():
    machine = Machine(receive_depth=8, baud_hz=CLOCK_HZ // 8)

    async def bench(ctx, _):
        line, bus = Line(ctx, machine.uart, CLOCK_HZ // 8), machine.serial.bus
        for octet in range(80):
            await line.say(octet)
        words = []
        for _ in range(90):
            words.append(await load(ctx, bus, 2))
            await store(ctx, bus, 1, 0)
            for _ in range(6):
                await ctx.tick()
        octets = [word & 0xFF for word in words if word & SerialWord.THERE]
        assert octets == sorted(set(octets)) and 70 < len(octets) < 80
        assert any(word & SerialWord.OVERRUN for word in words)
        # One that is in time finds none.
        await line.say(99)
        await ctx.delay(line.bit)
        assert await load(ctx, bus, 2) == SerialWord.THERE | 99

    simulate(bench, dut=machine)


def test_a_program_sends_and_receives_through_it():
    machine = Machine()

    async def hear(ctx, _):
        line = Line(ctx, machine.uart)
        for octet in OCTETS:
            assert await line.hear() == octet

    async def bench(ctx, _):
        bus = machine.serial.bus
        for octet in OCTETS:
            while await load(ctx, bus, 0):
                pass
            await store(ctx, bus, 0, octet)

    simulate(hear, bench, dut=machine)


def test_flow_control_stops_both_sides():
    dut = Uart(clock_hz=CLOCK_HZ, baud_hz=BAUD_HZ, flow_control=True, receive_depth=16)
    lost = []

    async def bench(ctx, dut):
        line = Line(ctx, dut)
        sent = 0
        while ctx.get(dut.rts) and sent < 40:
            await line.say(sent)
            sent += 1
        assert sent < 16
        for octet in range(4):  # that were on the way
            await line.say(octet)
        assert not lost
        ctx.set(dut.from_host.ready, 1)
        await ctx.delay(40 / CLOCK_HZ)
        assert ctx.get(dut.rts)

        await send(ctx, dut, [0x77])
        await ctx.delay(5 * line.bit)
        assert ctx.get(dut.tx) == 1
        ctx.set(dut.cts, 1)
        assert await line.hear() == 0x77

    simulate(bench, collect(lambda dut: dut.overruns, lost), dut=dut)


@pytest.mark.parametrize("clock_hz", [25_000_000, 50_000_000, 62_500_000, 100_000_000,
                                      125_000_000])
@pytest.mark.parametrize("baud_hz", [115_200, 230_400, 460_800, 921_600, 1_000_000, 3_000_000])
def test_boards_have_rates_that_are_exact_to_a_thousandth(clock_hz, baud_hz):
    assert abs(rate_error(clock_hz=clock_hz, baud_hz=baud_hz)) < 1e-3


@pytest.mark.parametrize("options, error, message", [
    ({"clock_hz": 23_999_999}, ValueError,
     "clock_hz must be at least 8 times baud_hz, not 23999999 for 3000000"),
    ({"baud_hz": 300}, ValueError,
     r"baud_hz 300 at a clock of 50000000 Hz would be off by -4.6%; at most 1.5% are allowed"),
    ({"baud_hz": 1e6}, TypeError, "baud_hz must be an integer, not 1000000.0"),
    ({"clock_hz": 0}, ValueError, "clock_hz must be at least 1, not 0"),
    ({"receive_depth": 1}, ValueError, "receive_depth must be at least 2, not 1"),
    ({"transmit_depth": 0}, ValueError, "transmit_depth must be at least 2, not 0"),
    ({"flow_control": 1}, TypeError, "flow_control must be true or false, not 1"),
])
def test_bad_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        Uart(**{"clock_hz": CLOCK_HZ, "baud_hz": 3_000_000, **options})
