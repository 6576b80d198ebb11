"""Boards: a file each. `board_named` finds one by its name, `NAMES` has them all."""

from importlib import import_module

from fpga.boards.configs import CONFIGS

__all__ = ["NAMES", "board_named"]

NAMES = tuple(CONFIGS)


def board_named(name):
    """The description of a board; needs amaranth-boards.

    Raises
    ------
    KeyError
        If there is no such board.
    """
    if name not in NAMES:
        raise KeyError(f"there is no board {name!r}; there are {', '.join(NAMES)}")
    return import_module(f"fpga.boards.{name.replace('-', '_')}").BOARD
