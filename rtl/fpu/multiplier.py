"""Floating-point multiplier, up to the shift and the rounding."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bits import leading_zeros
from rtl.fpu.binary32 import BIAS, Binary32, Wide, mantissa_of, scale_of

__all__ = ["FpMultiplier"]


class FpMultiplier(wiring.Component):
    """Multiplies two finite numbers that are not zero, in one stage and a sum.

    Subnormal operands are not normalised first. Their leading zeros add up to those of the product,
    or to one less, which the rounding mends.

    Members
    -------
    a, b : In(Binary32)
        Operands. What comes out for zeros, infinities and NaNs means nothing.
    product : Out(Wide)
        The product in the next cycle, from registers and two adders.
    """
    a:       In(Binary32)
    b:       In(Binary32)
    product: Out(Wide)

    def elaborate(self, platform):
        m = Module()

        a_mantissa, b_mantissa = Signal(24), Signal(24)
        m.d.comb += [a_mantissa.eq(mantissa_of(self.a)), b_mantissa.eq(mantissa_of(self.b))]

        # Partial products of 12 by 12 bits, and all about the exponent that needs the operands.
        al, ah = a_mantissa[:12], a_mantissa[12:]
        bl, bh = b_mantissa[:12], b_mantissa[12:]
        low, high, cross_a, cross_b = (
            Signal(24, name=name) for name in ("low", "high", "cross_a", "cross_b"))
        zeros = Signal(6)  # of both mantissas
        scale = Signal(9)  # of both numbers
        sign  = Signal()
        m.d.sync += [
            low.eq(al * bl),
            high.eq(ah * bh),
            cross_a.eq(ah * bl),
            cross_b.eq(al * bh),
            zeros.eq(leading_zeros(a_mantissa) + leading_zeros(b_mantissa)),
            scale.eq(scale_of(self.a) + scale_of(self.b)),
            sign.eq(self.a.sign ^ self.b.sign),
        ]

        # Shifted left by `zeros`, the product's highest bit has the scale ``room + 1 - zeros``.
        # That must not be below 1; so shift by `room` at most, which may be negative.
        room      = Signal(signed(10))
        is_normal = Signal()  # or will be after rounding
        m.d.comb += [
            room.eq(scale - BIAS),
            is_normal.eq(~(room < zeros)),
            self.product.bits.eq(Cat(low, high) + ((cross_a + cross_b) << 12)),
            self.product.scale.eq(Mux(is_normal, (room + 1 - zeros)[:10], 1)),
            self.product.left.eq(Mux(is_normal, zeros, Mux(room < -63, -63, room))),
            self.product.is_left.eq(~room[-1]),
            self.product.sign.eq(sign),
        ]

        return m
