"""Floating-point divider, up to the shift and the rounding."""

from amaranth import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bits import leading_zeros
from rtl.fpu.binary32 import BIAS, Binary32, Wide, mantissa_of, scale_of

__all__ = ["FpDivider"]

STEPS = 13  # of two bits: 24 for the mantissa, one in front if it is 0, one to round by


class FpDivider(wiring.Component):
    """Divides two finite numbers that are not zero, in 15 cycles.

    Members
    -------
    en : In(1)
        Hold, with the operands, until `done`. Letting go abandons the division.
    a, b : In(Binary32)
        Operands. What comes out for zeros, infinities and NaNs means nothing.
    done : Out(1)
        `quotient` is there; 15 cycles after the first one with `en`, and until `en` falls.
    quotient : Out(Wide)
    """
    en:       In(1)
    a:        In(Binary32)
    b:        In(Binary32)
    done:     Out(1)
    quotient: Out(Wide)

    def elaborate(self, platform):
        m = Module()

        # --- operands, to be normalised ----------------------------------------------------------

        a_mantissa, b_mantissa = (Signal(24, name=f"{name}_mantissa") for name in "ab")
        a_zeros, b_zeros       = (Signal(5, name=f"{name}_zeros") for name in "ab")
        scale = Signal(signed(10))  # of the quotient's highest bit
        m.d.sync += [
            a_mantissa.eq(mantissa_of(self.a)),
            b_mantissa.eq(mantissa_of(self.b)),
            a_zeros.eq(leading_zeros(mantissa_of(self.a))),
            b_zeros.eq(leading_zeros(mantissa_of(self.b))),
            scale.eq(scale_of(self.a) - scale_of(self.b) + BIAS - a_zeros + b_zeros),
        ]

        # --- two bits a step: subtract where possible, shift ------------------------------------

        left    = Signal(25)  # of the dividend
        divisor = Signal(24)
        bits    = Signal(2 * STEPS)

        def step(left, divisor):
            rest = left - divisor
            return Mux(rest[25], left, rest[:25])[:24] << 1, ~rest[25]

        middle, after = Signal(25), Signal(25)
        first  = Signal()
        second = Signal()
        m.d.comb += [
            Cat(middle, first).eq(Cat(*step(left, divisor))),
            Cat(after, second).eq(Cat(*step(middle, divisor))),
        ]

        steps = Signal(range(STEPS))
        with m.FSM():
            with m.State("IDLE"):
                with m.If(self.en):
                    m.next = "NORMALISE"
            with m.State("NORMALISE"):
                m.d.sync += [
                    left.eq(a_mantissa << a_zeros),
                    divisor.eq(b_mantissa << b_zeros),
                    steps.eq(STEPS - 1),
                ]
                m.next = "STEP"
                with m.If(~self.en):
                    m.next = "IDLE"
            with m.State("STEP"):
                m.d.sync += [
                    left.eq(after),
                    bits.eq(Cat(second, first, bits)),
                    steps.eq(steps - 1),
                ]
                with m.If(steps == 0):
                    m.next = "DONE"
                with m.If(~self.en):
                    m.next = "IDLE"
            with m.State("DONE"):
                m.d.comb += self.done.eq(1)
                with m.If(~self.en):
                    m.next = "IDLE"

        # --- the quotient, from 1/2 to 2 ---------------------------------------------------------

        # What is left over is sticky. A scale below 1 means a shift to the right.
        is_normal = ~(scale < 1)
        m.d.comb += [
            self.quotient.bits.eq(Cat(Const(0, 21), left.any(), bits)),
            self.quotient.scale.eq(Mux(is_normal, scale[:10], 1)),
            self.quotient.left.eq(Mux(is_normal, 0, Mux(scale < -62, -63, scale - 1))),
            self.quotient.is_left.eq(is_normal),
            self.quotient.sign.eq(self.a.sign ^ self.b.sign),
        ]

        return m
