"""MMU: TLBs in two levels, one walker, and the peripheral window with `base`."""

from amaranth import Array, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.config import PageTable
from isa.machine import RESERVED_LIMIT
from rtl.bus import Access, MemBus, PeripheralBus, Reason, TranslateBus
from rtl.checks import check_integer, check_power_of_two
from rtl.mmu.list_walker import ListWalker
from rtl.mmu.region import Found, Region
from rtl.mmu.store import RegionStore
from rtl.mmu.tlb import Tlb
from rtl.mmu.two_level_walker import TwoLevelWalker

__all__ = ["Mmu"]


class Mmu(wiring.Component):
    """Translates for fetch and for data. A hit costs no cycle. A miss looks into a second level
    that both sides share, which takes five cycles, and then walks the table in memory.

    Parameters
    ----------
    ram_words : int
        Size of RAM, in words.
    page_table : PageTable
        Format of the table.
    insn_entries, data_entries : int
        Sizes of the TLBs.
    stored_entries : int
        Size of the second level, a power of two; 0 for none.

    Members
    -------
    insn, data : In(TranslateBus)
        Fetch and data side. The end of RAM is checked here, with translation and without:
        `reason` is OUT_OF_BOUNDS for any physical address at or past it. Everything but `valid`
        acts combinationally on the answer; `valid` without `hit` starts a walk.
    mem : Out(MemBus)
        The walker's reads, physical.
    bus : In(PeripheralBus)
        Window of one word: `base`.
    on : In(1)
        Translation is on: between a return from interrupt and the next interrupt. A register of the
        core.
    flush : In(1)
        Strobe, at a return from interrupt: forget what the TLBs hold. A write of `base` does the
        same by itself. The first cycle after the strobe is the first that sees the new table; what
        was fetched through `insn` until then is the core's to throw away.
    active : Out(1)
        `on`, and `base` is not 0: translation is active and code is unprivileged.
    """
    def __init__(self, *, ram_words, page_table=PageTable.LIST, insn_entries=4, data_entries=4,
                 stored_entries=0):
        if not isinstance(page_table, PageTable):
            raise TypeError(f"page_table must be a PageTable, not {page_table!r}")
        self.ram_words    = check_integer("ram_words", ram_words, least=1, most=1 << 32)
        self.page_table   = page_table
        self.insn_entries = insn_entries
        self.data_entries = data_entries
        self.stored_entries = stored_entries and check_power_of_two("stored_entries",
                                                                    stored_entries)
        super().__init__({
            "insn":   In(TranslateBus),
            "data":   In(TranslateBus),
            "mem":    Out(MemBus),
            "bus":    In(PeripheralBus),
            "on":     In(1),
            "flush":  In(1),
            "active": Out(1),
        })

    def elaborate(self, platform):
        m = Module()

        m.submodules.walker   = walker   = WALKERS[self.page_table](ram_words=self.ram_words)
        m.submodules.insn_tlb = insn_tlb = Tlb(entries=self.insn_entries)
        m.submodules.data_tlb = data_tlb = Tlb(entries=self.data_entries)
        connect(m, walker.mem, flipped(self.mem))

        # --- the window --------------------------------------------------------------------------

        base     = Signal(32)
        has_base = Signal()  # it is not 0
        forget   = self.flush | self.bus.w_stb
        m.d.comb += self.active.eq(self.on & has_base)
        m.d.sync += self.bus.r_data.eq(base)
        with m.If(self.bus.w_stb):
            m.d.sync += [base.eq(self.bus.w_data), has_base.eq(self.bus.w_data != 0)]

        # --- answers -----------------------------------------------------------------------------

        for port, tlb in (self.insn, insn_tlb), (self.data, data_tlb):
            m.d.comb += [
                tlb.va.eq(port.va),
                tlb.access.eq(port.access),
                tlb.flush.eq(forget),
            ]
            self._elaborate_answer(m, port, tlb)

        # --- misses ------------------------------------------------------------------------------

        found    = Signal(Found)
        region   = Signal(Region)
        va       = Signal(32)
        is_data  = Signal()            # else for fetch
        below    = Signal(33)          # words between the physical address and where its part of
        above    = Signal(signed(34))  # memory begins and ends; `above` is negative past all RAM
        is_low   = Signal()
        m.d.comb += [
            walker.walk.base.eq(base),
            walker.walk.va.eq(va),
            insn_tlb.region.eq(region),
            data_tlb.region.eq(region),
        ]

        # The second level is looked into in the first cycle of WALK, and answers in the third one.
        # The walker begins then; it asks memory for nothing before the cycle after that.
        is_first, is_second, was_walked = (
            Signal(name=name) for name in ("is_first", "is_second", "was_walked"))
        if self.stored_entries:
            m.submodules.store = store = RegionStore(entries=self.stored_entries,
                                                     granule_bits=GRANULE_BITS[self.page_table])
            m.d.comb += [store.va.eq(va), store.filled.eq(region), store.flush.eq(forget)]

        # IDLE    data first: it is an older instruction that waits for it
        # WALK
        # BOUND   cut what was found where a part of memory ends
        # FILL
        ports = Array([self.insn, self.data])
        with m.FSM():
            with m.State("IDLE"):
                data_misses = self.data.valid & ~self.data.hit
                m.d.sync += [is_data.eq(data_misses), va.eq(ports[data_misses].va),
                             is_first.eq(self.stored_entries != 0), is_second.eq(0)]
                with m.If(~forget & (data_misses | (self.insn.valid & ~self.insn.hit))):
                    m.next = "WALK"
            with m.State("WALK"):
                m.d.comb += walker.walk.en.eq(~is_first & ~is_second)
                m.d.sync += [is_first.eq(0), is_second.eq(is_first)]
                pa = walker.walk.found.pa
                m.d.sync += [
                    found.eq(walker.walk.found),
                    is_low.eq(pa < RESERVED_LIMIT),
                    below.eq(pa - Mux(pa < RESERVED_LIMIT, 0, RESERVED_LIMIT)),
                    above.eq(Mux(pa < RESERVED_LIMIT, RESERVED_LIMIT, self.ram_words) - 1 - pa),
                ]
                with m.If(walker.walk.done):
                    m.next = "BOUND"
                if self.stored_entries:
                    m.d.comb += store.look.eq(is_first)
                    m.d.sync += [region.eq(store.region), was_walked.eq(0)]
                    with m.If(store.hit):
                        m.next = "FILL"
                with m.If(forget | ~self.active):
                    m.next = "IDLE"
            with m.State("BOUND"):
                self._elaborate_bound(m, region, found, va, below, above)
                m.d.sync += [region.is_low.eq(is_low & found.flags.present), was_walked.eq(1)]
                m.next = "FILL"
                with m.If(forget):
                    m.next = "IDLE"
            with m.State("FILL"):
                m.d.comb += [insn_tlb.fill.eq(~is_data), data_tlb.fill.eq(is_data)]
                if self.stored_entries:
                    m.d.comb += store.fill.eq(was_walked)
                m.next = "IDLE"

        return m

    def _elaborate_answer(self, m, port, tlb):
        """Answer an access from the TLB or, with translation not active, from its address."""
        addr_width = (self.ram_words - 1).bit_length()
        is_outside = Mux(self.active, tlb.is_outside, port.va >= self.ram_words)
        allowed    = Signal()
        with m.Switch(port.access):
            with m.Case(Access.READ):
                m.d.comb += allowed.eq(tlb.read)
            with m.Case(Access.WRITE):
                m.d.comb += allowed.eq(tlb.write)
            with m.Case(Access.EXECUTE):
                m.d.comb += allowed.eq(tlb.execute)
        is_low = port.va < RESERVED_LIMIT
        m.d.comb += [
            port.hit.eq(~self.active | tlb.hit),
            port.is_plain.eq(Mux(self.active, tlb.is_plain,
                                 (port.va < self.ram_words) & ~is_low)),
            port.pa.eq(Mux(self.active, tlb.pa, port.va)[:addr_width]),
            port.is_low.eq(Mux(self.active, tlb.is_low, is_low)),
            port.is_last.eq(Mux(self.active, tlb.is_last, port.va == self.ram_words - 1)),
        ]
        with m.If(self.active & ~allowed):
            m.d.comb += port.reason.eq(Reason.MEMORY_FAULT)
        with m.Elif(is_outside):
            m.d.comb += port.reason.eq(Reason.OUT_OF_BOUNDS)

    def _elaborate_bound(self, m, region, found, va, below, above):
        """Turn what was found into a region in one part of memory: low, other RAM, or outside."""
        is_outside = found.flags.present & (above < 0)
        cuts_back  = found.flags.present & (below < found.back)
        cuts_ahead = found.flags.present & (above < found.ahead) & ~is_outside
        back       = Mux(is_outside, 0, Mux(cuts_back, below[:32], found.back))
        ahead      = Mux(cuts_ahead, above[:32], found.ahead)
        m.d.sync += [
            region.first.eq(va - back),
            region.last.eq(va + ahead),
            region.offset.eq(found.pa - va),
            region.is_outside.eq(is_outside),
            region.read.eq(found.flags.present & found.flags.read),
            region.write.eq(found.flags.present & found.flags.write),
            region.execute.eq(found.flags.present & found.flags.execute),
        ]


WALKERS = {PageTable.LIST: ListWalker, PageTable.TWO_LEVEL: TwoLevelWalker}

# Of a page table of pages, a granule of the second level is a page.
GRANULE_BITS = {PageTable.LIST: 9, PageTable.TWO_LEVEL: 12}
