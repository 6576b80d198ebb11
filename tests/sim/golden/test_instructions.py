"""Manual, section 1: what each instruction computes."""

import itertools
import operator
from fractions import Fraction

import numpy as np
import pytest

from tests.support.arithmetic import (
    EDGES,
    EXPECTED,
    NUMPY,
    SPECIAL,
    M,
    exact,
    numpy_result,
    rounded,
    signed,
)
from tests.support.golden import compute_all


@pytest.mark.manual("1.7", "1.8")
@pytest.mark.parametrize("mnemonic", EXPECTED)
def test_integer_instruction_computes_what_the_manual_says_for_all_pairs_of_edges(mnemonic):
    pairs = list(itertools.product(EDGES, EDGES))
    got = compute_all(mnemonic, [a for a, _ in pairs], [b for _, b in pairs])
    wanted = [int(EXPECTED[mnemonic](a, b)) % M for a, b in pairs]
    wrong = [(hex(a), hex(b), hex(g), hex(w))
             for (a, b), g, w in zip(pairs, got.tolist(), wanted, strict=True) if g != w]
    assert not wrong


@pytest.mark.manual("1.8")
@pytest.mark.parametrize("a, b, quotient, remainder", [
    (7, -2, -3, 1), (-7, 2, -3, -1), (-7, -2, 3, -1), (-1, 2, 0, -1), (5, 0, 0, 0),
    (-0x80000000, -1, -0x80000000, 0), (-0x80000000, 1, -0x80000000, 0),
])
def test_signed_division_goes_toward_zero_and_the_remainder_has_the_sign_of_s0(
        a, b, quotient, remainder):
    assert compute_all("sdiv", [a % M], [b % M])[0] == quotient % M
    assert compute_all("smod", [a % M], [b % M])[0] == remainder % M


# --- floating point ------------------------------------------------------------------------------

@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", NUMPY)
def test_float_instruction_agrees_with_numpy_for_all_pairs_of_special_values(mnemonic):
    assert len(SPECIAL) >= 200
    a, b = (grid.ravel() for grid in np.meshgrid(SPECIAL, SPECIAL))
    assert (compute_all(mnemonic, a, b) == numpy_result(mnemonic, a, b)).all()


@pytest.mark.manual("1.9")
@pytest.mark.slow
@pytest.mark.parametrize("mnemonic", NUMPY)
def test_float_instruction_agrees_with_numpy_for_a_million_random_operands(mnemonic):
    rng = np.random.default_rng(1)
    a = rng.integers(0, M, 1 << 20, dtype=np.uint32)
    b = rng.integers(0, M, 1 << 20, dtype=np.uint32)
    near = rng.random(len(a)) < 0.5  # exponents that meet
    b[near] = b[near] & 0x807FFFFF | (a[near] & 0x7F800000) + (b[near] >> 28 << 23) & 0x7F800000
    assert (compute_all(mnemonic, a, b) == numpy_result(mnemonic, a, b)).all()


OPERATORS = {"fadd": operator.add, "fsub": operator.sub, "fmul": operator.mul,
             "fdiv": operator.truediv}


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", OPERATORS)
def test_float_arithmetic_is_the_exact_result_rounded_once(mnemonic):
    rng = np.random.default_rng(2)
    finite = SPECIAL[(SPECIAL >> 23 & 0xFF) != 255]
    a = np.concatenate([rng.choice(finite, 1500), rng.integers(0, 0x7F800000, 1500, np.uint32)])
    b = np.concatenate([rng.choice(finite, 1500), rng.integers(0, 0x7F800000, 1500, np.uint32)])
    if mnemonic == "fdiv":
        b[(b & 0x7FFFFFFF) == 0] = 0x3F800000
    for x, y, got in zip(a.tolist(), b.tolist(), compute_all(mnemonic, a, b).tolist(), strict=True):
        value = OPERATORS[mnemonic](exact(x), exact(y))
        minus_y = y >> 31 ^ (mnemonic == "fsub")
        zero_sign = x >> 31 & minus_y if mnemonic in ("fadd", "fsub") else x >> 31 ^ y >> 31
        assert got == rounded(value, zero_sign), (hex(x), hex(y))


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic, to_integer", [("itof", signed), ("utof", lambda x: x)])
def test_integer_becomes_the_nearest_float(mnemonic, to_integer):
    rng = np.random.default_rng(3)
    values = EDGES + [0x01000001, 0x01000003, 0xFFFFFF7F, 0xFFFFFF80, 0x7FFFFFC0, 0x7FFFFFBF]
    values += rng.integers(0, M, 3000, np.uint32).tolist()
    wanted = [rounded(Fraction(to_integer(value)), 0) for value in values]
    assert compute_all(mnemonic, values).tolist() == wanted


@pytest.mark.manual("1.11")
def test_float_is_truncated_and_taken_modulo_2_to_32():
    rng = np.random.default_rng(4)
    values = SPECIAL.tolist() + rng.integers(0, M, 5000, np.uint32).tolist()
    wanted = [0 if value >> 23 & 0xFF == 255 else int(exact(value)) % M for value in values]
    assert compute_all("ftoi", values).tolist() == wanted


@pytest.mark.manual("1.11")
@pytest.mark.parametrize("value, wanted", [
    (-1.5, 0xFFFFFFFF), (2.0**32 + 512, 512), (float("inf"), 0), (float("nan"), 0), (-0.9, 0),
    (2.0**31, 0x80000000), (-(2.0**31), 0x80000000),
])
def test_ftoi_examples_of_the_manual(value, wanted):
    bits = np.array([value], np.float32).view(np.uint32)
    assert compute_all("ftoi", bits)[0] == wanted


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("mnemonic", ["fadd", "fsub", "fmul", "fdiv"])
@pytest.mark.parametrize("nan", [0x7F800001, 0x7FFFFFFF, 0xFFC12345, 0xFF800001])
def test_every_nan_result_is_the_canonical_one(mnemonic, nan):
    assert compute_all(mnemonic, [nan, 0x3F800000], [0x3F800000, nan]).tolist() == [0x7FC00000] * 2
