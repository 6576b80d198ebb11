# amaranth: UnusedElaboratable=no
"""The SDRAM controller stores lines in a chip, by the rules of its data sheet."""

import random
from dataclasses import replace

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from rtl.memory.ram import BankedRam
from rtl.memory.sdram import Sdram, SdramPins
from rtl.memory.sdram_chips import CHIPS
from sim.chips.sdram import TIMES_NS, SdramFault, SimulatedSdram

# Smaller, so that what it stores fits into a memory of Amaranth's simulator.
SMALLER = {"row_bits": 11, "refresh_ms": 16.0, "power_up_us": 100}
CHIP = replace(CHIPS["mt48lc16m16"], **SMALLER)
ROWS = 3  # row addresses that are used: their bits
WORDS = 1 << ROWS + CHIP.bank_bits + CHIP.column_bits - 1


class Board(wiring.Component):
    """Controller and chip, with the lowest rows only."""
    def __init__(self, chip=CHIP, clock_hz=50_000_000, line_words=8, times=None):
        self.dut  = Sdram(chip=chip, clock_hz=clock_hz, line_words=line_words)
        self.chip = SimulatedSdram(clock_hz=clock_hz, pins=SdramPins(chip), row_bits=chip.row_bits,
                                   times_ns=times or TIMES_NS["mt48lc16m16"])
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut, m.submodules.chip = self.dut, self.chip
        m.submodules.ram = ram = BankedRam(words=WORDS)
        wiring.connect(m, self.dut.pins, self.chip.pins)
        wiring.connect(m, self.chip.words, ram.data)
        return m


async def request(ctx, lines, line, write):
    ctx.set(lines.request.payload, {"line": line, "write": write})
    ctx.set(lines.request.valid, 1)


async def write_line(ctx, lines, line, words):
    await request(ctx, lines, line, 1)
    cycles, n, is_taken = 0, 0, False
    ctx.set(lines.written.valid, 1)
    while n < len(words) or not is_taken:
        ctx.set(lines.written.payload, words[n] if n < len(words) else 0)
        _, _, takes, accepted = await ctx.tick().sample(lines.written.ready, lines.request.ready)
        n += takes
        if n == len(words):
            ctx.set(lines.written.valid, 0)
        if accepted:
            is_taken = True
            ctx.set(lines.request.valid, 0)
        cycles += 1
        assert cycles < 500
    return cycles


async def read_line(ctx, lines, line, count):
    await request(ctx, lines, line, 0)
    ctx.set(lines.read.ready, 1)
    words, cycles, first = [], 0, None
    while len(words) < count:
        _, _, accepted, valid, word = await ctx.tick().sample(
            lines.request.ready, lines.read.valid, lines.read.payload)
        if accepted:
            ctx.set(lines.request.valid, 0)
        if valid:
            words.append(word)
            first = first or cycles
        cycles += 1
        assert cycles < 500
    return words, first, cycles


def simulate(bench, **options):
    board = Board(**options)
    simulator = Simulator(board)
    simulator.add_clock(1 / board.dut.clock_hz)

    async def run(ctx):
        while not ctx.get(board.dut.is_ready):
            await ctx.tick()
        await bench(ctx, board.dut.lines)
        assert ctx.get(board.chip.fault) == SdramFault.NONE

    simulator.add_testbench(run)
    simulator.run()


@pytest.mark.slow
@pytest.mark.parametrize("clock_hz, line_words", [(25_000_000, 8), (50_000_000, 4),
                                                  (62_500_000, 8), (100_000_000, 16)])
def test_lines_come_back_as_they_were_written(clock_hz, line_words):
    rng, model = random.Random(clock_hz), {}

    async def bench(ctx, lines):
        near = [rng.randrange(WORDS // line_words) for _ in range(12)]
        for _ in range(120):
            line = rng.choice(near)
            if line not in model or rng.random() < 0.4:
                model[line] = [rng.getrandbits(32) for _ in range(line_words)]
                await write_line(ctx, lines, line, model[line])
            else:
                assert (await read_line(ctx, lines, line, line_words))[0] == model[line]
            for _ in range(rng.choice((0, 0, 0, 3, 50))):
                await ctx.tick()

    simulate(bench, clock_hz=clock_hz, line_words=line_words)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHIPS)
def test_every_chip_of_the_table_is_driven_within_its_times(name):
    chip = replace(CHIPS[name], **SMALLER)

    async def bench(ctx, lines):
        for line in (0, 1, 64, 256, 0):
            await write_line(ctx, lines, line, range(line, line + 8))
        for line in (1, 256, 0):
            words, _, _ = await read_line(ctx, lines, line, 8)
            assert words == list(range(line, line + 8))

    simulate(bench, chip=chip, times=TIMES_NS[name], clock_hz=chip.clock_hz)


def test_a_line_in_an_open_row_comes_without_opening_it_again():
    async def bench(ctx, lines):
        await write_line(ctx, lines, 0, range(8))
        _, first, _ = await read_line(ctx, lines, 1, 8)
        _, opened, _ = await read_line(ctx, lines, 3 << 7, 8)
        assert first <= 8 < opened

    simulate(bench)


@pytest.mark.slow
def test_rows_are_refreshed_all_the_time():
    async def bench(ctx, lines):
        await write_line(ctx, lines, 5, range(8))
        for n in range(6000):
            await ctx.tick()
        assert (await read_line(ctx, lines, 5, 8))[0] == list(range(8))
        for _ in range(400):  # and under load
            await read_line(ctx, lines, 5, 8)

    simulate(bench)


@pytest.mark.slow
@pytest.mark.parametrize("times, wrong, fault", [
    ({"trcd": 60}, {}, SdramFault.TRCD),
    ({"trp": 60}, {}, SdramFault.TRP),
    ({"tras": 350}, {}, SdramFault.TRAS),
    ({"trc": 400}, {}, SdramFault.TRC),
    ({"trfc": 120}, {}, SdramFault.TRFC),
    ({"twr": 60}, {}, SdramFault.TWR),
    ({}, {"refresh_ms": 300.0}, SdramFault.REFRESH_LATE),
    ({}, {"power_up_us": 10}, SdramFault.EARLY_COMMAND),
])
def test_a_chip_notices_a_controller_that_is_too_hasty_for_it(times, wrong, fault):
    board = Board(chip=replace(CHIP, **wrong), clock_hz=100_000_000,
                  times=TIMES_NS["mt48lc16m16"] | times)
    simulator = Simulator(board)
    simulator.add_clock(1e-8)

    async def run(ctx):
        while not ctx.get(board.dut.is_ready):
            await ctx.tick()
        for line in (0, 1 << 8, 1, 2 << 8):
            await write_line(ctx, board.dut.lines, line, range(8))
        for _ in range(45_000):
            await ctx.tick()
            if ctx.get(board.chip.fault) != SdramFault.NONE:
                break
        assert SdramFault(ctx.get(board.chip.fault)) == fault

    simulator.add_testbench(run)
    simulator.run()


@pytest.mark.parametrize("options, error, message", [
    ({"chip": 1}, TypeError, "chip must be an SdramChip, not 1"),
    ({"clock_hz": 2.5}, TypeError, "clock_hz must be an integer, not 2.5"),
    ({"clock_hz": 200_000_000}, ValueError, "clock_hz must be from 1,000,000 to the chip's "
                                            "100,000,000, not 200000000"),
    ({"line_words": 3}, ValueError, "line_words must be a power of two and at least 4, not 3"),
])
def test_bad_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        Sdram(**{"chip": CHIP, "clock_hz": 50_000_000, **options})
