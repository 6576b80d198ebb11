"""Displays: PNG files, the terminal, and a window without a screen."""

import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from sim.host.display import (
    Display,
    PngDisplay,
    TerminalDisplay,
    open_display,
    parse_size,
    render_half_blocks,
)
from sim.host.error import HostError
from sim.host.terminal import Terminal

RED, GREEN, BLUE = 0xFFFF0000, 0xFF00FF00, 0x000000FF  # alpha does not matter


def test_flips_become_numbered_files(tmp_path):
    display = PngDisplay(3, 2, tmp_path / "made" / "frames")
    display.show(np.array([RED, GREEN, BLUE, 0, 0xFFFFFFFF, 0x80123456], np.uint32))
    display.show(np.zeros(6, np.uint32))
    names = sorted(path.name for path in (tmp_path / "made" / "frames").iterdir())
    assert names == ["frame-000001.png", "frame-000002.png"]
    with Image.open(tmp_path / "made" / "frames" / names[0]) as image:
        assert image.size == (3, 2)
        assert [image.convert("RGB").getpixel((x, y)) for y in range(2) for x in range(3)] == [
            (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255), (0x12, 0x34, 0x56)]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="display: .*file/x: Not a directory"):
        PngDisplay(1, 1, tmp_path / "file" / "x")


def test_every_display_counts_and_keeps_its_flips():
    display = Display(2, 2)
    display.show(np.arange(4, dtype=np.uint32))
    assert display.frame_count == 1 and display.last.tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("text, size", [("1x1", (1, 1)), ("320x200", (320, 200)),
                                        ("4096x4096", (4096, 4096))])
def test_a_size_is_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text, message", [
    ("0x5", "must be from 1 to 4096 pixels, not 0 and 5"), ("5x0", "not 5 and 0"),
    ("4097x1", "not 4097 and 1"), ("1x99999999", "not 1 and 99999999"),
    ("", "such as 320x200, not ''"), ("320", "not '320'"), ("-3x4", "not '-3x4'"),
    ("3x4x5", "not '3x4x5'"), ("٣x٤", "not"), ("axb", "not 'axb'"), ("1e3x5", "not '1e3x5'"),
])
def test_a_bad_size_is_said_clearly(text, message):
    with pytest.raises(HostError, match=message):
        parse_size(text)


def test_an_unknown_kind_is_an_error(tmp_path):
    with pytest.raises(HostError, match="'film' is none of auto, window, png, terminal, none"):
        open_display("film", 1, 1, folder=tmp_path, terminal=Terminal())


def test_without_a_screen_flips_become_files(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    display = open_display("auto", 2, 2, folder=tmp_path, terminal=Terminal())
    assert isinstance(display, PngDisplay)


def test_a_terminal_display_needs_a_terminal(tmp_path):
    with open(tmp_path / "file", "wb") as file:
        with pytest.raises(HostError, match="the output is no terminal; use --display png"):
            open_display("terminal", 4, 4, folder=tmp_path, terminal=Terminal(None, file))
    person, machine = pty.openpty()
    display = open_display("terminal", 4, 4, folder=tmp_path, terminal=Terminal(None, machine))
    assert isinstance(display, TerminalDisplay)
    os.close(person)
    os.close(machine)


def plain(row):
    return re.sub("\x1b\\[[0-9;]*m", "", row)


def test_a_terminal_shows_two_pixels_a_character():
    frame = np.array([[RED, RED], [GREEN, BLUE], [0, 0]], np.uint32)
    rows = render_half_blocks(frame, 80, 24)
    assert [plain(row) for row in rows] == ["▀▀", "▀▀"]
    assert rows[0] == "\x1b[38;2;255;0;0;48;2;0;255;0m▀\x1b[38;2;255;0;0;48;2;0;0;255m▀"
    assert rows[1] == "\x1b[38;2;0;0;0;48;2;0;0;0m▀▀"


@pytest.mark.parametrize("width, height", [(320, 200), (10, 1000), (1000, 3), (1, 1)])
def test_a_large_picture_is_made_to_fit_the_terminal(width, height):
    rows = render_half_blocks(np.zeros((height, width), np.uint32), 80, 24)
    assert 1 <= len(rows) <= 23 and all(1 <= len(plain(row)) <= 80 for row in rows)


def test_only_rows_that_changed_are_sent_again():
    reader, writer = os.pipe()
    display = TerminalDisplay(2, 4, Terminal(None, writer))
    frame = np.zeros(8, np.uint32)
    display.show(frame)
    assert os.read(reader, 9999).startswith(b"\x1b[2J\x1b[1;1H")
    frame = frame.copy()
    frame[7] = RED
    display.show(frame)
    assert os.read(reader, 9999).startswith(b"\x1b[2;1H")
    display.show(frame)
    os.set_blocking(reader, False)
    with pytest.raises(BlockingIOError):
        os.read(reader, 9999)
    display.close()
    assert os.read(reader, 9999) == b"\x1b[0m\n"
    os.close(reader)
    os.close(writer)


WINDOW = """
import os
os.environ["SDL_VIDEODRIVER"] = "dummy"
import numpy as np
from sim.host.display import open_display
from sim.host.keyboard import Keyboard
from sim.host.terminal import Terminal

display = open_display("auto", 4, 3, folder=".", terminal=Terminal())
import pygame
keyboard = Keyboard()
frame = np.full(12, 0xFF102030, np.uint32)
frame[11] = 0xFFAABBCC
display.show(frame)
last = display.scale
print(type(display).__name__, tuple(display._screen.get_at((0, 0)))[:3],
      tuple(display._screen.get_at((4 * last - 1, 3 * last - 1)))[:3])

def key(kind, code, scancode, text=""):
    pygame.event.post(pygame.event.Event(kind, key=code, scancode=scancode, unicode=text, mod=0))

key(pygame.KEYDOWN, pygame.K_LEFT, 1)
key(pygame.KEYDOWN, pygame.K_LSHIFT, 2)
key(pygame.KEYDOWN, pygame.K_a, 3, "A")
display.poll(keyboard); print([hex(w) for w in keyboard.state])
key(pygame.KEYUP, pygame.K_LSHIFT, 2)
key(pygame.KEYUP, pygame.K_a, 3, "a")
display.poll(keyboard); print([hex(w) for w in keyboard.state])
key(pygame.KEYDOWN, pygame.K_c, 4, "\\x03")
display.poll(keyboard); print([hex(w) for w in keyboard.state])
pygame.event.post(pygame.event.Event(pygame.WINDOWFOCUSLOST))
display.poll(keyboard); print([hex(w) for w in keyboard.state], display.is_closed)
pygame.event.post(pygame.event.Event(pygame.QUIT))
display.poll(None); print(display.is_closed)
display.close()
"""


def test_a_window_shows_flips_and_gives_keys():
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", WINDOW], capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "WindowDisplay (16, 32, 48) (170, 187, 204)",
        "['0x401', '0x0', '0x0', '0x2', '0x0']",
        "['0x1', '0x0', '0x0', '0x0', '0x0']",
        "['0x1', '0x0', '0x0', '0x0', '0x8']",
        "['0x0', '0x0', '0x0', '0x0', '0x0'] False",
        "True",
    ]


def test_a_window_without_a_screen_is_said_clearly(tmp_path):
    code = ("from sim.host.display import open_display; from sim.host.terminal import Terminal\n"
            "from sim.host.error import HostError\n"
            "try: open_display('window', 4, 3, folder='.', terminal=Terminal())\n"
            "except HostError as error: print(error)")
    environment = {**os.environ, "SDL_VIDEODRIVER": "x11", "DISPLAY": ":99"}
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True,
                            text=True, timeout=60, env=environment)
    assert result.stdout.startswith("display: cannot open a window: "), result.stderr
    assert "--display png" in result.stdout
