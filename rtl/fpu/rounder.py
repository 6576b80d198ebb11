"""The common end of the floating-point units: shift, then round."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.fpu.binary32 import INFINITY_EXPONENT, Binary32, Rough, Wide

__all__ = ["Rounder", "Shifter"]


class Shifter(wiring.Component):
    """Shifts by any number of bits, in either direction.

    Members
    -------
    wide : In(Wide)
    rough : Out(Rough)
        In the next cycle, combinationally: the upper bits, and a sticky one for all below, those
        that fell out on the right included.
    low : Out(32)
        The lowest bits.
    """
    wide:  In(Wide)
    rough: Out(Rough)
    low:   Out(32)

    def elaborate(self, platform):
        m = Module()

        # One shifter to the right; to the left it is used on the reversed bits. By n to the right
        # is by one, and by the n - 1 that the complement of -n is. So much is done in front of the
        # register, for the shift is long.
        goes_left = self.wide.is_left
        is_left   = Signal()
        amount    = Signal(6)
        bits      = Signal(48)
        is_lossy  = Signal()
        scale     = Signal.like(self.wide.scale)
        sign      = Signal()
        m.d.sync += [
            is_left.eq(goes_left),
            amount.eq(Mux(goes_left, self.wide.left, ~self.wide.left)),
            bits.eq(Mux(goes_left, self.wide.bits[::-1], self.wide.bits[1:])),
            is_lossy.eq(~goes_left & self.wide.bits[0]),
            scale.eq(self.wide.scale),
            sign.eq(self.wide.sign),
        ]
        for n in range(6):
            stage = Signal(48, name=f"by_{1 << n}")
            lossy = Signal(name=f"lossy_{1 << n}")
            m.d.comb += [
                stage.eq(Mux(amount[n], bits >> (1 << n), bits)),
                lossy.eq(is_lossy | (amount[n] & bits[:1 << n].any())),
            ]
            bits, is_lossy = stage, lossy

        shifted = Signal(48)
        m.d.comb += [
            shifted.eq(Mux(is_left, bits[::-1], bits)),
            self.rough.bits.eq(Cat(shifted[:21].any() | (is_lossy & ~is_left), shifted[21:])),
            self.rough.scale.eq(scale),
            self.rough.sign.eq(sign),
            self.low.eq(shifted),
        ]

        return m


class Rounder(wiring.Component):
    """Rounds to the nearest binary32, to the even one of two. Combinational.

    Members
    -------
    rough : In(Rough)
        One of its upper three bits is set, or its scale is so low that the number is subnormal.
    number : Out(Binary32)
    """
    rough:  In(Rough)
    number: Out(Binary32)

    def elaborate(self, platform):
        m = Module()

        # Normalise by up to two bits, but not below scale 1.
        bits, scale  = self.rough.bits, self.rough.scale
        mantissa     = Signal(24)
        half, below  = Signal(), Signal()  # the first bit that is lost; any other
        field        = Signal(8)
        is_too_large = Signal()
        with m.If(bits[27] | (scale == 1)):
            m.d.comb += [mantissa.eq(bits[4:]), half.eq(bits[3]), below.eq(bits[:3].any()),
                         field.eq(scale), is_too_large.eq(~(scale < INFINITY_EXPONENT))]
        with m.Elif(bits[26] | (scale == 2)):
            m.d.comb += [mantissa.eq(bits[3:]), half.eq(bits[2]), below.eq(bits[:2].any()),
                         field.eq(scale - 1), is_too_large.eq(~(scale < INFINITY_EXPONENT + 1))]
        with m.Else():
            m.d.comb += [mantissa.eq(bits[2:]), half.eq(bits[1]), below.eq(bits[0]),
                         field.eq(scale - 2), is_too_large.eq(~(scale < INFINITY_EXPONENT + 2))]

        # Rounding up may carry into the exponent: from a subnormal to a normal number, from one
        # exponent to the next, from the last one to infinity, all by the same addition.
        up      = half & (below | mantissa[0])
        rounded = Signal(31)
        m.d.comb += [
            rounded.eq(Cat(mantissa[:23], Mux(mantissa[23], field, 0)) + up),
            self.number.sign.eq(self.rough.sign),
        ]
        with m.If(is_too_large):
            m.d.comb += self.number.exponent.eq(INFINITY_EXPONENT)
        with m.Else():
            m.d.comb += Cat(self.number.fraction, self.number.exponent).eq(rounded)

        return m
