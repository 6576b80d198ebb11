# amaranth: UnusedElaboratable=no
"""Parts of the picture's way to the cable; all of it is in `tests/cocotb/bench_dvi.py`."""

import random
from dataclasses import replace

import pytest
from amaranth.sim import Simulator

from rtl.phy.display import DisplayPhy
from rtl.phy.frame_store import FrameStore
from rtl.phy.tmds import TmdsEncoder
from tests.support.dvi import SMALL, decode


def test_symbols_decode_to_what_was_encoded_without_direct_current():
    dut, chance = TmdsEncoder(), random.Random(1)
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    sent = [(chance.random() > 0.02, chance.choice((chance.getrandbits(8), 0xFF, 0, 0x10)),
             chance.getrandbits(2)) for _ in range(3000)]

    async def bench(ctx):
        disparity, symbols = 0, []
        for is_data, octet, control in sent:
            ctx.set(dut.is_data, is_data)
            ctx.set(dut.data, octet)
            ctx.set(dut.control, control)
            await ctx.tick()
            symbols.append(ctx.get(dut.symbol))
        for symbol, (is_data, octet, control) in zip(symbols[1:], sent, strict=False):
            assert decode(symbol) == (("data", octet) if is_data else ("control", control))
            edges = (symbol ^ symbol >> 1) & 0x1FF
            assert not is_data or (edges & 0x7F).bit_count() <= 4
            disparity = disparity + 2 * symbol.bit_count() - 10 if is_data else 0
            assert abs(disparity) <= 10

    simulator.add_testbench(bench)
    simulator.run()


def test_the_display_is_told_its_size():
    dut = FrameStore(width=320, height=200, first_line=0)
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        ctx.set(dut.from_host.ready, 1)
        seen = []
        for _ in range(4):
            if ctx.get(dut.from_host.valid):
                seen.append(ctx.get(dut.from_host.payload.as_value()))
            await ctx.tick()
        assert seen == [200 << 14 | 320]

    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("options, error, message", [
    ({"width": 321, "height": 201}, ValueError,
     "a picture must be whole lines of 8 pixels, not 321 times 201"),
    ({"width": 648}, ValueError, "width must be from 1 to 640, not 648"),
    ({"timing": "vga"}, TypeError, "timing must be a VideoTiming, not 'vga'"),
    ({"queue_pixels": 100}, ValueError,
     "queue_pixels must be a power of two and at least 32, not 100"),
])
def test_bad_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        DisplayPhy(**{"first_line": 0, **options})


def test_a_timing_is_made_of_times():
    with pytest.raises(ValueError, match="h_sync must be at least 1, not 0"):
        replace(SMALL, h_sync=0)
