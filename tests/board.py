"""The simulated board as a campaign: `make board-test`.

A board down to its chips boots its card; what it writes is on the card, what it shows comes out of
the monitor's cable as the golden model shows it, and keys of the USB keyboard arrive. Then the
power fails at random writes of sectors: a power cut may leave what it may leave, and the card
boots.
"""

import argparse
import json
import os
import pty
import random
import re
import subprocess
import sys
import tempfile
import threading
import tty
from pathlib import Path

import numpy as np

from fpga.boards.configs import CONFIGS
from fpga.hardware_test import STEPS
from fpga.hardware_test import run as try_out
from fpga.kernels import ENDS, FIGURES, NAMES, expected_of, run_kernels, words_of
from fpga.serial_line import SerialLine
from sim.board.machine import SimulatedBoard
from sim.board.screen import HEIGHT, WIDTH, picture_in
from sim.chips.sd_card import SdQuirks
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.error import HostError
from sim.host.keyboard import Key, Keyboard
from sim.host.terminal import ScriptedTerminal, Terminal
from system.card import KERNEL_FILE, keep_card
from tests.support.system import boot, system
from toolchain.qfs import Image
from toolchain.qfs.check import check

CONFIG = CONFIGS["ulx3s"]
SAVED  = "saved by a board"
HALTED = "with exit code 0x0"
COPY   = "cp /readme /tmp/copy"
COMPLAINT = "sh: cannot open: /tmp/more"
BACK      = "(the card is back)"
PROTECTED = SdQuirks.const({"is_protected": 1}).as_value().value
NO_CARD   = SdQuirks.const({"is_out": 1}).as_value().value
SETS_UP_CYCLES = 12_000_000  # a board without a card looks for one every 250 ms
PICTURE     = "plasma 1"
ENDLESS     = "plasma 100000"  # until escape is pressed
MOST_CYCLES = 120_000_000
TOO_LONG    = ("usertests", "the clock runs")  # steps of the test of hardware
PATIENCE    = 60  # times as long as a board may it take to send and to run a kernel
SPARE_SECTORS = 1024  # free on a card that is filled up sooner
MOST_OFF    = 0.005  # of a kernel's cycles from those that are stored


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
    """Boot by the command, write a file, read it, halt; then the host checks the card."""
    typed = f"echo {SAVED} > /tmp/note\ncat /tmp/note\n"
    done  = subprocess.run([sys.executable, "-m", "sim.board", "ulx3s", "--card", str(card)],
                           input=typed.encode(), stdout=subprocess.PIPE)
    text  = done.stdout.decode("utf-8", "replace")
    if done.returncode or not re.search(rf"\n{SAVED}\r\n", text) or HALTED not in text:
        raise Failed(f"status {done.returncode}: {text}")
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


def hardware_test(disk, steps):
    """`make hardware-test` at the other end of a pseudo-terminal, with somebody who presses a key
    when told to."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    keyboard, results, seconds = Keyboard(), [], 0.0
    board = SimulatedBoard(CONFIG, Terminal(ours, ours), disk, say=say, keyboard=keyboard)

    def try_it_out():
        line = SerialLine(os.ttyname(theirs), CONFIG.baud_hz)
        results.append(try_out(line, steps, clock=lambda: seconds, tell=say,
                               ask=lambda text: keyboard.set(Key.ESCAPE, True)))
        if all(results):
            results.append(run_kernels(line, patience=PATIENCE, tell=say, names=("gcd",)))
        line.close()

    worker = threading.Thread(target=try_it_out, daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            board.run()
            seconds = board.cycles / CONFIG.clock_hz
    finally:
        board.close()
    if results != [True, True]:
        raise Failed("the test of hardware does not pass")
    os.close(theirs)
    os.close(ours)


def short_hardware_test(card):
    hardware_test(Disk(card.read_bytes()), [step for step in STEPS if step.name not in TOO_LONG])


def whole_hardware_test(card):
    """All of it, with a card that a test which fills the disk fills sooner."""
    hardware_test(Disk(small_card(Image.load(card)).words.tobytes()), STEPS)


def small_card(whole):
    """What is on a card, on one that has little room left."""
    small = Image.format(whole.sectors - whole.free + SPARE_SECTORS)
    for path, entry in whole.walk("/"):
        if entry.is_directory:
            small.make_directory(path)
        else:
            small.write(path, whole.read(path), executable=entry.is_executable)
    return small


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


def writes_of_copy(card):
    """How many sectors the copy in `power_cut` writes, as the golden model does it."""
    prompts, writes = 0, 0

    def on_prompt(count, golden):
        nonlocal prompts
        prompts = count

    def on_write(event):
        nonlocal writes
        writes += prompts == 1 and event.sector is not None

    boot(COPY, disk=card.read_bytes(), on_prompt=on_prompt, on_write=on_write)
    return writes


def power_cut(card, seed, writes):
    """Cut the power at a random one of so many writes of a copy, then boot the card again."""
    left = random.Random(seed).randrange(writes)

    def cut(event):
        nonlocal left
        left -= event.sector is not None
        if left < 0:
            raise HostError("the power is off")

    disk = Disk(card.read_bytes(), observer=cut)
    run(disk, [("/ $ ", f"{COPY}\r"), ("/ $ ", "")],
        lambda board, terminal: left < 0 or terminal.ended)
    if left >= 0:
        raise Failed(f"seed {seed}: the copy writes {left + 1} sectors less than on the model")
    left = sys.maxsize
    try:
        check_image(disk)
    except Failed as error:
        raise Failed(f"seed {seed}: {error}") from None
    run(disk, [("/ $ ", "exit\r"), ("press Enter", "")],
        lambda board, terminal: terminal.ended)


class Puller:
    """Pulls the card out during a copy, after some writes of sectors, and puts it back when the
    shell has complained of something else."""
    def __init__(self, writes):
        self.left, self.does = writes, "waits"

    def observe(self, event):
        if self.does == "counts":
            self.left -= event.sector is not None

    def attend(self, board, terminal):
        if self.does == "waits" and COPY in terminal.text:
            self.does = "counts"
        if self.does == "counts" and self.left <= 0:
            board.set_quirks(NO_CARD)
            self.does = "complains"
        if self.does == "complains" and COMPLAINT in terminal.text:
            board.set_quirks(0)
            end = board.cycles + SETS_UP_CYCLES
            while board.cycles < end:
                board.run()
            terminal.write(BACK.encode())
            self.does = "nothing"
        return terminal.ended


def pulled_card(card):
    """The card pulled out while it is written to: the shell is told, goes on, and uses the card
    again when it is back. What was saved before is there, and the host finds nothing broken."""
    puller = Puller(writes=2)
    disk   = Disk(card.read_bytes(), observer=puller.observe)
    run(disk, [("/ $ ", f"echo {SAVED} > /tmp/note\r"), ("/ $ ", f"{COPY}\r"),
               ("cp: cannot write: /tmp/copy", ""), ("/ $ ", "echo more > /tmp/more\r"),
               (BACK, "cat /tmp/note\r"), (f"\n{SAVED}\r\n", ""), ("/ $ ", "exit\r"),
               ("press Enter", "")], puller.attend)
    check_image(disk, "tmp/note")


def protected_card(card):
    """A write-protected card: it boots, is read, and nothing on it changes; the shell says so."""
    before = card.read_bytes()
    disk   = Disk(before)
    run(disk, [("/ $ ", f"{COPY}\r"), ("cp: cannot write: /tmp/copy", ""),
               ("/ $ ", "rm /readme\r"), ("rm: cannot remove: /readme", ""),
               ("/ $ ", "cat /readme\r"), ("This is the disk of a Quince computer.", ""),
               ("/ $ ", "exit\r"), ("press Enter", "")],
        lambda board, terminal: terminal.ended, quirks=PROTECTED)
    if disk.octets() != before:
        raise Failed("a protected card was written to")


def check_image(disk, saved=None):
    """That the host finds nothing but what a power cut may leave, and a file that was saved."""
    with tempfile.TemporaryDirectory() as folder:
        after = Path(folder) / "card.img"
        after.write_bytes(disk.octets())
        image = Image.load(after)
    wrong = [problem for problem in check(image) if problem.kind != "crash"]
    if wrong or (saved and image.read(saved) != f"{SAVED}\n".encode()):
        raise Failed(f"on the card: {wrong}")


def say(text):
    print(f"board-test: {text}", file=sys.stderr, flush=True)


# By name: what does it, given a card, and what is true then.
PARTS = {
    "tour":      (tour, "the tour is done, and the card is as it should be"),
    "screen":    (screen_and_keys,
                  "the monitor shows what the golden model does, and the keyboard is heard"),
    "pulled":    (pulled_card, "a card that is pulled out is missed, and used when it is back"),
    "protected": (protected_card, "a protected card is read and never written"),
    "hardware":  (short_hardware_test, "the test of hardware passes over the serial line"),
    "kernels":   (lambda card: compare_kernels(kernels()),
                  "kernels take the cycles that are stored"),
    "usertests": (whole_hardware_test,
                  "the test of hardware passes over the serial line, usertests too"),
}
BY_NAME_ONLY = ("usertests",)  # takes an hour


def main(argv=None):
    """Run the campaign: 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m tests.board")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"{', '.join(PARTS)} or cuts (default: all but "
                             f"{', '.join(BY_NAME_ONLY)})")
    parser.add_argument("--count", type=int, default=5, help="power cuts (default: %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="seed of the first")
    parser.add_argument("--store", action="store_true",
                        help="keep the kernels' cycles, and do nothing else")
    options = parser.parse_args(argv)
    if wrong := set(options.parts) - {*PARTS, "cuts"}:
        parser.error(f"no part is named {', '.join(sorted(wrong))}")
    if options.store:
        FIGURES.write_text(json.dumps(kernels(), indent=1, sort_keys=True) + "\n")
        return 0
    wanted = options.parts or [*(name for name in PARTS if name not in BY_NAME_ONLY), "cuts"]
    with tempfile.TemporaryDirectory() as folder:
        card = keep_card(Path(folder) / "card.img", system())
        try:
            for name, (part, claim) in PARTS.items():
                if name in wanted:
                    part(card)
                    say(claim)
            if "cuts" in wanted:
                writes = writes_of_copy(card)
                for seed in range(options.first, options.first + options.count):
                    power_cut(card, seed, writes)
                    say(f"power cut {seed}: the card boots")
        except Failed as error:
            say(f"FAILED {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
