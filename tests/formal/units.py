"""Proofs about the integer units."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.bits import leading_zeros
from rtl.core.divider import Divider
from tests.formal.prover import Bug, Proof

__all__ = ["PROOFS"]


class LeadingZeros(wiring.Component):
    """A count of n: the n upper bits are 0 and the next one, if any, is 1."""

    def __init__(self, width):
        self.width = width
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        word  = AnyConst(self.width)
        count = leading_zeros(word)
        for n in range(self.width + 1):
            above = word[self.width - n:]
            with m.If(~above.any() & (word[self.width - n - 1] if n < self.width else 1)):
                m.d.comb += Assert(count == n)
        return m


class DividerProof(wiring.Component):
    """A divider of 6 bits: each result is right, and comes in time."""

    WIDTH  = 6
    CYCLES = 4 + (WIDTH - 1) // 2  # of the longest division

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = Divider(width=self.WIDTH)

        # Assume: operands hold still while the divider works on them. It may be told to stop at
        # any time, and results may be left waiting.
        inputs, before = Cat(dut.op, dut.dividend, dut.divisor), Signal(2 + 2 * self.WIDTH)
        is_bound = Signal()
        m.d.comb += [
            dut.en.eq(AnySeq(1)),
            dut.taken.eq(AnySeq(1) & dut.done),
            inputs.eq(AnySeq(len(inputs))),
        ]
        m.d.sync += [before.eq(inputs), is_bound.eq(dut.en & ~dut.taken)]
        with m.If(is_bound & dut.en):
            m.d.comb += Assume(inputs == before)

        # Model: the manual's definition, backwards. A quotient and a remainder are right if they
        # make up the dividend, and the remainder is less than the divisor.
        a, b      = dut.dividend, dut.divisor
        is_signed = dut.op.is_signed
        n, d      = Signal(self.WIDTH), Signal(self.WIDTH)  # magnitudes
        m.d.comb += [
            n.eq(Mux(is_signed & a[-1], -a, a)),
            d.eq(Mux(is_signed & b[-1], -b, b)),
        ]
        q, r = AnySeq(self.WIDTH), AnySeq(self.WIDTH)
        m.d.comb += Assume((d == 0) | ((q * d + r == n) & (r < d)))
        expected = Signal(self.WIDTH)
        with m.If(b == 0):
            m.d.comb += expected.eq(0)
        with m.Elif(dut.op.is_mod):
            m.d.comb += expected.eq(Mux(is_signed & a[-1], -r, r))
        with m.Else():
            m.d.comb += expected.eq(Mux(is_signed & (a[-1] ^ b[-1]), -q, q))

        # Promise: the result is that; and no division lasts longer than it may.
        waited = Signal(range(self.CYCLES + 2))
        with m.If(dut.en & ~dut.done):
            m.d.sync += waited.eq(waited + 1)
            m.d.comb += Assert(waited < self.CYCLES)
        with m.Else():
            m.d.sync += waited.eq(0)
        with m.If(dut.done & dut.en):
            m.d.comb += Assert(dut.result == expected)

        # Reach: the longest division, and a negative result.
        m.d.comb += [Cover(dut.done & (waited == self.CYCLES)), Cover(dut.done & dut.result[-1])]

        return m


DIVIDER = "rtl/core/divider.py"

PROOFS = (
    Proof("leading_zeros", lambda: LeadingZeros(24), bugs=(
        Bug("rtl/bits.py", "Const((1 << below) - 1, below)", "Const(0, below)"),)),
    # Two divisions in a row, or one after an abandoned one, each of the greatest length.
    Proof("divider", DividerProof, depth=18, reaches=10, bugs=(
        Bug(DIVIDER, "is_short.eq((x[2:] < y)", "is_short.eq((x[3:] < y)"),
        Bug(DIVIDER, "divisor << Cat(0, left_by[1:])", "divisor << left_by"),
        Bug(DIVIDER, "with m.If(~by_zero):", "with m.If(1):"),
        Bug(DIVIDER, "negate = negative ^ (~self.op.is_mod & ", "negate = negative ^ ("))),
)
