"""Floating-point adder, up to the rounding."""

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bits import leading_zeros
from rtl.fpu.binary32 import Binary32, Rough, mantissa_of, scale_of

__all__ = ["FpAdder"]


class FpAdder(wiring.Component):
    """Adds two finite numbers in three stages; a new pair can enter each cycle.

    Most sums need at most two bits of normalisation, and then rounding. The others, where the
    operands nearly cancel, are exact: their exponents differ by at most 1. So they need a long
    shift but no rounding, and both ways can be taken at once.

    Members
    -------
    a, b : In(Binary32)
        Operands. What comes out for infinities and NaNs means nothing.
    is_sub : In(1)
        Subtract `b`.
    rough : Out(Rough)
        The sum three cycles later, unless `is_exact`.
    is_exact : Out(1)
        Three cycles later: the operands cancelled, and `exact` is the sum.
    exact : Out(Binary32)
    """
    a:        In(Binary32)
    b:        In(Binary32)
    is_sub:   In(1)
    rough:    Out(Rough)
    is_exact: Out(1)
    exact:    Out(Binary32)

    def elaborate(self, platform):
        m = Module()

        # --- order by magnitude ------------------------------------------------------------------

        a, b    = self.a, self.b
        b_sign  = b.sign ^ self.is_sub
        swap    = Cat(a.fraction, a.exponent) < Cat(b.fraction, b.exponent)
        a_above = (scale_of(a) - scale_of(b))[:8]
        b_above = (scale_of(b) - scale_of(a))[:8]

        large, small = Signal(24), Signal(24)
        distance     = Signal(8)  # between the exponents
        s_scale      = Signal(8)
        s_sign       = Signal()
        s_differ     = Signal()   # the signs
        m.d.sync += [
            large.eq(Mux(swap, mantissa_of(b), mantissa_of(a))),
            small.eq(Mux(swap, mantissa_of(a), mantissa_of(b))),
            distance.eq(Mux(swap, b_above, a_above)),
            s_scale.eq(Mux(swap, scale_of(b), scale_of(a))),
            s_sign.eq(Mux(swap, b_sign, a.sign)),
            s_differ.eq(a.sign ^ b_sign),
        ]

        # --- align: three bits below the mantissa, the lowest sticky ----------------------------

        far      = distance[5:].any()
        by       = distance[:5]
        aligned  = Signal(27)
        # Shifting 27 bits right by `by` loses the lower ``by - 3`` of the mantissa.
        lost     = small & ~(Const(-1, 27) << by)[3:27]
        is_lossy = Mux(far, small.any(), lost.any())
        a_large, a_scale, a_sign, a_differ = (
            Signal(24), Signal(8), Signal(), Signal())
        m.d.sync += [
            aligned.eq(Mux(far, 0, (small << 3) >> by) | is_lossy),
            a_large.eq(large),
            a_scale.eq(s_scale),
            a_sign.eq(s_sign),
            a_differ.eq(s_differ),
        ]

        # --- add -------------------------------------------------------------------------------

        sum_     = Signal(28)
        zeros    = Signal(5)   # above the highest one of the sum, not counting the carry
        scale    = Signal(9)   # of the carry
        sign     = Signal()
        n_sum    = Signal(28)
        m.d.comb += n_sum.eq(Mux(a_differ, (a_large << 3) - aligned, (a_large << 3) + aligned))
        m.d.sync += [
            sum_.eq(n_sum),
            zeros.eq(leading_zeros(n_sum[2:27])),
            scale.eq(a_scale + 1),
            # Numbers that cancel give +0, but two zeros of one sign keep it.
            sign.eq(a_sign & ~(a_differ & (n_sum == 0))),
        ]
        m.d.comb += [
            self.rough.bits.eq(sum_),
            self.rough.scale.eq(scale),
            self.rough.sign.eq(sign),
        ]

        # --- normalise what cancelled ------------------------------------------------------------

        # Not further than to scale 1: a subnormal result has leading zeros.
        room    = Signal(8)
        left    = Signal(5)
        shifted = Signal(25)
        m.d.sync += room.eq(a_scale - 1)
        m.d.comb += [
            left.eq(Mux(room < zeros, room, zeros)),
            shifted.eq(sum_[2:27] << left),
            self.is_exact.eq(~sum_[25:].any()),
            self.exact.sign.eq(sign),
            self.exact.fraction.eq(shifted[1:24]),
            self.exact.exponent.eq(Mux(shifted[24], room + 1 - left, 0)),
        ]

        return m
