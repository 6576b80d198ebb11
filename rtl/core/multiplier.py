"""Multiplier: the low 32 bits of a product, in two stages."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Multiplier"]


class Multiplier(wiring.Component):
    """Multiplies two words modulo 2^32; a new pair can enter each cycle.

    The partial products are registered, so that neither stage has more than one multiplier or one
    sum in a row: a single stage runs at two thirds of the clock.

    Members
    -------
    en : In(1)
        Take `a` and `b` this cycle. While low, `product` keeps its value.
    a, b : In(32)
        Operands.
    product : Out(32)
        ``a * b`` of the last cycle with `en`, from the cycle after it. There are two adders between
        the registers and this output.
    """
    en:      In(1)
    a:       In(32)
    b:       In(32)
    product: Out(32)

    def elaborate(self, platform):
        m = Module()

        # (ah * 2^16 + al) * (bh * 2^16 + bl), without the term that is above 32 bits.
        al, ah = self.a[:16], self.a[16:]
        bl, bh = self.b[:16], self.b[16:]
        low, cross_a, cross_b = Signal(32), Signal(16), Signal(16)
        with m.If(self.en):
            m.d.sync += [low.eq(al * bl), cross_a.eq(ah * bl), cross_b.eq(al * bh)]

        m.d.comb += self.product.eq(low + ((cross_a + cross_b)[:16] << 16))

        return m
