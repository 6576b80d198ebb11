"""Arbiter: who may use the data port, and what of it is not RAM at all."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import MemBus, MemRequest, Reason
from rtl.memory.ports import DataPort
from toolchain.isa.machine import RESERVED_LIMIT

__all__ = ["Arbiter", "DirectPort"]


# Execute's own way to RAM. `en` acts only while `ready`; its answer comes as that of `DataPort`.
DirectPort = wiring.Signature({
    "en":     Out(1),
    "write":  Out(1),
    "addr":   Out(32),
    "w_data": Out(32),
    "ready":  In(1),
    "done":   In(1),
    "r_data": In(32),
})


class Arbiter(wiring.Component):
    """Lets masters use physical memory, one request at a time; the first that asks goes first.

    A request is taken in the cycle in which it is offered, made to RAM in the next, and answered in
    the one after that. There it goes before one on the direct port, which waits; deciding that a
    cycle ahead keeps the masters off the path that ends in execute's stall.

    Parameters
    ----------
    ram_words : int
        Size of RAM.
    masters : int
        How many there are.
    is_reserved : function
        Gives whether a physical address below `RESERVED_LIMIT` is something else than RAM.

    Members
    -------
    masters : In(MemBus).array(masters)
        Those with lower numbers go first.
    direct : In(DirectPort)
        Execute, for RAM alone.
    port : Out(DataPort)
        RAM.
    reserved : Out(MemBus)
        What is not RAM.
    is_aside : Out(1)
        A request to what is not RAM was accepted and is not answered yet.
    wrote, wrote_addr : Out(1), Out(32)
        A word of RAM is written.
    """
    def __init__(self, *, ram_words, masters, is_reserved):
        self.ram_words   = ram_words
        self.count       = masters
        self.is_reserved = is_reserved
        super().__init__({
            "masters":    In(MemBus).array(masters),
            "direct":     In(DirectPort),
            "port":       Out(DataPort),
            "reserved":   Out(MemBus),
            "is_aside":   Out(1),
            "wrote":      Out(1),
            "wrote_addr": Out(32),
        })

    def elaborate(self, platform):
        m = Module()
        direct, port, reserved = self.direct, self.port, self.reserved

        # The request of the first master that has one, then the one that is being worked at.
        wants   = Signal()
        offered = Signal(MemRequest)
        number  = Signal(range(self.count))
        request = Signal(MemRequest)
        owner   = Signal(range(self.count))
        for n, master in reversed(list(enumerate(self.masters))):
            with m.If(master.req.valid):
                m.d.comb += [wants.eq(1), offered.eq(master.req.payload), number.eq(n)]

        outstanding = Signal()  # the port has not answered yet
        port_free   = Signal()
        takes_port  = Signal()
        accepts     = Signal()
        answers     = Signal()
        m.d.comb += [
            port_free.eq(~outstanding | port.done),
            direct.ready.eq(port_free & ~takes_port),
            direct.done.eq(port.done),
            direct.r_data.eq(port.r_data),
            port.en.eq((takes_port & port_free) | (direct.en & direct.ready)),
            port.write.eq(direct.write),
            port.addr.eq(direct.addr),
            port.w_data.eq(direct.w_data),
            self.wrote.eq(port.en & port.write),
            self.wrote_addr.eq(port.addr),
            reserved.req.payload.eq(request),
        ]
        with m.If(takes_port):
            m.d.comb += [
                port.write.eq(request.write),
                port.addr.eq(request.addr),
                port.w_data.eq(request.data),
            ]
        with m.If(port_free):
            m.d.sync += outstanding.eq(port.en)

        response = Signal.like(reserved.rsp.payload)
        for n, master in enumerate(self.masters):
            m.d.comb += [
                master.req.ready.eq(accepts & (number == n)),
                master.rsp.valid.eq(answers & (owner == n)),
                master.rsp.payload.eq(response),
            ]

        # REST      nobody asked
        # RAM       it is made to RAM
        # RAM_RSP   the port answers
        # ASIDE     it is made to what is not RAM
        # ASIDE_RSP which answers
        # PAST_END  there is no such word
        with m.FSM():
            with m.State("REST"):
                m.d.comb += accepts.eq(1)
                m.d.sync += [owner.eq(number), request.eq(offered)]
                with m.If(wants):
                    with m.If(offered.addr >= self.ram_words):
                        m.next = "PAST_END"
                    with m.Elif((offered.addr < RESERVED_LIMIT)
                                & self.is_reserved(offered.addr[:12])):
                        m.next = "ASIDE"
                    with m.Else():
                        m.next = "RAM"
            with m.State("RAM"):
                m.d.comb += takes_port.eq(1)
                with m.If(port_free):
                    m.next = "RAM_RSP"
            with m.State("RAM_RSP"):
                m.d.comb += [response.data.eq(port.r_data), answers.eq(port.done)]
                with m.If(port.done):
                    m.next = "REST"
            with m.State("ASIDE"):
                m.d.comb += [reserved.req.valid.eq(1), self.is_aside.eq(1)]
                with m.If(reserved.req.ready):
                    m.next = "ASIDE_RSP"
            with m.State("ASIDE_RSP"):
                m.d.comb += [
                    self.is_aside.eq(1),
                    response.eq(reserved.rsp.payload),
                    answers.eq(reserved.rsp.valid),
                    reserved.rsp.ready.eq(1),
                ]
                with m.If(reserved.rsp.valid):
                    m.next = "REST"
            with m.State("PAST_END"):
                m.d.comb += [response.reason.eq(Reason.OUT_OF_BOUNDS), answers.eq(1)]
                m.next = "REST"

        return m
