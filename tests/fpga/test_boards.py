# amaranth: UnusedElaboratable=no
"""What a bitstream is made of: clocks, figures, messages; no tool of `make bitstream` is needed."""

import importlib.util
from fractions import Fraction

import pytest

import fpga.bitstream
import fpga.flash
from fpga.bitstream import (
    BEGIN,
    END,
    PAGE,
    BitstreamError,
    check_clocks,
    read_cells,
    read_clocks,
    table,
)
from fpga.boards import NAMES
from fpga.boards.configs import CONFIGS
from fpga.clocks import COMPARE_HZ, MOST_DIV, VCO_HZ, Ecp5Clocks, Ecp5Pll, plan_pll
from fpga.sdram_timing import best_degrees, margins, pins_without_register

needs_boards = pytest.mark.skipif(importlib.util.find_spec("amaranth_boards") is None,
                                  reason="amaranth-boards is not installed: make bitstream does")


@pytest.mark.parametrize("input_hz, outputs_hz", [
    (25_000_000, (40_000_000,) * 2), (50_000_000, (40_000_000,)), (25_000_000, (50_000_000,)),
    (25_000_000, (125_000_000, 25_000_000)), (50_000_000, (125_000_000, 25_000_000)),
    (25_000_000, (62_500_000, 31_250_000, 125_000_000)), (12_000_000, (48_000_000,)),
    (100_000_000, (3_125_000,)), (48_000_000, (25_200_000,)),
])
def test_a_plan_makes_the_clocks_exactly_and_keeps_to_the_ranges(input_hz, outputs_hz):
    plan = plan_pll(input_hz, outputs_hz)
    compared_hz = Fraction(input_hz, plan.input_divider)
    assert COMPARE_HZ[0] <= compared_hz <= COMPARE_HZ[1]
    assert compared_hz * plan.feedback_divider * plan.own_divider == plan.vco_hz
    assert VCO_HZ[0] <= plan.vco_hz <= VCO_HZ[1]
    assert [Fraction(plan.vco_hz, divider) for divider in plan.dividers] == list(outputs_hz)
    for divider in (plan.input_divider, plan.feedback_divider, plan.own_divider, *plan.dividers):
        assert 1 <= divider <= MOST_DIV


@pytest.mark.parametrize("degrees, late_ns", [(0, 0), (90, 5), (180, 10), (270, 15)])
def test_the_phase_of_the_chips_clock_is_as_late_as_asked(degrees, late_ns):
    pll = Ecp5Clocks(input_hz=25_000_000, sync_hz=50_000_000, sdram_degrees=degrees).pll
    coarse, fine = pll.phase(1)
    periods = coarse + fine / 8 - (pll.plan.dividers[1] - 1)  # behind an output with phase 0
    assert periods / pll.plan.vco_hz * 1e9 == pytest.approx(late_ns, abs=1e9 / pll.plan.vco_hz / 8)


@pytest.mark.parametrize("input_hz, outputs_hz, message", [
    (25_000_000, (41_000_000, 125_000_000), "no PLL makes 41, 125 MHz of 25 MHz: each must be"),
    (25_000_000, (1_000_000,), "output_hz must be from 3125000 to 800000000, not 1000000"),
    (1_000_000, (40_000_000,), "input_hz must be from 8000000 to 400000000, not 1000000"),
])
def test_clocks_that_no_pll_makes_are_refused(input_hz, outputs_hz, message):
    with pytest.raises(ValueError, match=message):
        plan_pll(input_hz, outputs_hz)


@pytest.mark.parametrize("options, message", [
    ({"outputs_hz": ()}, "outputs_hz must have 1 to 3 frequencies, not 0"),
    ({"outputs_hz": (50_000_000,), "degrees": (0, 90)}, "as many values as outputs_hz, not 2"),
    ({"outputs_hz": (50_000_000,), "degrees": (360,)}, "must be from 0 to below 360, not 360"),
    ({"outputs_hz": (5_000_000,), "degrees": (350,)}, "5 MHz cannot be 350 degrees late"),
])
def test_a_pll_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Ecp5Pll(input_hz=25_000_000, **options)


def test_every_board_can_carry_the_boot_loader():
    from fpga.boards.loader import loader_of
    for name in NAMES:
        config = CONFIGS[name]
        cycles_per_ms = config.soc_config(loader_of(config)).machine.cycles_per_ms
        assert cycles_per_ms * 1000 == config.clock_hz


STAT = "   \n     1234 LUT4\n       20 DP16KD\n        2 LUT4\n"
LOG = ("Info: Max frequency for clock '$glbnet$clk': 61.00 MHz (PASS at 40.00 MHz)\n"
       "Info: Max frequency for clock '$glbnet$clk': 52.50 MHz (PASS at 40.00 MHz)\n"
       "Warning: Max frequency for clock    'pixel': 24.00 MHz (FAIL at 25.00 MHz)\n")


def test_figures_are_those_after_routing():
    assert read_cells(STAT)["LUT4"] == 1236 and read_cells(STAT)["DP16KD"] == 20
    assert read_clocks(LOG) == {"$glbnet$clk": (52.5, 40.0), "pixel": (24.0, 25.0)}


def test_a_log_without_a_clock_is_an_error():
    with pytest.raises(BitstreamError, match="was not placed"):
        read_clocks("nothing")


def test_the_worst_clock_of_the_worst_seed_decides():
    good = {"clk": (52.5, 40.0), "pixel": (25.5, 25.0)}
    check_clocks("ulx3s", {1: good, 2: good})
    bad = good | {"pixel": (24.9, 25.0)}
    with pytest.raises(BitstreamError, match="'pixel' reaches 24.9 MHz with seed 2, and 25.0 are"):
        check_clocks("ulx3s", {1: good, 2: bad, 3: good})


@pytest.mark.parametrize("name", NAMES)
def test_every_board_keeps_its_memory_chips_times_at_the_pins(name):
    config = CONFIGS[name]
    assert margins(config.chip, clock_hz=config.clock_hz, degrees=90).worst > 0


def test_margins_are_what_is_left_of_a_period():
    chip = CONFIGS["ulx3s"].chip
    in_step, quarter = (margins(chip, clock_hz=40_000_000, degrees=d) for d in (0, 90))
    assert in_step.chip_setup < 0 and in_step.worst == in_step.chip_setup
    assert quarter.chip_setup + quarter.chip_hold == pytest.approx(25 - 1.5 - 1.0 - 2 * 1.0)
    assert quarter.chip_setup - in_step.chip_setup == pytest.approx(25 / 4)
    assert in_step.read_setup - quarter.read_setup == pytest.approx(25 / 4)
    assert margins(chip, clock_hz=40_000_000,
                   degrees=best_degrees(chip, clock_hz=40_000_000)).worst >= quarter.worst
    assert margins(chip, clock_hz=80_000_000, degrees=90).read_setup < 0


def io_cell(**wires):
    return {"type": "TRELLIS_IO", "attributes": {}, "port_directions":
            {pin: "inout" if pin == "B" else "output" if pin == "O" else "input" for pin in wires},
            "connections": {pin: [bit] for pin, bit in wires.items()}}


def flip_flop(d, q, packed):
    return {"type": "TRELLIS_FF", "attributes": {"syn_useioff": "1"} if packed else {},
            "port_directions": {"DI": "input", "Q": "output"},
            "connections": {"DI": [d], "Q": [q]}}


@pytest.mark.parametrize("packed, bad", [((1, 1), []), ((0, 1), ["sdram_dq[0]"]),
                                         ((1, 0), ["sdram_dq[0]"])])
def test_a_pin_without_register_is_found(packed, bad):
    netlist = {"ports": {"sdram_dq": {"bits": [2]}, "led": {"bits": [3]}}, "cells": {
        "data": io_cell(B=2, I=4, O=5), "led": io_cell(B=3, I=6), "still": io_cell(B=2, I="1"),
        "out": flip_flop(7, 4, packed[0]), "in": flip_flop(5, 8, packed[1])}}
    assert pins_without_register(netlist, "sdram") == bad


def test_the_list_of_boards_names_each():
    assert all(f"| {name} |" in table() for name in NAMES)


def test_the_manual_has_the_list_of_boards():
    text = PAGE.read_text()
    assert text[text.index(BEGIN) + len(BEGIN):text.index(END)].strip() == table()


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


@pytest.mark.parametrize("said, complaint", [
    ("/x/openFPGALoader: error while loading shared libraries: libftdi1.so.2: cannot open shared "
     "object file: No such file or directory\n",
     "flash: openFPGALoader needs libftdi1.so.2, which this computer has not; on Debian: sudo apt "
     "install libusb-1.0-0 libftdi1-2\n"),
    ("JTAG init failed with: unable to open ftdi device\n",
     "flash: writing 0 KiB to the board's FPGA, until power is off\nflash: openFPGALoader failed: "
     "JTAG init failed with: unable to open ftdi device\nthere is no device on USB; is the cable "
     "one for data, and in the programmer's port (ULX3S: US1)?\n"),
])
@needs_boards
def test_what_keeps_the_programmer_from_its_work_is_told(monkeypatch, tmp_path, capsys, said,
                                                         complaint):
    """The programmer is one that says what it says without a library, or without a board."""
    program = tmp_path / "openfpgaloader-cli"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\nprintf '%s' '{said}' >&2\nexit 1\n")
    program.chmod(0o755)
    (tmp_path / "ulx3s").mkdir()
    (tmp_path / "ulx3s" / "top.bit").write_bytes(b"bits")
    for tool in ("YOSYS", "NEXTPNR_ECP5", "ECPPACK"):
        monkeypatch.setenv(tool, "true")
    monkeypatch.setattr(fpga.flash, "BUILD", tmp_path)
    monkeypatch.setattr(fpga.flash.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(fpga.flash, "usb_devices", list)
    assert fpga.flash.main(["ulx3s"]) == 1
    assert capsys.readouterr().err == complaint


@pytest.mark.parametrize("command", [fpga.bitstream.main, fpga.flash.main])
def test_a_board_that_there_is_not_is_refused_with_those_that_there_are(command, capsys):
    with pytest.raises(SystemExit) as ended:
        command(["ulx2"])
    assert ended.value.code == 2
    assert f"there is no board 'ulx2'; there are {', '.join(NAMES)}" in capsys.readouterr().err


def test_flash_needs_a_bitstream_first(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(fpga.flash, "BUILD", fpga.flash.ROOT / "build" / "no-such-folder")
    assert fpga.flash.main(["ulx3s"]) == 1
    assert "`make bitstream BOARD=ulx3s` makes it" in capsys.readouterr().err
