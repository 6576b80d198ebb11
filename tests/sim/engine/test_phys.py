"""The engine's compiler takes a board, and every component between peripherals and pins."""

import importlib
import inspect
import pkgutil

import pytest
from amaranth.lib import wiring

import rtl.phy
from fpga.boards.configs import CONFIGS
from fpga.boards.loader import loader_of
from rtl.board import Board
from rtl.phy.video_timing import MODES
from sim.engine.clocks import Clock
from sim.engine.design import Design

CLOCK    = {"clock_hz": 50_000_000}
LINE     = {**CLOCK, "baud_hz": 1_000_000}
PICTURE  = {"width": 320, "height": 200}
TIMING   = {"timing": MODES["640x480"]}
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


@pytest.mark.parametrize("name, kind", list(components()))
def test_it_compiles(name, kind):
    design = Design(component=kind(**OPTIONS[name]), clocks=CLOCKS)
    assert "struct Top" in design.header()


@pytest.mark.slow
def test_a_board_compiles():
    config = CONFIGS["ulx3s"]  # which has everything
    design = Design(component=Board(config, loader=loader_of(config)))
    assert "struct Top" in design.header()
