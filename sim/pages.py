"""Memory of which only the pages that somebody touched cost anything: to clear, and to compare."""

import mmap
import os

import numpy as np
from numpy.typing import NDArray

from sim.machine import Words

__all__ = ["Ram", "same_words", "touched"]

PAGE_WORDS = mmap.PAGESIZE // 4
_IN_USE    = np.uint64(3 << 62)  # of a page's entry in the kernel's map: it is present, or swapped


class Ram:
    """Words that are 0 at first, as an array; `clear` gives the touched pages back."""

    def __init__(self, count: int):
        self._map = mmap.mmap(-1, max(1, count) * 4, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.words: Words = np.frombuffer(self._map, np.uint32, count)

    def clear(self) -> None:
        self._map.madvise(mmap.MADV_DONTNEED)


def touched(words: Words) -> NDArray[np.bool_]:
    """Which of the pages that an array lies in have been touched."""
    first = words.ctypes.data // mmap.PAGESIZE
    count = -(-(words.ctypes.data + words.nbytes) // mmap.PAGESIZE) - first
    try:
        with open("/proc/self/pagemap", "rb", buffering=0) as file:
            octets = os.pread(file.fileno(), 8 * count, 8 * first)
    except OSError:
        octets = b""
    if len(octets) < 8 * count:  # the kernel does not tell: then any may have been
        return np.ones(count, np.bool_)
    return (np.frombuffer(octets, np.uint64) & _IN_USE) != 0


def same_words(one: Words, other: Words) -> bool:
    """Whether two memories hold the same; both were 0 at first, in pages of their own, and pages
    that nobody has touched are not read."""
    if len(one) != len(other):
        return False
    ranges = [*_runs(one, touched(one)), *_runs(other, touched(other))]
    return all(np.array_equal(one[begin:end], other[begin:end]) for begin, end in ranges)


def _runs(words: Words, touched: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where touched pages follow each other: first word and the one behind the last."""
    edges = np.flatnonzero(np.diff(touched, prepend=False, append=False))
    before = words.ctypes.data % mmap.PAGESIZE // 4
    return [(max(0, int(begin) * PAGE_WORDS - before),
             min(len(words), int(end) * PAGE_WORDS - before))
            for begin, end in zip(edges[::2], edges[1::2], strict=True)]
