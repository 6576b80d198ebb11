"""All mistakes of a program in one run, each once."""

import random

import pytest

from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source, SourceErrors


def mistakes(*texts):
    """Line, column and text of each mistake."""
    sources = [Source(f"source{index}.qll", text) for index, text in enumerate(texts)]
    try:
        with_deep_stack(lambda: analyse(sources))
    except SourceErrors as found:
        return [(error.span.line, error.span.column, error.message, *error.notes)
                for error in found.errors]
    return []


def places(*texts):
    return [mistake[:2] for mistake in mistakes(*texts)]


MANY = """\
namespace app {
    type point = struct { x: byte; len: byte; y byte; z: int; };
    function first(p: point): byte {
        let a = 5;
        var b = 3
        var c = b + ;
        if a > 3 { unknown(); }
        for (var i = 0; i < 3; i++) { b = i; other(); }
        switch (a) { case 1: break; }
        if (b) return 1;
        else return a;
    }
    function second() {
        int q = 5;
        q = q + nowhere;
        var s = 99999999999 + 1.5;
    }
    int in_c(int a) { return a; }
    function third(): byte { return in_c(1) ^ 2; }
}
function unclosed(): byte {
    if (1) {
        return 1;
function after(): byte { return missing(); }
fn bar() { }
"""


def test_finds_every_mistake_once():
    assert places(MANY) == [
        (2, 36), (2, 49), (4, 13), (5, 18), (6, 21), (7, 12), (7, 20), (8, 35), (8, 46), (9, 20),
        (10, 16), (11, 14), (13, 23), (14, 9), (15, 17), (16, 17), (16, 31), (18, 5), (19, 45),
        (24, 1), (24, 33), (25, 1)]


@pytest.mark.parametrize("text, expected", [
    # what is lost by one mistake is no further mistake
    ("function f(): byte { var x = ; return x; }", [(1, 30)]),
    ("global g = 1; function f(): byte { return g; }", [(1, 10)]),
    ("function f(x byte): byte { return g(); } function g(): byte { return f(1); }", [(1, 14)]),
    ("type t = struct { a byte; b: int; }; function f(x: t): byte { return x.a; }", [(1, 21)]),
    ("function f(): byte { retrun 5; }", [(1, 29)]),
    ("function f(): byte { return 99999999999; }", [(1, 29)]),
    ("function f(): byte {\n  }\n  return 1;\n}\nfunction g(): byte { return 1; }\n",
     [(2, 3), (3, 3)]),
    ("function f(): void {\n  function g(): void { x }\n  y();\n}", [(2, 3), (2, 26), (3, 3)]),
    ('function f(): string { return "a::if"; } function g(): byte { return x; }', [(1, 70)]),
    # what stands behind is read as ever
    ("function f(): void {\n  g(1\n  h();\n}\nfunction k(): byte { return l; }\n",
     [(3, 3), (5, 29)]),
    ("namespace n {\n  x\n  function f(): void { y(); }\n}\nfunction g(): void { z(); }\n",
     [(2, 3), (3, 24), (5, 22)]),
])
def test_goes_on_behind_a_mistake(text, expected):
    assert places(text) == expected


def test_goes_on_with_the_next_file():
    assert len(mistakes("function f(): void { = }", "function g(): byte { return x; }")) == 2


@pytest.mark.parametrize("statement, note", [
    ("let x = 1;", "variables are declared with 'var'"),
    ("int x = 1;", "a variable is declared as var x: int = value;"),
    ("char c = 'a';", "a variable is declared as var c: char = value;"),
    ("switch (1) { }", "there is no 'switch'; use 'if' and 'else if'"),
    ("var i = 1; i++;", "there is no '++'; write x = x + 1"),
    ("var i = 1; i += 2;", "there is no '+='; write x = x + ..."),
    ("var i = 1; i <<= 2;", "there is no '<<='; write x = x << ..."),
    ("var i = 1; i |= 2;", "there is no '|='; write x = x | ..."),
    ("var i = 1; i--;", "there is no '--'; write x = x - 1"),
    ("var i = 1; i = i === 2;", "there is no '==='"),
    ("if (1) { } elif (1) { }", "write 'else if'"),
    ("if (1 = 1) { }", "'==' compares"),
    ("retrun 1;", "did you mean 'return'?"),
    ("var x: u32 = 1;", "an unsigned word is a 'byte'"),
    ("var x: * byte = NULL;", "it is called 'null'"),
])
def test_says_what_to_write_in_a_function(statement, note):
    found = mistakes(f"function f(): void {{ {statement} }}")
    assert [mistake[3:] for mistake in found] == [(note,)]


@pytest.mark.parametrize("text, note", [
    ("fn f() { }", "a function is declared as "
     "function name(parameter: type): type { ... }"),
    ("void f(int a) { }", "a function is declared as function f(parameter: type): void { ... }"),
    ("f(a: int): int { }", "a function is declared as "
     "function name(parameter: type): type { ... }"),
    ("int x = 3;", "a global is declared as global x: int = value;"),
    ("struct s { x: int; }", "a struct is declared as type name = struct { member: type; };"),
    ("function f() -> int { return 1; }", "the type of the result follows ':', not '->'"),
])
def test_says_what_to_write_outside_of_functions(text, note):
    assert [mistake[3:] for mistake in mistakes(text)] == [(note,)]


def test_ten_thousand_mistakes_are_counted():
    text = "".join(f"x{i} = ;\n" for i in range(10_000))
    with pytest.raises(SourceErrors) as found:
        with_deep_stack(lambda: analyse([Source("a.qll", f"function f(): void {{\n{text}}}\n")]))
    lines = str(found.value).splitlines()
    assert len(found.value.errors) == 10_000
    assert lines[-1] == "... and 9900 more"
    assert sum("error:" in line for line in lines) == 100


def test_any_damage_is_reported_and_ends():
    random.seed(1)
    good = MANY.replace("fn bar() { }\n", "")
    for _ in range(60):
        start = random.randrange(len(good))
        text = good[:start] + good[start + random.randrange(1, 30):]
        assert 0 < len(places(text)) < 40  # of which 21 were there before
