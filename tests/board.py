"""The simulated board as a campaign: `make board-test`.

A board down to its chips boots its card; what it writes is on the card, what it shows comes out of
the monitor's cable as the golden model shows it, and keys of the USB keyboard arrive. Then the
power fails at random writes of sectors: a power cut may leave what it may leave, and the card
boots.
"""

import argparse
import json
import random
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

from fpga.boards.configs import CONFIGS
from fpga.kernels import ENDS, FIGURES, NAMES, expected_of, words_of
from sim.board.machine import SimulatedBoard
from sim.board.screen import HEIGHT, WIDTH, picture_in
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.error import HostError
from sim.host.keyboard import Key, Keyboard
from sim.host.terminal import ScriptedTerminal
from system.card import KERNEL_FILE, keep_card
from tests.support.system import boot, system
from toolchain.qfs import Image
from toolchain.qfs.check import check

CONFIG = CONFIGS["ulx3s"]
SAVED  = "saved by a board"
PICTURE     = "plasma 1"
ENDLESS     = "plasma 100000"  # until escape is pressed
MOST_CYCLES = 60_000_000
MOST_OFF    = 0.005  # of a kernel's cycles from those that are stored
MOST_WRITES = 12  # of sectors, that the copy in `power_cut` makes at least


class Failed(Exception):
    """The board did not do what it should."""


def run(disk, steps, until, *, first="Try `help`.", **people):
    """Run a board with a person at its line until something is true of it; all that it said."""
    terminal = ScriptedTerminal([(first, ""), *steps])
    board = SimulatedBoard(CONFIG, terminal, disk, say=say, **people)
    try:
        while not until(board, terminal):
            if board.cycles > MOST_CYCLES:
                raise Failed(f"after {board.cycles:,} cycles: {terminal.text[-2000:]}")
            board.run()
        return terminal.text
    finally:
        board.close()


def tour(card):
    """Boot, write a file, read it, halt; then the host checks the card."""
    disk = Disk(card)
    steps = [("/ $ ", f"echo {SAVED} > /tmp/note\r"), ("/ $ ", "cat /tmp/note\r"),
             ("/ $ ", "exit\r"), ("press Enter", "")]
    text = run(disk, steps, lambda board, terminal: terminal.ended)
    disk.close()
    if not re.search(rf"\n{SAVED}\r\n", text) or "with exit code 0x0" not in text:
        raise Failed(text)
    image = Image.load(card)
    problems = check(image)
    if problems or image.read("tmp/note") != f"{SAVED}\n".encode():
        raise Failed(f"on the card: {problems}")


def screen_and_keys(card):
    """Show a picture; then show more, until escape is pressed on the USB keyboard."""
    display, keyboard, frames = Display(WIDTH, HEIGHT), Keyboard(), []

    def until(board, terminal):
        if display.frame_count > len(frames):
            frames.append(display.last)
        if ENDLESS in terminal.text and not keyboard.state[0]:
            keyboard.set(Key.ESCAPE, True)
        return terminal.ended

    steps = [("/ $ ", f"{PICTURE}\r"), ("/ $ ", f"{ENDLESS}\r"), ("/ $ ", "exit\r"),
             ("press Enter", "")]
    run(Disk(card.read_bytes()), steps, until, display=display, keyboard=keyboard)
    expected = Display(320, 200)
    boot(PICTURE, display=expected)
    shown = [picture for frame in frames if (picture := picture_in(frame)) is not None]
    if not any(np.array_equal(picture, expected.last & 0xFFFFFF) for picture in shown):
        raise Failed(f"none of {len(frames)} frames is the picture of `{PICTURE}`")


def kernels():
    """Cycles of each kernel, as a program on a card."""
    found = {}
    for name in NAMES:
        image = Image.format(256)
        image.make_directory("boot")
        image.write(KERNEL_FILE, np.array(words_of(name), "<u4").tobytes())
        text  = run(Disk(image.words.tobytes()), [("press Enter", "")],
                    lambda board, terminal: terminal.ended, first="it ran for")
        ended = ENDS.search(text)
        if ended is None or ended[2] is None or int(ended[2], 16) != expected_of(name):
            raise Failed(f"kernel {name}: {text}")
        found[name] = int(ended[3])
        say(f"kernel {name}: {found[name]} cycles")
    return found


def compare_kernels(found):
    """With the figures that `make hardware-test` compares a board's with."""
    stored = json.loads(FIGURES.read_text())
    off = {name: found[name] / stored.get(name, 1) - 1 for name in found}
    if any(abs(share) > MOST_OFF for share in off.values()):
        raise Failed(f"kernels take other cycles than {FIGURES.name} says: "
                     + ", ".join(f"{name} {share:+.1%}" for name, share in off.items())
                     + "; --store keeps the new ones")


def power_cut(card, seed):
    """Cut the power at a random write of a copy, then boot the card again."""
    left = random.Random(seed).randrange(MOST_WRITES)

    def cut(event):
        nonlocal left
        left -= event.sector is not None
        if left < 0:
            raise HostError("the power is off")

    disk = Disk(card.read_bytes(), observer=cut)
    run(disk, [("/ $ ", "cp /readme /tmp/copy\r")], lambda board, terminal: left < 0)
    left = sys.maxsize
    with tempfile.TemporaryDirectory() as folder:
        after = Path(folder) / "card.img"
        after.write_bytes(disk.octets())
        image = Image.load(after)
        wrong = [problem for problem in check(image) if problem.kind != "crash"]
        if wrong:
            raise Failed(f"seed {seed}: {wrong}")
    run(disk, [("/ $ ", "exit\r"), ("press Enter", "")],
        lambda board, terminal: terminal.ended)


def say(text):
    print(f"board-test: {text}", file=sys.stderr, flush=True)


def main(argv=None):
    """Run the campaign: 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.board")
    parser.add_argument("--count", type=int, default=5, help="power cuts (default: %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="seed of the first")
    parser.add_argument("--store", action="store_true",
                        help="keep the kernels' cycles, and do nothing else")
    options = parser.parse_args(argv)
    if options.store:
        FIGURES.write_text(json.dumps(kernels(), indent=1, sort_keys=True) + "\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        card = keep_card(Path(folder) / "card.img", system())
        try:
            tour(card)
            say("the tour is done, and the card is as it should be")
            screen_and_keys(card)
            say("the monitor shows what the golden model does, and the keyboard is heard")
            compare_kernels(kernels())
            say("kernels take the cycles that are stored")
            for seed in range(options.first, options.first + options.count):
                power_cut(card, seed)
                say(f"power cut {seed}: the card boots")
        except Failed as error:
            say(f"FAILED {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
