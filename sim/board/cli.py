"""The command line: a simulated board boots its card in this terminal."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from fpga.boards import NAMES
from sim.board.machine import END_OCTET, QUICK, SLICE_CYCLES, SimulatedBoard
from sim.board.screen import HEIGHT, WIDTH
from sim.command import status_of
from sim.engine.build import BuildError
from sim.host.disk import Disk
from sim.host.display import Display, Frame, open_display, rgb_of
from sim.host.error import HostError
from sim.host.keyboard import Keyboard, parse_script
from sim.host.terminal import Terminal, standard_terminal
from sim.machine import Exit
from system.card import CARD, keep_card
from toolchain.qfs import QfsError

__all__ = ["main"]

FRAMES  = "build/frames"
LAST_OCTETS = 250  # at most, of what the boot loader says of a program's end
CARD_MS = 100  # that a quick start waits for a card; a board takes some that need longer


def main(argv: Sequence[str] | None = None) -> int:
    """Run a board until its program stops: 0, or what `sim.machine.Exit` has.

    Input that is no person's ends with a ctrl-D, as that of the other simulators does.
    """
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
    parser.add_argument("--monitor", choices=("window", "png", "terminal"),
                        help="plug a monitor in; its frames go to a window, whose keys are the USB "
                             f"keyboard's, to PNG files in {FRAMES}, or to this terminal")
    parser.add_argument("--picture", type=Path, metavar="FILE",
                        help="plug a monitor in, and write its last frame as PNG when done")
    parser.add_argument("--keys", type=Path, metavar="FILE",
                        help="play '<ms> down|up <key>' lines on the USB keyboard")
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
    display = _display(options, config, terminal)
    if display is not None:
        stack.callback(display.close)
    board = SimulatedBoard(config, terminal, disk, straps=0 if options.full else QUICK,
                           display=display, keyboard=_keyboard(options),
                           card_ms=2000 if options.full else CARD_MS,
                           types_early=terminal.is_interactive,
                           end_octet=None if terminal.is_interactive else END_OCTET, say=_tell)
    stack.callback(board.close)
    stack.enter_context(terminal.raw())
    started, has_run, in_vain = time.monotonic(), False, 0
    while not (has_run and board.has_ended):
        board.run()
        in_vain = in_vain + 1 if board.waits_in_vain else 0
        if in_vain == 2:  # what was typed last has been heard, too
            _tell("the boot loader waits for somebody to type, and the input has ended")
            return Exit.STUCK
        if display is not None and display.is_closed:
            raise KeyboardInterrupt
        has_run = has_run or not board.port("is_booting")
    # The sentences about the end leave at the line's speed, and take some work.
    end = board.cycles + LAST_OCTETS * 20 * config.clock_hz // config.baud_hz
    while board.cycles < end:
        board.run(min(SLICE_CYCLES, end - board.cycles))
    if options.picture:
        assert display is not None
        _save(display.last, options.picture)
    if options.stats:
        seconds = time.monotonic() - started
        _tell(f"{board.cycles} cycles, {seconds:.2f} s, "
              f"{board.cycles / seconds / 1e6:.2f} million cycles a second")
    return 0


def _display(options: argparse.Namespace, config: Any, terminal: Terminal) -> Display | None:
    if options.monitor is None and options.picture is None:
        return None
    if not config.display:
        raise HostError(f"{config.name} has no connector for a monitor")
    if options.picture and not options.picture.parent.is_dir():
        raise HostError(f"{options.picture}: there is no folder {options.picture.parent}")
    return open_display(options.monitor or "none", WIDTH, HEIGHT, folder=FRAMES, terminal=terminal)


def _keyboard(options: argparse.Namespace) -> Keyboard | None:
    """The USB keyboard, if anybody presses its keys: one that is plugged in costs time."""
    if options.keys is None and options.monitor is None:
        return None
    keyboard = Keyboard()
    if options.keys:
        keyboard.play(parse_script(options.keys.read_text("utf-8", "replace"), str(options.keys)))
    return keyboard


def _save(frame: Frame | None, path: Path) -> None:
    from PIL import Image
    if frame is None:
        raise HostError("the run was too short for a frame: the monitor needs three to lock")
    Image.fromarray(rgb_of(frame)).save(path, format="PNG")


def _config(name: str) -> Any:
    from fpga.boards.configs import CONFIGS
    return CONFIGS[name]


def _tell(text: str) -> None:
    print(f"quince-board: {text}", file=sys.stderr, flush=True)
