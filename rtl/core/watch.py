"""Store watch: notices that a word was written which fetch had already asked for."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from rtl.core.queue import DEPTH

__all__ = ["StoreWatch"]

# Groups that can be between memory and execute: two in execute, since a constant may span them, and
# the queue's, of which one is on its way.
GROUPS = 2 + DEPTH
# Addresses are compared in these low bits. A needless refetch costs five cycles.
ADDRESS_BITS = 20


class StoreWatch(wiring.Component):
    """Remembers the groups that fetch asked for last, and compares writes with them.

    Members
    -------
    asked, asked_addr : In(1), In(32)
        Fetch asks for the group at this physical address.
    wrote, wrote_addr : In(1), In(32)
        This word is written.
    hit : Out(1)
        A word that was written in the cycle before may be among those that were asked for until
        then: what was fetched and is not being executed yet is stale.
    """
    asked:      In(1)
    asked_addr: In(32)
    wrote:      In(1)
    wrote_addr: In(32)
    hit:        Out(1)

    def elaborate(self, platform):
        m = Module()

        # The newest group is there whether it was asked for or not, which is known late.
        newest, is_asked = Signal(ADDRESS_BITS), Signal()
        m.d.sync += [newest.eq(self.asked_addr), is_asked.eq(self.asked)]
        groups = Signal(data.ArrayLayout(ADDRESS_BITS, GROUPS))
        with m.If(is_asked):
            m.d.sync += groups[0].eq(newest)
            for n in range(1, GROUPS):
                m.d.sync += groups[n].eq(groups[n - 1])

        addr  = Signal(ADDRESS_BITS)
        wrote = Signal()
        m.d.sync += [wrote.eq(self.wrote), addr.eq(self.wrote_addr)]

        hits = []
        for n, group in enumerate([newest, *groups]):
            distance = Signal(ADDRESS_BITS, name=f"distance{n}")
            m.d.comb += distance.eq(addr - group)
            hits.append(distance < 2)
        m.d.comb += self.hit.eq(wrote & Cat(hits[0] & is_asked, *hits[1:]).any())

        return m
