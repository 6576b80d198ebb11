"""Which operands have a result that no arithmetic is needed for, of each class of numbers."""

import itertools
import math

import numpy as np
import pytest

from rtl.fpu.op import FpuOp
from rtl.fpu.special import Special
from tests.support.unit import simulate

NUMBERS = [sign + number for sign, number in itertools.product("+-", ("nan", "inf", "0", "1e-40",
                                                                     "1.5"))]
OPERATIONS = {FpuOp.ADD: np.add, FpuOp.SUB: np.subtract, FpuOp.MUL: np.multiply,
              FpuOp.DIV: np.divide}


def bits(number):
    return int(np.float32(number).view(np.uint32))


def results_of(op, pairs):
    """For each pair of words what is said: whether its result is known, and the result."""
    dut, said = Special(), []

    async def bench(ctx):
        ctx.set(dut.op, op)
        for a, b in pairs:
            ctx.set(dut.a.as_value(), a)
            ctx.set(dut.b.as_value(), b)
            await ctx.tick()
            said.append((ctx.get(dut.is_special), ctx.get(dut.number.as_value())))

    simulate(dut, bench)
    return said


@pytest.mark.parametrize("op", OPERATIONS)
def test_a_result_is_known_without_arithmetic_where_an_operand_is_no_plain_number(op):
    pairs = list(itertools.product(NUMBERS, NUMBERS))
    said  = results_of(op, [(bits(a), bits(b)) for a, b in pairs])
    for (a, b), (is_special, number) in zip(pairs, said, strict=True):
        is_plain = [math.isfinite(float(x)) and (op in (FpuOp.ADD, FpuOp.SUB) or float(x) != 0)
                    for x in (a, b)]
        assert is_special == (not all(is_plain)), (a, b)
        if is_special:
            with np.errstate(all="ignore"):
                expected = OPERATIONS[op](np.float32(a), np.float32(b))
            assert number == (bits(math.nan) if np.isnan(expected) else bits(expected)), (a, b)


@pytest.mark.parametrize("op", [FpuOp.ITOF, FpuOp.UTOF])
def test_of_integers_only_zero_is_known(op):
    words = [0, 1, 1 << 31, *map(bits, NUMBERS)]
    said  = results_of(op, [(word, other) for word in words for other in (0, bits(math.nan))])
    assert [is_special for is_special, _ in said] == [word == 0 for word in words for _ in range(2)]
    assert all(number == 0 for is_special, number in said if is_special)
