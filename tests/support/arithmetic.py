"""What the manual says that arithmetic instructions compute, in Python's and NumPy's numbers."""

from fractions import Fraction

import numpy as np

__all__ = ["EDGES", "EXPECTED", "M", "NUMPY", "SPECIAL", "exact", "numpy_result", "rounded",
           "signed"]

M = 1 << 32
EDGES = sorted({0, 5, 33, 0x55555555, 0xAAAAAAAA, 0x12345678, *(1 << n for n in range(32)),
                *((1 << n) - 1 for n in range(33)), *(M - (1 << n) for n in range(32))})


def signed(x):
    return x - M if x >> 31 else x


def truncated(a, b):
    """Quotient of integers toward zero, by exact arithmetic."""
    return int(Fraction(a, b))


# What the manual says, in Python's integers; results are taken modulo 2^32.
EXPECTED = {
    "mov": lambda a, b: a,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b if b else 0,
    "mod": lambda a, b: a % b if b else 0,
    "and": lambda a, b: a & b,
    "or":  lambda a, b: a | b,
    "not": lambda a, b: ~a,
    "shl": lambda a, b: a << b % 32,
    "shr": lambda a, b: a >> b % 32,
    "sar": lambda a, b: signed(a) >> b % 32,
    "eq":  lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "lt":  lambda a, b: a < b,
    "gt":  lambda a, b: a > b,
    "slt": lambda a, b: signed(a) < signed(b),
    "sgt": lambda a, b: signed(a) > signed(b),
    "sdiv": lambda a, b: truncated(signed(a), signed(b)) if b else 0,
    "smod": lambda a, b: signed(a) - signed(b) * truncated(signed(a), signed(b)) if b else 0,
}


def special_floats():
    """Zeros, subnormals, ones and their neighbours, the ends, infinities, NaNs, of both signs."""
    magnitudes = {0, 1, 2, 3, 0x7FFFFF, 0x7FFFFE, 0x400000, 0x3FFFFF, 0x800000, 0x800001,
                  0x7F7FFFFF, 0x7F7FFFFE, 0x7F800000, 0x7F800001, 0x7FBFFFFF, 0x7FC00000,
                  0x7FFFFFFF, 0x7FC12345}
    for exponent in (1, 2, 23, 24, 25, 64, 100, 126, 127, 128, 149, 150, 151, 157, 158, 159, 160,
                     181, 182, 200, 230, 252, 253, 254):
        magnitudes |= {exponent << 23 | fraction for fraction in (0, 1, 0x400000, 0x7FFFFF)}
    return sorted(magnitudes | {m | 0x80000000 for m in magnitudes})


SPECIAL = np.array(special_floats(), dtype=np.uint32)
NUMPY = {"fadd": np.add, "fsub": np.subtract, "fmul": np.multiply, "fdiv": np.divide,
         "feq": np.equal, "flt": np.less, "fgt": np.greater}


def numpy_result(mnemonic, a, b):
    """By NumPy, with the manual's one NaN."""
    with np.errstate(all="ignore"):
        result = NUMPY[mnemonic](a.view(np.float32), b.view(np.float32))
    if result.dtype == bool:
        return result.astype(np.uint32)
    return np.where(np.isnan(result), np.uint32(0x7FC00000), result.view(np.uint32))


def exact(bits):
    """A finite float as a fraction."""
    exponent, fraction = bits >> 23 & 0xFF, bits & 0x7FFFFF
    significand = fraction | (1 << 23 if exponent else 0)
    value = Fraction(significand) * Fraction(2) ** (max(exponent, 1) - 150)
    return -value if bits >> 31 else value


def rounded(value, zero_sign):
    """The float nearest to a fraction, ties to even; by the definition of the format."""
    if value == 0:
        return zero_sign << 31
    sign, value = (1, -value) if value < 0 else (0, value)
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if value < Fraction(2) ** exponent:
        exponent -= 1
    step = Fraction(2) ** (max(exponent, -126) - 23)
    units = value / step
    whole = int(units)
    rest = units - whole
    if rest > Fraction(1, 2) or rest == Fraction(1, 2) and whole % 2:
        whole += 1
    # A carry runs into the exponent by itself.
    field = whole if exponent < -126 else (max(exponent, -126) + 126 << 23) + whole
    return sign << 31 | min(field, 0x7F800000)
