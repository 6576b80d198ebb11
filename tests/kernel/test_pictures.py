"""What is on the display: `show`, the viewer of pictures, and `bricks`, a game."""

import re
from array import array

import pytest

from sim.host.display import Display
from sim.host.keyboard import Key
from tests.support.live import PROMPT, Live
from tests.support.system import boot, system
from toolchain.qfs import Image

ESCAPE = 27
RED, GREEN, BLUE, GREY, BLACK = 0xFFFF0000, 0xFF00FF00, 0xFF0000FF, 0xFF808080, 0


def disk_with(**files):
    image = Image(array("I", system().disk.read_bytes()))
    for name, contents in files.items():
        image.write(f"/tmp/{name}", contents)
    return image.words.tobytes()


def ppm(rows, head="P6\n# a comment\n{} {}\n255\n"):
    octets = b"".join(colour.to_bytes(4, "big")[1:] for row in rows for colour in row)
    return head.format(len(rows[0]), len(rows)).encode() + octets


def shown(contents, width, height):
    """The picture on a display of a size; the viewer is left by escape."""
    display = Display(width, height)
    live = Live(disk=disk_with(p=contents), display=display)
    live.until(PROMPT)
    live.type("show /tmp/p\r")
    for _ in range(100):
        live.run(500_000)
        if display.frame_count:
            break
    picture = display.last
    live.golden.hosts.keyboard.tap(ESCAPE)
    live.golden.hosts.keyboard.set(Key.ESCAPE, True)
    live.until(PROMPT)
    return picture


def test_a_picture_is_made_larger_by_whole_numbers_and_stands_in_the_middle():
    picture = shown(ppm([[RED, GREEN], [BLUE, RED]]), 16, 11)
    assert (picture[:, :3] == BLACK).all() and (picture[10] == BLACK).all()
    assert (picture[0:5, 3:8] == RED).all() and (picture[0:5, 8:13] == GREEN).all()
    assert (picture[5:10, 3:8] == BLUE).all() and (picture[5:10, 13:] == BLACK).all()


def test_a_picture_that_is_too_large_is_made_smaller():
    rows = [[RED if x < 30 else BLUE for x in range(60)] for _ in range(40)]
    picture = shown(ppm(rows), 20, 20)
    assert (picture[3:16, :10] == RED).all() and (picture[3:16, 10:] == BLUE).all()


def test_a_grey_picture_is_shown():
    assert (shown(b"P5 1 1 255\n\x80", 8, 8) == GREY).all()


@pytest.mark.parametrize("contents, wrong", [
    (b"", "is no picture that begins with P6 or P5"), (b"GIF89a", "is no picture that begins"),
    (b"P6", "lacks width, height or the largest value"), (b"P6 1 1 255", "lacks width"),
    (b"P6 0 1 255\n\0", "is empty, or more than 16384"),
    (b"P6 99999 1 255\n\0", "is empty, or more"), (b"P6 2 2 65535\n\0", "has other values than"),
    (b"P6 2 2 255\n" + bytes(11), "ends early"), (b"P6 x 2 255\n\0", "lacks"),
])
def test_what_is_no_picture_is_told(contents, wrong):
    lines = boot("show /tmp/p; echo $?", disk=disk_with(p=contents), display=Display(8, 8)).lines()
    assert any(line.startswith(f"show: {wrong}") for line in lines) and "1" in lines


def test_what_cannot_be_shown_is_told():
    text = boot("show /no", "show /bin", "show", "bricks", "bricks x").text
    assert "show: cannot open: /no\n" in text and "show: is a directory: /bin\n" in text
    assert "usage: show FILE\n" in text and "bricks: no display\n" in text
    assert "usage: bricks\n" in text


def play(*moves, cycles=4_000_000):
    """Bricks with the bat moved by keys that are held for a while each; what it said at the end."""
    live = Live(display=Display(80, 60))
    live.until(PROMPT)
    live.type("bricks\r")
    live.run(cycles)
    keyboard = live.golden.hosts.keyboard
    for key in moves:
        keyboard.set(key, True)
        live.run(cycles)
        keyboard.set(key, False)
        live.run(cycles)
    keyboard.set(Key.ESCAPE, True)
    return int(re.search(r"Bricks hit: (\d+)\n", live.until(PROMPT))[1])


def test_bricks_are_hit_by_a_ball_that_was_served():
    assert play() == 0
    assert play(Key.SPACE, cycles=40_000_000) >= 1


def test_bricks_wants_a_display_of_some_size():
    assert "bricks: the display is too small\n" in boot("bricks", display=Display(40, 30)).text
