"""Part: the data words of a buffered device, and how they leave it one by one."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.peripherals.buffer import Buffer

__all__ = ["Part"]


class Part(wiring.Component):
    """A part of a message: keeps its words, and sends them as they were when the sending began.

    Members
    -------
    w_stb, w_addr, w_data : In
        A store to a data word.
    r_stb, r_addr : In
        A load; `r_data` has its word in the next cycle.
    freeze : In(1)
        From the beginning of a write until `done`: stores must not reach what has yet to be sent.
    start : In(1)
        Strobe: send the first `words` words, of which there is one at least.
    words : In(8)
        Held from `freeze` until `done`.
    done : Out(1)
        Strobe: the last word is taken in this cycle.
    o : Out(stream.Signature(32))
    """
    w_stb:  In(1)
    w_addr: In(8)
    w_data: In(32)
    r_stb:  In(1)
    r_addr: In(8)
    r_data: Out(32)
    freeze: In(1)
    start:  In(1)
    words:  In(8)
    done:   Out(1)
    o:      Out(stream.Signature(32))

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = Buffer()

        index = Signal(8)
        m.d.comb += [
            buffer.w_stb.eq(self.w_stb),
            buffer.w_addr.eq(self.w_addr),
            buffer.w_data.eq(self.w_data),
            buffer.r_stb.eq(self.r_stb),
            buffer.r_addr.eq(self.r_addr),
            buffer.freeze.eq(self.freeze),
            buffer.index.eq(index),
            buffer.limit.eq(self.words),
            self.r_data.eq(buffer.r_data),
            self.o.payload.eq(buffer.taken),
        ]

        # TAKE    the next word is fetched from the copy
        # COPY    and REPAIR bring the copy up to date behind it
        # OFFER   it is sent
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += index.eq(0)
                with m.If(self.start):
                    m.next = "TAKE"
            with m.State("TAKE"):
                m.d.comb += buffer.take.eq(1)
                m.next = "COPY"
            with m.State("COPY"):
                m.d.comb += buffer.copy.eq(1)
                with m.If(~buffer.r_stb & ~buffer.w_stb):
                    m.next = "REPAIR"
            with m.State("REPAIR"):
                m.d.comb += buffer.repair.eq(1)
                m.next = "OFFER"
                with m.If(buffer.w_stb):
                    m.next = "COPY"
            with m.State("OFFER"):
                m.d.comb += [buffer.is_repaired.eq(1), self.o.valid.eq(1)]
                with m.If(self.o.ready):
                    m.d.sync += index.eq(index + 1)
                    m.next = "TAKE"
                    with m.If(index + 1 == self.words):
                        m.d.comb += self.done.eq(1)
                        m.next = "IDLE"

        return m
