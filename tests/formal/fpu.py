"""Proofs about the FPU: it does what SMT-LIB's floating-point theory says, for all operands.

Z3 carries them out, since it knows that theory. The FPU's pipeline has no memory of what went
before, so the proofs let it begin in any state, hold the operands, and look at the result once it
must have come through.
"""

import z3
from amaranth import Module, Signal
from amaranth.asserts import AnyConst
from amaranth.lib import wiring

from isa.machine import NAN
from rtl.fpu.fpu import Fpu
from rtl.fpu.op import FpuOp
from tests.formal.prover import BUILD, Bug, Proof, to_smt2

__all__ = ["A", "B", "EVEN", "FLOAT", "PROOFS", "RESULT", "pipeline"]

FLOAT = z3.Float32()
EVEN  = z3.RNE()


class Held(wiring.Component):
    """An FPU at work on operands that do not change."""

    def __init__(self, op):
        self.op = op
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.fpu = fpu = Fpu()
        # Kept, so that they have names in what Yosys writes.
        a, b, result = (Signal(32, name=name, attrs={"keep": 1}) for name in ("a", "b", "result"))
        m.d.comb += [
            a.eq(AnyConst(32)),
            b.eq(AnyConst(32)),
            fpu.en.eq(1),
            fpu.op.eq(self.op),
            fpu.a.eq(a),
            fpu.b.eq(b),
            result.eq(fpu.result),
        ]
        return m


def is_number(result, value):
    """Whether the word is the number, or our NaN; -0 and +0 differ."""
    return z3.If(z3.fpIsNaN(value), result == NAN, z3.fpBVToFP(result, FLOAT) == value)


def is_truth(result, value):
    return result == z3.If(value, z3.BitVecVal(1, 32), z3.BitVecVal(0, 32))


def is_integer(result, a):
    """Truncated, modulo 2^32: by way of 200 bits, which hold every finite number."""
    value = z3.fpBVToFP(a, FLOAT)
    known = z3.Extract(31, 0, z3.fpToSBV(z3.RTZ(), value, z3.BitVecSort(200)))
    return result == z3.If(z3.Or(z3.fpIsNaN(value), z3.fpIsInf(value)), z3.BitVecVal(0, 32), known)


def both(function):
    return lambda a, b: function(z3.fpBVToFP(a, FLOAT), z3.fpBVToFP(b, FLOAT))


# What the manual says of each operation: a relation of result, a and b.
MEANING = {
    FpuOp.ADD:  lambda r, a, b: is_number(r, both(lambda x, y: z3.fpAdd(EVEN, x, y))(a, b)),
    FpuOp.SUB:  lambda r, a, b: is_number(r, both(lambda x, y: z3.fpSub(EVEN, x, y))(a, b)),
    FpuOp.EQ:   lambda r, a, b: is_truth(r, both(z3.fpEQ)(a, b)),
    FpuOp.LT:   lambda r, a, b: is_truth(r, both(z3.fpLT)(a, b)),
    FpuOp.GT:   lambda r, a, b: is_truth(r, both(z3.fpGT)(a, b)),
    FpuOp.ITOF: lambda r, a, b: is_number(r, z3.fpSignedToFP(EVEN, a, FLOAT)),
    FpuOp.UTOF: lambda r, a, b: is_number(r, z3.fpUnsignedToFP(EVEN, a, FLOAT)),
    FpuOp.FTOI: lambda r, a, b: is_integer(r, a),
}


A, B, RESULT = z3.BitVecs("a b result", 32)


def pipeline(op, files, depth):
    """The FPU's states as SMT-LIB, s0 and so many more, and its operands and result."""
    text = (BUILD / to_smt2(Held(op), files)).read_text()
    text += "".join(f"(declare-const s{n} |top_s|)\n(assert (|top_u| s{n}))\n"
                    for n in range(depth + 1))
    text += "".join(f"(assert (|top_t| s{n} s{n + 1}))\n" for n in range(depth))
    return text + "".join(f"(declare-const {name} (_ BitVec 32))\n"
                          f"(assert (= {name} (|top_n dut.{name}| s{state})))\n"
                          for name, state in (("a", 0), ("b", 0), ("result", depth)))


def prove(proof, files):
    """Whether the result is always what the operation means, `depth` cycles on."""
    op     = FpuOp[proof.name.removeprefix("fpu_").upper()]
    solver = z3.Then("simplify", "propagate-values", "solve-eqs", "fpa2bv", "simplify",
                     "smt").solver()
    solver.add(z3.parse_smt2_string(pipeline(op, files, proof.depth)))
    solver.add(z3.Not(MEANING[op](RESULT, A, B)))
    answer = solver.check()
    if answer == z3.sat:
        found = solver.model()
        print(f"{op.name} of {found[A]} and {found[B]} gives {found[RESULT]}")
    return answer == z3.unsat


def fpu_proof(op, depth, *bugs):
    return Proof(f"fpu_{op.name.lower()}", lambda: None, depth=depth, bugs=bugs,
                 run=prove)


ADDER, ROUNDER, SPECIAL, CONVERT = (
    f"rtl/fpu/{name}.py" for name in ("adder", "rounder", "special", "convert"))

PROOFS = (
    fpu_proof(FpuOp.EQ, 1, Bug(SPECIAL, "is_same = is_zero | (a == b)", "is_same = a == b")),
    fpu_proof(FpuOp.LT, 1, Bug(SPECIAL, "below.eq((a < b) ^ self.a.sign)", "below.eq(a < b)")),
    fpu_proof(FpuOp.GT, 1, Bug(SPECIAL, "~below & ~is_same", "~below")),
    fpu_proof(FpuOp.ITOF, 3, Bug(ROUNDER, "half & (below | mantissa[0])", "half")),
    fpu_proof(FpuOp.UTOF, 3, Bug(CONVERT, "self.is_signed & self.word[-1]", "self.word[-1]")),
    fpu_proof(FpuOp.FTOI, 3, Bug(CONVERT, "Mux(left > 63, 63, left)", "left")),
    fpu_proof(FpuOp.ADD, 4, Bug(ADDER, "Mux(room < zeros, room, zeros)", "zeros"),
              Bug(ADDER, ">> by) | is_lossy", ">> by)")),
    fpu_proof(FpuOp.SUB, 4, Bug(ADDER, "a_sign & ~(a_differ & (n_sum == 0))", "a_sign")),
)
