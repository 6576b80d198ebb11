"""The compiled model, from Python: clock it, move tokens, read memory and trace records."""

import ctypes
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isa.trace import RECORD_WORDS
from sim.engine.design import Design

__all__ = ["Outcome", "Simulation"]


class Outcome(IntEnum):
    """Why a step ended; the same numbers are in driver.cpp."""
    BUDGET    = 0
    ATTENTION = 1  # the design put out tokens, and no more for a while
    FULL      = 2  # no room left for trace records
    STOPPED   = 3
    ASLEEP    = 4  # for `patience` cycles without a break


_HANDLE = ctypes.c_void_p
_SIGNATURES = {
    "engine_new":            (_HANDLE, []),
    "engine_delete":         (None, [_HANDLE]),
    "engine_ram":            (ctypes.c_void_p, [_HANDLE]),
    "engine_run":            (ctypes.c_int, [_HANDLE, ctypes.c_uint64]),
    "engine_cycles":         (ctypes.c_uint64, [_HANDLE]),
    "engine_instructions":   (ctypes.c_uint64, [_HANDLE]),
    "engine_set_patience":   (None, [_HANDLE, ctypes.c_uint64]),
    "engine_set_skips":       (None, [_HANDLE, ctypes.c_int]),
    "engine_set_records":    (None, [_HANDLE, ctypes.c_void_p, ctypes.c_size_t]),
    "engine_record_count":   (ctypes.c_size_t, [_HANDLE]),
    "engine_clear_records":  (None, [_HANDLE]),
    "engine_available":      (ctypes.c_size_t, [_HANDLE, ctypes.c_int]),
    "engine_receive":        (ctypes.c_size_t,
                              [_HANDLE, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]),
    "engine_send":           (None, [_HANDLE, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]),
    "engine_unsent":         (ctypes.c_size_t, [_HANDLE, ctypes.c_int]),
    "engine_probe":          (ctypes.c_uint64, [_HANDLE, ctypes.c_int]),
    "engine_register":       (ctypes.c_uint64, [_HANDLE, ctypes.c_int]),
    "engine_kept":           (ctypes.c_void_p, [_HANDLE]),
    "engine_array":          (ctypes.c_void_p, [_HANDLE, ctypes.c_int]),
}


class Simulation:
    """One instance of a compiled design, out of reset.

    Parameters
    ----------
    design : Design
        As the library was built for.
    library : Path
        The shared library.

    Members
    -------
    ram
        The RAM's words, a writable view.
    """

    def __init__(self, design: Design, library: Path):
        self._library = ctypes.CDLL(str(library))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self.design = design
        self._numbers = {stream.name: number for direction in ("in", "out")
                         for number, stream in enumerate(design.side(direction))}
        self._records: NDArray[np.uint32] | None = None
        self._engine: int | None = self._library.engine_new()
        self.ram = (self._view(self._library.engine_ram(self._engine), design.ram_words)
                    if design.ram else np.empty(0, dtype=np.uint32))

    def _view(self, address: int, words: int) -> NDArray[np.uint32]:
        # The memory belongs to the library: after close() the view must not be used.
        return np.ctypeslib.as_array(
            ctypes.cast(address, ctypes.POINTER(ctypes.c_uint32)), shape=(words,))

    def close(self) -> None:
        """Free the model; nothing else may be called after."""
        if self._engine is not None:
            self.ram = np.empty(0, dtype=np.uint32)
            self._library.engine_delete(self._engine)
            self._engine = None

    def run(self, cycles: int) -> Outcome:
        """Clock it up to so many cycles."""
        return Outcome(self._library.engine_run(self._engine, cycles))

    @property
    def cycles(self) -> int:
        """Clock cycles since reset."""
        return self._library.engine_cycles(self._engine)

    @property
    def instructions(self) -> int:
        """Retired instructions since reset."""
        return self._library.engine_instructions(self._engine)

    def set_patience(self, cycles: int) -> None:
        """Come back with ASLEEP after so many cycles of sleep, once, and at the end of each budget
        that ends in this sleep; 0: never."""
        self._library.engine_set_patience(self._engine, cycles)

    def set_skips(self, skips: bool) -> None:
        """Whether cycles in which a sleeping machine only counts may be passed over at once."""
        self._library.engine_set_skips(self._engine, skips)

    def record(self, capacity: int) -> None:
        """Keep trace records, up to `capacity` of them at a time; 0 ends it."""
        self._records = np.zeros((capacity, RECORD_WORDS), dtype=np.uint32) if capacity else None
        self._library.engine_set_records(
            self._engine, self._records.ctypes.data if self._records is not None else None,
            capacity)

    def records(self) -> NDArray[np.uint32]:
        """The records kept since `forget_records`, a view of shape (count, RECORD_WORDS)."""
        if self._records is None:
            raise ValueError("no trace records are kept; call record() first")
        return self._records[:self._library.engine_record_count(self._engine)]

    def forget_records(self) -> None:
        """Make room for new ones; earlier views are overwritten."""
        self._library.engine_clear_records(self._engine)

    def receive(self, stream: str) -> NDArray[np.uint64]:
        """Take what the design has put out on a stream."""
        number = self._numbers[stream]
        tokens = np.empty(self._library.engine_available(self._engine, number), dtype=np.uint64)
        self._library.engine_receive(self._engine, number, tokens.ctypes.data, len(tokens))
        return tokens

    def send(self, stream: str, tokens: Sequence[int] | NDArray[np.uint64]) -> None:
        """Queue tokens for the design to take."""
        if len(tokens):
            data = np.asarray(tokens, dtype=np.uint64)
            self._library.engine_send(self._engine, self._numbers[stream], data.ctypes.data,
                                      len(data))

    def unsent(self, stream: str) -> int:
        """How many tokens the design has not taken yet."""
        return self._library.engine_unsent(self._engine, self._numbers[stream])

    def probe(self, port: str) -> int:
        """Value of one of the design's probes."""
        return self._library.engine_probe(self._engine, self.design.probes.index(port))

    def register(self, path: str) -> int:
        """Value of one of the design's registers."""
        return self._library.engine_register(self._engine, self.design.registers.index(path))

    def kept(self) -> tuple[list[int], list[int]]:
        """The last two records of the slots that are kept, the older one first."""
        words = self._view(self._library.engine_kept(self._engine), 2 * RECORD_WORDS).tolist()
        return words[:RECORD_WORDS], words[RECORD_WORDS:]

    def array(self, path: str, words: int) -> NDArray[np.uint32]:
        """One of the design's further arrays, a view."""
        return self._view(self._library.engine_array(
            self._engine, self.design.arrays.index(path)), words)
