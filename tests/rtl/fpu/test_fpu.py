"""The FPU against NumPy, which agrees with Berkeley's TestFloat; NaNs and ftoi by our manual."""

import numpy as np
import pytest

from rtl.fpu.fpu import Fpu
from rtl.fpu.op import FpuOp
from tests.support.vectors import Vectors

NAN    = 0x7FC00000
BINARY = {FpuOp.ADD: np.add, FpuOp.SUB: np.subtract, FpuOp.MUL: np.multiply, FpuOp.DIV: np.divide,
          FpuOp.EQ: np.equal, FpuOp.LT: np.less, FpuOp.GT: np.greater}
UNARY  = [FpuOp.ITOF, FpuOp.UTOF, FpuOp.FTOI]
CYCLES = {FpuOp.ADD: 4, FpuOp.SUB: 4, FpuOp.MUL: 4, FpuOp.DIV: 18, FpuOp.EQ: 1, FpuOp.LT: 1,
          FpuOp.GT: 1, FpuOp.ITOF: 3, FpuOp.UTOF: 3, FpuOp.FTOI: 3}

# Each exponent at and next to where something changes, with the fractions at both ends.
EXPONENTS = [0, 1, 2, 3, 23, 24, 25, 63, 64, 102, 103, 104, 105, 125, 126, 127, 128, 129, 148, 149,
             150, 151, 152, 157, 158, 159, 181, 182, 183, 230, 252, 253, 254, 255]
FRACTIONS = [0, 1, 2, 3, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFD, 0x7FFFFE, 0x7FFFFF]
SPECIAL   = np.array([sign << 31 | exponent << 23 | fraction for sign in (0, 1)
                      for exponent in EXPONENTS for fraction in FRACTIONS], dtype=np.uint32)
COUNT     = 50_000


@pytest.fixture(scope="module")
def fpu():
    return Vectors(Fpu, name="fpu")


def expected(op, a, b):
    """What the manual's rows say, by NumPy."""
    with np.errstate(all="ignore"):
        if op is FpuOp.ITOF:
            return a.view(np.int32).astype(np.float32).view(np.uint32)
        if op is FpuOp.UTOF:
            return a.astype(np.float32).view(np.uint32)
        if op is FpuOp.FTOI:
            value = a.view(np.float32).astype(object)
            finite = np.isfinite(a.view(np.float32))
            return np.array([int(x) & 0xFFFFFFFF if ok else 0
                             for x, ok in zip(value, finite, strict=True)], dtype=np.uint32)
        result = BINARY[op](a.view(np.float32), b.view(np.float32))
        if result.dtype == bool:
            return result.astype(np.uint32)
        return np.where(np.isnan(result), np.uint32(NAN), result.view(np.uint32))


def check(fpu, op, a, b):
    a, b = np.asarray(a, dtype=np.uint32), np.asarray(b, dtype=np.uint32)
    result, cycles = fpu.run(op.value, a, b)
    wrong = np.flatnonzero(result != expected(op, a, b))
    assert not len(wrong), [(hex(a[i]), hex(b[i]), hex(result[i]), hex(expected(op, a, b)[i]))
                            for i in wrong[:5]]
    assert set(cycles.tolist()) == {CYCLES[op]}


@pytest.mark.slow
@pytest.mark.manual("1.9", "1.10")
@pytest.mark.parametrize("op", BINARY)
def test_all_pairs_of_special_values(fpu, op):
    a, b = (side.ravel() for side in np.meshgrid(SPECIAL, SPECIAL))
    check(fpu, op, a, b)


@pytest.mark.manual("1.9", "1.10")
@pytest.mark.parametrize("op", BINARY)
def test_any_two_words(fpu, op):
    a, b = np.random.default_rng(op.value).integers(0, 1 << 32, (2, COUNT))
    check(fpu, op, a, b)


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("op", BINARY)
def test_numbers_of_nearby_exponents(fpu, op):
    random = np.random.default_rng(100 + op.value)
    a = random.integers(0, 1 << 32, COUNT)
    b = a ^ random.integers(0, 1 << 32, COUNT) >> random.integers(0, 32, COUNT)
    b ^= random.integers(0, 2, COUNT) << 31
    check(fpu, op, a, b)


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("op", [FpuOp.MUL, FpuOp.DIV])
def test_results_around_the_subnormals(fpu, op):
    random = np.random.default_rng(200 + op.value)
    a, b = random.integers(0, 1 << 32, (2, COUNT)) & 0x807FFFFF
    # Exponents that make the result's 0, give or take the width of a mantissa.
    near = random.integers(-26, 3, COUNT)
    a_exponent = random.integers(0, 128 if op is FpuOp.MUL else 100, COUNT)
    b_exponent = 127 + near - a_exponent if op is FpuOp.MUL else a_exponent - near + 127
    check(fpu, op, a | a_exponent << 23, b | np.clip(b_exponent, 0, 254) << 23)


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("op", [FpuOp.MUL, FpuOp.DIV, FpuOp.ADD, FpuOp.SUB])
def test_subnormal_operands(fpu, op):
    random = np.random.default_rng(300 + op.value)
    a, b = random.integers(0, 1 << 32, (2, COUNT))
    small = (random.integers(0, 1 << 23, COUNT) >> random.integers(0, 23, COUNT)) | b & 1 << 31
    check(fpu, op, a, small)
    check(fpu, op, small, a)
    check(fpu, op, small, small[::-1])


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("op", [FpuOp.MUL, FpuOp.DIV, FpuOp.ADD, FpuOp.SUB])
def test_few_significant_bits(fpu, op):
    # Ties and exact results are common among short mantissas, and hardly ever met elsewhere.
    random = np.random.default_rng(400 + op.value)
    short = 0xFFFFFFFF << random.integers(0, 24, (2, COUNT))
    check(fpu, op, *(random.integers(0, 1 << 32, (2, COUNT)) & short))


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("op", UNARY)
def test_conversions(fpu, op):
    random = np.random.default_rng(500 + op.value)
    near_powers = [1 << n for n in range(32)] + [(1 << n) - 1 for n in range(33)]
    words = np.concatenate([SPECIAL, random.integers(0, 1 << 32, COUNT),
                            random.integers(0, 1 << 32, COUNT) >> random.integers(0, 32, COUNT),
                            near_powers, -np.array(near_powers) & 0xFFFFFFFF])
    check(fpu, op, words, np.zeros(len(words)))


@pytest.mark.manual("1.11")
@pytest.mark.parametrize("number, integer", [
    (-1.5, 0xFFFFFFFF), (2.0**32 + 512, 512), (0.99, 0), (-0.99, 0), (3e9, 3_000_000_000),
    (np.inf, 0), (-np.inf, 0), (np.nan, 0), (2.0**63, 0), (-2.0**31, 0x80000000)])
def test_ftoi_truncates_and_wraps(fpu, number, integer):
    result, _ = fpu.run(FpuOp.FTOI.value, [np.float32(number).view(np.uint32)], [0])
    assert result.tolist() == [integer]


@pytest.mark.manual("1.9")
@pytest.mark.parametrize("a, b, result", [
    (0x7F800001, 0x3F800000, NAN),  # signalling
    (0xFFC12345, 0x3F800000, NAN),  # with a sign and a payload
    (0x7F800000, 0xFF800000, NAN),  # inf - inf
])
def test_every_nan_result_is_the_same(fpu, a, b, result):
    assert fpu.run(FpuOp.ADD.value, [a, b], [b, a])[0].tolist() == [result, result]


def test_operations_in_any_order_do_not_disturb_each_other(fpu):
    random = np.random.default_rng(7)
    a, b = random.integers(0, 1 << 32, (2, 20_000)).astype(np.uint32)
    ops = random.integers(0, len(FpuOp), 20_000)
    result, cycles = fpu.run(ops, a, b)
    for op in FpuOp:
        mine = ops == op.value
        assert (result[mine] == expected(op, a[mine], b[mine])).all()
        assert set(cycles[mine].tolist()) == {CYCLES[op]}
