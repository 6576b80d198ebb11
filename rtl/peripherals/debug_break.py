"""Debug break: programs stop for the host's debugger, and the debugger interrupts programs."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.events import EventKind, event_arg
from rtl.bus import DeviceEvent, PeripheralBus
from rtl.peripherals.tokens import DebugFromHost

__all__ = ["DebugBreak"]

READY, BREAK, STOPPED, BAD = 0, 1, 2, 3  # values of the word; BREAK is only stored


class DebugBreak(wiring.Component):
    """Asks the host's debugger to stop, and raises interrupt 3 when it asks.

    Members
    -------
    bus : In(PeripheralBus)
        Window of one word. A store of 1 asks for a stop: it reads 2 until the host goes on, then 0.
        Another store reads back 3, also while stopped, and does not undo a stop that was asked for.
    irq : Out(1)
        Strobe, as the host asks for an interrupt.
    event : Out(DeviceEvent)
        `GO_ON` as the word turns from 2 to 0.
    to_host : Out(stream)
        One bit, always 1: stop. None is sent while a stop is under way.
    from_host : In(stream)
        `DebugFromHost`.
    """
    bus:       In(PeripheralBus)
    irq:       Out(1)
    event:     Out(DeviceEvent)
    to_host:   Out(stream.Signature(1))
    from_host: In(stream.Signature(DebugFromHost))

    def elaborate(self, platform):
        m = Module()

        word       = Signal(2)
        r_word     = Signal(2)
        is_stopped = Signal()  # from the store until the host goes on
        is_asking  = Signal()  # the token was not taken yet
        go_on      = Signal()
        m.d.comb += [
            self.bus.r_data.eq(r_word),
            self.to_host.valid.eq(is_asking),
            self.to_host.payload.eq(1),
            # In the cycle of a store the host waits: the store comes first.
            self.from_host.ready.eq(~self.bus.w_stb),
        ]
        with m.If(self.from_host.valid & self.from_host.ready):
            m.d.comb += [
                self.irq.eq(self.from_host.payload == DebugFromHost.INTERRUPT),
                go_on.eq((self.from_host.payload == DebugFromHost.GO_ON) & ~is_asking),
            ]
        m.d.comb += [
            self.event.valid.eq(go_on & (word == STOPPED)),
            self.event.arg.eq(event_arg(EventKind.GO_ON)),
        ]

        m.d.sync += r_word.eq(word)
        with m.If(self.to_host.ready):
            m.d.sync += is_asking.eq(0)
        with m.If(go_on):
            m.d.sync += is_stopped.eq(0)
        with m.If(self.event.valid):
            m.d.sync += word.eq(READY)
        with m.If(self.bus.w_stb):
            m.d.sync += word.eq(BAD)
            with m.If(self.bus.w_data == BREAK):
                m.d.sync += [word.eq(STOPPED), is_stopped.eq(1)]
                with m.If(~is_stopped):
                    m.d.sync += is_asking.eq(1)

        return m
