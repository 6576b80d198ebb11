"""Keyboard: which keys are held, a bit each."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.bus import DeviceEvent, PeripheralBus
from rtl.peripherals.tokens import KeyboardChange
from rtl.peripherals.window import Window

__all__ = ["Keyboard"]

STATES = tuple(f"state{n}" for n in range(5))


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
        m.submodules.window = window = Window(words=STATES)
        connect(m, flipped(self.bus), window.bus)

        is_held = Signal()  # a change was taken and is to be made
        change  = Signal(KeyboardChange)
        mask    = Signal(32)
        makes   = Signal()
        m.d.comb += [
            self.from_host.ready.eq(~is_held),
            makes.eq(is_held & ~self.bus.w_stb),
            self.event.valid.eq(makes & (change.word < len(STATES))),
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

        # The mask is a register and the words are apart: indexed as one array by an address and a
        # shift, this would be ten times as large.
        for n, name in enumerate(STATES):
            word = window.values[name]
            m.d.comb += [
                window.set[name].eq(makes & (change.word == n)),
                window.new[name].eq(Mux(change.down, word | mask, word & ~mask)),
            ]

        return m
