"""A map of RAM: what each block is used for, and where the machine has been lately."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from debug.error import DebugError
from debug.pipeline import regions
from debug.recent import accesses, walk
from debug.session import Session
from isa.machine import PageFlag
from panel.octets import octets

__all__ = ["KINDS", "MemoryMap"]

BLOCKS          = 4096
RECENT_CYCLES   = 500  # whose accesses light up on a machine that stands
MOST_ENTRIES    = 64

# What a block is used for; the page numbers them like this.
KINDS = ("empty", "used", "kernel", "code", "data", "others", "table")
EMPTY, USED, KERNEL, CODE, DATA, OTHERS, TABLE = range(len(KINDS))

Blocks = NDArray[np.uint8]


class MemoryMap:
    """Looks at a session's memory. One map belongs to one session: it remembers what was there."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint32] | None = None  # the last look's, a row a block

    def look(self, session: Session, *, live: bool) -> Any:
        """The map as it is now. While the machine runs, what has changed since the last look counts
        as stored; else the last cycles' accesses are known one by one."""
        memory = session.history.tape.machine.memory
        words = -(-len(memory) // BLOCKS)
        kinds, table = self._kinds(session, words)
        stored = np.zeros(BLOCKS, bool)
        fetched, loaded = stored.copy(), stored.copy()
        if live:
            stored |= self._changed(memory, words, kinds)
            at = session.look.physical(session.look.space, session.look.ip, PageFlag.EXECUTE)
            if at is not None:
                fetched[at // words] = True
        else:
            self._before = None
            found = accesses(session.history, session.look, RECENT_CYCLES)
            for lit, addresses in ((fetched, found.fetched), (loaded, found.loaded),
                                   (stored, found.stored)):
                lit[addresses[addresses < len(memory)] // words] = True
        lit_bits = fetched * 1 + loaded * 2 + stored * 4
        return {"block": words, "words": len(memory), "kinds": octets(kinds.tobytes()),
                "lit": octets(lit_bits.astype(np.uint8).tobytes()), "table": table,
                "base": session.look.space, **self._hardware(session)}

    def _changed(self, memory: NDArray[np.uint32], words: int,
                 kinds: Blocks) -> NDArray[np.bool_]:
        """Blocks of which a word is another one than at the last look; those that are not empty."""
        changed = np.zeros(BLOCKS, bool)
        if len(memory) % words:
            return changed
        rows = np.flatnonzero(kinds)
        now = memory.reshape(-1, words)
        if self._before is None:
            self._before = now.copy()
            return changed
        part = now[rows]
        changed[rows] = (part != self._before[rows]).any(axis=1)
        self._before[rows] = part
        return changed

    def _kinds(self, session: Session, words: int) -> tuple[Blocks, Any]:
        memory = session.history.tape.machine.memory
        kinds = np.zeros(BLOCKS, np.uint8)
        used = np.flatnonzero(memory[::16]) * 16 // words  # a sample is enough for a picture
        kinds[used] = USED
        kernel = session.symbols.kernel
        if kernel is not None and kernel.info.code is not None:
            first, image = kernel.info.code
            kinds[first // words:-(-(first + len(image) // 4) // words)] = KERNEL
        rows = []
        for process in session.symbols.processes():
            if not process.base:
                continue
            is_current = process.base == session.look.space
            for entry in session.look.page_table(process.base):
                if not entry.flags & PageFlag.PRESENT:
                    continue
                first, end = entry.physical // words, -(-(entry.physical + entry.words) // words)
                is_code = bool(entry.flags & PageFlag.EXECUTE)
                kinds[first:end] = (CODE if is_code else DATA) if is_current else OTHERS
                if is_current:
                    rows.append([entry.virtual, entry.physical, entry.words, _flags(entry.flags)])
        for process in session.symbols.processes():
            if process.base:
                kinds[process.base // words] = TABLE
        return kinds, rows[:MOST_ENTRIES]

    def _hardware(self, session: Session) -> dict[str, Any]:
        """What the TLBs hold, and a walk that is under way."""
        try:
            looked_for = walk(session.look)
            return {
                "tlb": [[one.name, one.first, one.last, one.physical, one.flags]
                        for one in regions(session.look)],
                "walk": looked_for and [looked_for.address, looked_for.base, looked_for.entry]}
        except DebugError:
            return {"tlb": None, "walk": None}


def _flags(flags: PageFlag) -> str:
    return "".join(letter if flags & flag else "-" for letter, flag in (
        ("r", PageFlag.READ), ("w", PageFlag.WRITE), ("x", PageFlag.EXECUTE)))
