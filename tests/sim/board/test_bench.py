# amaranth: UnusedElaboratable=no
"""The bench's parts fit together; `make board-test` boots a board on it."""

import pytest
from amaranth.hdl import Fragment

from fpga.boards.configs import CONFIGS
from fpga.boards.loader import loader_of
from rtl.board import Board, BoardConfig
from sim.board.bench import BoardOnBench


@pytest.mark.slow
@pytest.mark.parametrize("config", {config: name for name, config in CONFIGS.items()},
                         ids=lambda config: config.name)
def test_each_board_fits_onto_the_bench(config):
    board = Board(config, loader=loader_of(config))
    assert Fragment.get(BoardOnBench(board), None).subfragments


@pytest.mark.parametrize("options, message", [
    ({"leds": 3}, "leds must be at least 4"), ({"keys": 7}, "keys must be"),
])
def test_a_board_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        BoardConfig(name="none", **options)


def test_a_board_is_no_string():
    with pytest.raises(TypeError, match="board must be a Board, not 'ulx3s'"):
        BoardOnBench("ulx3s")
