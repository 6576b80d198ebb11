"""Conversions between integers and binary32, up to the shift."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bits import leading_zeros
from rtl.fpu.binary32 import BIAS, Binary32, Wide, mantissa_of, scale_of

__all__ = ["FromInteger", "ToInteger"]


class FromInteger(wiring.Component):
    """Makes an integer other than 0 ready to be shifted and rounded. Combinational.

    Members
    -------
    word : In(32)
    is_signed : In(1)
    wide : Out(Wide)
    """
    word:      In(32)
    is_signed: In(1)
    wide:      Out(Wide)

    def elaborate(self, platform):
        m = Module()

        negative  = self.is_signed & self.word[-1]
        magnitude = Signal(32)
        zeros     = leading_zeros(magnitude)
        # The scale is BIAS + 31 - zeros. An adder would come at the end of a long path; what is to
        # be added to BIAS, which is 128 - 1, can as well be counted down by a few gates.
        above     = ~zeros[:5]
        below     = Cat(~(bit ^ above[:n].any()) for n, bit in enumerate(above))
        m.d.comb += [
            magnitude.eq(Mux(negative, -self.word, self.word)),
            self.wide.bits.eq(magnitude << 16),
            self.wide.left.eq(zeros),
            self.wide.is_left.eq(1),
            self.wide.scale.eq(Mux(above.any(), Cat(below, 0, 0, 1), BIAS)),
            self.wide.sign.eq(negative),
        ]

        return m


class ToInteger(wiring.Component):
    """Makes a number ready to be shifted so that its integer part is in the lowest bits.

    Of infinities and NaNs nothing is left there, for they look like very large numbers.
    Combinational.

    Members
    -------
    number : In(Binary32)
    wide : Out(Wide)
    """
    number: In(Binary32)
    wide:   Out(Wide)

    def elaborate(self, platform):
        m = Module()

        left = Signal(signed(9))  # from where the mantissa stands as an integer
        m.d.comb += [
            left.eq(scale_of(self.number) - (BIAS + 23)),
            self.wide.bits.eq(mantissa_of(self.number)),
            self.wide.left.eq(Mux(left < -63, -63, Mux(left > 63, 63, left))),
            self.wide.is_left.eq(~left[-1]),
            self.wide.sign.eq(self.number.sign),
        ]

        return m
