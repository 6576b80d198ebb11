"""Serial line: raw octets both ways."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.events import SerialEvent
from isa.machine import SerialWord
from rtl.bus import DeviceEvent, PeripheralBus
from rtl.checks import check_integer
from rtl.peripherals.tokens import SerialOctet
from rtl.peripherals.window import Window

__all__ = ["Serial"]


class Serial(wiring.Component):
    """Sends an octet a store, and keeps what arrives until it is acknowledged.

    Parameters
    ----------
    depth : int
        How many received octets are kept behind the one in +2. At least 64.

    Members
    -------
    bus : In(PeripheralBus)
        Window of three words: +0 transmit, which drops a store while it reads 1; +1 acknowledge,
        which reads 0; +2 received, which is plain memory to a store.
    irq : Out(1)
        Strobe as an octet arrives and is kept, and at an acknowledge if more are waiting.
    event : Out(DeviceEvent)
        As an octet arrives, overruns, or was sent; `arg` is a `SerialEvent`.
    to_host : Out(stream)
        Octets to the line.
    from_host : In(stream)
        `SerialOctet`. Waits in the cycle of a store.
    """
    bus:       In(PeripheralBus)
    irq:       Out(1)
    event:     Out(DeviceEvent)
    to_host:   Out(stream.Signature(8))
    from_host: In(stream.Signature(SerialOctet))

    def __init__(self, *, depth=64):
        self.depth = check_integer("depth", depth, least=64)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.window = window = Window(words=("transmit", "acknowledge", "received"),
                                              given=("transmit", "acknowledge"))
        connect(m, flipped(self.bus), window.bus)
        # Its asynchronous read shows an octet the cycle after it was pushed: an acknowledge finds
        # whatever came before it.
        m.submodules.waiting = waiting = SyncFIFO(width=8, depth=self.depth)

        # Transmit
        is_sent = self.to_host.valid & self.to_host.ready
        m.d.comb += [
            window.new.transmit.eq(self.to_host.valid),
            window.locked.transmit.eq(self.to_host.valid),
        ]
        with m.If(is_sent):
            m.d.sync += self.to_host.valid.eq(0)
        with m.If(window.stored.transmit):
            m.d.sync += [self.to_host.valid.eq(1), self.to_host.payload.eq(self.bus.w_data)]

        # Receive
        line        = self.from_host
        is_there    = Signal()  # an octet is in `received`, whatever a program stored there
        has_room    = ~is_there | waiting.w_rdy
        arrives     = Signal()
        overruns    = Signal()
        acknowledge = window.stored.acknowledge
        new         = window.new.received
        m.d.comb += [
            line.ready.eq(~self.bus.w_stb & (has_room | ~line.payload.waits)),
            arrives.eq(line.valid & line.ready & has_room),
            overruns.eq(line.valid & line.ready & ~has_room),
            waiting.w_data.eq(line.payload.octet),
            waiting.w_en.eq(arrives & is_there),
            waiting.r_en.eq(acknowledge),
            self.irq.eq(arrives | (acknowledge & waiting.r_rdy)),
        ]
        m.d.comb += window.set.received.eq(acknowledge | overruns | (arrives & ~is_there))
        with m.If(acknowledge):
            m.d.sync += is_there.eq(waiting.r_rdy)
            m.d.comb += new.eq(Mux(waiting.r_rdy, SerialWord.THERE | waiting.r_data, 0))
        with m.Elif(overruns):
            m.d.comb += new.eq(window.values.received | SerialWord.OVERRUN)
        with m.Else():
            m.d.comb += new.eq(SerialWord.THERE | line.payload.octet)
        with m.If(arrives):
            m.d.sync += is_there.eq(1)

        m.d.comb += [
            self.event.valid.eq(arrives | overruns | is_sent),
            self.event.arg.eq(Mux(arrives, SerialEvent.ARRIVED | line.payload.octet, 0)
                              | Mux(overruns, SerialEvent.OVERRUN, 0)
                              | Mux(is_sent, SerialEvent.SENT, 0)),
        ]
        return m
