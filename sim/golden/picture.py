"""The picture of a flip while the model follows another machine: what each pixel may have been.

The other machine reads a pixel at some time between the store that begins the flip and its end.
So it is right if it shows what the word held as the flip began, or what was written there since.
"""

import numpy as np
from numpy.typing import NDArray

from isa.machine import RESERVED_LIMIT
from isa.trace import Word, Wrote

__all__ = ["Picture"]


class Picture:
    """Begins as a flip does.

    Parameters
    ----------
    memory : array
        RAM, as it is now.
    first : int
        Address of the first pixel.
    width, height : int
        In pixels; all of them are in RAM.
    """

    def __init__(self, memory: NDArray[np.uint32], first: int, width: int, height: int):
        self.first = first
        self.width = width
        self.end = first + width * height
        self._held = memory[first:self.end].copy()
        self._written: set[tuple[int, int]] = set()  # address, value

    def note(self, address: int, value: int) -> None:
        """A word was written, anywhere."""
        if self.first <= address < self.end:
            self._written.add((address, value))

    def note_stores(self, records: NDArray[np.uint32]) -> None:
        """These instructions were executed."""
        addresses = records[:, Word.ADDRESS]
        is_ours = ((records[:, Word.WROTE] & np.uint32(Wrote.MEMORY) != 0)
                   & (addresses >= self.first) & (addresses < self.end))
        self._written |= set(map(tuple, records[is_ours][:, [Word.ADDRESS, Word.DATA]].tolist()))

    def differs(self, shown: NDArray[np.uint32]) -> str | None:
        """The first pixel that is wrong, for people; None if there is none.

        Words below `RESERVED_LIMIT` change by themselves, and are not looked at.
        """
        shown = shown.ravel()
        if len(shown) != len(self._held):
            return f"has {len(shown)} pixels, not {len(self._held)}"
        for at in np.flatnonzero(shown != self._held).tolist():
            address, value = self.first + at, int(shown[at])
            if address >= RESERVED_LIMIT and (address, value) not in self._written:
                return (f"has {value:#010x} at ({at % self.width}, {at // self.width}), but the "
                        f"word at {address:#x} is {int(self._held[at]):#010x}")
        return None
