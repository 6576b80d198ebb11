"""The console on the display: what can be read in its pictures, and what the keyboard types."""

import re
from array import array

import numpy as np
import pytest

from sim.host.display import Display
from sim.host.keyboard import Key, Keyboard
from tests.support.live import Live
from tests.support.system import system
from toolchain.places import FIRMWARE
from toolchain.qfs import Image

WIDTH, HEIGHT = 320, 200
CELL_WIDTH, CELL_HEIGHT, COLUMNS, ROWS = 6, 8, WIDTH // 6, HEIGHT // 8
BEFORE_FIRST = 32                       # code of the font's first glyph
PROMPT = "/ $ "
SLICE_CYCLES = 300_000
MOST_SLICES = 100
SETTLED = 3     # slices without a change
WHITE, RED, GREEN = 0xBBBBBB, 0xAA0000, 0x00AA00


def glyphs():
    """Character by the octets of its rows, from the source of the font."""
    text = (FIRMWARE / "lib" / "shared" / "graphics.qll").read_text()
    data = [int(word, 16) for word in
            re.findall(r"0x([0-9a-f]{2})\b", text[text.index("FONT_DATA: byte[760]"):])]
    return {bytes(row >> 1 & 0x3F for row in data[at:at + 8]): chr(BEFORE_FIRST + at // 8)
            for at in range(0, 760, 8)}


GLYPHS = glyphs()
WEIGHTS = 1 << np.arange(CELL_WIDTH)[::-1]


def read_cell(pixels):
    """The character of a cell, and its ink and paper. Where no glyph but one has ink is paper."""
    paper = int(pixels[0, -1])
    ink = next((int(colour) for colour in pixels.flat if colour != paper), paper)
    return GLYPHS.get(bytes(((pixels != paper) @ WEIGHTS).tolist()), "?"), ink, paper


def read_lines(frame):
    """All characters of a frame, row by row."""
    cells = frame[:ROWS * CELL_HEIGHT, :COLUMNS * CELL_WIDTH]
    cells = cells.reshape(ROWS, CELL_HEIGHT, COLUMNS, CELL_WIDTH).swapaxes(1, 2)
    rows = ((cells != cells[:, :, :1, -1:]) @ WEIGHTS).astype(np.uint8)
    return ["".join(GLYPHS.get(cell.tobytes(), "?") for cell in row).rstrip() for row in rows]


class Screen:
    """The machine with a display and a keyboard that a person uses, and nobody at its line."""

    def __init__(self, width=WIDTH, height=HEIGHT):
        self.keyboard = Keyboard()
        self.display = Display(width, height)
        image = Image(array("I", system().disk.read_bytes()))
        image.write("colours", b"\x1b[31mR\x1b[47mx\x1b[0;7;32mG\x1b[m!\n")
        self.live = Live(image.words.tobytes(), display=self.display, keyboard=self.keyboard)

    def start(self):
        self.live.until(PROMPT)
        self.live.command("console serial")
        self.live.type("console display\r")
        self.until(PROMPT)
        return self

    def cell(self, row, column):
        frame = self.display.last & 0xFFFFFF
        return read_cell(frame[row * CELL_HEIGHT:(row + 1) * CELL_HEIGHT,
                               column * CELL_WIDTH:(column + 1) * CELL_WIDTH])

    def lines(self):
        return [] if self.display.last is None else read_lines(self.display.last & 0xFFFFFF)

    def until(self, last_line):
        """Go on until the picture stays the same, and its last line that is not empty is this
        one; all such lines."""
        same = 0
        before = None
        for _ in range(MOST_SLICES):
            self.live.run(SLICE_CYCLES)
            lines = [line for line in self.lines() if line]
            same = same + 1 if lines == before else 0
            if same == SETTLED and lines and lines[-1] == last_line.rstrip():
                return lines
            before = lines
        raise AssertionError(f"waited for {last_line!r}; the screen shows {self.lines()}")

    def tap(self, *keys):
        """Keys one after the other; a string is its characters."""
        for key in keys:
            for code in key if isinstance(key, str) else [key]:
                self.keyboard.tap(ord(code) if isinstance(code, str) else code, hold_ms=30)
                self.live.run(800_000)


@pytest.fixture(scope="module")
def screen():
    return Screen().start()


def test_a_session_with_display_and_keyboard_alone(screen):
    said = len(screen.live.shown)
    screen.tap("echo Hello, wolrd!", Key.BACKSPACE, Key.LEFT, Key.LEFT, Key.LEFT, Key.DELETE,
               Key.RIGHT, "l", Key.ENTER)
    assert screen.until(PROMPT)[-3:-1] == ["/ $ echo Hello, world", "Hello, world"]
    assert len(screen.live.shown) == said


def test_a_long_text_scrolls_and_its_end_can_be_read(screen):
    screen.live.type("clear\rcat -n /man/sh\r")
    lines = screen.until(PROMPT)
    assert len(screen.lines()) == ROWS
    numbers = [int(line[:6]) for line in lines if line[:6].strip().isdigit()]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_the_cursor_shows_where_one_types(screen):
    screen.live.type("clear\r")
    screen.until(PROMPT)
    at = len(PROMPT)
    assert screen.cell(0, at) == (" ", WHITE, WHITE)
    assert screen.cell(0, at + 1) == (" ", 0, 0)


def test_colours_and_reverse(screen):
    screen.live.type("clear\rcat /colours\r")
    assert "RxG!" in screen.until(PROMPT)
    row = screen.lines().index("RxG!")
    cells = [screen.cell(row, column) for column in range(4)]
    assert cells == [("R", RED, 0), ("x", RED, WHITE), ("G", 0, GREEN), ("!", WHITE, 0)]


def test_what_the_font_lacks_is_a_full_cell(screen):
    screen.live.type("clear\recho é\r")
    screen.until(PROMPT)
    assert screen.lines()[0] == "/ $ echo"
    assert [screen.cell(row, column)[2] for row, column in ((0, 9), (1, 0), (1, 1))] == \
        [WHITE, WHITE, 0]


def test_a_program_has_the_display_and_gives_it_back(screen):
    screen.live.type("clear\recho before\rplasma 2\r")
    frames = screen.display.frame_count
    lines = screen.until(PROMPT)
    assert "before" in lines
    assert screen.display.frame_count > frames + 2


def test_keys_repeat_while_they_are_held(screen):
    screen.live.type("clear\r")
    screen.until(PROMPT)
    screen.live.run(SLICE_CYCLES * 20)
    screen.keyboard.set(ord("x"), True)
    screen.live.run(8_000_000)
    screen.keyboard.set(ord("x"), False)
    screen.live.run(SLICE_CYCLES * 2)
    typed = screen.lines()[0]
    assert re.fullmatch(r"/ \$ x{4,8}", typed)
    screen.live.run(2_000_000)
    assert screen.lines()[0] == typed
    screen.keyboard.set(Key.CONTROL, True)
    screen.tap("u")
    screen.keyboard.set(Key.CONTROL, False)
    screen.until(PROMPT)


def test_what_a_terminal_tells_as_keys_too_is_typed_once(screen):
    screen.live.type("clear\r")
    screen.until(PROMPT)
    for letter in "echo twice":
        screen.live.type(letter)
        screen.tap(letter)
    screen.live.type("\r")
    assert screen.until(PROMPT)[-2] == "twice"


def test_a_key_that_was_not_heard_does_not_repeat_the_last_one(screen):
    screen.live.type("clear\r")
    screen.until(PROMPT)
    screen.live.run(SLICE_CYCLES * 60)
    screen.tap("x")
    screen.live.type("y")                  # keys are its for a while
    screen.live.run(SLICE_CYCLES)
    screen.keyboard.set(ord("x"), True)
    screen.live.run(8_000_000)
    screen.keyboard.set(ord("x"), False)
    assert screen.until(PROMPT + "xy") == [PROMPT + "xy"]
    screen.live.type("\x15")
    screen.until(PROMPT)


def test_it_says_where_it_is_and_goes_back(screen):
    screen.live.type("clear\rconsole\r")
    assert screen.until(PROMPT)[-2] == "display"
    screen.live.type("console serial\r")
    screen.live.until(PROMPT)
    assert screen.live.command("console") == "serial\n"
    assert screen.live.command("console both; echo $?").endswith("console [display|serial]\n2\n")
    screen.live.type("console display\r")
    screen.until(PROMPT)


@pytest.mark.parametrize("key", [Key.SHIFT, ord("a"), ord("~")])
def test_any_key_that_is_held_at_the_start_chooses_the_display(key):
    screen = Screen()
    screen.keyboard.set(key, True)
    assert screen.until(PROMPT)[0].startswith("Quince")
    assert screen.live.shown == ""


def test_without_a_display_it_says_so():
    live = Live()
    live.until(PROMPT)
    assert live.command("console display") == \
        "console: there is no display and keyboard, or no memory for it\n"
    assert live.command("console") == "serial\n"
