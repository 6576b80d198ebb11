"""Which address space each trace record is in: the page table, or 0 where translation is off.

Translation goes off with an interrupt, a fault or an `int` of a process, and on again with an `int`
of the kernel, which is a return.
"""

from collections.abc import Sequence

from isa.config import MachineConfig
from isa.instructions import BY_MNEMONIC
from isa.machine import window_addresses
from isa.trace import Kind, Word, Wrote

__all__ = ["SpaceOfRecords", "spaces_before"]

_INT = BY_MNEMONIC["int"].opcode


class SpaceOfRecords:
    """The space of each trace record, as they come."""

    def __init__(self, config: MachineConfig):
        self._window = window_addresses(config.peripherals).get("mmu")
        self._base = 0
        self._is_on = False

    def of(self, record: Sequence[int]) -> int:
        """The space that a record's `ip` is in."""
        space = self._base if self._is_on else 0
        kind = record[Word.KIND]
        if kind in (Kind.FAULT, Kind.INTERRUPT):
            self._is_on = False
        elif kind == Kind.INSN:
            if record[Word.WROTE] & Wrote.MEMORY and record[Word.ADDRESS] == self._window:
                self._base = record[Word.DATA]
            if record[Word.INSN] >> 24 == _INT:
                self._is_on = not self._is_on
        return space


def spaces_before(records: Sequence[Sequence[int]], after: int,
                  config: MachineConfig) -> list[int | None]:
    """The space of each of some records, when that of the one behind them is `after`; None where it
    cannot be known: of a process that another has followed."""
    window = window_addresses(config.peripherals).get("mmu")
    base: int | None = after or None
    is_on = after != 0
    found: list[int | None] = []
    for record in reversed(records):
        kind = record[Word.KIND]
        if kind in (Kind.FAULT, Kind.INTERRUPT):
            is_on = True  # or off already, in a handler: the kernel has no faults
        elif kind == Kind.INSN:
            if record[Word.WROTE] & Wrote.MEMORY and record[Word.ADDRESS] == window:
                base = None
            if record[Word.INSN] >> 24 == _INT:
                is_on = not is_on
        found.append(base if is_on else 0)
    return found[::-1]
