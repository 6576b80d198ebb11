"""Folding agrees with the machine, and says nothing where it knows nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.qll.middle.fold import compute, fold
from toolchain.qll.middle.ir import BINARY, UNARY, Function, Ins

EDGES = [0, 1, 2, 3, 31, 32, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF,
         0x7FC00000, 0x7F800000, 0xFF800000, 0x3F800000, 0x00000001, 0x00800000, 0x7F7FFFFF]
WORDS = st.one_of(st.sampled_from(EDGES), st.integers(0, 0xFFFFFFFF))
FLOAT_OPS = {"fadd": np.add, "fsub": np.subtract, "fmul": np.multiply, "fdiv": np.divide}


@given(st.sampled_from(sorted(FLOAT_OPS)), WORDS, WORDS)
def test_float_arithmetic_is_binary32(op, a, b):
    left, right = (np.array([word], dtype=np.uint32).view(np.float32) for word in (a, b))
    with np.errstate(all="ignore"):
        result = FLOAT_OPS[op](left, right)
    expected = 0x7FC00000 if np.isnan(result[0]) else int(result.view(np.uint32)[0])
    assert compute(op, a, b) == expected


@pytest.mark.parametrize("op, a, b, expected", [
    ("div", 7, 0, 0), ("mod", 7, 0, 0), ("sdiv", 7, 0, 0), ("smod", 7, 0, 0),
    ("sdiv", 0x80000000, 0xFFFFFFFF, 0x80000000), ("smod", 0x80000000, 0xFFFFFFFF, 0),
    ("sdiv", 0xFFFFFFF9, 2, 0xFFFFFFFD), ("smod", 0xFFFFFFF9, 2, 0xFFFFFFFF),
    ("shl", 1, 33, 2), ("shr", 0x80000000, 31, 1), ("sar", 0x80000000, 31, 0xFFFFFFFF),
    ("slt", 0xFFFFFFFF, 0, 1), ("lt", 0xFFFFFFFF, 0, 0), ("feq", 0x80000000, 0, 1),
    ("flt", 0x7FC00000, 0, 0), ("feq", 0x7FC00000, 0x7FC00000, 0),
])
def test_manual_s_corner_cases(op, a, b, expected):
    assert compute(op, a, b) == expected


@pytest.mark.parametrize("op, a, expected", [
    ("ftoi", 0xBFC00000, 0xFFFFFFFF), ("ftoi", 0x7F800000, 0), ("ftoi", 0x7FC00000, 0),
    ("itof", 0xFFFFFFFF, 0xBF800000), ("utof", 0xFFFFFFFF, 0x4F800000), ("not", 0, 0xFFFFFFFF),
])
def test_conversions(op, a, expected):
    assert compute(op, a) == expected


def _evaluate(value, x):
    """Value of a folded expression of one variable."""
    if isinstance(value, tuple):
        op, a, b = value
    elif value.op == "const":
        return value.value
    elif value.op == "param":
        return x
    else:
        op, a, b = value.op, value.args[0], value.args[1] if len(value.args) > 1 else None
    return compute(op, _evaluate(a, x), _evaluate(b, x) if b is not None else 0)


@given(st.sampled_from(sorted(BINARY)), WORDS, WORDS, st.booleans(), st.sampled_from(
    [None, ("add", 5), ("and", 255), ("eq", 3), ("lt", 9), ("shl", 3)]))
def test_what_is_folded_has_the_same_value(op, x, constant, constant_first, inner):
    function = Function("f")
    param = Ins("param", [], 0)
    operand = param
    if inner is not None:
        operand = Ins(inner[0], [param, function.const(inner[1])])
    other = function.const(constant)
    a, b = (other, operand) if constant_first else (operand, other)
    folded = fold(function, op, a, b)
    if folded is not None:
        assert _evaluate(folded, x) == _evaluate((op, a, b), x)


@given(st.sampled_from(sorted(BINARY)), WORDS)
def test_an_operation_on_one_value_twice(op, x):
    function, param = Function("f"), Ins("param", [], 0)
    folded = fold(function, op, param, param)
    if folded is not None:
        assert _evaluate(folded, x) == compute(op, x, x)


@given(st.sampled_from(sorted(UNARY)), WORDS)
def test_unary_constants(op, x):
    function = Function("f")
    assert fold(function, op, function.const(x), None) is function.const(compute(op, x))


@pytest.mark.parametrize("op", ["fadd", "fsub", "fmul", "feq"])
def test_floats_have_no_identities(op):
    function, param = Function("f"), Ins("param", [], 0)
    assert fold(function, op, param, param) is None  # it may be a NaN
    assert fold(function, op, param, function.const(0)) is None


@pytest.mark.parametrize("op", ["arg", "out"])
def test_an_address_of_an_argument_wraps_around(op):
    function = Function("f", 0)
    one = function.leaf(op, 1)
    assert fold(function, "add", one, function.const(-1)) is function.leaf(op, 0)
    assert fold(function, "add", one, function.const(-3)) is function.leaf(op, 0xFFFFFFFE)
