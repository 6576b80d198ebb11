# amaranth: UnusedElaboratable=no
"""What a bitstream is made of: clocks, figures, messages; no tool of `make bitstream` is needed."""

import importlib.util

import pytest

from fpga.boards import NAMES
from fpga.boards.configs import CONFIGS
from fpga.clocks import VCO_HZ, Ecp5Clocks

needs_boards = pytest.mark.skipif(importlib.util.find_spec("amaranth_boards") is None,
                                  reason="amaranth-boards is not installed: make bitstream does")


@pytest.mark.parametrize("input_hz, sync_hz", [(25_000_000, 50_000_000), (50_000_000, 50_000_000),
                                               (25_000_000, 75_000_000), (50_000_000, 25_000_000)])
def test_the_vco_is_within_its_range_and_divides_to_the_clock(input_hz, sync_hz):
    clocks = Ecp5Clocks(input_hz=input_hz, sync_hz=sync_hz)
    assert VCO_HZ[0] <= clocks.vco_hz <= VCO_HZ[1]
    assert clocks.vco_hz == sync_hz * clocks.divider


@pytest.mark.parametrize("degrees, late_ns", [(0, 0), (90, 5), (180, 10), (270, 15)])
def test_the_phase_of_the_chips_clock_is_as_late_as_asked(degrees, late_ns):
    clocks = Ecp5Clocks(input_hz=25_000_000, sync_hz=50_000_000, sdram_degrees=degrees)
    coarse, fine = clocks.sdram_phase()
    periods = coarse + fine / 8 - (clocks.divider - 1)  # behind an output with phase 0
    assert periods / clocks.vco_hz * 1e9 == pytest.approx(late_ns, abs=1e9 / clocks.vco_hz / 8)


@pytest.mark.parametrize("options, message", [
    ({"input_hz": 25_000_000, "sync_hz": 40_000_000}, "are no multiples of each other"),
    ({"input_hz": 1_000_000, "sync_hz": 2_000_000}, "sync_hz must be from 3125000 to 800000000"),
])
def test_clocks_that_the_pll_cannot_make_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Ecp5Clocks(**options)


def test_every_board_can_carry_the_boot_loader():
    from fpga.boards.loader import loader_of
    for name in NAMES:
        config = CONFIGS[name]
        assert config.soc_config(loader_of(config)).machine.cycles_per_ms == 50_000


STAT = "   \n     1234 LUT4\n       20 DP16KD\n        2 LUT4\n"
LOG = ("Info: Max frequency for clock '$glbnet$clk': 61.00 MHz (PASS at 50.00 MHz)\n"
       "Info: Max frequency for clock '$glbnet$clk': 52.50 MHz (PASS at 50.00 MHz)\n")


def test_figures_are_those_after_routing():
    from fpga.bitstream import read_figures
    figures = read_figures(STAT, LOG)
    assert figures["mhz"] == 52.5
    assert figures["cells"]["LUT4"] == 1236 and figures["cells"]["DP16KD"] == 20


def test_a_log_without_a_clock_is_an_error():
    from fpga.bitstream import BitstreamError, read_figures
    with pytest.raises(BitstreamError, match="was not placed"):
        read_figures(STAT, "nothing")


def test_the_list_of_boards_names_each():
    from fpga.bitstream import table
    assert all(f"| {name} |" in table() for name in NAMES)


@needs_boards
@pytest.mark.parametrize("name", NAMES)
def test_a_boards_pins_exist_and_are_asked_for_once(name, monkeypatch):
    from fpga.boards import board_named
    for tool in ("YOSYS", "NEXTPNR_ECP5", "ECPPACK"):
        monkeypatch.setenv(tool, "true")
    board = board_named(name)
    pins  = board.pins(board.platform())
    assert len(pins.leds) == board.config.leds
    assert len(pins.keys) == board.config.keys
    assert len(pins.sdram.dq) == 16 and len(pins.sdram.a) == board.config.chip.row_bits


def test_no_board_on_usb_is_explained():
    from fpga.flash import _usb_help
    assert "there is no device on USB" in _usb_help([])
    assert "udevadm control --reload" in _usb_help([("0403:6015", "ULX3S", False)])
    help = _usb_help([("046d:c31c", "Keyboard", True)])
    assert "046d:c31c  Keyboard" in help and "none is a programmer" in help


def test_a_bitstream_for_another_chip_is_refused():
    from fpga.flash import FlashError, _check_chip
    detected = "index 0:\n\tidcode 0x41112043\n\tfamily ECP5\n\tmodel  LFE5U-45\n\tirlength 8\n"
    with pytest.raises(FlashError, match="the board's FPGA is LFE5U-45, and the bitstream of ulx3s "
                                         "is for LFE5U-85F; `make board` lists the boards"):
        _check_chip(detected, "LFE5U-85F", "ulx3s")
    _check_chip(detected, "LFE5U-45F", "ulx3s-45f")
    _check_chip("unable to open ftdi device", "LFE5U-85F", "ulx3s")


def test_flash_needs_a_bitstream_first(capsys, monkeypatch, tmp_path):
    import fpga.flash
    monkeypatch.setattr(fpga.flash, "BUILD", fpga.flash.ROOT / "build" / "no-such-folder")
    assert fpga.flash.main(["ulx3s"]) == 1
    assert "`make bitstream BOARD=ulx3s` makes it" in capsys.readouterr().err
