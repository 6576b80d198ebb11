"""How many cycles eight small programs take on a board, beside the figures of a simulated one.

They come over the serial line, so no card is needed. The boot loader tells how each ended and how
long it ran.
"""

import json
import re
import time
from pathlib import Path

from fpga.serial_line import ANSWER_S, BootRefused, send_program
from toolchain.build import image
from toolchain.files import read_source

__all__ = ["FIGURES", "NAMES", "figures", "measure", "run_kernels", "words_of"]

ROOT    = Path(__file__).resolve().parents[1]
FOLDER  = ROOT / "bench" / "kernels"
FIGURES = ROOT / "fpga" / "kernels.json"  # of the simulated board: make board-test ARGS=--store
NAMES   = tuple(sorted(path.stem for path in FOLDER.glob("*.qll")))
MOST_OFF = 0.02  # refreshes of the memory chip fall elsewhere

ENDS = re.compile(r"stopped at \w+ (with exit code 0x(\w+)|[^\r]*)\r\nit ran for (\d+) cycles\r\n")


def words_of(name):
    """A kernel's program, as it goes over the line."""
    return image([read_source(str(FOLDER / f"{name}.qll"))], target="bare").words


def expected_of(name):
    """The result that is written in a kernel's own comment."""
    match = re.search(r"Expect: (\w+)", (FOLDER / f"{name}.qll").read_text())
    return int(match[1], 0)


def figures():
    """Cycles by kernel, on the simulated board."""
    return json.loads(FIGURES.read_text())


def measure(line, name, *, patience=1.0):
    """Run a kernel on a board whose boot loader waits or starts: its result, None if it had none,
    and its cycles; a text instead if it did not end.

    Raises
    ------
    LineError, BootRefused
    """
    heard = send_program(line, words_of(name), patience_s=60 * patience,
                         answer_s=ANSWER_S * patience)
    end   = time.monotonic() + 10 * patience
    while not (found := ENDS.search(heard.decode("utf-8", "replace"))):
        if time.monotonic() > end:
            return f"it has not ended; the last: {heard[-100:]!r}"
        heard += line.read(0.2)
    return None if found[2] is None else int(found[2], 16), int(found[3])


def run_kernels(line, *, tell, patience=1.0, names=None):
    """Run these, or all, and compare: whether all results are right and all cycles near those of
    the simulated board."""
    simulated, is_good = figures(), True
    for name in NAMES if names is None else names:
        try:
            found = measure(line, name, patience=patience)
        except BootRefused as error:
            found = str(error)
        if isinstance(found, str):
            tell(f"FAILED  kernel {name}: {found}")
            return False
        result, cycles = found
        off = cycles / simulated[name] - 1
        said = f"kernel {name}: {cycles} cycles, {off:+.2%} against simulation"
        if result != expected_of(name):
            said += f"; its result is {result if result is None else hex(result)}, not " \
                    f"{expected_of(name):#x}"
        is_right = result == expected_of(name) and abs(off) <= MOST_OFF
        tell(f"{'passed' if is_right else 'FAILED'}  {said}")
        is_good = is_good and is_right
    return is_good
