"""Two-level walker: finds an address in a tree of page tables."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import MemBus
from rtl.checks import check_integer
from rtl.mmu.region import PageFlags, WalkerSignature

__all__ = ["TwoLevelWalker"]


class VirtualAddress(data.Struct):
    offset: 12
    second: 10  # index into the second table
    first:  10  # index into the first


class FirstEntry(data.Struct):
    flags: PageFlags
    table: 28  # physical address of the second table


class SecondEntry(data.Struct):
    flags:  PageFlags
    unused: 8
    page:   20  # physical address of the page, upper bits


class TwoLevelWalker(wiring.Component):
    """Walks the two-level table: at most two reads, one of each level.

    What is found is the page around the address, mapped or not. An entry at or past the end of RAM
    counts as none.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words.

    Members
    -------
    walk : In(WalkerSignature)
    mem : Out(MemBus)
        Reads, one at a time.
    """
    def __init__(self, *, ram_words):
        self.ram_words = check_integer("ram_words", ram_words, least=1, most=1 << 32)
        super().__init__({"walk": In(WalkerSignature), "mem": Out(MemBus)})

    def elaborate(self, platform):
        m = Module()

        walk, found, req, rsp = self.walk, self.walk.found, self.mem.req, self.mem.rsp
        va     = data.View(VirtualAddress, walk.va)
        first  = data.View(FirstEntry, rsp.payload.data)
        second = data.View(SecondEntry, rsp.payload.data)

        entry        = Signal(33)  # physical address of the entry to read
        is_outside   = entry >= self.ram_words
        is_second    = Signal()
        is_abandoned = Signal()
        m.d.comb += [
            found.back.eq(va.offset),
            found.ahead.eq(~va.offset),
            req.payload.addr.eq(entry),
            rsp.ready.eq(1),
        ]
        with m.If(~walk.en):
            m.d.sync += is_abandoned.eq(1)

        # ASK, HEAR  first one level, then the other
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [
                    entry.eq(walk.base + va.first),
                    found.flags.eq(~0),
                    is_second.eq(0),
                    is_abandoned.eq(0),
                ]
                with m.If(walk.en):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += req.valid.eq(~is_outside)
                with m.If(is_outside):
                    m.d.sync += found.flags.eq(0)
                    m.next = "DONE"
                with m.Elif(req.ready):
                    m.next = "HEAR"
            with m.State("HEAR"):
                with m.If(rsp.valid):
                    # The flags stand in the same place on both levels; both must allow.
                    m.d.sync += [
                        found.flags.eq(found.flags.as_value() & first.flags.as_value()),
                        found.pa.eq(Cat(va.offset, second.page)),
                        entry.eq(first.table + va.second),
                        is_second.eq(1),
                    ]
                    m.next = "ASK"
                    with m.If(is_second | ~first.flags.present):
                        m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += walk.done.eq(walk.en & ~is_abandoned)
                m.next = "IDLE"

        return m
