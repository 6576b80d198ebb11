"""The simulated board as a campaign: `make board-test`.

A board down to its chips boots its card; what it writes is on the card. Then the power fails at
random writes of sectors: a power cut may leave what it may leave, and the card boots.
"""

import argparse
import random
import re
import sys
import tempfile
from pathlib import Path

from fpga.boards.configs import CONFIGS
from sim.board.machine import SimulatedBoard
from sim.host.disk import Disk
from sim.host.error import HostError
from sim.host.terminal import ScriptedTerminal
from system.card import keep_card
from tests.support.system import system
from toolchain.qfs import Image
from toolchain.qfs.check import check

CONFIG = CONFIGS["ulx3s"]
SAVED  = "saved by a board"
MOST_CYCLES = 40_000_000
MOST_WRITES = 12  # of sectors, that the copy in `power_cut` makes at least


class Failed(Exception):
    """The board did not do what it should."""


def run(disk, steps, until):
    """Run a board with a person at its line until something is true of it; all that it said."""
    terminal = ScriptedTerminal([("Try `help`.", ""), *steps])
    board = SimulatedBoard(CONFIG, terminal, disk, say=say)
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
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        card = keep_card(Path(folder) / "card.img", system())
        try:
            tour(card)
            say("the tour is done, and the card is as it should be")
            for seed in range(options.first, options.first + options.count):
                power_cut(card, seed)
                say(f"power cut {seed}: the card boots")
        except Failed as error:
            say(f"FAILED {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
