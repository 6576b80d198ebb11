"""Random page tables: the program's own pages, scratch memory, and whatever else."""

from isa.config import MachineConfig
from isa.machine import PROGRAM, window_addresses
from sim.fuzz.dice import Dice
from sim.fuzz.program import Item, Label, Table, list_table

__all__ = ["EDGE_VIRTUAL", "LOW_CODE", "POOL_VIRTUAL", "SCRATCH", "SCRATCH_WORDS",
           "random_list_table", "random_two_level_table"]

SCRATCH_WORDS = 0x400
SCRATCH = 0x20000        # physical; programs are far shorter than this
LOW_CODE = 0x800         # in the free words below the program
LONELY = SCRATCH + 0x10   # physical: a word that page tables map by itself
EDGE_VIRTUAL = 0x60000000  # where they map the end of RAM, and that word
POOL_VIRTUAL = (0, 0x40, 0x1000, 0x8000, 0x20000, 0x20200, 0x203FF, 0x50000, 0x7FFFFF00,
                0x80000000, 0xFFFFF000, 0xFFFFFFFE, 0xFFFFFFFF)


# Entries besides those that a program needs, in a table of many and of few: each costs every walk
# of the list some cycles, and there is a walk after each return.
FURTHER = (0, 1, 2, 3, 4, 6, 9, 15)
FEW     = (0, 0, 1, 2)


def random_list_table(rng: Dice, config: MachineConfig, offset: int, number: int,
                      has_many: bool) -> Table:
    """The program's own pages, scratch memory, and whatever else: much or little."""
    code: tuple[Item, Item, Item, Item] = (
        Label("prologue", offset), Label("prologue"), Label("atoms length"),
        15 if rng.random() < 0.8 else rng.choice((9, 11, 13)))
    scratch = (SCRATCH, SCRATCH, SCRATCH_WORDS, 7)
    entries: list[tuple[Item, Item, Item, Item]] = [code, scratch]
    if has_many or rng.random() < 0.25:
        entries += [(EDGE_VIRTUAL, config.ram_words - 2, 4, 15), (EDGE_VIRTUAL + 7, LONELY, 1, 15)]
    for _ in range(rng.choice(FURTHER if has_many else FEW)):
        flags = rng.choice((15, 7, 3, 1, 0, 2, 4, 8, 14, 13, 11, rng.randrange(16)))
        place = (rng.choice(POOL_VIRTUAL) + rng.randrange(-4, 5)) & 0xFFFFFFFF
        virtual: Item = place
        size = rng.choice((0, 1, 2, 8, 0x100, 0x1000, 0x10000000, 0xFFFFFFFF, rng.getrandbits(32)))
        kind = rng.random()
        if place <= PROGRAM + offset < place + size and rng.random() < 0.9:
            size = 2  # it would hide the whole program, which then does nothing but fault
        if kind < 0.25:  # a piece of the code, shadowed: often between the words of a `constant`
            virtual, size = Label("atom 0", offset + rng.randrange(300)), rng.randrange(1, 4)
        elif rng.random() < 0.15:  # where another begins, before which it does not count
            virtual = rng.choice(entries)[0]
        if flags & 4:  # never the tables: what is seen of such a store is not determined
            physical: Item = rng.choice((SCRATCH, SCRATCH + 0x200, config.ram_words - 2,
                                         config.ram_words, 0xFFFFFFF0))
            size = min(size, 0x100)
            if kind < 0.25:
                physical = Label("atom 0", rng.randrange(40))
            elif kind < 0.5:  # a window; what is fetched there is not determined
                physical, flags = window_addresses(config.peripherals)["clock"], flags & ~8
        else:
            physical = rng.choice((SCRATCH, 0, 0x40, Label(f"table {number}"), Label("atom 0"),
                                   config.ram_words - 2, config.ram_words, 0xFFFFFFF0))
        entries.append((virtual, physical, size, flags))
    tail = entries[2:]
    rng.shuffle(tail)
    return list_table([code, scratch, *tail], rng.choice((None, None, len(entries) - 1)))


def random_two_level_table(rng: Dice, config: MachineConfig, offset: int,
                           number: int) -> Table:
    """A first table and three second ones behind it, in one piece of data. A walk takes as long
    whatever is in them, so all have as much."""
    name = f"table {number}"
    words: list[Item] = [0] * (4 * 1024)
    for _ in range(rng.randrange(20)):
        words[rng.randrange(1024)] = Label(name, 1024 * rng.randrange(1, 4), 4, rng.randrange(16))
    for _ in range(rng.randrange(200)):
        flags = rng.randrange(16) & ~4
        physical = rng.choice((SCRATCH, 0, 0x1000, config.ram_words - 0x1000, config.ram_words,
                               0xFFFFF000))
        words[rng.randrange(1024, 4096)] = physical | flags | rng.randrange(256) << 4 & 0xFF0
    # The code by the first of the second tables, scratch memory by the same or the second.
    base = 0x1000 + offset
    words[base >> 22] = Label(name, 1024, 4, 15)
    for page in range(16):
        words[1024 + (base + 0x1000 * page >> 12 & 0x3FF)] = 0x1000 + 0x1000 * page | 15
    if base >> 22:
        words[0] = Label(name, 2048, 4, 15)
    words[(2048 if base >> 22 else 1024) + (SCRATCH >> 12)] = SCRATCH | 7
    # The end of RAM and what is behind it; scratch memory by itself.
    words[EDGE_VIRTUAL >> 22] = Label(name, 3072, 4, 15)
    edge = [config.ram_words - 0x1000 | 15, config.ram_words | 15, 0, SCRATCH | 15, 0]
    words[3072:3072 + len(edge)] = edge
    return Table(tuple(words))
