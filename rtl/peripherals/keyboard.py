"""Keyboard: which keys are held, a bit each."""

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import DeviceEvent, PeripheralBus
from rtl.peripherals.tokens import KeyboardChange

__all__ = ["Keyboard"]

STATE_WORDS = 5


class Keyboard(wiring.Component):
    """Five words of key state, kept by what is behind it.

    Members
    -------
    bus : In(PeripheralBus)
        Window of five words, plain memory: a store stays until a key changes that bit.
    event : Out(DeviceEvent)
        As a bit is set or cleared; `arg` is the `KeyboardChange`.
    from_host : In(stream)
        `KeyboardChange`. Waits in the cycle of a store.
    """
    bus:       In(PeripheralBus)
    event:     Out(DeviceEvent)
    from_host: In(stream.Signature(KeyboardChange))

    def elaborate(self, platform):
        m = Module()

        state  = Array(Signal(32, name=f"state{n}") for n in range(STATE_WORDS))
        r_word = Signal(32)
        change = self.from_host.payload
        mask   = Signal(32)
        m.d.comb += [
            self.bus.r_data.eq(r_word),
            self.from_host.ready.eq(~self.bus.w_stb),
            self.event.valid.eq(self.from_host.valid & self.from_host.ready
                                & (change.word < STATE_WORDS)),
            self.event.arg.eq(Cat(change.bit, change.word, change.down)),
            mask.eq(1 << change.bit),
        ]

        m.d.sync += r_word.eq(state[self.bus.addr[:3]])
        with m.If(self.bus.w_stb):
            m.d.sync += state[self.bus.addr[:3]].eq(self.bus.w_data)
        with m.If(self.event.valid):
            held = state[change.word]
            m.d.sync += held.eq(Mux(change.down, held | mask, held & ~mask))

        return m
