# amaranth: UnusedElaboratable=no
import numpy as np
import pytest

from rtl.core.divider import Divider
from tests.support.vectors import Vectors

DIV, MOD, SDIV, SMOD = range(4)  # bits of `Divide`

EDGES = [0, 1, 2, 3, 4, 5, 7, 8, 255, 256, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000, 0x80000001,
         0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF]


@pytest.fixture(scope="module")
def divider():
    return Vectors(Divider, name="divider", operands=("dividend", "divisor"))


def signed(word):
    return int(word) - ((int(word) >> 31) << 32)


def expected(op, a, b):
    """The manual's rows for div, mod, sdiv and smod."""
    if b == 0:
        return 0
    if op in (SDIV, SMOD):
        a, b = signed(a), signed(b)
    quotient = abs(a) // abs(b)
    if (a < 0) != (b < 0):
        quotient = -quotient
    return (quotient if op in (DIV, SDIV) else a - quotient * b) & 0xFFFFFFFF


def check(divider, op, a, b):
    result, cycles = divider.run(op, a, b)
    for row in zip(op, a, b, result, strict=True):
        *vector, got = (int(value) for value in row)
        assert got == expected(*vector), vector
    return cycles


@pytest.mark.manual("1.8")
@pytest.mark.parametrize("op", [DIV, MOD, SDIV, SMOD])
def test_edges(divider, op):
    a, b = (side.ravel() for side in np.meshgrid(EDGES, EDGES))
    check(divider, np.full(len(a), op), a, b)


@pytest.mark.manual("1.8")
def test_the_manuals_special_results(divider):
    op = [DIV, MOD, SDIV, SMOD, SDIV, SMOD, SDIV, SMOD]
    a  = [7, 7, 7, 7, 0x80000000, 0x80000000, -7 & 0xFFFFFFFF, -7 & 0xFFFFFFFF]
    b  = [0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 2, 2]
    result, _ = divider.run(op, a, b)
    assert result.tolist() == [0, 0, 0, 0, 0x80000000, 0, 0xFFFFFFFD, 0xFFFFFFFF]


@pytest.mark.manual("1.8")
def test_operands_of_all_lengths(divider):
    random = np.random.default_rng(1)
    a, b = random.integers(0, 1 << 32, (2, 40_000)) >> random.integers(0, 32, (2, 40_000))
    negative = random.integers(0, 2, (2, 40_000), dtype=bool)
    a, b = (np.where(flip, -side, side) & 0xFFFFFFFF for flip, side in zip(negative, (a, b),
                                                                          strict=True))
    check(divider, random.integers(0, 4, 40_000), a, b)


def test_cycles_are_those_of_the_docstring(divider):
    random = np.random.default_rng(2)
    a, b = random.integers(0, 1 << 31, (2, 5_000)) >> random.integers(0, 31, (2, 5_000))
    op = random.integers(0, 4, 5_000)
    cycles = check(divider, op, a, b)
    for row in zip(op, a, b, cycles, strict=True):
        vector_op, dividend, divisor, took = (int(value) for value in row)
        longer = dividend.bit_length() - divisor.bit_length()
        is_short = divisor == 0 or dividend // divisor < 4
        assert took == (1 if is_short else 3 + longer // 2) + (vector_op in (SDIV, SMOD))


@pytest.mark.parametrize("width, error", [(0, ValueError), (7, ValueError), ("32", TypeError)])
def test_width_is_checked(width, error):
    with pytest.raises(error, match="width must be .*, not " + repr(width)):
        Divider(width=width)


def test_at_most_19_cycles(divider):
    _, cycles = divider.run([DIV, SDIV], [0xFFFFFFFF, 0x80000000], [1, 1])
    assert cycles.tolist() == [18, 19]
