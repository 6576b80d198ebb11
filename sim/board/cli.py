"""The command line: a simulated board boots its card in this terminal."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from fpga.boards import NAMES
from sim.board.machine import QUICK, SimulatedBoard
from sim.command import status_of
from sim.engine.build import BuildError
from sim.host.disk import Disk
from sim.host.terminal import Terminal, standard_terminal
from system.card import CARD, keep_card
from toolchain.qfs import QfsError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a board until its program stops: 0, or what `sim.machine.Exit` has."""
    options = _parser().parse_args(argv)

    def simulate() -> int:
        with ExitStack() as stack:
            return _run(options, stack)

    return status_of(simulate, _tell, errors=(QfsError, BuildError),
                     interrupted="interrupted: the power is off")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sim.board",
        description="simulate a board down to the signals of its chips; its serial line is this "
                    "terminal, which ctrl-] leaves")
    parser.add_argument("board", nargs="?", default="ulx3s", choices=NAMES,
                        help="default: %(default)s")
    parser.add_argument("--card", type=Path, metavar="IMAGE",
                        help=f"the card in the slot, which is written to (default: {CARD}, made "
                             "if need be); `none` for an empty slot")
    parser.add_argument("--input", type=Path, metavar="FILE",
                        help="type a file's contents instead of the terminal's")
    parser.add_argument("--full", action="store_true",
                        help="test and clear memory first, as a board does; it takes minutes")
    parser.add_argument("--stats", action="store_true", help="print cycles and speed when done")
    return parser


def _run(options: argparse.Namespace, stack: ExitStack) -> int:
    config = _config(options.board)
    disk = None
    if options.card is None or str(options.card) != "none":
        image = options.card or keep_card()
        disk = Disk(image)
        stack.callback(disk.close)
    terminal = standard_terminal()
    if options.input:
        terminal = Terminal(options.input.read_bytes(), sys.stdout.buffer)
    board = SimulatedBoard(config, terminal, disk, straps=0 if options.full else QUICK,
                           types_early=options.input is None, say=_tell)
    stack.callback(board.close)
    stack.enter_context(terminal.raw())
    started, has_run = time.monotonic(), False
    while not (has_run and board.has_ended):
        board.run()
        has_run = has_run or not board.port("is_booting")
    for _ in range(100):  # the sentence about the end leaves at the line's speed
        board.run()
    if options.stats:
        seconds = time.monotonic() - started
        _tell(f"{board.cycles} cycles, {seconds:.2f} s, "
              f"{board.cycles / seconds / 1e6:.2f} million cycles a second")
    return 0


def _config(name: str) -> object:
    from fpga.boards.configs import CONFIGS
    return CONFIGS[name]


def _tell(text: str) -> None:
    print(f"quince-board: {text}", file=sys.stderr, flush=True)
