"""Deep nesting and long chains: the work grows with the length, and what is too deep is said so."""

import sys

import pytest

from tests.support.qll_mutations import check_survives
from toolchain.qll.front import with_deep_stack
from toolchain.qll.syntax.parser import parse
from toolchain.qll.text import Text
from toolchain.source import Source

DEEP = {
    "parentheses":   lambda n: "x = " + "(" * n + "x" + ")" * n + ";",
    "signs":         lambda n: "x = " + "- " * n + "x;",
    "conditionals":  lambda n: "x = " + "x ? 1 : " * n + "x;",
    "indices":       lambda n: "x = " + "a[" * n + "x" + "]" * n + ";",
    "calls":         lambda n: "x = " + "f(" * n + "x" + ")" * n + ";",
    "blocks":        lambda n: "if (x) {" * n + "}" * n,
    "loops":         lambda n: "while (x) {" * n + "}" * n,
    "pointers":      lambda n: f"var p: {'*' * n} byte;",
    "lists":         lambda n: "var p = " + "[" * n + "1" + "]" * n + ";",
    "casts":         lambda n: "x = " + "<byte>" * n + "x;",
    "type lists":    lambda n: "var p: " + "v<" * n + "byte" + ">" * n + ";",
    "comparisons":   lambda n: "x = " + "x<(" * n + "x" + ")" * n + ";",
    # What may be types within each other, and is not.
    "lengths":       lambda n: "x = " + "x<a[" * n + "x" + "]" * n + ";",
    "halves":        lambda n: "x = " + "x<a[" * n + "x" + "]>>1" * n + ";",
    "never closed":  lambda n: "x = " + "x<a[" * n + ";",
    "generic calls": lambda n: "x = f(" + "v<a[f(" * n + "x" + ")]>(x)" * n + ");",
    "literals":      lambda n: "x = " + "v<byte[" * n + "x" + "]>{}" * n + ";",
    "slices":        lambda n: "x = " + "new v<byte[" * n + "x" + "]>[]" * n + ";",
    "structs":       lambda n: "x = " + "new struct{m:byte[" * n + "x" + "];}[]" * n + ";",
}
WRONG = {"comparisons", "never closed", "generic calls", "literals", "slices", "structs"}
LONG = {
    "sums":          lambda n: "x = " + "x + " * n + "x;",
    "conjunctions":  lambda n: "x = " + "x && " * n + "x;",
    "else ifs":      lambda n: " else ".join(["if (x) { x = 2; }"] * n),
    "suffixes":      lambda n: "var p: byte" + "[1]" * n + ";",
    "arguments":     lambda n: "f(" + "x < x, " * n + "x);",
}


def program(statement):
    return ("type v<T> = * T; global a: byte[4] = [0; 4]; function f(x: byte): byte { return x; }\n"
            f"function main(): byte {{ var x = 1; {statement} return x; }}\n")


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting(name):
    assert with_deep_stack(lambda: check_survives([program(DEEP[name](200))], 2)) \
        == (name not in WRONG)
    assert not with_deep_stack(lambda: check_survives([program(DEEP[name](4_000))], 2))


@pytest.mark.parametrize("name", LONG)
def test_long_chains(name):
    with_deep_stack(lambda: check_survives([program(LONG[name](2000))], 2))


def calls(text):
    """How many functions, of Python and of its own, are called while a source is parsed."""
    count = 0

    def note(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    source = Text([Source("a.qll", text)])
    sys.setprofile(note)
    try:
        parse(source, 0)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", [*DEEP, *LONG])
def test_each_part_takes_as_much_work_as_the_one_before(name):
    shape = (DEEP | LONG)[name]
    few, more, most = (with_deep_stack(lambda n=n: calls(program(shape(n)))) for n in (2, 12, 22))
    assert most - more == more - few > 0


@pytest.mark.parametrize("name", ["lengths", "halves", "generic calls"])
def test_what_is_too_deep_is_not_tried_again_for_each_attempt_around_it(name):
    once, twice = (with_deep_stack(lambda n=n: calls(program(DEEP[name](n))))
                   for n in (1_100, 2_200))
    assert twice < 2.15 * once
