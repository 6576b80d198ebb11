"""List judge: which entry of a list decides about an address, and how far around it."""

from amaranth import Module, Mux, Signal, signed, unsigned
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer
from rtl.mmu.region import Found

__all__ = ["Item", "ListJudge"]


class Item(enum.Enum, shape=unsigned(3)):
    """What a read is for."""
    NOTHING  = 0
    COUNT    = 1
    VIRTUAL  = 2
    SIZE     = 3
    PHYSICAL = 4
    FLAGS    = 5


class ListJudge(wiring.Component):
    """Judges the entries of a list table as their words arrive, in the order of the table.

    An entry that begins `delta` words below the address covers it if its size is more; of those
    that cover it, the lowest virtual address has the greatest delta, and decides.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words.

    Members
    -------
    begin : In(1)
        Strobe: forget everything; the next entry is the one at `entry`.
    entry : In(32)
    va : In(32)
        Address to judge; held from `begin` on.
    heard : In(Item)
        What arrives in `word`, in this cycle: virtual address and size of each entry, then physical
        address and flags of the one that decides.
    word : In(32)
    drop : In(1)
        No entry decides, whatever was heard so far.
    is_mapped : Out(1)
        An entry covers the address.
    best : Out(32)
        Where the one is that decides so far; as many bits as addresses of RAM have.
    found : Out(Found)
        Complete in the cycle after all has arrived.
    """
    def __init__(self, *, ram_words):
        self.ram_words = check_integer("ram_words", ram_words, least=1, most=1 << 32)
        super().__init__({
            "begin":     In(1),
            "entry":     In(32),
            "va":        In(32),
            "heard":     In(Item),
            "word":      In(32),
            "drop":      In(1),
            "is_mapped": Out(1),
            "best":      Out((self.ram_words - 1).bit_length()),
            "found":     Out(Found),
        })

    def elaborate(self, platform):
        m = Module()
        word, found, best = self.word, self.found, self.best

        delta   = Signal(33)          # of the entry that is heard; negative if it begins above
        rest    = Signal(signed(34))  # delta less its size; negative if it ends above
        entry   = Signal.like(best)   # where it is
        best_by = Signal(32)          # delta of the one that decides
        m.d.comb += rest.eq(delta - word)

        near_end   = Signal(32)  # words from the entry's nearest end below the address to it
        near_begin = Signal(32)  # words between the address and the nearest end above
        is_above   = delta[-1]
        covers     = ~is_above & (rest < 0)
        m.d.comb += [
            near_end.eq(Mux(covers, delta, rest)),
            near_begin.eq(Mux(is_above, ~delta, ~rest)),
        ]
        with m.Switch(self.heard):
            with m.Case(Item.VIRTUAL):
                m.d.sync += delta.eq(self.va - word)
            with m.Case(Item.SIZE):
                m.d.sync += entry.eq(entry + 4)
                with m.If(~is_above & (near_end < found.back)):
                    m.d.sync += found.back.eq(near_end)
                with m.If((is_above | covers) & (near_begin < found.ahead)):
                    m.d.sync += found.ahead.eq(near_begin)
                with m.If(covers & (~self.is_mapped | (delta[:32] > best_by))):
                    m.d.sync += [self.is_mapped.eq(1), best.eq(entry), best_by.eq(delta)]
            with m.Case(Item.PHYSICAL):
                m.d.sync += found.pa.eq(word + best_by)
            with m.Case(Item.FLAGS):
                m.d.sync += found.flags.eq(word)
        with m.If(self.begin):
            m.d.sync += [
                entry.eq(self.entry),
                self.is_mapped.eq(0),
                found.back.eq(self.va),
                found.ahead.eq(~self.va),
                found.flags.eq(0),
            ]
        with m.If(self.drop):
            m.d.sync += self.is_mapped.eq(0)

        return m
