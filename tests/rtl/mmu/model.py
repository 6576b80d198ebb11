"""Section 5 of the manual, in plain Python: what an access comes to, and why."""

from isa.config import PageTable
from isa.machine import PageFlag, Reason

__all__ = ["translate"]


def translate(ram, page_table, base, va, needs):
    """Physical address and reason of a fault (0 for none) of one access.

    `ram` is any sequence of words, `needs` the flag that the access needs besides Present.
    """
    lookup = {PageTable.LIST: _list, PageTable.TWO_LEVEL: _two_level}[page_table]
    pa, flags = lookup([int(word) for word in ram], base, va) or (0, 0)
    if not (flags & PageFlag.PRESENT and flags & needs):
        return None, Reason.MEMORY_FAULT
    if pa >= len(ram):
        return None, Reason.OUT_OF_BOUNDS
    return pa, 0


def _list(ram, base, va):
    covering = []
    if base < len(ram):
        # "Parts of a table past the end of RAM count as no entry": nor does one that is cut off.
        for index, at in enumerate(range(base + 1, len(ram) - 3, 4)):
            if index >= ram[base]:
                break
            virtual, physical, size, flags = ram[at:at + 4]
            if va >= virtual and va - virtual < size:
                covering.append((virtual, index, physical + (va - virtual), flags))
    if covering:
        _, _, pa, flags = min(covering)
        return pa, flags


def _two_level(ram, base, va):
    first_at = base + (va >> 22)
    if first_at >= len(ram):
        return None
    first = ram[first_at]
    second_at = (first >> 4) + (va >> 12 & 0x3FF)
    if second_at >= len(ram):
        return None
    second = ram[second_at]
    return second & 0xFFFFF000 | va & 0xFFF, first & second & 15
