"""Debouncer: buttons as steady levels."""

from amaranth import Module, Signal
from amaranth.lib import cdc, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer

__all__ = ["Debouncer"]


class Debouncer(wiring.Component):
    """Follows each input once all have been at rest for some time.

    Parameters
    ----------
    width : int
        How many inputs; they share a counter, so that one that bounces delays the others.
    clock_hz : int
    settle_ms : int

    Members
    -------
    i : In(width)
        Of no clock.
    o : Out(width)
        0 after reset.
    """
    def __init__(self, *, width=1, clock_hz, settle_ms=10):
        self.width     = check_integer("width", width, least=1)
        self.clock_hz  = check_integer("clock_hz", clock_hz, least=1000)
        self.settle_ms = check_integer("settle_ms", settle_ms, least=1)
        super().__init__({"i": In(width), "o": Out(width)})

    def elaborate(self, platform):
        m = Module()

        level, before = Signal(self.width), Signal(self.width)
        m.submodules.level_cdc = cdc.FFSynchronizer(self.i, level)
        cycles = self.clock_hz * self.settle_ms // 1000
        rested = Signal(range(cycles + 1))
        m.d.sync += [before.eq(level), rested.eq(rested + 1)]
        with m.If(level != before):
            m.d.sync += rested.eq(0)
        with m.Elif(rested == cycles):
            m.d.sync += [self.o.eq(before), rested.eq(rested)]

        return m
