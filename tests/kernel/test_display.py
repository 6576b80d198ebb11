"""The display through the kernel: pictures of the device's size and of another."""

import numpy as np
import pytest

from sim.host.display import Display
from tests.support.system import boot


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


@pytest.mark.parametrize("width, height", [(20, 10), (64, 48), (100, 80)])
def test_a_framebuffer_of_any_size_is_shown_from_the_corner(width, height):
    display = Kept(64, 48)
    session = boot(f"/test/pattern {width} {height}", display=display)
    assert f"{width} x {height}" in session.text
    frame = display.frames[-1].reshape(48, 64) & 0xFFFFFF
    y, x = np.mgrid[0:48, 0:64]
    inside = (x < width) & (y < height)
    assert (frame == np.where(inside, y * 256 + x, 0)).all()
