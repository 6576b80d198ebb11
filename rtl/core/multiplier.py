"""Multiplier: the lower half of a product, in two stages."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_even

__all__ = ["Multiplier"]


class Multiplier(wiring.Component):
    """Multiplies two numbers modulo 2^width; a new pair can enter each cycle.

    The partial products are registered, so that neither stage has more than one multiplier or one
    sum in a row: a single stage runs at two thirds of the clock.

    Parameters
    ----------
    width : int
        Of operands and product, in bits; even.

    Members
    -------
    en : In(1)
        Take `a` and `b` this cycle. While low, `product` keeps its value.
    a, b : In(width)
        Operands.
    product : Out(width)
        ``a * b`` of the last cycle with `en`, from the cycle after it. There are two adders between
        the registers and this output.
    """
    def __init__(self, *, width=32):
        self.width = check_even("width", width)
        super().__init__({
            "en":      In(1),
            "a":       In(width),
            "b":       In(width),
            "product": Out(width),
        })

    def elaborate(self, platform):
        m = Module()

        # (ah * 2^half + al) * (bh * 2^half + bl), without the term that is above the width.
        half   = self.width // 2
        al, ah = self.a[:half], self.a[half:]
        bl, bh = self.b[:half], self.b[half:]
        low     = Signal(self.width)
        cross_a = Signal(half)
        cross_b = Signal(half)
        with m.If(self.en):
            m.d.sync += [low.eq(al * bl), cross_a.eq(ah * bl), cross_b.eq(al * bh)]

        m.d.comb += self.product.eq(low + ((cross_a + cross_b)[:half] << half))

        return m
