# amaranth: UnusedElaboratable=no
"""Buttons of a board as keys."""

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer
from rtl.phy.debounce import Debouncer
from rtl.phy.key_map import ARROWS, ENTER, ESCAPE, KeyStroke

__all__ = ["USAGES", "ButtonKeys"]

USAGES = (*ARROWS.values(), ENTER, ESCAPE)


class ButtonKeys(wiring.Component):
    """Strokes of up to six keys: left, right, up, down, enter, escape.

    Parameters
    ----------
    count : int
    clock_hz : int

    Members
    -------
    buttons : In(count)
        1 while pressed; of no clock, and not debounced.
    strokes : Out(stream)
        `KeyStroke`.
    """
    def __init__(self, *, count=6, clock_hz):
        self.count = check_integer("count", count, least=1, most=len(USAGES))
        self.debouncer = Debouncer(width=count, clock_hz=clock_hz)
        super().__init__({"buttons": In(count), "strokes": Out(stream.Signature(KeyStroke))})

    def elaborate(self, platform):
        m = Module()

        m.submodules.debouncer = levels = self.debouncer
        told = Signal(self.count)
        m.d.comb += levels.i.eq(self.buttons)
        # One whose stroke is offered stays the one until the stroke is taken.
        pending = Signal()
        which   = Signal(range(self.count))
        m.d.comb += self.strokes.valid.eq(pending)
        for n in reversed(range(self.count)):
            with m.If(~pending & (levels.o[n] != told[n])):
                m.d.sync += [which.eq(n), pending.eq(1), self.strokes.payload.usage.eq(USAGES[n]),
                             self.strokes.payload.down.eq(levels.o[n])]
        with m.If(pending & self.strokes.ready):
            m.d.sync += [pending.eq(0),
                         told.bit_select(which, 1).eq(self.strokes.payload.down)]

        return m
