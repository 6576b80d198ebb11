"""Second level of the TLBs: many regions in block RAM, found by a part of the address."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer, check_power_of_two
from rtl.mmu.region import Region

__all__ = ["RegionStore"]

GENERATION_BITS = 7  # with a region they fill three block RAMs of 36 bits


class RegionStore(wiring.Component):
    """Remembers what walks found, so that a region that the TLBs forgot needs no other walk.

    It is direct mapped: an address has one place, chosen by its bits from `granule_bits` on, which
    holds the region that was last found for any address with this place. So a region is found
    again by each of its granules of ``2^granule_bits`` words that was walked for once.

    Forgetting everything takes no time: each place has the generation in which it was filled, and
    only those of the present one count. When generations have run out, and after a reset, places
    are emptied one by one; until then nothing is found and nothing taken up.

    Parameters
    ----------
    entries : int
        How many places there are; a power of two, at least 2.
    granule_bits : int

    Members
    -------
    va : In(32)
    look : In(1)
        Strobe: look up `va`, which stays the same until `hit`.
    region : Out(Region)
        From the cycle after `look` on: what may hold `va`.
    hit : Out(1)
        In the second cycle after `look`: it does.
    fill : In(1)
        Strobe: take up `filled` for `va`. Not with `look`.
    filled : In(Region)
    flush : In(1)
        Strobe: forget everything, from the next cycle on. Wins over `fill`.
    """
    va:     In(32)
    look:   In(1)
    hit:    Out(1)
    region: Out(Region)
    fill:   In(1)
    filled: In(Region)
    flush:  In(1)

    def __init__(self, *, entries, granule_bits):
        self.entries      = check_power_of_two("entries", entries)
        self.granule_bits = check_integer("granule_bits", granule_bits, least=0, most=31)
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        entry = data.StructLayout({"generation": GENERATION_BITS, "region": Region})
        m.submodules.places = places = Memory(
            shape=entry, depth=self.entries, init=[],
            # Nothing is looked up as a place is filled, and nothing found as one is emptied.
            attrs={"ram_style": "block", "no_rw_check": 1})
        read, write = places.read_port(), places.write_port()

        # Neighbouring granules have places of their own, and so do those a power of two away.
        index_bits = (self.entries - 1).bit_length()
        low, high  = self.va[self.granule_bits:], self.va[self.granule_bits + index_bits:]
        index      = (low ^ high)[:index_bits]

        generation  = Signal(GENERATION_BITS, init=1)  # an empty place has 0
        is_emptying = Signal(init=1)
        emptied     = Signal(range(self.entries))
        was_usable  = Signal()
        m.d.comb += [
            read.addr.eq(index),
            read.en.eq(self.look),
            self.region.eq(read.data.region),
            write.addr.eq(Mux(is_emptying, emptied, index)),
            write.en.eq(is_emptying | (self.fill & ~self.flush)),
            write.data.region.eq(self.filled),
            write.data.generation.eq(Mux(is_emptying, 0, generation)),
        ]
        # Block RAM is late; what it says is looked at, and decided about in the cycle after.
        m.d.sync += [
            was_usable.eq(self.look & ~is_emptying & ~self.flush),
            self.hit.eq(was_usable & (read.data.generation == generation)
                        & ~(self.va < self.region.first) & ~(self.region.last < self.va)),
        ]

        with m.If(is_emptying):
            m.d.sync += [emptied.eq(emptied + 1),
                         is_emptying.eq(emptied != self.entries - 1)]
        with m.Elif(self.flush):  # while places are emptied there is nothing to forget
            m.d.sync += generation.eq(generation + 1)
            with m.If(generation == (1 << GENERATION_BITS) - 1):
                m.d.sync += [generation.eq(1), is_emptying.eq(1)]

        return m
