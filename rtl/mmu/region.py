"""What a walk finds: the layouts that walkers, TLBs and MMU exchange."""

from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Found", "PageFlags", "Region", "WalkerSignature"]


class PageFlags(data.Struct):
    """Flags of a table entry, as `isa.machine.PageFlag` has them."""
    present: 1
    read:    1
    write:   1
    execute: 1


class Found(data.Struct):
    """How one mapping, or its absence, applies to an address and to its neighbours.

    The words from ``va - back`` to ``va + ahead`` are all of the virtual memory: it neither goes
    below 0 nor above 2^32 - 1. They have the same flags, and lie in one piece in physical memory.
    """
    back:  32
    ahead: 32
    pa:    33  # of the address itself, computed without wrap-around; any without a mapping
    flags: PageFlags  # all 0 without a mapping


class Region(data.Struct):
    """A piece of virtual memory, as a TLB keeps it: from `first` to `last`, both included."""
    first:      32
    last:       32
    offset:     32  # physical less virtual address, modulo 2^32
    is_outside: 1   # all of it is past the end of RAM
    is_low:     1   # all of it is below `RESERVED_LIMIT`
    read:       1   # this and Present
    write:      1
    execute:    1


# A walker looks up one address in one format of table. Hold `en`, with `base` and `va`, until
# `done`, which is high for one cycle, with `found`; then let go for a cycle at least. Letting go
# earlier abandons the walk; a read that is under way is then finished before the next walk starts.
#
# A walk always ends: it makes a bounded number of reads, none of them past the end of RAM.
WalkerSignature = wiring.Signature({
    "en":    Out(1),
    "base":  Out(32),
    "va":    Out(32),
    "done":  In(1),
    "found": In(Found),
})
