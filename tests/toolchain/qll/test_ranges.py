"""Bounds of values: what is said of a value holds, and is as close as intervals can be."""

import itertools
import random

import pytest

from toolchain.arithmetic import WORD_MASK, compute
from toolchain.qll.middle.ir import Function, Ins, parse_function
from toolchain.qll.middle.simplify import Ranges

OPERATIONS = ["add", "sub", "mul", "and", "div", "mod", "shr", "shl", "or", "sdiv", "lt", "eq"]
EDGES = [0, 1, 2, 3, 7, 31, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF]


def evaluate(value, x):
    if value.op == "const":
        return value.value
    if value.op == "param":
        return x
    return compute(value.op, *(evaluate(arg, x) for arg in value.args))


@pytest.mark.parametrize("seed", range(20))
def test_every_value_of_a_random_expression_is_within_its_bounds(seed):
    rng = random.Random(seed)
    for _ in range(10):
        function = Function("f")
        values = [Ins("param", [], 0), *(function.const(rng.choice(EDGES)) for _ in range(3))]
        for _ in range(8):
            values.append(Ins(rng.choice(OPERATIONS), rng.choices(values, k=2)))
        ranges = Ranges()
        for x in [*EDGES, rng.randrange(1 << 32)]:
            for value in values:
                low, high = ranges.of(value)
                assert 0 <= low <= evaluate(value, x) <= high <= WORD_MASK


def interval(function, low, words):
    """A value of so many words from `low` on; `words` is a power of two."""
    if words == 1:
        return function.const(low)
    value = Ins("and", [Ins("param", [], 0), function.const(words - 1)])
    return Ins("add", [value, function.const(low)]) if low else value


EXACT = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b if b else a,  # more than nothing, if that can be
}
INTERVALS = [(0, 1), (0, 8), (1, 1), (3, 4), (100, 16), (0x10000, 0x10000),
             (0xFFFF, 1), (0x10001, 1), (0x7FFF0000, 0x10000)]


@pytest.mark.parametrize("op", EXACT)
def test_bounds_of_what_does_not_wrap_around_are_those_of_the_corners(op):
    function = Function("f")
    for one, other in itertools.product(INTERVALS, INTERVALS):
        ends = [(low, low + words - 1) for low, words in (one, other)]
        corners = [EXACT[op](a, b) for a, b in itertools.product(*ends)]
        if op == "div" and ends[1][0] == 0:
            corners.append(0)
        wraps = min(corners) < 0 or max(corners) > WORD_MASK
        expected = (0, WORD_MASK) if wraps else (min(corners), max(corners))
        value = Ins(op, [interval(function, *one), interval(function, *other)])
        assert Ranges().of(value) == expected, (one, other)


@pytest.mark.parametrize("op, constant, expected", [
    ("add", -3 & WORD_MASK, (97, 112)), ("add", -100 & WORD_MASK, (0, 15)),
    ("add", -101 & WORD_MASK, (0, WORD_MASK)), ("and", 7, (0, 7)), ("and", 1000, (0, 115)),
    ("mod", 9, (0, 8)), ("mod", 1000, (0, 115)), ("mod", 0, (0, 0)), ("shr", 2, (25, 28)),
    ("shr", 34, (25, 28)), ("shl", 2, (400, 460)), ("shl", 25, (100 << 25, 115 << 25)),
    ("shl", 26, (0, WORD_MASK)), ("or", 128, (128, 255)), ("or", 3, (100, 127)),
    ("lt", 5, (0, 1)), ("sdiv", 2, (0, WORD_MASK)),
])
def test_bounds_of_a_value_from_100_to_115_with_a_constant(op, constant, expected):
    function = Function("f")
    value = Ins(op, [interval(function, 100, 16), function.const(constant)])
    assert Ranges().of(value) == expected


def counter_bounds(first="0", step="1", test="lt", bound="10"):
    function = parse_function(f"""
        function @f (2) {{
        b0:
          %0 = param 0
          %1 = param 1
          %2 = and %0, 7
          jump b1
        b1: <- b0, b1
          %3 = phi {first}, %4
          %4 = add %3, {step}
          %5 = {test} %4, {bound}
          branch %5, b1, b2
        b2: <- b1
          ret %3
        }}""")
    phi, = function.blocks[1].phis
    return Ranges().of(phi)


ALL = (0, WORD_MASK)


@pytest.mark.parametrize("options, expected", [
    ({}, (0, 9)), ({"first": "3"}, (3, 9)), ({"first": "20"}, (20, 20)),
    ({"first": "%2"}, (0, 9)), ({"bound": "%2"}, (0, 6)), ({"bound": "0"}, ALL),
    ({"step": "5"}, (0, 9)), ({"step": "%2"}, (0, 9)), ({"step": "0x40000000"}, ALL),
    ({"step": "0x3fffffff"}, (0, 9)), ({"test": "slt"}, (0, 9)),
    ({"test": "slt", "bound": "0x80000000"}, ALL), ({"test": "eq"}, ALL),
    ({"bound": "%1"}, (0, WORD_MASK - 1)), ({"bound": "0xffffffff"}, (0, 0xFFFFFFFE)),
    ({"bound": "0xffffffff", "step": "2"}, ALL), ({"bound": "0x7fffffff", "test": "slt"},
                                                 (0, 0x7FFFFFFE)),
    ({"bound": "0x7fffffff", "test": "slt", "step": "2"}, ALL),
])
def test_a_counter_is_below_the_bound_that_it_is_tested_against(options, expected):
    assert counter_bounds(**options) == expected
