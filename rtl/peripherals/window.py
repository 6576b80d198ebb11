"""Window: the words through which programs and a peripheral talk to each other."""

from amaranth import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import PeripheralBus

__all__ = ["Window"]


class Window(wiring.Component):
    """Words by name, which programs load and store, and the peripheral changes by itself.

    Parameters
    ----------
    words : tuple of str
        Names, in the order of their offsets. An offset past them reads as anything.
    given : tuple of str
        Those that are not kept here: they read as what `new` is at that time.
    init : dict of str to int
        What words hold after reset, if it is not 0.

    Members
    -------
    bus : In(PeripheralBus)
    values : Out, a word each
        What they hold.
    set, new : In, a bit and a word each
        The word becomes `new`, whatever is stored in the same cycle.
    locked : In, a bit each
        A store to the word does nothing.
    stored : Out, a bit each
        Strobe: a store to the word, of `bus.w_data`, that does not do nothing.
    """
    def __init__(self, *, words, given=(), init=None):
        for name in (*given, *(init or {})):
            if name not in words:
                raise ValueError(f"given and init must name words of the window, not {name!r}")
        self.words = tuple(words)
        self.given = tuple(given)
        self.init  = dict(init or {})
        values = data.StructLayout(dict.fromkeys(self.words, 32))
        flags  = data.StructLayout(dict.fromkeys(self.words, 1))
        super().__init__({
            "bus":    In(PeripheralBus),
            "values": Out(values),
            "set":    In(flags),
            "new":    In(values),
            "locked": In(flags),
            "stored": Out(flags),
        })

    def elaborate(self, platform):
        m = Module()
        bus = self.bus

        r_word = Signal(32)
        m.d.comb += bus.r_data.eq(r_word)
        with m.Switch(bus.addr[:(len(self.words) - 1).bit_length()]):
            for offset, name in enumerate(self.words):
                with m.Case(offset):
                    m.d.comb += self.stored[name].eq(bus.w_stb & ~self.locked[name])
                    m.d.sync += r_word.eq(self.values[name])

        # A register for each: as one array, which a device sets parts of, it would be far larger.
        for name in self.words:
            if name in self.given:
                m.d.comb += self.values[name].eq(self.new[name])
                continue
            word = Signal(32, name=name, init=self.init.get(name, 0))
            m.d.comb += self.values[name].eq(word)
            with m.If(self.set[name]):
                m.d.sync += word.eq(self.new[name])
            with m.Elif(self.stored[name]):
                m.d.sync += word.eq(bus.w_data)

        return m
