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
}
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
        == (name != "comparisons")  # booleans and bytes do not compare
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


def test_what_may_be_types_within_each_other_is_not_tried_again_and_again():
    few, more = (with_deep_stack(lambda n=n: calls(program(f"x = {'x<a[' * n}x{']' * n};")))
                 for n in (6, 12))
    assert more < 4 * few
