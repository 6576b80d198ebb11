"""What happened just before the present position: accesses to memory, cycles of the pipeline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from debug.error import DebugError
from debug.look import Look
from debug.pipeline import Stage, stages
from isa.machine import PageFlag
from isa.trace import Kind, Word, Wrote
from sim.history.history import History

__all__ = ["Accesses", "Moment", "Walk", "accesses", "moments", "tlb_state", "walk"]


@dataclass(frozen=True)
class Accesses:
    """Physical addresses, in words, in the order of time."""
    fetched: NDArray[np.uint32]
    loaded:  NDArray[np.uint32]
    stored:  NDArray[np.uint32]


@dataclass(frozen=True)
class Walk:
    """A walk of the page table that is under way.

    Members
    -------
    address : int
        The virtual address that is looked for.
    base : int
        The table's address.
    entry : int or None
        The address of the word that is read, or was last; None if the walker does not tell.
    is_data : bool
        For a load or store; else for fetch.
    """
    address: int
    base:    int
    entry:   int | None
    is_data: bool


@dataclass(frozen=True)
class Moment:
    """The pipeline at the beginning of a cycle."""
    cycle:  int
    stages: tuple[Stage, ...]
    walk:   Walk | None


def accesses(history: History, look: Look, cycles: int) -> Accesses:
    """What the last so many cycles have fetched, loaded and stored. Instructions are put where the
    page table of the present position has them."""
    here = history.cycles
    history.go_to(max(0, here - cycles))
    rows = history.tape.records(here)
    rows = rows[(rows[:, Word.KIND] == Kind.INSN) | (rows[:, Word.KIND] == Kind.FAULT)]
    loads = rows[(rows[:, Word.WROTE] & Wrote.LOADED) != 0, Word.ADDRESS]
    stores = rows[(rows[:, Word.WROTE] & Wrote.MEMORY) != 0, Word.ADDRESS]
    space = look.space
    found = (look.physical(space, ip, PageFlag.EXECUTE)
             for ip in np.unique(rows[:, Word.IP]).tolist())
    fetched = np.array([at for at in found if at is not None], np.uint32)
    return Accesses(fetched, loads.copy(), stores.copy())


def moments(history: History, look: Look, cycles: int) -> list[Moment]:
    """The last so many cycles up to the present position. Raises `DebugError` for a machine without
    a pipeline."""
    here = history.cycles
    found = []
    try:
        for cycle in range(max(0, here - cycles + 1), here + 1):
            history.go_to(cycle)
            found.append(Moment(cycle, tuple(stages(look)), walk(look)))
    finally:
        history.go_to(here)
    return found


def tlb_state(look: Look) -> tuple[int, ...]:
    """Changes with each walk of the page table that ends, and with each flush. Raises `DebugError`
    for a machine without TLBs."""
    if look.simulation is None:
        raise DebugError("the golden model has no page table walker")
    found = []
    for tlb in ("mmu.insn_tlb", "mmu.data_tlb"):
        found += [look.signal(f"{tlb}.{name}") for name in ("valid", "oldest")
                  if look.knows(f"{tlb}.{name}")]
        number = 0
        while look.knows(entry := f"{tlb}.region{number}"):
            found.append(look.signal(entry))
            number += 1
    return tuple(found)


def walk(look: Look) -> Walk | None:
    """The walk that is under way; None for none."""
    if look.simulation is None:
        raise DebugError("the golden model has no page table walker")
    if not look.knows("mmu.fsm_state") or not look.signal("mmu.fsm_state"):
        return None
    entry = look.signal("mmu.walker.table") if look.knows("mmu.walker.table") else None
    return Walk(look.signal("mmu.walker.va"), look.signal("mmu.base"), entry,
                bool(look.signal("mmu.is_data")))
