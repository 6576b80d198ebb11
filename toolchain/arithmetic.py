"""What the machine's arithmetic instructions compute, for whatever is known before it runs."""

import math
import struct
from collections.abc import Callable

__all__ = ["WORD_MASK", "compute"]

WORD_MASK = 0xFFFFFFFF
NAN       = 0x7FC00000  # the one that results are


def _signed(value: int) -> int:
    return value - 0x100000000 if value & 0x80000000 else value


def _float(bits: int) -> float:
    """The binary32 number with this pattern."""
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def _bits(value: float) -> int:
    """Pattern of the nearest binary32; a NaN is always the default one.

    One rounding from binary64 is exact enough: sums, products and quotients of two binary32 are
    never so close to the middle between two binary32 that rounding twice could differ.
    """
    if value != value:
        return NAN
    try:
        return struct.unpack("<I", struct.pack("<f", value))[0]
    except OverflowError:
        return 0xFF800000 if value < 0 else 0x7F800000


def _sdiv(a: int, b: int) -> int:
    x, y = _signed(a), _signed(b)
    if y == 0:
        return 0
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def _smod(a: int, b: int) -> int:
    x, y = _signed(a), _signed(b)
    if y == 0:
        return 0
    remainder = abs(x) % abs(y)
    return -remainder if x < 0 else remainder


def _fdiv(a: int, b: int) -> int:
    x, y = _float(a), _float(b)
    if y == 0:
        if x == 0 or x != x:
            return NAN
        return _bits(math.copysign(math.inf, x) * math.copysign(1.0, y))
    return _bits(x / y)


def _ftoi(a: int) -> int:
    value = _float(a)
    return int(value) if math.isfinite(value) else 0


_EFFECT: dict[str, Callable[[int, int], int]] = {
    "add":  lambda a, b: a + b,
    "sub":  lambda a, b: a - b,
    "mul":  lambda a, b: a * b,
    "div":  lambda a, b: a // b if b else 0,
    "mod":  lambda a, b: a % b if b else 0,
    "and":  lambda a, b: a & b,
    "or":   lambda a, b: a | b,
    "shl":  lambda a, b: a << (b & 31),
    "shr":  lambda a, b: a >> (b & 31),
    "sar":  lambda a, b: _signed(a) >> (b & 31),
    "eq":   lambda a, b: a == b,
    "neq":  lambda a, b: a != b,
    "lt":   lambda a, b: a < b,
    "gt":   lambda a, b: a > b,
    "slt":  lambda a, b: _signed(a) < _signed(b),
    "sgt":  lambda a, b: _signed(a) > _signed(b),
    "sdiv": _sdiv,
    "smod": _smod,
    "fadd": lambda a, b: _bits(_float(a) + _float(b)),
    "fsub": lambda a, b: _bits(_float(a) - _float(b)),
    "fmul": lambda a, b: _bits(_float(a) * _float(b)),
    "fdiv": _fdiv,
    "feq":  lambda a, b: _float(a) == _float(b),
    "flt":  lambda a, b: _float(a) < _float(b),
    "fgt":  lambda a, b: _float(a) > _float(b),
    "not":  lambda a, b: ~a,
    "itof": lambda a, b: _bits(float(_signed(a))),
    "utof": lambda a, b: _bits(float(a)),
    "ftoi": lambda a, b: _ftoi(a),
}


def compute(op: str, a: int, b: int = 0) -> int:
    """The result of the instruction `op` on two words, of which some use only the first.

    Division by 0 gives 0, shifts take their count modulo 32, and a result that is not a number is
    always the default one.
    """
    return int(_EFFECT[op](a, b)) & WORD_MASK
