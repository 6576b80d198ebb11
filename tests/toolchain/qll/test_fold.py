"""Folding keeps what is computed, and says nothing where it knows nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.arithmetic import compute
from toolchain.qll.middle.fold import fold
from toolchain.qll.middle.ir import BINARY, UNARY, Function, Ins

EDGES = [0, 1, 2, 3, 31, 32, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF,
         0x7FC00000, 0x7F800000, 0xFF800000, 0x3F800000, 0x00000001, 0x00800000, 0x7F7FFFFF]
WORDS = st.one_of(st.sampled_from(EDGES), st.integers(0, 0xFFFFFFFF))


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
    function = Function("f")
    one = function.leaf(op, 1)
    assert fold(function, "add", one, function.const(-1)) is function.leaf(op, 0)
    assert fold(function, "add", one, function.const(-3)) is function.leaf(op, 0xFFFFFFFE)


@pytest.mark.parametrize("size", [1, 3])
def test_an_address_of_a_local_stays_within_it(size):
    function = Function("f")
    slot = function.new_slot(size)
    start, last = function.slot(slot), function.slot(slot, size - 1)
    assert fold(function, "add", start, function.const(size)) is None
    assert fold(function, "add", last, function.const(1 - size)) is start
    assert fold(function, "add", start, function.const(size - 1)) is last
