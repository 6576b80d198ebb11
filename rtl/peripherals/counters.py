"""Counters: how many cycles have passed and how many instructions have retired, for programs."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.bus import DeviceEvent, PeripheralBus
from rtl.peripherals.window import Window

__all__ = ["Counters"]

WORDS = ("take", "cycles", "cycles_high", "instructions", "instructions_high")


class Counters(wiring.Component):
    """Counts in 64 bits, and shows both counts as they were in one and the same cycle.

    Members
    -------
    bus : In(PeripheralBus)
        Window of five words, plain memory: +0 take, +1 and +2 cycles, low word first, +3 and +4
        instructions. A store to +0, of whatever value, takes the counts: the other four become what
        they are in the cycle of the store, and stay so until the next.
    event : Out(DeviceEvent)
        In the cycle of a store to +0. `arg` is what +1 becomes.
    retires : In(1)
        An instruction retires. As a store acts, it has not retired itself, and all before it have.

    Attributes
    ----------
    cycles, instructions : Signal(64)
        The counts as they go on.
    """
    bus:     In(PeripheralBus)
    event:   Out(DeviceEvent)
    retires: In(1)

    def __init__(self):
        self.cycles       = Signal(64)
        self.instructions = Signal(64)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.window = window = Window(words=WORDS)
        connect(m, flipped(self.bus), window.bus)

        m.d.sync += self.cycles.eq(self.cycles + 1)
        with m.If(self.retires):
            m.d.sync += self.instructions.eq(self.instructions + 1)

        takes = window.stored.take
        for name, count in (("cycles", self.cycles), ("instructions", self.instructions)):
            for word, part in ((name, count[:32]), (f"{name}_high", count[32:])):
                m.d.comb += [window.set[word].eq(takes), window.new[word].eq(part)]
        m.d.comb += [
            self.event.valid.eq(takes),
            self.event.arg.eq(self.cycles[:32]),
        ]

        return m
