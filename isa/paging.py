"""Address translation as section 5 of the manual has it, one address at a time, for debuggers."""

from collections.abc import Sequence
from typing import Any

from isa.config import MachineConfig, PageTable
from isa.machine import PageFlag

__all__ = ["translate"]


def translate(memory: Sequence[int] | Any, config: MachineConfig, base: int, address: int,
              access: PageFlag) -> int | None:
    """Physical address of a virtual one; None if this access to it faults.

    Parameters
    ----------
    memory : sequence of int
        Physical memory, by address.
    config : MachineConfig
    base : int
        What the MMU's `base` holds; 0 if translation is not active.
    address : int
    access : PageFlag
        READ, WRITE or EXECUTE.
    """
    physical: int | None = address
    if base:
        walk = _walk_two_level if config.page_table is PageTable.TWO_LEVEL else _walk_list
        physical = walk(memory, config.ram_words, base, address, PageFlag.PRESENT | access)
    return physical if physical is not None and physical < config.ram_words else None


def _walk_list(memory: Any, ram_words: int, base: int, address: int, need: int) -> int | None:
    """Of the entries that cover the address, that with the lowest virtual one decides."""
    if base >= ram_words:
        return None
    count = min(int(memory[base]), (ram_words - base - 1) // 4)
    entries = ([int(memory[at + n]) for n in range(4)]
               for at in range(base + 1, base + 1 + 4 * count, 4))
    covering = [entry for entry in entries if 0 <= address - entry[0] < entry[2]]
    if not covering:
        return None
    virtual, physical, _, flags = min(covering, key=lambda entry: entry[0])
    return physical + address - virtual if flags & need == need else None


def _walk_two_level(memory: Any, ram_words: int, base: int, address: int, need: int) -> int | None:
    """Both levels must allow the access."""
    first = base + (address >> 22)
    if first >= ram_words or int(memory[first]) & need != need:
        return None
    second = (int(memory[first]) >> 4) + (address >> 12 & 0x3FF)
    if second >= ram_words or int(memory[second]) & need != need:
        return None
    return int(memory[second]) & ~0xFFF | address & 0xFFF
