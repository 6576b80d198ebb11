"""What the machine has shown, by cycle: any moment's terminal and display can be seen again.

A history goes back in the machine alone; what it told its hosts is told once. A front that shows
the past keeps it here.
"""

import zlib
from bisect import bisect_right
from collections.abc import Callable

import numpy as np

from sim.host.display import Display, Frame

__all__ = ["Reel", "ReelDisplay"]

MOST_OCTETS = 60_000_000  # of all pictures, as they are kept


class Reel:
    """Octets of the terminal and pictures of the display.

    Parameters
    ----------
    most_octets : int
        Memory for pictures; when they would take more, every second of the older ones is forgotten.

    Members
    -------
    cycle : callable
        The cycle of the live run; to be set before it begins.
    flips : int
        How many pictures there have been.
    """

    def __init__(self, most_octets: int = MOST_OCTETS) -> None:
        self.cycle: Callable[[], int] = lambda: 0
        self.flips = 0
        self._most = most_octets
        self._text = bytearray()
        self._said: list[int] = []   # cycles of chunks of text
        self._ends: list[int] = []   # where each of them ends
        self._seen: list[int] = []   # cycles of pictures
        self._numbers: list[int] = []
        self._pictures: list[bytes] = []
        self._octets = 0
        self._shape = (0, 0)

    def hear(self, octets: bytes) -> None:
        """The machine says something."""
        self._text += octets
        self._said.append(self.cycle())
        self._ends.append(len(self._text))

    def see(self, frame: Frame) -> None:
        """It shows a picture."""
        self.flips += 1
        self._shape = frame.shape
        packed = zlib.compress(np.ascontiguousarray(frame, "<u4").tobytes(), 1)
        self._seen.append(self.cycle())
        self._numbers.append(self.flips)
        self._pictures.append(packed)
        self._octets += len(packed)
        if self._octets > self._most:
            self._thin()

    def length(self, cycle: int) -> int:
        """How many octets had been said by the end of a cycle."""
        at = bisect_right(self._said, cycle)
        return self._ends[at - 1] if at else 0

    def text(self, first: int, last: int) -> bytes:
        """Octets from one number to below another."""
        return bytes(self._text[first:last])

    def number(self, cycle: int) -> int:
        """The number of the picture that was there in a cycle, from 1; 0 for none."""
        at = bisect_right(self._seen, cycle)
        return self._numbers[at - 1] if at else 0

    def picture(self, cycle: int) -> Frame | None:
        """The picture of a cycle, or the last one before it that is still known."""
        at = bisect_right(self._seen, cycle)
        if not at:
            return None
        words = np.frombuffer(zlib.decompress(self._pictures[at - 1]), "<u4")
        return words.reshape(self._shape)

    def _thin(self) -> None:
        half = len(self._seen) // 2
        for kept in (self._seen, self._numbers, self._pictures):
            del kept[1:half:2]
        self._octets = sum(map(len, self._pictures))


class ReelDisplay(Display):
    """A display whose pictures go to a reel."""

    def __init__(self, width: int, height: int, reel: Reel) -> None:
        super().__init__(width, height)
        self._reel = reel

    def _draw(self, frame: Frame) -> None:
        self._reel.see(frame)
