"""What the campaign over a board's netlist needs besides the netlist."""

from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from fpga.boards import NAMES, board_named
from rtl.board import Board
from system.loader import LOADER_WORDS
from tests.gates.board import ALL, Leads, Pad, _Columns, leads_of, pads_of, signals

needs_boards = pytest.mark.skipif(find_spec("amaranth_boards") is None,
                                  reason="amaranth-boards is not installed: make bitstream does")


class Places:
    """A simulation that knows where ports are."""

    def __init__(self):
        self.ports = {"a__io": [3], "b__io": [5, 6], "b__io$oe": [7, 8]}

    def places(self, port):
        return np.array(self.ports[port])


def test_words_become_the_levels_of_pads_early_late_and_inverted():
    leads = {"a": Leads([Pad("a__io", True, 1)], 1), "b": Leads([Pad("b__io", False, 2)], -1),
             "e": Leads([Pad("b__io", False, 2)], 0, "$oe")}
    columns = _Columns(Places(), {"a": 1, "b": 2, "e": 1}, leads)
    assert columns.places.tolist() == [3, 5, 6, 7, 8]
    words = np.array([0b1001, 0b0010, 0b1101, 0b0110, 0b1011], dtype=np.uint64)

    def levels(row):
        return [int(word == ALL) for word in row]

    rows = columns.expected(words[:3])
    assert [levels(row) for row in rows[:2]] == [[1, 1, 0, 1, 1], [0, 0, 1, 0, 0]]
    columns.keep(words[:3], 1)  # the last one is early: what comes next must be known
    rows = columns.expected(words[3:])
    assert [levels(row) for row in rows[:2]] == [[1, 1, 1, 1, 1], [0, 1, 0, 0, 0]]


@needs_boards
@pytest.mark.parametrize("name", NAMES)
def test_each_signal_of_a_board_leads_to_as_many_pads(name):
    description = board_named(name)
    board = Board(description.config, loader=tuple(range(LOADER_WORDS)))
    leads = leads_of(pads_of(description))
    for one in signals(board):
        for signal, value in one.items():
            width = sum(pad.width for pad in leads[signal].pads)
            if signal == "straps":
                assert width <= len(value)
            elif leads[signal].suffix != "$oe":
                assert width == len(value), signal


@needs_boards
def test_a_pin_that_is_active_low_is_inverted():
    pads = pads_of(board_named("ulx3s"))
    assert pads.sdram.ras == Pad("sdram_0__ras__io", True, 1)
    assert pads.lanes.port == "hdmi_0__d__p" and pads.lanes.width == 3
    assert SimpleNamespace(**vars(pads.card)).cs.invert
