"""What instructions compute that have two operands and a result: the manual's section 1.

Floating point is IEEE 754 binary32 by the host: it rounds once and keeps subnormals; a NaN is made
canonical.
"""
# mypy: disallow-untyped-defs=False
# Numba infers the types of arguments; an annotation here would be a comment that nobody checks.

import numpy as np

from isa.machine import NAN
from sim.golden.compiled import MASK, SIGN, int64, jit, jit_inline
from sim.golden.opcodes import (
    OP_ADD,
    OP_AND,
    OP_DIV,
    OP_EQ,
    OP_FADD,
    OP_FDIV,
    OP_FEQ,
    OP_FGT,
    OP_FLT,
    OP_FMUL,
    OP_FSUB,
    OP_FTOI,
    OP_GT,
    OP_ITOF,
    OP_LT,
    OP_MOD,
    OP_MOV,
    OP_MUL,
    OP_NEQ,
    OP_NOT,
    OP_OR,
    OP_SAR,
    OP_SDIV,
    OP_SGT,
    OP_SHL,
    OP_SHR,
    OP_SLT,
    OP_SMOD,
    OP_SUB,
    OP_UTOF,
)

__all__ = ["compute"]

SHIFT_MASK = 31  # of a count, the bits that are used

FRACTION_BITS, EXPONENT_MASK = 23, 0xFF
FRACTION_MASK, HIDDEN_BIT    = 0x7FFFFF, 0x800000
BIAS                         = 127


@jit
def to_float(bits):
    return np.uint32(bits).view(np.float32)


@jit
def from_float(value):
    if value != value:
        return int64(NAN)
    return int64(np.float32(value).view(np.uint32))


@jit
def signed(word):
    return (word ^ SIGN) - SIGN


@jit
def ftoi(bits):
    """Truncate toward zero, modulo 2^32; NaN and infinities give 0."""
    exponent = bits >> FRACTION_BITS & EXPONENT_MASK
    significand = bits & FRACTION_MASK | HIDDEN_BIT
    shift = exponent - BIAS - FRACTION_BITS
    if exponent == EXPONENT_MASK or exponent < BIAS or shift > 31:
        return int64(0)  # not a number; below 1; a multiple of 2^32
    whole = significand << shift & MASK if shift >= 0 else significand >> -shift
    return -whole & MASK if bits & SIGN else whole


@jit
def divide(a, b):
    """Signed quotient and remainder, toward zero; of nothing by 0."""
    x, y = signed(a), signed(b)
    if y == 0:
        return int64(0), int64(0)
    quotient = abs(x) // abs(y)
    if (x < 0) != (y < 0):
        quotient = -quotient
    return quotient & MASK, x - quotient * y & MASK


@jit_inline
def compute(op, a, b):
    """The result of an instruction that only computes; 0 of any other."""
    if op == OP_MOV:
        return a
    elif op == OP_ADD:
        return a + b & MASK
    elif op == OP_SUB:
        return a - b & MASK
    elif op == OP_MUL:
        return a * b & MASK
    elif op == OP_DIV:
        return a // b if b else int64(0)
    elif op == OP_MOD:
        return a % b if b else int64(0)
    elif op == OP_AND:
        return a & b
    elif op == OP_OR:
        return a | b
    elif op == OP_NOT:
        return ~a & MASK
    elif op == OP_SHL:
        return a << (b & SHIFT_MASK) & MASK
    elif op == OP_SHR:
        return a >> (b & SHIFT_MASK)
    elif op == OP_EQ:
        return int64(a == b)
    elif op == OP_NEQ:
        return int64(a != b)
    elif op == OP_LT:
        return int64(a < b)
    elif op == OP_GT:
        return int64(a > b)
    elif op == OP_FADD:
        return from_float(to_float(a) + to_float(b))
    elif op == OP_FSUB:
        return from_float(to_float(a) - to_float(b))
    elif op == OP_FMUL:
        return from_float(to_float(a) * to_float(b))
    elif op == OP_FDIV:
        return from_float(to_float(a) / to_float(b))
    elif op == OP_FEQ:
        return int64(to_float(a) == to_float(b))
    elif op == OP_FLT:
        return int64(to_float(a) < to_float(b))
    elif op == OP_FGT:
        return int64(to_float(a) > to_float(b))
    elif op == OP_ITOF:
        return from_float(np.float32(signed(a)))
    elif op == OP_UTOF:
        return from_float(np.float32(a))
    elif op == OP_FTOI:
        return ftoi(a)
    elif op == OP_SLT:
        return int64((a ^ SIGN) < (b ^ SIGN))
    elif op == OP_SGT:
        return int64((a ^ SIGN) > (b ^ SIGN))
    elif op == OP_SDIV:
        return divide(a, b)[0]
    elif op == OP_SMOD:
        return divide(a, b)[1]
    elif op == OP_SAR:
        return signed(a) >> (b & SHIFT_MASK) & MASK
    return int64(0)
