"""The engine's compiler takes a board, and every component between peripherals and pins."""

import importlib
import inspect
import pkgutil
from dataclasses import replace

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped

import rtl.phy
from fpga.boards.configs import CONFIGS
from fpga.boards.loader import loader_of
from rtl.board import Board
from rtl.phy.video_timing import MODES
from sim.engine.clocks import Clock
from sim.engine.design import Design
from sim.engine.header import header_of

CLOCK   = {"clock_hz": 50_000_000}
LINE    = {**CLOCK, "baud_hz": 1_000_000}
PICTURE = {"width": 320, "height": 200}
TIMING  = {"timing": MODES["640x480"]}
OPTIONS = {
    "button_keys.ButtonKeys":   CLOCK,
    "debounce.Debouncer":       CLOCK,
    "display.DisplayPhy":       {"first_line": 0},
    "dvi.Dvi":                  {},
    "dvi.Serialiser":           {},
    "frame_store.FrameStore":   {**PICTURE, "first_line": 0},
    "key_map.KeyMap":           {},
    "keyboard.KeyboardPhy":     {**CLOCK, "ps2": True, "usb": True, "buttons": 6},
    "leds.StatusLeds":          CLOCK,
    "ps2_keyboard.Ps2Keyboard": CLOCK,
    "ps2_keyboard.ScanCodes":   {},
    "ps2_line.Ps2Line":         CLOCK,
    "scan_out.ScanOut":         {**TIMING, **PICTURE},
    "sd_card.SdCard":           CLOCK,
    "sd_link.SdLink":           {"most_half_cycles": 63},
    "sd_sectors.SdSectors":     {},
    "sd_start.SdStart":         {},
    "spi.Spi":                  {"most_half_cycles": 63},
    "tmds.TmdsEncoder":         {},
    "uart.Uart":                {**LINE, "flow_control": True},
    "uart.UartReceiver":        LINE,
    "uart.UartTransmitter":     LINE,
    "usb_keyboard.UsbKeyboard": CLOCK,
    "usb_line.BitClock":        CLOCK,
    "usb_line.UsbReceiver":     CLOCK,
    "usb_line.UsbTransmitter":  CLOCK,
    "usb_packets.PacketSender": CLOCK,
    "usb_reports.KeyReports":   {},
    "video_timing.VideoCounter": TIMING,
}

CLOCKS = Clock("sync", 20, 4), Clock("pixel", 40, 4), Clock("tmds", 8, 2)


def components():
    """Those of `rtl.phy`, by file and name."""
    for _, file, _ in pkgutil.iter_modules(rtl.phy.__path__):
        module = importlib.import_module(f"rtl.phy.{file}")
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, wiring.Component) and kind.__module__ == module.__name__:
                yield f"{file}.{name}", kind


def test_the_table_has_every_component():
    assert sorted(OPTIONS) == sorted(name for name, _ in components())


class Phys(wiring.Component):
    """All of them side by side, so that one compilation does."""
    def __init__(self):
        self.parts = {name.replace(".", "_"): kind(**OPTIONS[name]) for name, kind in components()}
        super().__init__({name: Out(part.signature) for name, part in self.parts.items()})

    def elaborate(self, platform):
        m = Module()
        for name, part in self.parts.items():
            m.submodules[name] = part
            connect(m, flipped(getattr(self, name)), part)
        return m


def compile_all(component):
    """Make the header; every output is looked at, so that all that makes it is in there."""
    outputs = ["__".join(map(str, path))
               for path, member, _ in component.signature.flatten(component)
               if member.flow is Out]
    header = header_of(Design(component=component, clocks=CLOCKS, retired=tuple(outputs)))
    assert outputs and all(f"    p_{name} = " in header for name in outputs)


@pytest.mark.slow
def test_every_component_compiles():
    compile_all(Phys())


@pytest.mark.slow
def test_a_board_compiles():
    config = replace(CONFIGS["ulx3s"], fpu=False)  # an FPU is in the SoC of other tests
    compile_all(Board(config, loader=loader_of(config)))
