"""TLB: a few regions of virtual memory, looked up within the cycle."""

from functools import reduce
from operator import or_

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import Access
from rtl.checks import check_integer
from rtl.mmu.region import Region

__all__ = ["Tlb"]


class Tlb(wiring.Component):
    """Holds regions of any size and alignment; a full TLB forgets the oldest.

    The entries keep both ends of a region, not its size, and each adds its own offset while it
    compares, so that a lookup is one comparison and one multiplexer long.

    Parameters
    ----------
    entries : int
        How many regions fit.

    Members
    -------
    va : In(32)
        Address to look up.
    hit : Out(1)
        A region holds `va`, and no other one does; the outputs below describe it. All are
        combinational.
    access : In(Access)
        For `is_plain` alone.
    is_plain : Out(1)
        The region allows this access, and is ordinary RAM. There before all other answers.
    pa : Out(32)
        Physical address, modulo 2^32.
    is_last : Out(1)
        `va` is the last address of its region.
    is_outside, is_low, read, write, execute : Out(1)
        As in `Region`.
    fill : In(1)
        Strobe: take up `region`, from the next cycle on.
    region : In(Region)
    flush : In(1)
        Strobe: forget everything, from the next cycle on. Wins over `fill`.
    """
    va:         In(32)
    hit:        Out(1)
    access:     In(Access)
    is_plain:   Out(1)
    pa:         Out(32)
    is_last:    Out(1)
    is_outside: Out(1)
    is_low:     Out(1)
    read:       Out(1)
    write:      Out(1)
    execute:    Out(1)
    fill:       In(1)
    region:     In(Region)
    flush:      In(1)

    def __init__(self, *, entries):
        self.entries = check_integer("entries", entries, least=1)
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        valid   = Signal(self.entries)
        regions = [Signal(Region, name=f"region{n}") for n in range(self.entries)]
        hits    = Signal(self.entries)
        for n, region in enumerate(regions):
            # As two "not less": synthesis would test "less or equal" for equality besides.
            m.d.comb += hits[n].eq(valid[n] & ~(self.va < region.first) & ~(region.last < self.va))

        # Two regions can overlap only if the table changed between their walks. Both together would
        # be neither the old nor the new mapping: none answers, and all are dropped.
        has_two = Signal()
        m.d.comb += [
            has_two.eq(Cat(hits[n] & hits[:n].any() for n in range(1, self.entries)).any()),
            self.hit.eq(hits.any() & ~has_two),
        ]

        # Whether an access is plain is decided for each region while the addresses are compared.
        plain      = Signal(self.entries)
        hits_plain = Signal(self.entries)
        with m.Switch(self.access):
            for access, flag in ((Access.READ, "read"), (Access.WRITE, "write"),
                                 (Access.EXECUTE, "execute")):
                with m.Case(access):
                    m.d.comb += plain.eq(Cat(r[flag] & ~r.is_outside & ~r.is_low for r in regions))
        m.d.comb += [
            hits_plain.eq(plain & hits),
            self.is_plain.eq(hits_plain.any() & ~has_two),
        ]

        def of_hit(values):
            return reduce(or_, (Mux(hits[n], value, 0) for n, value in enumerate(values)))

        m.d.comb += [
            self.pa.eq(of_hit([(self.va + r.offset)[:32] for r in regions])),
            # Without a look at `hits`, which would take longer: what ends a region is in it.
            self.is_last.eq(Cat(valid[n] & (self.va == r.last)
                                for n, r in enumerate(regions)).any()),
            self.is_outside.eq(of_hit([r.is_outside for r in regions])),
            self.is_low.eq(of_hit([r.is_low for r in regions])),
            self.read.eq(of_hit([r.read for r in regions])),
            self.write.eq(of_hit([r.write for r in regions])),
            self.execute.eq(of_hit([r.execute for r in regions])),
        ]

        oldest = Signal(self.entries, init=1)  # one-hot
        with m.If(self.fill):
            m.d.sync += [oldest.eq(oldest.rotate_left(1)), valid.eq(valid | oldest)]
            for n, region in enumerate(regions):
                with m.If(oldest[n]):
                    m.d.sync += region.eq(self.region)
        with m.If(self.flush | has_two):
            m.d.sync += valid.eq(0)

        return m
