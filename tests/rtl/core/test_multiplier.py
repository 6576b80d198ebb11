"""The multiplier against Python's integers."""

import random

import pytest

from rtl.core.multiplier import Multiplier
from tests.support.unit import simulate

# What the partial products and their carries could get wrong: halves that are empty or full.
EDGES = (0, 1, 2, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x10001, 0xFFFF0000, 0x7FFFFFFF, 0x80000000,
         0x80000001, 0xFFFFFFFE, 0xFFFFFFFF)


def products(pairs):
    """What comes out for one pair of operands a cycle, each with `en` or not."""
    dut, found = Multiplier(), []

    async def bench(ctx):
        for en, a, b in pairs:
            ctx.set(dut.en, en)
            ctx.set(dut.a, a)
            ctx.set(dut.b, b)
            await ctx.tick()
            found.append(ctx.get(dut.product))

    simulate(dut, bench)
    return found


def test_products_of_edges_are_modulo_2_to_the_32():
    pairs = [(1, a, b) for a in EDGES for b in EDGES]
    assert products(pairs) == [a * b & 0xFFFFFFFF for _, a, b in pairs]


def test_a_single_bit_times_a_single_bit_is_a_shift():
    pairs = [(1, 1 << m, 1 << n) for m in range(32) for n in range(32)]
    assert products(pairs) == [a * b & 0xFFFFFFFF for _, a, b in pairs]


@pytest.mark.parametrize("seed", range(3))
def test_random_operands_multiply_each_cycle_and_a_product_stays_without_en(seed):
    rng   = random.Random(seed)
    pairs = [(1, rng.getrandbits(32), rng.getrandbits(32)),
             *((rng.random() < 0.7, rng.getrandbits(32), rng.getrandbits(32))
               for _ in range(1000))]
    expected = []
    for en, a, b in pairs:
        expected.append(a * b & 0xFFFFFFFF if en else expected[-1])
    assert products(pairs) == expected
