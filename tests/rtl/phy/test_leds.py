# amaranth: UnusedElaboratable=no
"""LEDs and buttons."""

import pytest
from amaranth.sim import Simulator

from rtl.phy.debounce import Debouncer
from rtl.phy.leds import StatusLeds


def run(dut, bench):
    simulator = Simulator(dut)
    simulator.add_clock(1e-3)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_level_is_followed_once_it_rests():
    dut = Debouncer(width=2, clock_hz=1000, settle_ms=5)

    async def bench(ctx):
        for level, cycles, expected in ((1, 4, 0), (0, 2, 0), (1, 12, 1), (3, 4, 1), (2, 4, 1),
                                        (2, 12, 2)):
            ctx.set(dut.i, level)
            await ctx.tick().repeat(cycles)
            assert ctx.get(dut.o) == expected

    run(dut, bench)


@pytest.mark.parametrize("count, code", [(8, 0b10110), (5, 0b10)])
def test_leds_show_the_state_and_a_code(count, code):
    dut = StatusLeds(count=count, clock_hz=1000)

    async def bench(ctx):
        ctx.set(dut.code, 0b10110)
        for stopped, asleep in ((0, 0), (0, 1), (1, 0)):
            ctx.set(dut.stopped, stopped)
            ctx.set(dut.asleep, asleep)
            await ctx.tick()
            assert ctx.get(dut.leds) == (code << 3 | stopped << 1 | (not stopped and not asleep))
        ctx.set(dut.disk, 1)
        await ctx.tick()
        ctx.set(dut.disk, 0)
        for _ in range(60):
            await ctx.tick()
            assert ctx.get(dut.leds) & 4
        await ctx.tick()
        assert not ctx.get(dut.leds) & 4

    run(dut, bench)


@pytest.mark.parametrize("make, message", [
    (lambda: StatusLeds(count=3, clock_hz=1000), "count must be at least 4, not 3"),
    (lambda: Debouncer(clock_hz=10), "clock_hz must be at least 1000, not 10"),
    (lambda: Debouncer(clock_hz=1000, width=0), "width must be at least 1, not 0"),
])
def test_bad_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
