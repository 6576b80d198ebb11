"""Boards: a file each. `board_named` finds one by its name, `NAMES` has them all.

The file of a board that is sold with several sizes of FPGA has them all; a name is the file's, and
after a point the size, if it is not the usual one.
"""

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
    file = name.partition(".")[0].replace("-", "_")
    return import_module(f"fpga.boards.{file}").BOARDS[name]
