"""The compiler's work grows with the length of a program, whatever its shape."""

import sys

import pytest

from bench.compiler import SHAPES
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.generate import generate
from toolchain.source import Source


def calls(text, level):
    """How many functions, of Python and of its own, are called while a program is compiled."""
    count = 0

    def note(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    def work():
        program, _ = analyse([Source("shape.qll", text)])
        sys.setprofile(note)
        try:
            generate(program, level)
        finally:
            sys.setprofile(None)

    with_deep_stack(work)
    return count


# At level 1, as what level 2 puts in place and unrolls has bounds that come late.
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_length_is_little_more_than_twice_the_work(shape):
    once, twice = (calls(SHAPES[shape](size), level=1) for size in (60, 120))
    assert twice < 2.15 * once
