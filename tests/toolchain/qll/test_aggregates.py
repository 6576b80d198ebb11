"""Aggregates too large for registers: copies are made when, and only when, somebody could tell."""

import pytest

from tests.support.qll import run_qll

TYPES = """
type inner = struct { p: byte; q: int[2]; };
type big = struct { h: byte; body: byte[10]; t: inner; };
function make(seed: byte): big {
  var b = big { h = seed };
  for (var i = 0; i < 10; i = i + 1) { b.body[i] = seed + i; }
  b.t.p = seed * 100;
  b.t.q[1] = <unsafe int>seed;
  return b;
}
function sum(b: big): byte {
  var n = b.h + b.t.p + <unsafe byte>b.t.q[1];
  for (var i = 0; i < 10; i = i + 1) { n = n + b.body[i]; }
  return n;
}
function same(b: big): big { b.h = b.h + 1; return b; }
global g: big = big { };
function spoil(): byte { g.h = 1000; return 5; }
function pair(b: big, x: byte, c: big): byte { return b.h * 100 + x * 10 + c.h; }
function through(p: * big): big { return big { h = p->body[1], body = p->body, t = p->t }; }
function turned(p: * big): big { p->h = 77; var b = *p; p->h = 1; b.body[0] = p->h; return b; }
"""


def made(seed):
    """`sum(make(seed))`."""
    return seed + 100 * seed + seed + sum(seed + index for index in range(10))


CASES = {
    "result of a call":
        ("return sum(make(3));", made(3)),
    "a literal that reads what it is assigned to":
        ("var a = make(2); a = big { h = a.body[3], body = a.body, t = inner { p = a.h } };"
         "return a.h * 100 + a.t.p * 10 + a.body[9];", 5 * 100 + 2 * 10 + 11),
    "an argument that is also the result":
        ("var a = make(2); a = same(same(a)); return a.h * 1000 + a.body[9];", 4011),
    "an argument that a later one changes":
        ("g = make(4); return pair(g, spoil(), g);", 4 * 100 + 50 + 1000),
    "a result that reads its own place through a pointer":
        ("var a = make(6); a = through(&a); return sum(a) + a.h * 10000;",
         7 + 600 + 6 + sum(range(6, 16)) + 70000),
    "a result whose place the callee changes meanwhile":
        ("var a = make(6); a = turned(&a); return a.h * 100 + a.body[0];", 7701),
    "a global as place and operand":
        ("g = make(2); g = same(g); g = through(&g); return sum(g);",
         3 + 200 + 2 + sum(range(2, 12))),
    "arms of a conditional":
        ("var a = make(1); var b = make(2); for (var i = 0; i < 5; i = i + 1)"
         "{ a = (i & 1) ? same(a) : b; b = i == 3 ? a : same(b); }"
         "return a.h * 100 + b.h;", None),
    "a parameter that the callee changes":
        ("var a = make(1); var b = same(a); return a.h * 10 + b.h;", 12),
    "an array of structs":
        ("var a: inner[4]; for (var i = 0; i < 4; i = i + 1)"
         "{ a[i] = inner { q = [<unsafe int>i, 7], p = i * i }; }"
         "var s: inner[] = a; s[1] = s[3]; a[2].q[0] = 50;"
         "return a[1].p * 1000 + <unsafe byte>s[2].q[0] * 10 + <unsafe byte>a[1].q[0];", 9503),
    "a pointer to a part":
        ("var a = make(5); var p = &a.t; p->q[0] = -1; var b = a; p->q[0] = 3;"
         "return <unsafe byte>(b.t.q[0] + a.t.q[0]);", 2),
    "a function pointer":
        ("var f: (big) => big = same; var k: (big) => byte = sum;"
         "return k(f(make(2)));", made(2) + 1),
    "a copy in a loop is fresh":
        ("var n = 0; for (var i = 0; i < 4; i = i + 1) { var a: big; n = n + a.h; a.h = 9; }"
         "return n;", 0),
    "a whole array by value":
        ("var a: byte[30]; a[29] = 4; var b = a; b[29] = 5; a[0] = b[29];"
         "return a[0] * 10 + a[29];", 54),
}


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("name", CASES)
def test_value_semantics(name, level):
    body, expected = CASES[name]
    if expected is None:
        a, b = 1, 2  # only the heads differ
        for index in range(5):
            a = a + 1 if index & 1 else b
            b = a if index == 3 else b + 1
        expected = a * 100 + b
    outcome = run_qll(f"{TYPES}\nfunction main(): byte {{ {body} }}\n", level=level)
    assert outcome.r0 == expected
