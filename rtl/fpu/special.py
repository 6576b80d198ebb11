"""Results that no arithmetic is needed for: NaNs, infinities, zeros; and comparisons."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import NAN
from rtl.fpu.binary32 import INFINITY_EXPONENT, Binary32
from rtl.fpu.op import FpuOp

__all__ = ["Comparer", "Special"]


class NumberClass(data.Struct):
    nan:      1
    infinite: 1
    zero:     1


def classify(m, number, *, name):
    """The class of a number, as a signal."""
    top, low = number.exponent == INFINITY_EXPONENT, number.fraction.any()
    kind = Signal(NumberClass, name=name)
    m.d.comb += [
        kind.nan.eq(top & low),
        kind.infinite.eq(top & ~low),
        kind.zero.eq((number.exponent == 0) & ~low),
    ]
    return kind


class Special(wiring.Component):
    """Finds operands of ADD, SUB, MUL, DIV, ITOF and UTOF whose result is known.

    Members
    -------
    op : In(FpuOp)
    a, b : In(Binary32)
        To be held for a second cycle, in which the outputs are there.
    is_special : Out(1)
        The result is `number`. Otherwise both operands are finite, and to MUL, DIV, ITOF and UTOF
        they are not zero.
    number : Out(Binary32)
    """
    op:         In(FpuOp)
    a:          In(Binary32)
    b:          In(Binary32)
    is_special: Out(1)
    number:     Out(Binary32)

    def elaborate(self, platform):
        m = Module()

        a, b = Signal(NumberClass), Signal(NumberClass)
        m.d.sync += [a.eq(classify(m, self.a, name="a_class")),
                     b.eq(classify(m, self.b, name="b_class"))]
        sign = self.a.sign ^ self.b.sign
        nan, infinite, zero = Signal(), Signal(), Signal()
        with m.Switch(self.op):
            with m.Case(FpuOp.ADD, FpuOp.SUB):
                differ = sign ^ (self.op == FpuOp.SUB)
                m.d.comb += [
                    infinite.eq(a.infinite | b.infinite),
                    nan.eq(a.nan | b.nan | (a.infinite & b.infinite & differ)),
                    self.number.sign.eq(Mux(a.infinite, self.a.sign,
                                            self.b.sign ^ (self.op == FpuOp.SUB))),
                ]
            with m.Case(FpuOp.MUL):
                m.d.comb += [
                    infinite.eq(a.infinite | b.infinite),
                    zero.eq(a.zero | b.zero),
                    nan.eq(a.nan | b.nan | (a.infinite & b.zero) | (a.zero & b.infinite)),
                    self.number.sign.eq(sign),
                ]
            with m.Case(FpuOp.DIV):
                m.d.comb += [
                    infinite.eq(a.infinite | b.zero),
                    zero.eq(a.zero | b.infinite),
                    nan.eq(a.nan | b.nan | (a.infinite & b.infinite) | (a.zero & b.zero)),
                    self.number.sign.eq(sign),
                ]
            with m.Case(FpuOp.ITOF, FpuOp.UTOF):
                m.d.comb += zero.eq(a.zero & ~self.a.sign)

        m.d.comb += self.is_special.eq(nan | infinite | zero)
        with m.If(nan):
            m.d.comb += self.number.eq(NAN)
        with m.Elif(infinite):
            m.d.comb += self.number.exponent.eq(INFINITY_EXPONENT)

        return m


class Comparer(wiring.Component):
    """Compares two numbers for EQ, LT and GT. Combinational.

    Members
    -------
    op : In(FpuOp)
    a, b : In(Binary32)
    holds : Out(1)
        Never with a NaN. The zeros are equal.
    """
    op:    In(FpuOp)
    a:     In(Binary32)
    b:     In(Binary32)
    holds: Out(1)

    def elaborate(self, platform):
        m = Module()

        a_class = classify(m, self.a, name="a_class")
        b_class = classify(m, self.b, name="b_class")
        a, b    = self.a.as_value(), self.b.as_value()
        is_zero = a_class.zero & b_class.zero
        is_same = is_zero | (a == b)
        # As integers, magnitudes order numbers; with a minus sign, the other way round.
        below   = Signal()
        with m.If(is_same):
            m.d.comb += below.eq(0)
        with m.Elif(self.a.sign != self.b.sign):
            m.d.comb += below.eq(self.a.sign)
        with m.Else():
            m.d.comb += below.eq((a < b) ^ self.a.sign)

        with m.If(~a_class.nan & ~b_class.nan):
            with m.Switch(self.op):
                with m.Case(FpuOp.EQ):
                    m.d.comb += self.holds.eq(is_same)
                with m.Case(FpuOp.LT):
                    m.d.comb += self.holds.eq(below)
                with m.Case(FpuOp.GT):
                    m.d.comb += self.holds.eq(~below & ~is_same)

        return m
