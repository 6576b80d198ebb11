"""Proofs about multiplier and divider at their full width: what each step adds.

No solver here multiplies or divides numbers of 32 bits. So nothing is multiplied:

* a quotient's digits, and with them the multiples of the divisor that they stand for, are summed up
  as they come; by induction, both sums are right after each step. The invariants speak of registers
  inside;
* a product is the sum of small ones, whatever these are: for the solver, the small product is any
  function. That they make up the whole is algebra, which Z3 does by itself.
"""

import z3
from amaranth import Cat, Module, Mux, Signal
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.core.divider import Divider
from rtl.core.multiplier import Multiplier
from tests.formal.prover import BUILD, Bug, Inside, Proof, to_smt2

__all__ = ["PROOFS", "is_whole_product", "sum_of_products"]

WIDTH = 32


# --- division ------------------------------------------------------------------------------------

def magnitude(word, is_signed):
    return Mux(is_signed & word[-1], -word, word)[:len(word)]


def length_of(m, word, name):
    """How many bits a number has, without zeros above."""
    length = Signal(range(len(word) + 1), name=name)
    for n in range(len(word)):
        with m.If(word[n]):
            m.d.comb += length.eq(n + 1)
    return length


class DividerSteps(wiring.Component):
    """The divider takes away so many multiples of the divisor as its quotient says; what is left is
    the remainder. And it takes exactly as many cycles as its table says."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        dut = Divider(width=WIDTH)
        inside = Inside(dut, platform)
        m.submodules.dut = inside.fragment

        # Assume: operands hold still while the divider works on them. It may be told to stop at
        # any time, and results may be left waiting.
        inputs, before = Cat(dut.op, dut.dividend, dut.divisor), Signal(2 + 2 * WIDTH)
        is_bound = Signal()
        m.d.comb += [dut.en.eq(AnySeq(1)), dut.taken.eq(AnySeq(1) & dut.done),
                     inputs.eq(AnySeq(len(inputs)))]
        m.d.sync += [before.eq(inputs), is_bound.eq(dut.en & ~dut.taken)]
        with m.If(is_bound & dut.en):
            m.d.comb += Assume(inputs == before)

        # Model: magnitudes; two sums, in which a digit of the quotient counts as many times the
        # divisor as it counts in the quotient; and what is to be done yet.
        op, a, b = dut.op, dut.dividend, dut.divisor
        n, d = Signal(WIDTH), Signal(WIDTH)
        m.d.comb += [n.eq(magnitude(a, op.is_signed)), d.eq(magnitude(b, op.is_signed))]
        digit, steps     = inside["digit"], inside["steps"]
        ones, multiples  = Signal(WIDTH + 2), Signal(WIDTH + 2)
        is_short         = (n >> 2) < d
        longer, most     = Signal(range(WIDTH)), Signal(range(WIDTH // 2))  # steps but the first
        m.d.comb += [longer.eq(length_of(m, n, "n_length") - length_of(m, d, "d_length")),
                     most.eq(longer >> 1)]

        def times(digit, word):
            return Mux(digit[0], word, 0) + Mux(digit[1], word << 1, 0)

        with m.If(inside.ongoing("STEP")):
            m.d.sync += [ones.eq(ones + (digit << (steps << 1))),
                         multiples.eq(multiples + times(digit, inside["divisor"]))]
        with m.Else():
            m.d.sync += [ones.eq(0), multiples.eq(0)]
            with m.If(is_short & ~inside.ongoing("DONE")):
                m.d.sync += [ones.eq(digit), multiples.eq(times(digit, d))]
            with m.Elif(inside.ongoing("DONE")):
                m.d.sync += [ones.eq(ones), multiples.eq(multiples)]
        waited = Signal(range(WIDTH))
        with m.If(~dut.en | dut.taken):
            m.d.sync += waited.eq(0)
        with m.Elif(~dut.done):
            m.d.sync += waited.eq(waited + 1)

        self._keep(m, inside, dut, n=n, d=d, ones=ones, multiples=multiples, most=most,
                   longer=longer, waited=waited)

        # Promise: quotient and remainder have the signs that the manual says, and their magnitudes
        # are what was summed up, and what is left.
        is_negative = Mux(op.is_mod, a[-1], a[-1] ^ b[-1]) & op.is_signed
        value = Signal(WIDTH)
        m.d.comb += value.eq(Mux(is_negative, -dut.result, dut.result))
        with m.If(dut.done & dut.en):
            with m.If(b == 0):
                m.d.comb += Assert(dut.result == 0)
            with m.Elif(op.is_mod):
                m.d.comb += [Assert(multiples + value == n), Assert(value < d)]
            with m.Else():
                m.d.comb += [Assert(ones == value), Assert(multiples <= n),
                             Assert(n - multiples < d)]
            m.d.comb += Assert(waited == op.is_signed + Mux(is_short | (d == 0), 1, most + 3))

        # Reach: a negative result.
        m.d.comb += Cover(dut.done & dut.en & ((-dut.result)[:WIDTH] == 2))
        return m

    def _keep(self, m, inside, dut, *, n, d, ones, multiples, most, longer, waited):
        """The invariant, state by state."""
        left, divisor, quotient, steps = (
            inside[name] for name in ("left", "divisor", "quotient", "steps"))
        is_signed, by_zero = dut.op.is_signed, inside["by_zero"]
        m.d.comb += Assert(inside["at_rest"] == inside.ongoing("IDLE"))
        m.d.comb += Assert(inside.ongoing("IDLE", "MAGNITUDE", "ALIGN", "STEP", "DONE"))
        with m.If(inside.ongoing("IDLE")):
            m.d.comb += Assert(waited == 0)
        with m.If(dut.en & inside.ongoing("MAGNITUDE")):
            m.d.comb += [Assert(is_signed), Assert(waited == 1),
                         Assert(left == n), Assert(divisor == d)]
        with m.If(dut.en & inside.ongoing("ALIGN")):
            m.d.comb += [Assert(waited == 1 + is_signed), Assert(left == n), Assert(divisor == d),
                         Assert(d != 0), Assert(~by_zero), Assert(~((n >> 2) < d)),
                         Assert(inside["left_by"] == longer), Assert(Cat(ones, multiples) == 0)]
        with m.If(dut.en & inside.ongoing("STEP")):
            m.d.comb += [
                Assert(waited == 2 + is_signed + most - steps), Assert(steps <= most),
                Assert(d != 0), Assert(~by_zero), Assert(~((n >> 2) < d)),
                # The divisor stands where the digit counts, and goes into what is left up to three
                # times. All digits so far count for more.
                Assert(divisor == d << (steps << 1)),
                Assert(left < divisor << 2),
                Assert(multiples + left == n),
                Assert(ones == quotient << ((steps + 1) << 1)),
                Assert(quotient >> ((most - steps)[:len(steps)] << 1) == 0),
            ]
        with m.If(dut.en & inside.ongoing("DONE")):
            m.d.comb += Assert(by_zero == (d == 0))
            with m.If(d != 0):
                m.d.comb += [Assert(multiples + left == n), Assert(left < d),
                             Assert(ones == quotient)]


# --- multiplication ------------------------------------------------------------------------------

def sum_of_products(times, a, b, *, half):
    """The products of the halves of two numbers, from the lower one up, where they belong."""
    return sum(times(one, other) * (1 << (m + n) * half)
               for m, one in enumerate(a) for n, other in enumerate(b))


def is_whole_product(*, half, bits):
    """Algebra, which Z3 does by itself: it is the product, as polynomials modulo 2^bits."""
    a, b = ([z3.BitVec(f"{name}{n}", bits) for n in range(2)] for name in "ab")
    whole = (a[0] + a[1] * (1 << half)) * (b[0] + b[1] * (1 << half))
    return z3.is_bv_value(differ := z3.simplify(
        whole - sum_of_products(lambda x, y: x * y, a, b, half=half), som=True)) and (
            differ.as_long() == 0)


class MultiplierSteps(wiring.Component):
    """A multiplier whose inputs are anything."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = Multiplier(width=WIDTH)
        en = Signal(attrs={"keep": 1})
        a  = Signal(WIDTH, attrs={"keep": 1})
        b  = Signal(WIDTH, attrs={"keep": 1})
        product = Signal(WIDTH, attrs={"keep": 1})
        m.d.comb += [en.eq(AnySeq(1)), a.eq(AnySeq(WIDTH)), b.eq(AnySeq(WIDTH)),
                     dut.en.eq(en), dut.a.eq(a), dut.b.eq(b), product.eq(dut.product)]
        return m


# What stands in for a multiplication, of which the lower bits may be all that is wanted.
SMALL_PRODUCTS = """
(declare-fun times ((_ BitVec 32) (_ BitVec 32)) (_ BitVec 32))
(define-fun low-times ((x (_ BitVec 16)) (y (_ BitVec 16))) (_ BitVec 16)
  ((_ extract 15 0) (times (concat #x0000 x) (concat #x0000 y))))
"""


def prove_product(proof, files):
    """From any state: with `en` the sum of the small products comes next, whatever these are; else
    what was there stays. And the sum is the product."""
    text  = (BUILD / to_smt2(MultiplierSteps(), files)).read_text()
    text  = (text.replace("(_ BitVec 16) (bvmul ", "(_ BitVec 16) (low-times ")
             .replace("(_ BitVec 32) (bvmul ", "(_ BitVec 32) (times "))
    text += "".join(f"(declare-const s{n} |top_s|)\n(assert (|top_u| s{n}))\n" for n in range(2))
    text += "(assert (|top_t| s0 s1))\n" + "".join(
        f"(declare-const {name}{n} {sort})\n(assert (= {name}{n} (|top_n dut.{name}| s{n})))\n"
        for n in range(2) for name, sort in (("en", "Bool"), *(
            (word, f"(_ BitVec {WIDTH})") for word in ("a", "b", "product"))))
    times = z3.Function("times", *[z3.BitVecSort(WIDTH)] * 3)
    before, after = z3.BitVecs("product0 product1", WIDTH)
    halves = [[z3.ZeroExt(WIDTH // 2, z3.Extract(at + WIDTH // 2 - 1, at, z3.BitVec(name, WIDTH)))
               for at in (0, WIDTH // 2)] for name in ("a0", "b0")]
    solver = z3.Solver()
    solver.add(z3.parse_smt2_string(SMALL_PRODUCTS + text), z3.Not(after == z3.If(
        z3.Bool("en0"), sum_of_products(times, *halves, half=WIDTH // 2), before)))
    return solver.check() == z3.unsat and is_whole_product(half=WIDTH // 2, bits=WIDTH)


DIVIDER, MULTIPLIER = (f"rtl/core/{name}.py" for name in ("divider", "multiplier"))

PROOFS = (
    Proof("multiplier", lambda: None, induction=1, run=prove_product, bugs=(
        Bug(MULTIPLIER, "cross_a.eq(ah * bl)", "cross_a.eq(al * bl)"),
        Bug(MULTIPLIER, "[:half] << half", "[1:half] << half"),
        Bug(MULTIPLIER, "with m.If(self.en):", "with m.If(1):"))),
    Proof("divider_steps", DividerSteps, induction=1, depth=2, reaches=4, bugs=(
        Bug(DIVIDER, "left.eq(Mux(is_short, after, x))", "left.eq(x)"),
        Bug(DIVIDER, "rests[2].eq(x - y - (y << 1))", "rests[2].eq(x - (y << 2))"),
        Bug(DIVIDER, "divisor.eq(divisor >> 2)", "divisor.eq(divisor >> 1)"),
        Bug(DIVIDER, "left_by.eq(leading_zeros(y) - leading_zeros(x))",
            "left_by.eq(leading_zeros(y))"))),
)
