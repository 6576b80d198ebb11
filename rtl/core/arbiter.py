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

    A request to RAM is made in the cycle in which it is offered, and answered in the next. It goes
    before one on the direct port, which waits: masters are never faster than every other cycle.

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
            "wrote":      Out(1),
            "wrote_addr": Out(32),
        })

    def elaborate(self, platform):
        m = Module()
        direct, port, reserved = self.direct, self.port, self.reserved

        # The request of the first master that has one, and its number for the answer.
        wants   = Signal()
        request = Signal(MemRequest)
        number  = Signal(range(self.count))
        owner   = Signal(range(self.count))
        for n, master in reversed(list(enumerate(self.masters))):
            with m.If(master.req.valid):
                m.d.comb += [wants.eq(1), request.eq(master.req.payload), number.eq(n)]

        past_end    = Signal()
        goes_aside  = Signal()
        outstanding = Signal()  # the port has not answered yet
        port_free   = Signal()
        grants_port = Signal()
        accepts     = Signal()
        answers     = Signal()
        m.d.comb += [
            past_end.eq(request.addr >= self.ram_words),
            goes_aside.eq((request.addr < RESERVED_LIMIT) & self.is_reserved(request.addr[:12])),
            port_free.eq(~outstanding | port.done),
            direct.ready.eq(port_free & ~grants_port),
            direct.done.eq(port.done),
            direct.r_data.eq(port.r_data),
            port.en.eq(grants_port | (direct.en & direct.ready)),
            port.write.eq(direct.write),
            port.addr.eq(direct.addr),
            port.w_data.eq(direct.w_data),
            self.wrote.eq(port.en & port.write),
            self.wrote_addr.eq(port.addr),
            reserved.req.payload.eq(request),
        ]
        with m.If(grants_port):
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
        # RAM       the port answers
        # RESERVED  the answer comes from what is not RAM
        # PAST_END  there is no such word
        with m.FSM():
            with m.State("REST"):
                m.d.sync += owner.eq(number)
                with m.If(wants):
                    with m.If(past_end):
                        m.d.comb += accepts.eq(1)
                        m.next = "PAST_END"
                    with m.Elif(goes_aside):
                        m.d.comb += [reserved.req.valid.eq(1), accepts.eq(reserved.req.ready)]
                        with m.If(accepts):
                            m.next = "RESERVED"
                    with m.Else():
                        m.d.comb += [grants_port.eq(port_free), accepts.eq(port_free)]
                        with m.If(accepts):
                            m.next = "RAM"
            with m.State("RAM"):
                m.d.comb += [response.data.eq(port.r_data), answers.eq(port.done)]
                with m.If(port.done):
                    m.next = "REST"
            with m.State("RESERVED"):
                m.d.comb += [
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
