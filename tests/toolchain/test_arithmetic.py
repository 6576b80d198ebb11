"""Arithmetic before the machine runs is that of the machine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.arithmetic import compute

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
