"""Hesitation: makes a memory that answers at once one that answers now and then."""

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.ports import DataPort, FetchPort

__all__ = ["Hesitation"]

LONGEST = 7  # cycles that an answer is late


class Hesitation(wiring.Component):
    """Stands between a memory and its user, and finds out whether the user keeps to the rules.

    An answer comes up to seven cycles late, at random. Until then the words read are wrong; and a
    request that is made too early is lost. A fetch reads when it was asked for, or as late as it
    can: writes in between it may see or not. Writes and loads are done when they are asked for.

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
        The user's ports.
    to_fetch : Out(FetchPort)
    to_data : Out(DataPort)
        The memory's, which must answer in the next cycle.
    """
    fetch:    In(FetchPort)
    data:     In(DataPort)
    to_fetch: Out(FetchPort)
    to_data:  Out(DataPort)

    def elaborate(self, platform):
        m = Module()

        # A linear feedback shift register, x^32 + x^22 + x^2 + x + 1, four steps a cycle.
        noise = Signal(32, init=0xACE1_2357)
        steps = noise
        for _ in range(4):
            steps = ((steps << 1) | (steps[31] ^ steps[21] ^ steps[1] ^ steps[0]))[:32]
        m.d.sync += noise.eq(steps)

        f_left = self._answer(m, self.fetch, noise[0:4], "fetch")
        d_left = self._answer(m, self.data, noise[8:12], "data")
        fetch, to_fetch, to_data = self.fetch, self.to_fetch, self.to_data

        # The address of a fetch is kept, and asked for again in the last cycle.
        f_addr, is_late = Signal(32), Signal()
        m.d.comb += [
            to_fetch.en.eq(fetch.en & fetch.done),
            to_fetch.addr.eq(fetch.addr),
            fetch.first.eq(Mux(f_left == 0, to_fetch.first, ~to_fetch.first)),
            fetch.second.eq(Mux(f_left == 0, to_fetch.second, ~to_fetch.second)),
        ]
        with m.If(fetch.en & fetch.done):
            m.d.sync += [f_addr.eq(fetch.addr), is_late.eq(noise[16])]
        with m.If(is_late & (f_left == 1)):
            m.d.comb += [to_fetch.en.eq(1), to_fetch.addr.eq(f_addr)]

        m.d.comb += [
            to_data.en.eq(self.data.en & self.data.done),
            to_data.write.eq(self.data.write),
            to_data.addr.eq(self.data.addr),
            to_data.w_data.eq(self.data.w_data),
            self.data.r_data.eq(Mux(d_left == 0, to_data.r_data, ~to_data.r_data)),
        ]

        return m

    def _answer(self, m, port, noise, name):
        """Drive `done`; gives how many cycles are left until it is high."""
        left = Signal(unsigned(LONGEST.bit_length()), name=f"{name}_left")
        m.d.comb += port.done.eq(left == 0)
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.Elif(port.en):
            # Half of the answers come at once, so that both kinds meet.
            m.d.sync += left.eq(Mux(noise[3], noise[0:3], 0))
        return left
