"""The compiled model, from Python: clock it, move tokens, read memory and trace records.

Besides, for those who look into a run: snapshots, stops, and every signal that is a register.
"""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isa.trace import RECORD_WORDS
from sim.engine.design import Design

__all__ = ["ANYWHERE", "Condition", "Hit", "Outcome", "Simulation", "Snapshot", "What"]

ANYWHERE = 0xFFFFFFFF  # as a condition's space: in any


class Outcome(IntEnum):
    """Why a step ended; the same numbers are in driver.cpp."""
    BUDGET    = 0
    ATTENTION = 1  # the design put out tokens, and no more for a while
    FULL      = 2  # no room left for trace records
    STOPPED   = 3
    ASLEEP    = 4  # for `patience` cycles without a break
    HIT       = 5  # a condition is met
    MAPPED    = 6  # before a cycle with another mapping of memory: call `enter_space`


class What(IntEnum):
    """What a condition is about; the same numbers are in stops.h."""
    POINT     = 1  # before the instruction at `low`
    STEP      = 2  # before an instruction from `low` up to `high`, those of `left_out` excepted
    STORE     = 3  # behind a store to physical words from `low` up to `high`
    FAULT     = 4  # before a fault
    INTERRUPT = 5  # behind the acceptance of interrupt `low`, or of any where `low` > `high`
    CALL      = 6  # before a software interrupt out of translated code
    REGISTER  = 7  # behind a change of register `low`


@dataclass(frozen=True)
class Condition:
    """What a run is to be halted for.

    `space` is 0 for untranslated code, else the base of a page table, or `ANYWHERE`.
    """
    what:     What
    low:      int = 0
    high:     int = 0
    space:    int = ANYWHERE
    left_out: tuple[tuple[int, int], ...] = ()  # of a STEP: from, up to


@dataclass(frozen=True)
class Hit:
    """A condition was met: at this many cycles the machine is to be looked at."""
    position:  int
    condition: int  # its index
    space:     int  # in which the instruction was
    record:    tuple[int, ...]

    @property
    def order(self) -> tuple[int, int]:
        """Sorts hits by time."""
        return self.position, self.condition


class _Condition(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32)
                for name in ("what", "space", "low", "high", "first", "count")]


class _Hit(ctypes.Structure):
    _fields_ = [("position", ctypes.c_uint64), ("condition", ctypes.c_uint32),
                ("space", ctypes.c_uint32), ("record", ctypes.c_uint32 * RECORD_WORDS)]


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
    "engine_keep":           (_HANDLE, [_HANDLE]),
    "engine_restore":        (None, [_HANDLE, _HANDLE]),
    "engine_forget":         (None, [_HANDLE]),
    "engine_weight":         (ctypes.c_size_t, [_HANDLE]),
    "engine_pages":          (ctypes.c_size_t, []),
    "engine_touch":          (None, [_HANDLE, ctypes.c_size_t]),
    "engine_drop_outputs":   (None, [_HANDLE]),
    "engine_last_record":    (ctypes.c_uint64, [_HANDLE]),
    "engine_space":          (ctypes.c_uint32, [_HANDLE]),
    "engine_stops":          (_HANDLE, [_HANDLE]),
    "engine_fields":         (ctypes.c_size_t, [ctypes.c_void_p]),
    "engine_top":            (ctypes.c_void_p, [_HANDLE]),
    "stops_set":             (None, [_HANDLE, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p,
                                     ctypes.c_size_t]),
    "stops_search":          (None, [_HANDLE, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_size_t]),
    "stops_count":           (ctypes.c_size_t, [_HANDLE]),
    "stops_hits":            (ctypes.c_void_p, [_HANDLE]),
}
_TALLY_SIGNATURES = {
    "engine_count":          (None, [_HANDLE]),
    "engine_enter_space":    (None, [_HANDLE, ctypes.c_uint32, ctypes.c_uint32]),
    "engine_page_count":     (ctypes.c_size_t, [_HANDLE]),
    "engine_page":           (ctypes.c_void_p, [_HANDLE, ctypes.c_size_t,
                                                ctypes.c_void_p, ctypes.c_void_p]),
    "engine_node_count":     (ctypes.c_size_t, [_HANDLE]),
    "engine_nodes":          (ctypes.c_void_p, [_HANDLE]),
}

_WATCH_SIGNATURES = {
    "engine_watch":          (None, [_HANDLE, ctypes.c_int]),
    "engine_change_count":   (ctypes.c_size_t, [_HANDLE]),
    "engine_changes":        (ctypes.c_void_p, [_HANDLE]),
    "engine_clear_changes":  (None, [_HANDLE]),
    "engine_emit":           (None, [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p,
                                     ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
                                     ctypes.c_void_p]),
}

# A signal (by its number) has a value from a cycle on.
CHANGE = np.dtype([("cycle", np.uint64), ("value", np.uint64), ("signal", np.uint32),
                   ("unused", np.uint32)])

PAGE_WORDS = 256  # as in profile.h

NO_TOKENS = np.empty(0, dtype=np.uint64)  # what most streams have put out, most of the time


class Snapshot:
    """The state of a simulation at one moment.

    Members
    -------
    cycles : int
    own_octets : int
        How much memory it takes besides pages, which it may share with other snapshots.
    """

    def __init__(self, library: ctypes.CDLL, handle: int, cycles: int):
        self._library = library
        self.handle: int | None = handle
        self.cycles = cycles
        self.own_octets: int = library.engine_weight(handle)

    def __del__(self) -> None:
        if self.handle is not None:
            self._library.engine_forget(self.handle)
            self.handle = None


@cache
def _loaded(library: Path, tallies: bool, watched: bool) -> ctypes.CDLL:
    """The library, once: telling the types of its functions costs as much as a short run."""
    loaded = ctypes.CDLL(str(library))
    for name, (result, arguments) in {**_SIGNATURES, **(_TALLY_SIGNATURES if tallies else {}),
                                      **(_WATCH_SIGNATURES if watched else {})}.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


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
    heard : callable or None
        Called with what is sent to the design, before: a stream's name and the tokens.
    """

    def __init__(self, design: Design, library: Path):
        self._library = _loaded(library, bool(design.tally), bool(design.watched))
        self.design = design
        self._numbers = {stream.name: number for direction in ("in", "out")
                         for number, stream in enumerate(design.side(direction))}
        self._records: NDArray[np.uint32] | None = None
        self.heard: Callable[[str, NDArray[np.uint64]], None] | None = None
        self._places: NDArray[np.uint64] | None = None
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
        count  = self._library.engine_available(self._engine, number)
        if not count:
            return NO_TOKENS
        tokens = np.empty(count, dtype=np.uint64)
        self._library.engine_receive(self._engine, number, tokens.ctypes.data, len(tokens))
        return tokens

    def send(self, stream: str, tokens: Sequence[int] | NDArray[np.uint64]) -> None:
        """Queue tokens for the design to take."""
        if len(tokens):
            data = np.asarray(tokens, dtype=np.uint64)
            if self.heard is not None:
                self.heard(stream, data)
            self._library.engine_send(self._engine, self._numbers[stream], data.ctypes.data,
                                      len(data))

    def unsent(self, stream: str) -> int:
        """How many tokens the design has not taken yet."""
        return self._library.engine_unsent(self._engine, self._numbers[stream])

    def watch(self, watches: bool) -> None:
        """Whether from now on all changes of the design's signals are kept. Until `take_changes`
        there is room for about a million."""
        self._library.engine_watch(self._engine, watches)

    def take_changes(self) -> NDArray[Any]:
        """The changes that were kept since the last time, of type `CHANGE`; the first are the
        values of all signals."""
        count = self._library.engine_change_count(self._engine)
        if not count:
            return np.empty(0, CHANGE)
        changes = np.frombuffer(ctypes.string_at(self._library.engine_changes(self._engine),
                                                 count * CHANGE.itemsize), CHANGE)
        self._library.engine_clear_changes(self._engine)
        return changes

    def emit(self, changes: NDArray[Any], handles: NDArray[np.uint32],
             widths: NDArray[np.uint32], context: int, time: int, value: int) -> None:
        """Hand changes to a library's functions, given by their addresses: `time` for each cycle,
        `value` for each signal with a handle."""
        changes = np.ascontiguousarray(changes)
        self._library.engine_emit(changes.ctypes.data, len(changes), handles.ctypes.data,
                                  widths.ctypes.data, context, time, value)

    def count(self) -> None:
        """Count, from now on, what each cycle goes into."""
        self._library.engine_count(self._engine)

    def enter_space(self, mapping: int, space: int) -> None:
        """Say, after MAPPED, which number the space of that page table has."""
        self._library.engine_enter_space(self._engine, mapping, space)

    def pages(self) -> list[tuple[int, int, NDArray[np.uint64]]]:
        """What was counted: the space, the first address, and for each instruction from there on
        the cycles by cause."""
        assert self.design.tally is not None
        causes = len(self.design.tally.causes)
        space, first = ctypes.c_uint32(), ctypes.c_uint32()
        found = []
        for index in range(self._library.engine_page_count(self._engine)):
            at = self._library.engine_page(self._engine, index, ctypes.byref(space),
                                           ctypes.byref(first))
            counts = np.ctypeslib.as_array(ctypes.cast(at, ctypes.POINTER(ctypes.c_uint64)),
                                           shape=(PAGE_WORDS, causes)).copy()
            found.append((space.value, first.value, counts))
        return found

    def nodes(self) -> NDArray[Any]:
        """The functions that were called, as profile.h has them, callers first."""
        assert self.design.tally is not None
        kind = np.dtype([("caller", np.uint32), ("site", np.uint32), ("entry", np.uint32),
                         ("space", np.uint32), ("calls", np.uint64),
                         ("counts", np.uint64, (len(self.design.tally.causes),))])
        count = self._library.engine_node_count(self._engine)
        if not count:
            return np.empty(0, kind)
        return np.frombuffer(ctypes.string_at(self._library.engine_nodes(self._engine),
                                              count * kind.itemsize), kind)

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

    # --- looking into a run ----------------------------------------------------------------------

    def keep(self) -> Snapshot:
        """The state as it is now, with what is queued for the design; to be used with this
        simulation alone."""
        return Snapshot(self._library, self._library.engine_keep(self._engine), self.cycles)

    def restore(self, snapshot: Snapshot) -> None:
        """Be again as at a snapshot; what nobody has received yet is dropped."""
        self._library.engine_restore(self._engine, snapshot.handle)

    def pages_octets(self) -> int:
        """How much memory the pages of all snapshots take."""
        return self._library.engine_pages()

    def touch(self, address: int) -> None:
        """To be called after a word of `ram` was written from outside."""
        self._library.engine_touch(self._engine, address)

    def drop_outputs(self) -> None:
        """Forget what nobody has received yet."""
        self._library.engine_drop_outputs(self._engine)

    @property
    def last_record(self) -> int:
        """Cycles when the last record of the processor's had been made."""
        return self._library.engine_last_record(self._engine)

    @property
    def space(self) -> int:
        """Where the next instruction is: 0, or the base of the page table that translates it."""
        return self._library.engine_space(self._engine)

    def set_stops(self, conditions: Sequence[Condition]) -> None:
        """What `run` comes back for with HIT; nothing with none."""
        ranges: list[int] = []
        given = (_Condition * len(conditions))()
        for place, condition in zip(given, conditions, strict=True):
            first = len(ranges) // 2
            ranges += [word for pair in condition.left_out for word in pair]
            place.what, place.space = condition.what, condition.space
            place.low, place.high = condition.low, condition.high
            place.first, place.count = first, len(condition.left_out)
        words = (ctypes.c_uint32 * len(ranges))(*ranges)
        self._library.stops_set(self._stops, given, len(conditions), words, len(ranges))

    def search(self, since: int, until: int, most: int = 0) -> None:
        """Forget earlier hits, and look for positions from `since` to below `until`: for the
        first one, or, without stopping, for the last `most` of them."""
        self._library.stops_search(self._stops, since, until, most)

    def hits(self) -> list[Hit]:
        """What was found since the search was begun, the oldest first."""
        count = self._library.stops_count(self._stops)
        if not count:
            return []
        found = ctypes.cast(self._library.stops_hits(self._stops), ctypes.POINTER(_Hit))
        return [Hit(hit.position, hit.condition, hit.space, tuple(hit.record))
                for hit in found[:count]]

    @property
    def _stops(self) -> int:
        return self._library.engine_stops(self._engine)

    def signal(self, path: str) -> int:
        """The value of a signal that is made of registers: one of `design.signals`."""
        if self._places is None:
            pointer = ctypes.c_void_p()
            count = self._library.engine_fields(ctypes.byref(pointer))
            self._places = np.ctypeslib.as_array(
                ctypes.cast(pointer, ctypes.POINTER(ctypes.c_uint64)), shape=(count, 2))
        top, value, at = self._library.engine_top(self._engine), 0, 0
        for number, low, width in self.design.signals[path]:
            part = low
            if number >= 0:
                offset, size = (int(word) for word in self._places[number])
                octets = ctypes.string_at(top + offset, size)
                part = int.from_bytes(octets, "little") >> low & ((1 << width) - 1)
            value |= part << at
            at += width
        return value
