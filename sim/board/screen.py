"""What a monitor shows, as frames of a display."""

import numpy as np
from numpy.typing import NDArray

from sim.host.display import Display, Frame

__all__ = ["HEIGHT", "WIDTH", "Screen", "picture_in"]

WIDTH, HEIGHT = 640, 480
END = 1 << 24  # of a frame, in a token

PICTURE_WIDTH, PICTURE_HEIGHT, SCALE = 320, 200, 2
LEFT, TOP = (WIDTH - SCALE * PICTURE_WIDTH) // 2, (HEIGHT - SCALE * PICTURE_HEIGHT) // 2


class Screen:
    """Gives whole frames, out of the monitor's tokens, to a display of 640 by 480 pixels."""

    def __init__(self, display: Display) -> None:
        if (display.width, display.height) != (WIDTH, HEIGHT):
            raise ValueError(f"the monitor has {WIDTH} by {HEIGHT} pixels, the display "
                             f"{display.width} by {display.height}")
        self.display = display
        self._pixels: list[NDArray[np.uint32]] = []

    def take(self, tokens: NDArray[np.uint64]) -> None:
        """The next tokens: `MonitorToken`."""
        words, at = tokens.astype(np.uint32), 0
        for end in np.flatnonzero(words & END).tolist():
            self._pixels.append(words[at:end])
            frame, self._pixels = np.concatenate(self._pixels), []
            if len(frame):  # the first end is that of the frame in which the monitor has locked
                self.display.show(frame)
            at = end + 1
        self._pixels.append(words[at:])


def picture_in(frame: Frame) -> Frame | None:
    """The picture of 320 by 200 pixels that a frame shows twice as large in its middle, with black
    around it; None if the frame is anything else."""
    inner = frame[TOP:TOP + SCALE * PICTURE_HEIGHT, LEFT:LEFT + SCALE * PICTURE_WIDTH]
    picture = inner[::SCALE, ::SCALE]
    is_doubled = (inner == picture.repeat(SCALE, 0).repeat(SCALE, 1)).all()
    is_black = not frame[:TOP].any() and not frame[TOP + SCALE * PICTURE_HEIGHT:].any()
    return picture if is_doubled and is_black else None
