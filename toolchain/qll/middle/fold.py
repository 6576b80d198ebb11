"""What can be said of an operation from its operands alone: constants, identities, canonical forms.

`fold` knows a value for the result, or a simpler operation, or nothing. It never looks at memory
or at the order of things, so that lowering and every pass can use it freely. Canonical forms: a
constant operand of a commutative operation stands second, `x - c` is `x + -c`, and of each pair of
mirrored comparisons only `lt`, `slt` and `flt` are used.
"""

from collections.abc import Callable

from toolchain.arithmetic import WORD_MASK, compute
from toolchain.qll.middle.ir import COMMUTATIVE, Function, Ins

__all__ = ["BOOLEAN", "Folded", "fold"]

_MIRROR = {"gt": "lt", "sgt": "slt", "fgt": "flt"}
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
        return _better(function, _MIRROR[op], b, a)
    if a.op == "const":
        if b.op == "const":
            return function.const(compute(op, a.value, b.value))
        if op in COMMUTATIVE:
            return _better(function, op, b, a)
        return _constant_first(function, op, a, b)
    if b.op == "const":
        rule = _CONSTANT_SECOND.get(op)
        return rule(function, op, a, b) if rule is not None else None
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


def _better(function: Function, op: str, a: Ins, b: Ins) -> Folded:
    """Another operation, folded if that can be."""
    return fold(function, op, a, b) or (op, a, b)


def _constant_first(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = a.value
    if value == 0:
        if op in ("shl", "shr", "sar", "div", "mod", "sdiv", "smod"):
            return a
        if op == "lt":  # 0 < b
            return _better(function, "neq", b, a)
    elif value == WORD_MASK:
        if op == "lt":
            return function.const(0)
        if op == "sub":
            return ("not", b, None)
        if op == "sar":
            return a
    return None


# --- a constant as the second operand ------------------------------------------------------------


def _add(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = b.value
    if value == 0:
        return a
    if a.op == "add" and a.args[1].op == "const":
        return _better(function, "add", a.args[0], function.const(a.args[1].value + value))
    if a.op == "slot":
        slot, offset = a.value
        total = (offset + value) & WORD_MASK
        return function.slot(slot, total) if total < slot.size else None
    if a.op in ("out", "arg"):
        return function.leaf(a.op, (a.value + value) & WORD_MASK)
    if a.op == "label":
        name, offset = a.value
        total = (offset + value) & WORD_MASK
        return function.label(name, total) if total < function.sizes.get(name, 0) else None
    return None


def _sub(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    return _better(function, "add", a, function.const(-b.value))


def _scale(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    """`mul`, `div`, `mod`."""
    value = b.value
    if value == 0:
        return b
    if value & (value - 1):
        return None
    if op == "mod":
        return _better(function, "and", a, function.const(value - 1))
    if value == 1:
        return a
    return ("shl" if op == "mul" else "shr", a, function.const(value.bit_length() - 1))


def _signed_division(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    if b.value == 0:
        return b
    if b.value == 1:
        return a if op == "sdiv" else function.const(0)
    return None


def _and(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = b.value
    if value == 0:
        return b
    if value == WORD_MASK or value == 1 and a.op in BOOLEAN:
        return a
    if a.op == "and" and a.args[1].op == "const":
        return _better(function, "and", a.args[0], function.const(a.args[1].value & value))
    return None


def _or(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    return a if b.value == 0 else b if b.value == WORD_MASK else None


def _shift(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = b.value
    if value & 31 == 0:
        return a
    if value > 31:
        return (op, a, function.const(value & 31))
    if a.op == op and a.args[1].op == "const":
        total = (a.args[1].value & 31) + value
        if total < 32:
            return (op, a.args[0], function.const(total))
    return None


def _equality(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    """`eq`, `neq`."""
    value = b.value
    if value == 0:
        if a.op in ("slot", "label"):
            return function.const(op == "neq")
        if a.op in BOOLEAN and op == "neq":
            return a
        if a.op in ("eq", "neq"):  # its opposite
            return _better(function, "neq" if a.op == "eq" else "eq", *a.args)
    elif a.op in BOOLEAN:
        if value > 1:
            return function.const(op == "neq")
        if op == "eq":
            return a
    if a.op == "add" and a.args[1].op == "const":
        return _better(function, op, a.args[0], function.const(value - a.args[1].value))
    return None


def _less(function: Function, op: str, a: Ins, b: Ins) -> Folded | None:
    value = b.value
    if value == 0:
        return b
    if value == 1:
        return _better(function, "eq", a, function.const(0))
    if a.op in BOOLEAN:
        return function.const(1)
    if a.op == "and" and a.args[1].op == "const" and a.args[1].value < value:
        return function.const(1)
    return None


_CONSTANT_SECOND: dict[str, Callable[[Function, str, Ins, Ins], Folded | None]] = {
    "add": _add, "sub": _sub, "lt": _less, "and": _and, "or": _or,
    "mul": _scale, "div": _scale, "mod": _scale,
    "sdiv": _signed_division, "smod": _signed_division,
    "shl": _shift, "shr": _shift, "sar": _shift,
    "eq": _equality, "neq": _equality,
}
