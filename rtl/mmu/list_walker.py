"""List walker: finds an address in a table of ranges."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import MemBus
from rtl.checks import check_integer
from rtl.mmu.list_judge import Item, ListJudge
from rtl.mmu.region import WalkerSignature

__all__ = ["ListWalker"]


class ListWalker(wiring.Component):
    """Walks the list table: a count, then virtual address, physical address, size, flags each.

    Of each entry two words are read, its virtual address and its size; at the end two more of the
    entry that decides. So a walk makes at most ``2 * n + 3`` reads, where `n` is the count but not
    more than what fits between `base` and the end of RAM; with a memory that answers in one cycle
    it takes as many cycles and 9 more.

    What is found is the piece between the nearest ends of entries on both sides of the address.
    No entry begins or ends inside, so that the same one decides everywhere; where entries do not
    overlap, the piece is a whole entry or a whole gap.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words. An entry that does not fit below it counts as none.

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

        walk, req, rsp = self.walk, self.mem.req, self.mem.rsp
        addr_width = (self.ram_words - 1).bit_length()

        # --- reading: what is offered, what is under way, what has arrived -----------------------

        asked   = Signal(Item)  # offered
        pending = Signal(Item)  # under way
        heard   = Signal(Item)  # in `word` for this cycle
        word    = Signal(32)
        accept  = req.valid & req.ready
        m.d.comb += [
            req.valid.eq((asked != Item.NOTHING) & ((pending == Item.NOTHING) | rsp.valid)),
            rsp.ready.eq(1),
        ]
        m.d.sync += heard.eq(Item.NOTHING)
        with m.If(rsp.valid):
            m.d.sync += [heard.eq(pending), word.eq(rsp.payload.data), pending.eq(Item.NOTHING)]
        with m.If(accept):
            m.d.sync += pending.eq(asked)
        is_quiet = (pending == Item.NOTHING) & (heard == Item.NOTHING)

        # --- judging what has arrived ------------------------------------------------------------

        m.submodules.judge = judge = ListJudge(ram_words=self.ram_words)
        is_abandoned = Signal()
        m.d.comb += [
            judge.va.eq(walk.va),
            judge.heard.eq(heard),
            judge.word.eq(word),
            judge.entry.eq(walk.base + 1),
            walk.found.eq(judge.found),
        ]

        # --- asking ------------------------------------------------------------------------------

        # An entry has four words.
        count_width = max(addr_width - 2, 0)
        table = Signal(addr_width)   # where the next read goes, or near it
        left  = Signal(count_width)  # entries to ask for
        fit   = Signal(count_width)  # entries for which there is room in RAM

        # MEASURE          how many entries can there be?
        # COUNT, LIMIT     ...and how many are there?
        # VIRTUAL, SIZE    of each entry; SETTLE while the last is on its way
        # PHYSICAL, FLAGS  of the entry that decides; FINISH while the last is on its way
        with m.If(~walk.en):
            m.d.sync += is_abandoned.eq(1)
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += judge.begin.eq(1)
                m.d.sync += [table.eq(walk.base), is_abandoned.eq(0)]
                with m.If(walk.en):
                    m.next = "MEASURE"
            with m.State("MEASURE"):
                m.d.sync += fit.eq((self.ram_words - 1 - table) >> 2)
                m.next = "COUNT"
                # Abandoned, `base` may be another one already than that which is in `table`.
                with m.If((walk.base >= self.ram_words) | ~walk.en):
                    m.next = "FINISH"
            with m.State("COUNT"):
                m.d.comb += [asked.eq(Item.COUNT), req.payload.addr.eq(table)]
                with m.If(accept):
                    m.d.sync += table.eq(table + 1)
                    m.next = "LIMIT"
            with m.State("LIMIT"):
                m.d.sync += left.eq(Mux(word < fit, word, fit))
                with m.If(heard == Item.COUNT):
                    m.next = "VIRTUAL"
            with m.State("VIRTUAL"):
                m.d.comb += req.payload.addr.eq(table)
                with m.If(left == 0):
                    m.next = "SETTLE"
                with m.Else():
                    m.d.comb += asked.eq(Item.VIRTUAL)
                    with m.If(accept):
                        m.next = "SIZE"
            with m.State("SIZE"):
                m.d.comb += [asked.eq(Item.SIZE), req.payload.addr.eq(table + 2)]
                with m.If(accept):
                    m.d.sync += [table.eq(table + 4), left.eq(left - 1)]
                    m.next = "VIRTUAL"
            with m.State("SETTLE"):
                with m.If(is_quiet):
                    m.next = "FINISH"
                    with m.If(judge.is_mapped):
                        m.next = "PHYSICAL"
            with m.State("PHYSICAL"):
                m.d.comb += [asked.eq(Item.PHYSICAL), req.payload.addr.eq(judge.best + 1)]
                with m.If(accept):
                    m.next = "FLAGS"
            with m.State("FLAGS"):
                m.d.comb += [asked.eq(Item.FLAGS), req.payload.addr.eq(judge.best + 3)]
                with m.If(accept):
                    m.next = "FINISH"
            with m.State("FINISH"):
                with m.If(is_quiet):
                    m.d.comb += walk.done.eq(walk.en & ~is_abandoned)
                    m.next = "IDLE"

        # Abandoned, the rest of the table is skipped; but an offer must stand until it is taken.
        with m.If(is_abandoned & ~(req.valid & ~req.ready)):
            m.d.comb += judge.drop.eq(1)
            m.d.sync += left.eq(0)

        return m
