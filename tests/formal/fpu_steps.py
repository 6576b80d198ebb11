"""Proofs about products and quotients of the FPU, step by step.

No solver here multiplies or divides mantissas. So what is exact is taken apart from the rounding:

* a product is the sum of four smaller ones, whatever these are: for the solver, the small product
  is any function. That the four make up the whole is algebra, which Z3 does by itself;
* a quotient comes bit by bit: the divisor's multiples that its bits stand for, summed up as they
  come, and what is left make up the dividend, shifted as far;
* the rounding is what SMT-LIB's is of the same exact number, in a format that holds it. Bitwuzla is
  far quicker at this than Z3, which only prepares it.
"""

import z3
from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.fpu.binary32 import mantissa_of
from rtl.fpu.divider import STEPS, FpDivider
from rtl.fpu.op import FpuOp
from tests.formal.fpu import EVEN, FLOAT, RESULT, A, B, pipeline
from tests.formal.prover import Bug, Inside, Proof, is_unsatisfiable
from tests.formal.steps import is_whole_product, sum_of_products

__all__ = ["PROOFS"]

EXPONENT_BITS = 10  # of the formats that hold exact results: their exponents are never at an end
BIAS          = (1 << (EXPONENT_BITS - 1)) - 1


# --- operands as Z3 sees them --------------------------------------------------------------------

def field_of(word):
    return z3.Extract(30, 23, word)


def mantissa(word):
    return z3.Concat(z3.If(field_of(word) == 0, z3.BitVecVal(0, 1), z3.BitVecVal(1, 1)),
                     z3.Extract(22, 0, word))


def scale(word):
    """The exponent's field, of subnormal numbers 1; in 12 bits."""
    field = z3.ZeroExt(4, field_of(word))
    return z3.If(field == 0, z3.BitVecVal(1, 12), field)


def zeros_above(word):
    """How many zeros there are above the highest one, in 12 bits."""
    count = z3.BitVecVal(word.size(), 12)
    for n in range(word.size()):
        count = z3.If(z3.Extract(n, n, word) == 1, z3.BitVecVal(word.size() - 1 - n, 12), count)
    return count


def exact(sign, word, exponent, zeros):
    """The number ``word * 2^(exponent - bits + 1)``, in a format with as many bits as the word,
    above whose highest one there are so many zeros, or one more."""
    bits    = word.size()
    shifted = word << z3.ZeroExt(bits - zeros.size(), zeros)
    is_high = z3.Extract(bits - 1, bits - 1, shifted) == 1
    biased  = exponent - zeros + z3.If(is_high, z3.BitVecVal(BIAS, 12), z3.BitVecVal(BIAS - 1, 12))
    return z3.fpBVToFP(z3.Concat(sign, z3.Extract(EXPONENT_BITS - 1, 0, biased), z3.If(
        is_high, z3.Extract(bits - 2, 0, shifted), z3.Extract(bits - 2, 0, shifted << 1))),
                       z3.FPSort(EXPONENT_BITS, bits))


def is_plain(word):
    """A finite number other than 0."""
    return z3.And(field_of(word) != 255, mantissa(word) != 0)


SIGN = z3.Extract(31, 31, A) ^ z3.Extract(31, 31, B)


def means(op, number):
    """What the result must be: of two plain numbers, the rounded one; else what IEEE 754 says."""
    a, b = (z3.fpBVToFP(word, FLOAT) for word in (A, B))
    is_nan, is_infinite = z3.Or(z3.fpIsNaN(a), z3.fpIsNaN(b)), z3.fpIsInf(a)
    if op == FpuOp.MUL:
        is_infinite = z3.Or(is_infinite, z3.fpIsInf(b))
        is_nan = z3.Or(is_nan, z3.And(is_infinite, z3.Or(z3.fpIsZero(a), z3.fpIsZero(b))))
    else:
        is_nan = z3.Or(is_nan, z3.And(is_infinite, z3.fpIsInf(b)),
                       z3.And(z3.fpIsZero(a), z3.fpIsZero(b)))
        is_infinite = z3.Or(is_infinite, z3.fpIsZero(b))
    rest = z3.BitVecVal(0, 31)
    special = z3.If(is_nan, z3.BitVecVal(0x7FC00000, 32), z3.Concat(
        SIGN, z3.If(is_infinite, z3.BitVecVal(0x7F800000, 31), rest)))
    plain = z3.And(is_plain(A), is_plain(B))
    return z3.And(z3.Implies(plain, z3.fpBVToFP(RESULT, FLOAT) == z3.fpToFP(EVEN, number, FLOAT)),
                  z3.Implies(z3.Not(plain), RESULT == special))


def follows(known, claim):
    """Whether what is known leads to the claim."""
    goal = z3.Goal()
    goal.add(*known, z3.Not(claim))
    prepared = z3.Solver()
    prepared.add(z3.Then("simplify", "propagate-values", "solve-eqs", "simplify")(goal).as_expr())
    return is_unsatisfiable(f"(set-logic ALL)\n{prepared.to_smt2()}")


# --- multiplication ------------------------------------------------------------------------------

HALF  = 12
WHOLE = z3.BitVecSort(2 * HALF)
TIMES = z3.Function("times", WHOLE, WHOLE, WHOLE)  # the small product, of numbers of 12 bits


def parts(word):
    """Lower and upper half of a mantissa, with zeros above."""
    whole = mantissa(word)
    return [z3.ZeroExt(HALF, z3.Extract(at + HALF - 1, at, whole)) for at in (0, HALF)]


def prove_product(proof, files):
    """What the multiplier gives is the sum of the small products, which is the product; and that is
    rounded right."""
    text = pipeline(FpuOp.MUL, files, proof.depth)
    assert text.count("(bvmul ") == 4
    known = z3.parse_smt2_string(
        "(declare-fun times ((_ BitVec 24) (_ BitVec 24)) (_ BitVec 24))\n"
        + text.replace("(bvmul ", "(times ") + "(declare-const product (_ BitVec 48))\n"
        "(assert (= product (|top_n dut.fpu.multiplier.product.bits| s1)))\n")
    product = z3.BitVec("product", 48)
    summed  = sum_of_products(lambda x, y: z3.ZeroExt(24, TIMES(x, y)), parts(A), parts(B),
                              half=HALF)
    zeros   = zeros_above(mantissa(A)) + zeros_above(mantissa(B))
    by      = z3.ZeroExt(36, zeros)
    fits    = z3.And(z3.LShR(product << by, by) == product,
                     z3.Extract(47, 46, product << by) != 0)
    number  = exact(SIGN, product, scale(A) + scale(B) - 2 * 127 + 1, zeros)
    return (is_product() and follows(known, product == summed)
            and follows([*known, fits], means(FpuOp.MUL, number)))


def is_product():
    """Algebra: the sum is the product of the mantissas, and has so many zeros above. (Small
    products, of 12 bits by 12, fit into their 24.)"""
    # A product of numbers from p and q on, and below 2p and 2q, is from pq on and below 4pq.
    a, b, p, q = z3.Ints("a b p q")
    solver = z3.Solver()
    solver.add(p > 0, q > 0, a >= p, a < 2 * p, b >= q, b < 2 * q,
               z3.Or(a * b < p * q, a * b >= 4 * p * q))
    return is_whole_product(half=HALF, bits=4 * HALF) and solver.check() == z3.unsat


# --- division ------------------------------------------------------------------------------------

class FpDividerSteps(wiring.Component):
    """Bits of the quotient, and what is left, are those of the mantissas, normalised: as if the
    dividend were shifted left by 26 bits, and the divisor by one."""

    BITS = 2 * STEPS

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        dut = FpDivider()
        inside = Inside(dut, platform)
        m.submodules.dut = inside.fragment

        # Assume: the operands are held; they are finite and not 0.
        a, b, was_en, before = dut.a.as_value(), dut.b.as_value(), Signal(), Signal(64)
        m.d.comb += [dut.en.eq(AnySeq(1)), a.eq(AnySeq(32)), b.eq(AnySeq(32)),
                     *(Assume(mantissa_of(operand).any()) for operand in (dut.a, dut.b))]
        m.d.sync += [was_en.eq(dut.en), before.eq(Cat(a, b))]
        with m.If(was_en & dut.en):
            m.d.comb += Assume(before == Cat(a, b))

        # Model: the mantissas with their highest bits set. As bits come, the dividend is shifted,
        # and their sum and that of the divisor's multiples that they stand for grow alike.
        n, d = (normalised(m, mantissa_of(operand), name)
                for operand, name in ((dut.a, "n"), (dut.b, "d")))
        first, second = inside["first"], inside["second"]
        dividend, ones, multiples = Signal(52), Signal(self.BITS), Signal(52)
        with m.If(inside.ongoing("STEP")):
            m.d.sync += [
                dividend.eq(dividend << 2),
                ones.eq((ones << 2) + (first << 1) + second),
                multiples.eq((multiples << 2) + Mux(first, d << 1, 0) + Mux(second, d, 0)),
            ]
        with m.Elif(~inside.ongoing("DONE")):
            m.d.sync += [dividend.eq(n), ones.eq(0), multiples.eq(0)]
        age = Signal(5)
        m.d.sync += age.eq(Mux(dut.en, age + ~dut.done, 0))

        # Promise.
        left = inside["left"]
        with m.If(dut.done & dut.en):
            m.d.comb += [
                Assert((n << self.BITS) == (multiples << 1) + left), Assert(left < d << 1),
                Assert(dut.quotient.bits == Cat(Const(0, 21), left.any(), ones)),
                Assert(ones[-2:].any()), Assert(age == 15),
            ]

        # Invariant.
        steps, divisor, bits = inside["steps"], inside["divisor"], inside["bits"]
        to_come, there = Signal(6), Signal(6)  # of the bits
        m.d.comb += [to_come.eq((steps + 1) << 1), there.eq(self.BITS - to_come),
                     Assert(inside.ongoing("IDLE", "NORMALISE", "STEP", "DONE"))]
        with m.If(inside.ongoing("IDLE")):
            m.d.comb += Assert(~dut.en | (age == 0))
        with m.If(dut.en & inside.ongoing("NORMALISE")):
            m.d.comb += [Assert(was_en), Assert(age == 1), *(
                Assert(inside[f"{name}_mantissa"] << inside[f"{name}_zeros"] == shifted)
                for name, shifted in (("a", n), ("b", d)))]
        with m.If(dut.en & inside.ongoing("STEP")):
            m.d.comb += [
                Assert(was_en), Assert(steps < STEPS), Assert(age == 2 + STEPS - 1 - steps),
                Assert(divisor == d), Assert(left < d << 1),
                Assert(dividend == n << there),
                Assert(dividend == (multiples << 1) + left),
                Assert(((bits ^ ones) << to_come)[:self.BITS] == 0),
                Assert(((ones << to_come)[self.BITS - 2:] != 0) | (steps == STEPS - 1)),
                Assert((steps != STEPS - 1) | (left == n)),
                Assert((ones << to_come)[self.BITS:] == 0),
            ]
        with m.If(dut.en & inside.ongoing("DONE")):
            m.d.comb += [Assert(was_en), Assert(bits == ones)]
        m.d.comb += Cover(dut.done & dut.en & ~left.any())
        return m


def normalised(m, word, name):
    """The word, shifted until its highest bit is set."""
    result = Signal(len(word), name=name)
    for n in range(len(word)):
        with m.If(word[n]):
            m.d.comb += result.eq(word << (len(word) - 1 - n))
    return result


def prove_quotient(proof, files):
    """Of a divider that is done, any bits of which one of the upper two is set are rounded right,
    with one below them that says whether anything is left. For the quotient itself lies where this
    number does, between two that it may be rounded to or half-way between such."""
    bits, left, state = z3.BitVec("bits", 26), z3.BitVec("left", 25), z3.BitVec("fsm_state", 2)
    known = z3.parse_smt2_string(pipeline(FpuOp.DIV, files, proof.depth) + "".join(
        f"(declare-const {word} (_ BitVec {word.size()}))\n"
        f"(assert (= {word} (|top_n dut.fpu.divider.{word}| s0)))\n"
        for word in (bits, left, state)))
    machine  = Inside(FpDivider(), None).fragment.generated["fsm"]
    is_done  = state == machine.encoding["DONE"]
    sticky   = z3.If(left == 0, z3.BitVecVal(0, 1), z3.BitVecVal(1, 1))
    exponent = (scale(A) - zeros_above(mantissa(A))) - (scale(B) - zeros_above(mantissa(B)))
    number   = exact(SIGN, z3.Concat(bits, sticky), exponent, z3.BitVecVal(0, 12))
    return follows([*known, is_done, z3.Extract(25, 24, bits) != 0], means(FpuOp.DIV, number))


DIVIDER, MULTIPLIER, ROUNDER = (
    f"rtl/fpu/{name}.py" for name in ("divider", "multiplier", "rounder"))

PROOFS = (
    Proof("fpu_mul", lambda: None, depth=4, run=prove_product, bugs=(
        Bug(MULTIPLIER, "is_normal.eq(~(room < zeros))", "is_normal.eq(1)"),
        Bug(MULTIPLIER, "(cross_a + cross_b) << 12", "(cross_a + cross_b)[:24] << 12"))),
    Proof("fpu_div_steps", FpDividerSteps, induction=1, depth=2, reaches=17, bugs=(
        Bug(DIVIDER, "Cat(second, first, bits)", "Cat(first, second, bits)"),
        Bug(DIVIDER, "Mux(rest[25], left, rest[:25])[:24]", "rest[:24]"))),
    Proof("fpu_div", lambda: None, depth=5, run=prove_quotient, bugs=(
        Bug(DIVIDER, "scale < -62", "scale < -10"),
        Bug(ROUNDER, "half & (below | mantissa[0])", "half"))),
)
