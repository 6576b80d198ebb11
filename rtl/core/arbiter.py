"""Arbiter: who may use the data port, and what of it is not RAM at all."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isa.machine import RESERVED_LIMIT
from rtl.bus import MemBus, MemRequest, MemResponse, Reason
from rtl.checks import check_integer
from rtl.core.reserved import ReservedPort
from rtl.memory.ports import DataPort

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

    A request is taken in the cycle in which it is offered, and made to RAM in the next. There it
    goes before one on the direct port, which waits; deciding that a cycle ahead keeps the masters
    off the path that ends in execute's stall. RAM's answer is handed on one cycle after it came,
    while the next request is looked at already.

    Parameters
    ----------
    ram_words : int
        Size of RAM.
    masters : int
        How many there are; at least 1.
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
    reserved : Out(ReservedPort)
        What is not RAM.
    hold : In(1)
        What is not RAM must wait in this cycle.
    wrote, wrote_addr : Out(1), Out(32)
        A word of RAM is written.
    """
    def __init__(self, *, ram_words, masters, is_reserved):
        if not callable(is_reserved):
            raise TypeError(f"is_reserved must be a function, not {is_reserved!r}")
        self.ram_words   = check_integer("ram_words", ram_words, least=1, most=1 << 32)
        self.count       = check_integer("masters", masters, least=1)
        self.is_reserved = is_reserved
        super().__init__({
            "masters":    In(MemBus).array(masters),
            "direct":     In(DirectPort),
            "port":       Out(DataPort),
            "reserved":   Out(ReservedPort),
            "hold":       In(1),
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
        answers     = Signal()  # the request is carried out
        answered    = Signal()  # in the cycle before
        m.d.comb += [
            port_free.eq(~outstanding | port.done),
            direct.ready.eq(port_free & ~takes_port),
            direct.done.eq(port.done),
            direct.r_data.eq(port.r_data),
            port.write.eq(direct.write),
            port.addr.eq(direct.addr),
            port.w_data.eq(direct.w_data),
            self.wrote.eq(port.en & port.write),
            self.wrote_addr.eq(port.addr),
            reserved.addr.eq(request.addr),
            reserved.write.eq(request.write),
            reserved.w_data.eq(request.data),
        ]
        with m.If(takes_port):
            m.d.comb += [
                port.write.eq(request.write),
                port.addr.eq(request.addr),
                port.w_data.eq(request.data),
            ]
        with m.If(port_free):
            m.d.sync += outstanding.eq(port.en)

        response = Signal(MemResponse)
        m.d.sync += answered.eq(answers)
        for n, master in enumerate(self.masters):
            m.d.comb += [
                master.req.ready.eq(accepts & (number == n)),
                master.rsp.valid.eq(answered & (owner == n)),
                master.rsp.payload.eq(response),
            ]

        # What the address stands for is found out while the port is kept for the request.
        is_past_end, is_low, is_aside = Signal(), Signal(), Signal()
        m.d.comb += [
            is_past_end.eq(request.addr >= self.ram_words),
            is_low.eq(request.addr < RESERVED_LIMIT),
            is_aside.eq(is_low & self.is_reserved(request.addr[:12])),
            reserved.stb.eq(takes_port & is_low & ~self.hold),
            port.en.eq((takes_port & port_free & ~is_past_end & ~is_aside)
                       | (direct.en & direct.ready)),
        ]

        # REST   nobody asked
        # ACT    it is made to RAM, or to what is not RAM
        # RAM    answers
        # ASIDE  the rest answers
        with m.FSM():
            with m.State("REST"):
                m.d.comb += accepts.eq(1)
                m.d.sync += [owner.eq(number), request.eq(offered)]
                with m.If(wants):
                    m.next = "ACT"
            with m.State("ACT"):
                m.d.comb += takes_port.eq(1)
                m.d.sync += response.reason.eq(Mux(is_past_end, Reason.OUT_OF_BOUNDS, Reason.NONE))
                with m.If(is_past_end):
                    m.d.comb += answers.eq(1)
                    m.next = "REST"
                with m.Elif(is_aside & reserved.ready & ~self.hold):
                    m.next = "ASIDE"
                with m.Elif(~is_aside & port_free):
                    m.next = "RAM"
            with m.State("RAM"):
                m.d.comb += answers.eq(port.done)
                m.d.sync += response.data.eq(port.r_data)
                with m.If(port.done):
                    m.next = "REST"
            with m.State("ASIDE"):
                m.d.comb += answers.eq(1)
                m.d.sync += response.data.eq(reserved.r_data)
                m.next = "REST"

        return m
