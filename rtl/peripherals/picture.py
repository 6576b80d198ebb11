"""Picture: reads one picture out of memory, pixel by pixel, and sends it."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import MemBus, Reason
from rtl.peripherals.tokens import DisplaySize, DisplayToHost, DisplayToHostKind, send

__all__ = ["Picture"]


class Picture(wiring.Component):
    """Sends START, each PIXEL, and END; or DROP if one of them is not in RAM.

    Members
    -------
    start : In(1)
        Strobe: begin, at `address` as it is in this cycle. Not while a picture is under way.
    address : In(32)
        Of the first pixel; the others follow, row by row.
    size : In(DisplaySize)
        Neither side is 0. Held while a picture is under way.
    done : Out(1)
        Strobe: the picture is complete, or given up.
    failed : Out(1)
        It was given up. Until the cycle after `done`.
    dma : Out(MemBus)
    to_host : Out(stream)
        `DisplayToHost`.
    """
    start:   In(1)
    address: In(32)
    size:    In(DisplaySize)
    done:    Out(1)
    failed:  Out(1)
    dma:     Out(MemBus)
    to_host: Out(stream.Signature(DisplayToHost))

    def elaborate(self, platform):
        m = Module()
        req, rsp, to_host = self.dma.req, self.dma.rsp, self.to_host

        x       = Signal(14)
        y       = Signal(14)
        pixel   = Signal(33)  # its address; past 2^32 is past the end of any RAM
        is_last = Signal()    # of its row
        is_lost = rsp.payload.reason != Reason.NONE
        m.d.comb += is_last.eq(x + 1 == self.size.width)

        # The memory says a pixel in one cycle alone. If the host does not take it then, it is kept.
        kept = Signal(32)

        def pass_on():
            """The host takes a pixel: to the next one."""
            m.d.sync += [pixel.eq(pixel + 1), x.eq(x + 1)]
            m.next = "ASK"
            with m.If(is_last):
                m.d.sync += [x.eq(0), y.eq(y + 1)]
                with m.If(y + 1 == self.size.height):
                    m.next = "END"

        # BEGIN  the picture's size goes out
        # ASK    a pixel is asked of the memory
        # HEAR   it goes straight out
        # KEEP   or waits to be taken
        # END    the picture is complete, or given up
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [x.eq(0), y.eq(0), pixel.eq(self.address), self.failed.eq(0)]
                with m.If(self.start):
                    m.next = "BEGIN"
            with m.State("BEGIN"):
                m.d.comb += send(to_host, DisplayToHostKind.START,
                                 self.size.height << 16 | self.size.width)
                with m.If(to_host.ready):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += [req.valid.eq(~pixel[32]), req.payload.addr.eq(pixel)]
                with m.If(req.ready):
                    m.next = "HEAR"
                with m.If(pixel[32]):
                    m.d.sync += self.failed.eq(1)
                    m.next = "END"
            with m.State("HEAR"):
                m.d.comb += rsp.ready.eq(1)
                m.d.sync += kept.eq(rsp.payload.data)
                with m.If(rsp.valid & is_lost):
                    m.d.sync += self.failed.eq(1)
                    m.next = "END"
                with m.Elif(rsp.valid):
                    m.d.comb += send(to_host, DisplayToHostKind.PIXEL, rsp.payload.data)
                    m.next = "KEEP"
                    with m.If(to_host.ready):
                        pass_on()
            with m.State("KEEP"):
                m.d.comb += send(to_host, DisplayToHostKind.PIXEL, kept)
                with m.If(to_host.ready):
                    pass_on()
            with m.State("END"):
                m.d.comb += send(to_host, Mux(self.failed, DisplayToHostKind.DROP,
                                              DisplayToHostKind.END))
                with m.If(to_host.ready):
                    m.d.comb += self.done.eq(1)
                    m.next = "IDLE"

        return m
