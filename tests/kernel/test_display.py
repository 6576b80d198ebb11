"""The display through the kernel: pictures of the device's size and of another."""

import numpy as np
import pytest

from sim.host.display import Display
from sim.host.keyboard import Key, Keyboard
from tests.support.live import PROMPT, Live
from tests.support.system import boot, debug_kernel


class Kept(Display):
    """Keeps every frame."""

    def __init__(self, width, height):
        super().__init__(width, height)
        self.frames = []

    def _draw(self, frame):
        self.frames.append(np.array(frame))


def test_a_program_shows_pictures():
    display = Kept(64, 48)
    session = boot("plasma 2", display=display)
    assert session.status == 0
    assert len(display.frames) == 2
    assert len(np.unique(display.frames[0])) > 100
    assert (display.frames[0] != display.frames[1]).any()


@pytest.mark.parametrize("width, height", [(20, 10), (64, 48), (100, 80), (64, 20)])
def test_a_framebuffer_of_any_size_is_shown_from_the_corner(width, height):
    display = Kept(64, 48)
    session = boot(f"/test/pattern {width} {height}", display=display, kernel=debug_kernel())
    assert f"{width} x {height}" in session.text
    frame = display.frames[-1].reshape(48, 64) & 0xFFFFFF
    y, x = np.mgrid[0:48, 0:64]
    inside = (x < width) & (y < height)
    assert (frame == np.where(inside, y * 256 + x, 0)).all()


def test_what_is_no_cell_of_the_console_is_black():
    """Freed memory is full of junk on this kernel."""
    display, keyboard = Kept(100, 85), Keyboard()
    keyboard.set(Key.SHIFT, True)  # the console is on the display
    session = boot("echo shown", display=display, keyboard=keyboard, kernel=debug_kernel())
    assert session.status == 0
    frame = display.frames[-1].reshape(85, 100) & 0xFFFFFF
    assert frame[:80, :96].any()
    assert not frame[:, 96:].any()
    assert not frame[80:].any()


def test_a_program_sees_which_keys_are_held():
    keyboard = Keyboard()
    live = Live(keyboard=keyboard)
    live.until(PROMPT)
    codes = [1, 31, 32, 48, 64, 90, 97, 127]
    for code in codes:
        keyboard.set(code, True)
    assert live.command("/test/edges @keys").split() == [str(code) for code in codes]
