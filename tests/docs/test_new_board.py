# amaranth: UnusedElaboratable=no
"""The board that docs/new-board.md adds has all its pins, keeps its chip's times, and fits."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from amaranth.hdl import Fragment

from fpga.boards import configs
from fpga.boards.loader import loader_of
from fpga.sdram_timing import best_degrees, margins
from rtl.board import Board
from sim.board.bench import BoardOnBench

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "new-board.md").read_text()
NAME = "icesugar-pro"

[(PATH, ROW)]         = re.findall(r"In `([\w/.]+)`:\n\n```diff\n(.*?)```", PAGE, re.S)
[(PINS_PATH, SOURCE)] = re.findall(r"Write `([\w/.]+)`:\n\n```python\n(.*?)```", PAGE, re.S)


@pytest.fixture
def config(monkeypatch):
    """The row of the page, which is in the table then."""
    before, *added = ROW.removesuffix("\n").split("\n")
    assert before[1:] + "\n" in (ROOT / PATH).read_text() and all(line[0] == "+" for line in added)
    row = eval(f"{{{''.join(line[1:] for line in added)}}}", vars(configs))
    monkeypatch.setitem(configs.CONFIGS, NAME, row[NAME])
    return row[NAME]


def test_its_chips_fit(config):
    fragment = Fragment.get(BoardOnBench(Board(config, loader=loader_of(config))), None)
    assert {name for _, name, _ in fragment.subfragments} >= {"board", "chip", "card", "cable"}


def test_its_chips_times_are_kept(config):
    for degrees in (90, best_degrees(config.chip, clock_hz=config.clock_hz)):
        assert margins(config.chip, clock_hz=config.clock_hz, degrees=degrees).worst > 0


@pytest.mark.skipif(find_spec("amaranth_boards") is None, reason="amaranth-boards is needed")
def test_its_pins_exist_and_are_asked_for_once(config, monkeypatch):
    for tool in ("YOSYS", "NEXTPNR_ECP5", "ECPPACK"):
        monkeypatch.setenv(tool, "true")
    assert PINS_PATH == f"fpga/boards/{NAME.replace('-', '_')}.py"
    module = {}
    exec(SOURCE, module)
    board = module["BOARDS"][NAME]
    pins  = board.pins(board.platform())
    assert board.name == NAME and board.config is config
    assert len(pins.leds) == config.leds and len(pins.keys) == config.keys
    assert len(pins.sdram.dq) == 16 and len(pins.sdram.a) == config.chip.row_bits
