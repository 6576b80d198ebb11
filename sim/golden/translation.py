"""Address translation of the golden model: the manual's section 5.

A *range* is (first address, words, physical - virtual): addresses that are translated alike. What
is found in a page table is kept in `cpu`, at RECENT, until `forget`; where the loop touches memory
it keeps the last ranges in locals.
"""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

from isa.machine import RESERVED_LIMIT
from sim.golden.compiled import MASK, index, int64, jit, jit_inline, unsigned
from sim.golden.state import (
    BASE,
    FINDS,
    KINDS,
    MEMORY_FAULT,
    OUT_OF_BOUNDS,
    PRESENT,
    RAM_WORDS,
    RANGE_WORDS,
    RECENT,
    TWO_LEVEL,
    WAYS,
    WRITE,
)

__all__ = ["NOWHERE", "covers", "find", "forget", "lookup", "lookup_store", "was_found"]

NOWHERE = (0, 0, 0)  # the range that no address is in

ENTRY_WORDS = 4      # of a list table: virtual address, physical address, size, flags

# Two-level tables.
PAGE_WORDS, PAGE_BITS   = 0x1000, 12
FIRST_BITS, SECOND_MASK = 22, 0x3FF
FLAG_BITS               = 4


@jit
def walk_list(mem, ram, base, a, need):
    """By the entry that covers `a` and has the lowest virtual address, of equals the first."""
    low, high, delta, flags = int64(0), int64(0), int64(0), int64(-1)
    best = int64(0)
    if base < ram:
        count = int64(mem[index(base)])
        whole = (ram - base - 1) // ENTRY_WORDS  # entries that lie in RAM as a whole
        if count > whole:
            count = whole
        at = base + 1
        for _ in range(count):
            virtual = int64(mem[index(at)])
            offset = a - virtual
            if offset >= 0 and offset < int64(mem[index(at + 2)]):
                if flags < 0 or virtual < best:
                    best = virtual
                    high = virtual + int64(mem[index(at + 2)])
                    delta = int64(mem[index(at + 1)]) - virtual
                    flags = int64(mem[index(at + 3)])
            at += ENTRY_WORDS
        if flags >= 0:
            # Where that entry decides: from where those that go before it have ended.
            low = best
            at = base + 1
            for _ in range(count):
                virtual = int64(mem[index(at)])
                end = virtual + int64(mem[index(at + 2)])
                if virtual <= best and end <= a and end > low:
                    low = end
                at += ENTRY_WORDS
    if flags < 0 or flags & PRESENT == 0 or flags & need == 0:
        return int64(MEMORY_FAULT), low, high, delta
    return int64(0), low, high, delta


@jit
def walk_two_level(mem, ram, base, a, need):
    """Two tables of 1024 words: `a[31:22]`, then `a[21:12]`; both must allow the access."""
    low = a & -PAGE_WORDS
    first = base + (a >> FIRST_BITS)
    if first < ram:
        entry = int64(mem[index(first)])
        second = (entry >> FLAG_BITS) + (a >> PAGE_BITS & SECOND_MASK)
        if entry & PRESENT and entry & need and second < ram:
            page = int64(mem[index(second)])
            if page & PRESENT and page & need:
                return int64(0), low, low + PAGE_WORDS, (page & -PAGE_WORDS) - low
    return int64(MEMORY_FAULT), low, low, int64(0)


@jit
def find(mem, cpu, active, a, need):
    """Translate `a`: (reason, first address, end, physical - virtual), the range all inside RAM."""
    ram = cpu[RAM_WORDS]
    reason, low, high, delta = int64(0), int64(0), ram, int64(0)
    if active:
        if cpu[TWO_LEVEL]:
            reason, low, high, delta = walk_two_level(mem, ram, cpu[BASE], a, need)
        else:
            reason, low, high, delta = walk_list(mem, ram, cpu[BASE], a, need)
    if reason == 0 and a + delta >= ram:
        reason = int64(OUT_OF_BOUNDS)
    high = min(high, ram - delta, int64(MASK + 1))
    return reason, low, high, delta


@jit
def first_recent(need):
    """Where in `cpu` the ranges found lately for one kind of access begin."""
    return RECENT + (need >> 2) * WAYS * RANGE_WORDS


@jit
def lookup(mem, cpu, active, a, need):
    """Translate `a`, if possible by what was found before: (reason, the range around it)."""
    first = first_recent(need)
    if active:
        for at in range(first, first + WAYS * RANGE_WORDS, RANGE_WORDS):
            if cpu[index(at)] <= a and a < cpu[index(at + 1)]:
                low, high = cpu[index(at)], cpu[index(at + 1)]
                return int64(0), (low, high - low, cpu[index(at + 2)])
    reason, low, high, delta = find(mem, cpu, active, a, need)
    if active:
        cpu[FINDS] += 1
        if reason == 0:
            for at in range(first + WAYS * RANGE_WORDS - 1, first + RANGE_WORDS - 1, -1):
                cpu[index(at)] = cpu[index(at - RANGE_WORDS)]
            cpu[index(first)], cpu[index(first + 1)], cpu[index(first + 2)] = low, high, delta
    if reason:
        low, high, delta = int64(0), int64(0), int64(0)
    return reason, (low, high - low, delta)


@jit
def lookup_store(mem, cpu, active, a):
    """Translate the address of a store: (reason, physical address, range for further stores).

    Reserved words are never in that range, so that each store to them is looked at.
    """
    reason, (low, words, delta) = lookup(mem, cpu, active, a, WRITE)
    if reason == 0 and a + delta < RESERVED_LIMIT:
        return reason, a + delta, (int64(0), int64(0), int64(0))
    first = max(low, RESERVED_LIMIT - delta)
    return reason, a + delta, (first, low + words - first, delta)


@jit_inline
def covers(found, a):
    """Whether an address is in a range."""
    return unsigned(a - found[0]) < unsigned(found[1])


@jit
def was_found(cpu, a, need):
    """Whether `a` is among the ranges found since translation last changed."""
    first = first_recent(need)
    for at in range(first, first + WAYS * RANGE_WORDS, RANGE_WORDS):
        if cpu[index(at)] <= a and a < cpu[index(at + 1)]:
            return True
    return False


@jit
def forget(cpu):
    """Translation may have changed."""
    for at in range(RECENT, RECENT + WAYS * RANGE_WORDS * KINDS):
        cpu[index(at)] = 0
