"""FPU: the floating-point instructions behind one handshake."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.fpu.adder import FpAdder
from rtl.fpu.binary32 import Binary32, Rough
from rtl.fpu.convert import FromInteger, ToInteger
from rtl.fpu.divider import FpDivider
from rtl.fpu.multiplier import FpMultiplier
from rtl.fpu.op import FpuOp
from rtl.fpu.rounder import Rounder, Shifter
from rtl.fpu.special import Comparer, Special

__all__ = ["Fpu"]


class Fpu(wiring.Component):
    """IEEE 754 binary32: round to nearest even, subnormals kept, NaN results ``0x7FC00000``.

    ==============  ==================================================
    operation       cycles from the first with `en` to that with `done`
    ==============  ==================================================
    EQ, LT, GT      1
    ITOF UTOF FTOI  3
    ADD, SUB, MUL   4
    DIV             18
    ==============  ==================================================

    The handshake is the divider's: the instruction waits in its stage with `en` and its operands
    until `done`, and leaves it with `taken`.

    Members
    -------
    en : In(1)
        Hold, with `op` and the operands, from the cycle in which they are first there until
        `taken`. Letting go earlier abandons the operation.
    op : In(FpuOp)
    a, b : In(32)
        Operands; ITOF, UTOF and FTOI take `a`.
    done : Out(1)
        `result` is there, if `en` was held. Holds until `taken`.
    taken : In(1)
        With `done`: the result is used in this cycle. With `en` high in the next one, that is a new
        operation.
    result : Out(32)
    """
    en:     In(1)
    op:     In(FpuOp)
    a:      In(32)
    b:      In(32)
    done:   Out(1)
    taken:  In(1)
    result: Out(32)

    def elaborate(self, platform):
        m = Module()

        m.submodules.adder        = adder        = FpAdder()
        m.submodules.multiplier   = multiplier   = FpMultiplier()
        m.submodules.divider      = divider      = FpDivider()
        m.submodules.from_integer = from_integer = FromInteger()
        m.submodules.to_integer   = to_integer   = ToInteger()
        m.submodules.comparer     = comparer     = Comparer()
        m.submodules.special      = special      = Special()
        m.submodules.shifter      = shifter      = Shifter()
        m.submodules.rounder      = rounder      = Rounder()

        m.d.comb += [unit.a.eq(self.a) for unit in (adder, multiplier, divider, comparer, special)]
        m.d.comb += [unit.b.eq(self.b) for unit in (adder, multiplier, divider, comparer, special)]
        m.d.comb += [
            comparer.op.eq(self.op),
            special.op.eq(self.op),
            adder.is_sub.eq(self.op == FpuOp.SUB),
            divider.en.eq(self.en & (self.op == FpuOp.DIV)),
            from_integer.word.eq(self.a),
            from_integer.is_signed.eq(self.op == FpuOp.ITOF),
            to_integer.number.eq(self.a),
        ]

        # --- the way to the result: wide, shifted, rough, rounded. Nothing holds it up; it is only
        # a question of when the right values have come through ---------------------------------

        rough = Signal(Rough)
        number, is_special = Signal(Binary32), Signal()
        integer     = Signal(32)
        m.d.sync += [
            rough.eq(shifter.rough),
            integer.eq(shifter.low),
            number.eq(special.number),
            is_special.eq(special.is_special),
        ]
        with m.Switch(self.op):
            with m.Case(FpuOp.MUL):
                m.d.comb += shifter.wide.eq(multiplier.product)
            with m.Case(FpuOp.DIV):
                m.d.comb += shifter.wide.eq(divider.quotient)
            with m.Case(FpuOp.FTOI):
                m.d.comb += shifter.wide.eq(to_integer.wide)
            with m.Default():
                m.d.comb += shifter.wide.eq(from_integer.wide)

        latency = Signal(3)  # in cycles; of DIV, after the divider is done
        with m.Switch(self.op):
            with m.Case(FpuOp.EQ, FpuOp.LT, FpuOp.GT):
                m.d.comb += latency.eq(1)
            with m.Case(FpuOp.ADD, FpuOp.SUB, FpuOp.MUL):
                m.d.comb += latency.eq(4)
            with m.Default():
                m.d.comb += latency.eq(3)

        # Of which kind the operation is, from its second cycle on: all but comparisons take longer.
        is_sum, is_integer = Signal(), Signal()
        m.d.sync += [
            is_sum.eq((self.op == FpuOp.ADD) | (self.op == FpuOp.SUB)),
            is_integer.eq(self.op == FpuOp.FTOI),
        ]
        compares = (self.op == FpuOp.EQ) | (self.op == FpuOp.LT) | (self.op == FpuOp.GT)
        m.d.comb += rounder.rough.eq(Mux(is_sum, adder.rough, rough))
        with m.If(compares):
            m.d.sync += self.result.eq(comparer.holds)
        with m.Elif(is_integer):
            m.d.sync += self.result.eq(Mux(self.a[-1], -integer, integer))
        with m.Elif(is_special):
            m.d.sync += self.result.eq(number)
        with m.Elif(is_sum & adder.is_exact):
            m.d.sync += self.result.eq(adder.exact)
        with m.Else():
            m.d.sync += self.result.eq(rounder.number)

        # --- when --------------------------------------------------------------------------------

        age = Signal(3)  # cycles since the operands, or the divider's quotient, were there
        m.d.comb += self.done.eq(age == latency)
        with m.If(~self.en | (self.done & self.taken)):
            m.d.sync += age.eq(0)
        with m.Elif(~self.done & ~(divider.en & ~divider.done)):
            m.d.sync += age.eq(age + 1)
        # A division that follows at once must not find the last one's quotient.
        with m.If(self.done & self.taken):
            m.d.comb += divider.en.eq(0)

        return m
