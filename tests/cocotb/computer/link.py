"""Python's side of host.cpp: the machine's RAM, queues of tokens and trace records, in bulk."""

import ctypes
from ctypes import POINTER, c_uint8, c_uint32, c_uint64

import numpy as np

from isa import REGISTERS
from isa.trace import RECORD_WORDS

__all__ = ["Link"]

MOST_TOKENS = 1 << 18


class _State(ctypes.Structure):
    _fields_ = [("cycles", c_uint64), ("to_machine", c_uint32), ("record_count", c_uint32),
                ("lost", c_uint32), ("ram_words", c_uint32), ("ram", POINTER(c_uint32)),
                ("records", POINTER(c_uint32 * RECORD_WORDS)), ("modes", POINTER(c_uint8)),
                ("registers", c_uint32 * REGISTERS),
                ("irqs", c_uint32 * 16), ("abandoned", c_uint32 * 16)]


class Link:
    """The C++ part of the bench, which is in the process that runs Python.

    Parameters
    ----------
    ram_words : int
        Size of the machine's RAM.

    Members
    -------
    ram : array of uint32
        What the machine has in its memory just now; a bench may read and write it.
    """

    def __init__(self, ram_words):
        self._library = ctypes.CDLL(None)
        self._library.bench_state.restype = POINTER(_State)
        self._library.bench_ram(ram_words)
        self._state = self._library.bench_state().contents
        self._tokens = np.zeros(MOST_TOKENS, np.uint64)
        self.ram = np.ctypeslib.as_array(self._state.ram, (ram_words,))

    @property
    def cycles(self):
        """Cycles since the last reset."""
        return self._state.cycles

    @property
    def registers(self):
        """The general registers as they were at the last probe."""
        return tuple(self._state.registers)

    def irqs(self):
        """How many interrupts came since the last call, by the state of the walker."""
        return _taken(self._state.irqs)

    def abandoned(self):
        """How many walks were abandoned since the last call, by the state of the walker."""
        return _taken(self._state.abandoned)

    def clear(self):
        """Empty queues, no records, cycle 0; RAM stays."""
        self._library.bench_clear()

    def send(self, stream, tokens):
        """Queue tokens for the machine."""
        tokens = np.ascontiguousarray(tokens, np.uint64)
        self._library.bench_send(stream, tokens.ctypes.data_as(POINTER(c_uint64)), len(tokens))

    def receive(self, stream):
        """All tokens that the machine has put out since the last call."""
        count = self._library.bench_receive(
            stream, self._tokens.ctypes.data_as(POINTER(c_uint64)), MOST_TOKENS)
        assert not self._state.lost, f"{self._state.lost} tokens or records were lost"
        return self._tokens[:count].copy()

    def records(self):
        """Trace records since the last call, and of each whether a process ran."""
        count = self._state.record_count
        assert not self._state.lost, f"{self._state.lost} tokens or records were lost"
        records = np.ctypeslib.as_array(self._state.records, (count,)) if count else ()
        found = np.array(records, np.uint32).reshape(count, RECORD_WORDS)
        modes = np.array(self._state.modes[:count], bool)
        self._state.record_count = 0
        return found, modes


def _taken(counts):
    """Counts that are not 0, by their index; they become 0."""
    found = {index: count for index, count in enumerate(counts) if count}
    for index in found:
        counts[index] = 0
    return found
