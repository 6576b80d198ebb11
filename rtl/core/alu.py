"""ALU: everything that an instruction can do to two words within one cycle."""

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Alu", "AluOp", "AluUnit", "Compare", "Logic"]


class AluUnit(enum.Enum, shape=unsigned(2)):
    """The part whose result counts."""
    LOGIC   = 0
    ADDER   = 1
    COMPARE = 2
    SHIFT   = 3


class Logic(enum.Enum, shape=unsigned(2)):
    PASS_A = 0
    AND    = 1
    OR     = 2
    NOT_A  = 3


class Compare(enum.Enum, shape=unsigned(2)):
    EQ  = 0
    NEQ = 1
    LT  = 2
    GT  = 3


class AluOp(data.Struct):
    unit:      AluUnit
    logic:     Logic
    compare:   Compare
    subtract:  1  # of the adder; COMPARE wants it too
    is_signed: 1  # of LT and GT, and of a shift to the right
    left:      1  # of a shift


class Alu(wiring.Component):
    """Combinational.

    Members
    -------
    op : In(AluOp)
    a, b : In(32)
    result : Out(32)
    """
    op:     In(AluOp)
    a:      In(32)
    b:      In(32)
    result: Out(32)

    def elaborate(self, platform):
        m = Module()
        op, a, b = self.op, self.a, self.b

        logic = Signal(32)
        with m.Switch(op.logic):
            with m.Case(Logic.PASS_A):
                m.d.comb += logic.eq(a)
            with m.Case(Logic.AND):
                m.d.comb += logic.eq(a & b)
            with m.Case(Logic.OR):
                m.d.comb += logic.eq(a | b)
            with m.Case(Logic.NOT_A):
                m.d.comb += logic.eq(~a)

        total = Signal(33)  # a + b, or a - b + 2^32: then the top bit says that a >= b
        m.d.comb += total.eq(a + Mux(op.subtract, ~b, b) + op.subtract)

        # Of two words with different top bits the one with a 1 is the larger if they are unsigned.
        is_equal = Signal()
        is_less  = Signal()
        holds    = Signal()
        m.d.comb += [
            is_equal.eq(a == b),
            is_less.eq(Mux(a[-1] ^ b[-1], Mux(op.is_signed, a[-1], b[-1]), ~total[-1])),
        ]
        with m.Switch(op.compare):
            with m.Case(Compare.EQ):
                m.d.comb += holds.eq(is_equal)
            with m.Case(Compare.NEQ):
                m.d.comb += holds.eq(~is_equal)
            with m.Case(Compare.LT):
                m.d.comb += holds.eq(is_less)
            with m.Case(Compare.GT):
                m.d.comb += holds.eq(~is_less & ~is_equal)

        right   = Signal(32)
        shifted = Signal(32)
        filled  = Signal(33)
        m.d.comb += [
            filled.eq(Cat(a, a[-1] & op.is_signed)),
            right.eq(filled.as_signed() >> b[:5]),
            shifted.eq(Mux(op.left, (a << b[:5])[:32], right)),
        ]

        with m.Switch(op.unit):
            with m.Case(AluUnit.LOGIC):
                m.d.comb += self.result.eq(logic)
            with m.Case(AluUnit.ADDER):
                m.d.comb += self.result.eq(total[:32])
            with m.Case(AluUnit.COMPARE):
                m.d.comb += self.result.eq(holds)
            with m.Case(AluUnit.SHIFT):
                m.d.comb += self.result.eq(shifted)

        return m
