# amaranth: UnusedElaboratable=no
"""Runs the benches of the phys on the Verilog that they are exported to."""

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped

from rtl.phy.sd_card import SdCard
from rtl.phy.uart import Uart
from sim.verilog import to_verilog
from tests.support.cocotb_bench import run_bench
from tests.support.dvi import Screen
from tests.support.usb import UsbDesk


@pytest.mark.slow
def test_pictures_go_through_the_cable():
    run_bench("tests.cocotb.bench_dvi", verilog=to_verilog(Screen(), name="screen"), top="screen")


@pytest.mark.slow
def test_a_usb_keyboard_is_heard():
    run_bench("tests.cocotb.bench_usb_keyboard", top="usb",
              verilog=to_verilog(UsbDesk(), name="usb"))


class Slow(wiring.Component):
    """The phys of serial line and card in one model: what a bench leaves alone costs little."""

    def __init__(self):
        # The bench's clock is the UART's; the card's phy thinks of one at which 400 kHz are few
        # cycles.
        self.parts = {"uart": Uart(clock_hz=100_000_000, baud_hz=2_000_000, receive_depth=16),
                      "sd":   SdCard(clock_hz=1_000_000, cycles_per_ms=100)}
        super().__init__({name: Out(part.signature) for name, part in self.parts.items()})

    def elaborate(self, platform):
        m = Module()
        for name, part in self.parts.items():
            m.submodules[name] = part
            connect(m, flipped(getattr(self, name)), part)
        return m


@pytest.mark.slow
@pytest.mark.parametrize("bench", ["uart", "sd_card"])
def test_serial_line_and_card(bench):
    run_bench(f"tests.cocotb.bench_{bench}", verilog=to_verilog(Slow(), name="slow"), top="slow")
