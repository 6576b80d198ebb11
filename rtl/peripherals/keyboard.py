"""Keyboard: which keys are held, a bit each."""

from amaranth import Cat, Module, Mux, Signal
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
        `KeyboardChange`, at most one in two cycles.
    """
    bus:       In(PeripheralBus)
    event:     Out(DeviceEvent)
    from_host: In(stream.Signature(KeyboardChange))

    def elaborate(self, platform):
        m = Module()

        state   = [Signal(32, name=f"state{n}") for n in range(STATE_WORDS)]
        r_word  = Signal(32)
        is_held = Signal()  # a change was taken and is to be made
        change  = Signal(KeyboardChange)
        mask    = Signal(32)
        makes   = Signal()
        m.d.comb += [
            self.bus.r_data.eq(r_word),
            self.from_host.ready.eq(~is_held),
            makes.eq(is_held & ~self.bus.w_stb),
            self.event.valid.eq(makes & (change.word < STATE_WORDS)),
            self.event.arg.eq(Cat(change.bit, change.word, change.down)),
        ]

        with m.If(makes):
            m.d.sync += is_held.eq(0)
        with m.If(self.from_host.valid & ~is_held):
            m.d.sync += [
                is_held.eq(1),
                change.eq(self.from_host.payload),
                mask.eq(1 << self.from_host.payload.bit),
            ]

        with m.Switch(self.bus.addr[:3]):
            for n, word in enumerate(state):
                with m.Case(n):
                    m.d.sync += r_word.eq(word)
        # The mask is a register and the words are apart: indexed as one array by an address and a
        # shift, this would be ten times as large.
        for n, word in enumerate(state):
            with m.If(self.bus.w_stb & (self.bus.addr[:3] == n)):
                m.d.sync += word.eq(self.bus.w_data)
            with m.Elif(makes & (change.word == n)):
                m.d.sync += word.eq(Mux(change.down, word | mask, word & ~mask))

        return m
