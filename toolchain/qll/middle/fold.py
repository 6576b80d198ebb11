"""What can be said of an operation from its operands alone: constants, identities, canonical forms.

`fold` knows a value for the result, or a simpler operation, or nothing. It never looks at memory
or at the order of things, so that lowering and every pass can use it freely. Canonical forms: a
constant operand of a commutative operation stands second, `x - c` is `x + -c`, and of each pair of
mirrored comparisons only `lt`, `slt` and `flt` are used.
"""

import math
import struct
from collections.abc import Callable

from toolchain.qll.middle.ir import Function, Ins

__all__ = ["as_float", "compute", "float_bits", "fold"]

MASK = 0xFFFFFFFF
NAN = 0x7FC00000


def _signed(value: int) -> int:
    return value - 0x100000000 if value & 0x80000000 else value


def as_float(bits: int) -> float:
    """The binary32 number with this pattern."""
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def float_bits(value: float) -> int:
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
    x, y = as_float(a), as_float(b)
    if y == 0:
        if x == 0 or x != x:
            return NAN
        return float_bits(math.copysign(math.inf, x) * math.copysign(1.0, y))
    return float_bits(x / y)


def _ftoi(a: int) -> int:
    value = as_float(a)
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
    "fadd": lambda a, b: float_bits(as_float(a) + as_float(b)),
    "fsub": lambda a, b: float_bits(as_float(a) - as_float(b)),
    "fmul": lambda a, b: float_bits(as_float(a) * as_float(b)),
    "fdiv": _fdiv,
    "feq":  lambda a, b: as_float(a) == as_float(b),
    "flt":  lambda a, b: as_float(a) < as_float(b),
    "fgt":  lambda a, b: as_float(a) > as_float(b),
    "not":  lambda a, b: ~a,
    "itof": lambda a, b: float_bits(float(_signed(a))),
    "utof": lambda a, b: float_bits(float(a)),
    "ftoi": lambda a, b: _ftoi(a),
}


def compute(op: str, a: int, b: int = 0) -> int:
    """The machine's result of `op` on two words."""
    return int(_EFFECT[op](a, b)) & MASK


_MIRROR = {"gt": "lt", "sgt": "slt", "fgt": "flt"}
_SWAP = frozenset(["add", "mul", "and", "or", "eq", "neq", "fadd", "fmul", "feq"])
BOOLEAN = frozenset(["eq", "neq", "lt", "gt", "slt", "sgt", "feq", "flt", "fgt"])

# What `fold` answers: a value, or (op, a, b) of an operation to make instead of the one asked for.
Folded = Ins | tuple[str, Ins, Ins | None]


def fold(function: Function, op: str, a: Ins, b: Ins | None) -> Folded | None:
    """A value or a better form for `op a, b`; None if there is nothing better."""
    if b is None:
        if a.op == "const":
            return function.const(compute(op, a.value))
        if op == "not" and a.op == "not":
            return a.args[0]
        return None
    if op in _MIRROR:
        return fold(function, _MIRROR[op], b, a) or (_MIRROR[op], b, a)
    if a.op == "const":
        if b.op == "const":
            return function.const(compute(op, a.value, b.value))
        if op in _SWAP:
            return fold(function, op, b, a) or (op, b, a)
        return _constant_first(function, op, a, b)
    if b.op == "const":
        return _constant_second(function, op, a, b)
    if a is b:
        if op in ("sub", "neq", "lt", "slt"):
            return function.const(0)
        if op == "eq":
            return function.const(1)
        if op in ("and", "or"):
            return a
    if op == "eq" or op == "neq":
        # Addresses of different things differ.
        if a.op == "slot" and b.op == "label" or a.op == "label" and b.op == "slot":
            return function.const(op == "neq")
    if op == "add":
        # (x + c) + y becomes (x + y) + c only for leaves, whose offsets absorb the constant.
        if b.op in ("slot", "label") and a.op not in ("slot", "label"):
            return ("add", b, a)
    return None


def _constant_first(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = a.value
    if value == 0:
        if op in ("shl", "shr", "sar", "div", "mod", "sdiv", "smod"):
            return a
        if op == "lt":  # 0 < b
            return fold(function, "neq", b, a) or ("neq", b, a)
    elif value == MASK:
        if op == "lt":
            return function.const(0)
        if op == "sub":
            return ("not", b, None)
        if op == "sar":
            return a
    return None


def _constant_second(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = b.value
    assert isinstance(value, int)
    if op == "sub":
        minus = function.const(-value)
        return fold(function, "add", a, minus) or ("add", a, minus)
    if op == "add":
        if value == 0:
            return a
        if a.op == "add" and a.args[1].op == "const":
            sum_ = function.const(a.args[1].value + value)
            return fold(function, "add", a.args[0], sum_) or ("add", a.args[0], sum_)
        if a.op == "slot":
            slot, offset = a.value
            total = (offset + value) & MASK
            return function.slot(slot, total) if total < max(slot.size, 1) else None
        if a.op == "out":
            return function.leaf("out", (a.value + value) & MASK)
        if a.op == "arg":
            return function.leaf("arg", (a.value + value) & MASK)
        if a.op == "label":
            name, offset = a.value
            if (offset + value) & MASK < function.sizes.get(name, 0):
                return function.label(name, (offset + value) & MASK)
        return None
    if op in ("mul", "div", "mod"):
        if value == 0:
            return b
        if value & (value - 1) == 0:
            if op == "mod":
                return fold(function, "and", a, function.const(value - 1)) or (
                    "and", a, function.const(value - 1))
            if value == 1:
                return a
            shift = function.const(value.bit_length() - 1)
            return ("shl" if op == "mul" else "shr", a, shift)
        return None
    if op in ("sdiv", "smod"):
        if value == 0:
            return b
        if value == 1:
            return a if op == "sdiv" else function.const(0)
        return None
    if op == "and":
        if value == 0:
            return b
        if value == MASK or value == 1 and a.op in BOOLEAN:
            return a
        if a.op == "and" and a.args[1].op == "const":
            both = function.const(a.args[1].value & value)
            return fold(function, "and", a.args[0], both) or ("and", a.args[0], both)
        return None
    if op == "or":
        return a if value == 0 else b if value == MASK else None
    if op in ("shl", "shr", "sar"):
        if value & 31 == 0:
            return a
        if value > 31:
            return (op, a, function.const(value & 31))
        if a.op == op and a.args[1].op == "const":
            total = (a.args[1].value & 31) + value
            if total < 32:
                return (op, a.args[0], function.const(total))
        return None
    if op == "eq" or op == "neq":
        if value == 0:
            if a.op in BOOLEAN:
                if op == "neq":
                    return a
                if a.op == "eq":
                    return fold(function, "neq", *a.args) or ("neq", a.args[0], a.args[1])
                if a.op == "neq":
                    return fold(function, "eq", *a.args) or ("eq", a.args[0], a.args[1])
            if a.op == "slot" or a.op == "label":
                return function.const(op == "neq")
        elif a.op in BOOLEAN:
            if value > 1:
                return function.const(op == "neq")
            if op == "eq":
                return a
        if a.op == "add" and a.args[1].op == "const":
            moved = function.const(value - a.args[1].value)
            return fold(function, op, a.args[0], moved) or (op, a.args[0], moved)
        return None
    if op == "lt":
        if value == 0:
            return b
        if value == 1:
            zero = function.const(0)
            return fold(function, "eq", a, zero) or ("eq", a, zero)
        if a.op in BOOLEAN:
            return function.const(1)
        if a.op == "and" and a.args[1].op == "const" and a.args[1].value < value:
            return function.const(1)
    return None
