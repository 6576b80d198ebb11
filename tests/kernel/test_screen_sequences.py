"""The console on the display understands what programs send to a terminal: each sequence by what it
makes of six rows of text."""

from array import array

import pytest

from tests.kernel.test_screen import COLUMNS, PROMPT, ROWS, Screen
from tests.support.system import system
from toolchain.qfs import Image

SIX = ["11111", "22222", "33333", "44444", "55555", "66666"]
FAR = "22222" + " " * (COLUMNS - 6)       # the second row up to its last column
BEGIN = "\x1b[m\x1b[r\x1b[2J\x1b[H" + "\n".join(SIX)
LAST = ROWS - 2                           # where the prompt follows, so that there is a row below
END = f"\x1b[m\x1b[r\x1b[{LAST + 1};1H"


def rows(**changed):
    """The six rows but for some, by their numbers: `r2="…"`."""
    found = dict(enumerate(SIX, 1)) | {int(name[1:]): text for name, text in changed.items()}
    return [found.get(number, "") for number in range(1, max(found) + 1)]


SEQUENCES = {
    "up":                 ("\x1b[3;3H\x1b[2Ax",        rows(r1="11x11")),
    "up, not out":        ("\x1b[3;3H\x1b[9Ax",        rows(r1="11x11")),
    "down":               ("\x1b[1;2H\x1b[3Bx",        rows(r4="4x444")),
    "down, not out":      ("\x1b[1;2H\x1b[99Bx",       rows(**{f"r{ROWS}": " x"})),
    "right":              ("\x1b[2;1H\x1b[Cx",         rows(r2="2x222")),
    "right, not out":     ("\x1b[2;1H\x1b[999Cx",      rows(r2=FAR + "x")),
    "left":               ("\x1b[2;5H\x1b[3Dx",        rows(r2="2x222")),
    "left, not out":      ("\x1b[2;5H\x1b[9Dx",        rows(r2="x2222")),
    "column":             ("\x1b[2;5H\x1b[2Gx",        rows(r2="2x222")),
    "row":                ("\x1b[2;5H\x1b[4dx",        rows(r4="4444x")),
    "place":              ("\x1b[4;2fx",               rows(r4="4x444")),
    "place, row alone":   ("\x1b[4Hx",                 rows(r4="x4444")),
    "place, zeros":       ("\x1b[0;0Hx",               rows(r1="x1111")),
    "place, first one left out": ("\x1b[;3Hx",         rows(r1="11x11")),
    "backspace":          ("\x1b[2;3H\b\bx",           rows(r2="x2222")),
    "backspace, not out": ("\x1b[2;2H\b\b\bx",         rows(r2="x2222")),
    "return":             ("\x1b[2;3H\rx",             rows(r2="x2222")),
    "tab":                ("\x1b[2;1H\tx",             rows(r2="22222   x")),
    "tab before a stop":  ("\x1b[2;8H\tx",             rows(r2="22222   x")),
    "tab at a stop":      ("\x1b[2;9H\tx",             rows(r2="22222" + " " * 11 + "x")),
    "line feed":          ("\x1b[2;3H\nx",             rows(r3="x3333")),
    "what is no character": ("\x1b[2;1Hx\x7f\x07\x01y", rows(r2="xy222")),
    "kept place":         ("\x1b[2;3H\x1b7\x1b[5;5H\x1b8x", rows(r2="22x22")),
    "kept place, otherwise": ("\x1b[2;3H\x1b[s\x1b[5;5H\x1b[ux", rows(r2="22x22")),
    "reverse line feed":  ("\x1b[3;2H\x1bMx",          rows(r2="2x222")),
    "reverse line feed at the top": ("\x1b[1;2H\x1bMx", [" x", *SIX]),
    "reverse line feed in a region": ("\x1b[2;4r\x1b[2;1H\x1bMx",
                                      rows(r2="x", r3="22222", r4="33333")),
    "erase to the end":   ("\x1b[3;3H\x1b[J",          rows(r3="33", r4="", r5="", r6="")),
    "erase to here":      ("\x1b[3;3H\x1b[1J",         rows(r1="", r2="", r3="   33")),
    "erase all":          ("\x1b[3;3H\x1b[2Jx",        ["", "", "  x"]),
    "erase the row's end": ("\x1b[3;3H\x1b[K",         rows(r3="33")),
    "erase the row to here": ("\x1b[3;3H\x1b[1K",      rows(r3="   33")),
    "erase the row":      ("\x1b[3;3H\x1b[2K",         rows(r3="")),
    "region scrolls":     ("\x1b[2;4r\x1b[4;1H\nx",    rows(r2="33333", r3="44444", r4="x")),
    "region does not scroll below it": ("\x1b[2;4r\x1b[5;1H\nx", rows(r6="x6666")),
    "region begins at the top": ("\x1b[3;5H\x1b[2;4rx", rows(r1="x1111")),
    "no region of a row": ("\x1b[3;5H\x1b[3;3rx",      rows(r3="3333x")),
    "no region upside down": ("\x1b[3;5H\x1b[4;2rx",   rows(r3="3333x")),
    "region of two rows": ("\x1b[2;3r\x1b[3;1H\nx",    rows(r2="33333", r3="x")),
    "region of all":      ("\x1b[2;4r\x1b[r\x1b[4;1H\nx", rows(r5="x5555")),
    "region to the end":  ("\x1b[2r\x1b[4;1H\nx",      rows(r5="x5555")),
    "up by a row":        ("\x1b[2;4r\x1b[S",          rows(r2="33333", r3="44444", r4="")),
    "up by two":          ("\x1b[2;4r\x1b[2S",         rows(r2="44444", r3="", r4="")),
    "down by a row":      ("\x1b[2;4r\x1b[T",          rows(r2="", r3="22222", r4="33333")),
    "insert a row":       ("\x1b[2;4r\x1b[3;1H\x1b[L", rows(r3="", r4="33333")),
    "insert in the first row": ("\x1b[2;4r\x1b[2;1H\x1b[L", rows(r2="", r3="22222", r4="33333")),
    "insert above the region": ("\x1b[2;4r\x1b[1;1H\x1b[L", rows()),
    "insert below the region": ("\x1b[2;4r\x1b[5;1H\x1b[L", rows()),
    "delete a row":       ("\x1b[2;4r\x1b[3;1H\x1b[M", rows(r3="44444", r4="")),
    "delete above the region": ("\x1b[2;4r\x1b[1;1H\x1b[M", rows()),
    "delete below the region": ("\x1b[2;4r\x1b[5;1H\x1b[M", rows()),
    "insert characters":  ("\x1b[2;3H\x1b[2@",         rows(r2="22  222")),
    "insert too many":    ("\x1b[2;3H\x1b[999@",       rows(r2="22")),
    "delete characters":  ("\x1b[2;2H\x1b[3P",         rows(r2="22")),
    "delete one":         ("\x1b[2;1HABCDE\x1b[2;2H\x1b[P", rows(r2="ACDE")),
    "delete too many":    ("\x1b[2;3H\x1b[999P",       rows(r2="22")),
    "a row goes on":      (f"\x1b[2;{COLUMNS}Hxy",     rows(r2=FAR + "x", r3="y3333")),
    "at the edge it waits": (f"\x1b[2;{COLUMNS}Hx\b\x1b[Cy", rows(r2=FAR + "y")),
    "what it does not know": ("\x1b[2;2H\x1b[5zx\x1b[?7hy\x1b=z", rows(r2="2xyz2")),
    "private ones are others": ("\x1b[2;2H\x1b[?2J\x1b[?Ax", rows(r2="2x222")),
    "a large number":     ("\x1b[2;2H\x1b[99999999Ax", rows(r1="1x111")),
    "many numbers":       ("\x1b[2;2;3;4;5;6;7;8;9;10Hx", rows(r2="2x222")),
    "an escape in a sequence": ("\x1b[2;2H\x1b[\x1b[Cx", rows(r2="22x22")),
    "a control in a sequence": ("\x1b[2;4H\x1b[\b2Dx", rows(r2="x2222")),
    "reset":              ("\x1b[2;4r\x1b[3;3H\x1bcx", ["x"]),
}

WHITE, RED, BLUE, BLACK = 0xBBBBBB, 0xAA0000, 0x4444CC, 0
BRIGHT_RED = 0xFF5555
COLOURS = {  # ink and paper of an X behind it
    "\x1b[31m":            (RED, BLACK),
    "\x1b[44m":            (WHITE, BLUE),
    "\x1b[31;44m":         (RED, BLUE),
    "\x1b[31;44;39m":      (WHITE, BLUE),
    "\x1b[31;44;49m":      (RED, BLACK),
    "\x1b[31;44m\x1b[m":   (WHITE, BLACK),
    "\x1b[31;44;0m":       (WHITE, BLACK),
    "\x1b[7;31m":          (BLACK, RED),
    "\x1b[31;44;7m":       (BLUE, RED),
    "\x1b[31;7;27m":       (RED, BLACK),
    "\x1b[1;31m":          (BRIGHT_RED, BLACK),
    "\x1b[1;31;22m":       (RED, BLACK),
    "\x1b[91m":            (BRIGHT_RED, BLACK),
    "\x1b[38m\x1b[29m\x1b[48m\x1b[98m": (WHITE, BLACK),
    "\x1b[30;47m":         (BLACK, WHITE),
    "\x1b[37;40m":         (WHITE, BLACK),
}


class WithFiles(Screen):
    """A screen whose machine has a file for each sequence."""

    def __init__(self):
        image = Image(array("I", system().disk.read_bytes()))
        image.make_directory("s")
        for number, (text, _) in enumerate(SEQUENCES.values()):
            image.write(f"s/{number}", (BEGIN + text + END).encode())
        colours = "".join(f"{colour}X\x1b[m\n" for colour in COLOURS)
        image.write("s/colours", (BEGIN + "\x1b[2J\x1b[H" + colours + END).encode())
        super().__init__()
        self.live = type(self.live)(image.words.tobytes(), display=self.display,
                                    keyboard=self.keyboard)

    def shows(self, name):
        """All rows when a file was written, up to the prompt's and behind it."""
        self.live.type(f"cat /s/{name}\r")
        self.until(PROMPT, row=LAST)
        return self.lines()

    def until(self, last_line, row=None):
        if row is None:
            return super().until(last_line)
        before = None
        for _ in range(100):
            self.live.run(300_000)
            lines = self.lines()
            if lines == before and lines[row] == last_line.rstrip():
                return lines
            before = lines
        raise AssertionError(f"no prompt: {lines}")


@pytest.fixture(scope="module")
def screen():
    return WithFiles().start()


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_does_what_terminals_do(screen, name):
    shown = screen.shows(list(SEQUENCES).index(name))
    wanted = SEQUENCES[name][1] + [""] * ROWS
    assert shown[:LAST] + shown[LAST + 1:] == wanted[:LAST] + wanted[LAST + 1:ROWS]


def test_colours_are_those_of_terminals(screen):
    screen.shows("colours")
    assert {colour: screen.cell(row, 0) for row, colour in enumerate(COLOURS)} \
        == {colour: ("X", *wanted) for colour, wanted in COLOURS.items()}
