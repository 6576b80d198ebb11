"""What is legal but suspicious: exact text of the warnings, and what must not be warned of."""

import pytest

from tests.support.qll import warnings

CASES = {
    "unsafe": (
        "var b: byte = 3; return <unsafe byte>b;",
        "casting byte to byte does not need unsafe", "<unsafe byte>"),
    "bounds": (
        "var a: byte[3]; a[3] = 1; return 0;",
        "index 3 is out of bounds of byte[3]: this always traps", "3] = "),
    "condition": (
        "var x = 1; if (x < 0) { } return 0;",
        "this is never true: a byte is unsigned", "x < 0"),
    "interrupt": (
        "tick(); return 0;",
        "'tick' is an interrupt function; it cannot return to a caller", "tick"),
    "precedence": (
        "var x = 1; return 0x80 | x & 0x3F;", "'|' beside '&' needs parentheses to be clear",
        "& 0x3F"),
    "self-assign": ("var x = 1; x = x; return x;", "'x' is assigned to itself", "x = x"),
    "unreachable": ("return 0; tick;", "this is never reached", "tick;"),
    "unused-value": ("var x = 1; x == 2; return x;", "the value of this is not used", "x == 2"),
    "unused-variable": ("var idle = 1; return 0;", "variable 'idle' is never used", "idle"),
}


@pytest.mark.parametrize("kind", CASES)
def test_warning(kind):
    body, message, place = CASES[kind]
    source = f".interrupt function tick(): void {{ }}\nfunction main(): byte {{ {body} }}\n"
    found = [text for text in warnings(source, unused=True) if f"[-W{kind}]" in text]
    column = source.split("\n")[1].index(place) + 1
    assert [text.split("\n")[0] for text in found] == [
        f"t.qll:2:{column}: warning: {message} [-W{kind}]"]


@pytest.mark.parametrize("statement, note", [
    ("x == 2;", "'=' assigns"), ("f == 1.0f;", "'=' assigns"), ("x != 2;", None), ("x + 2;", None),
    ("x;", None), ("t;", "a call needs parentheses, even without arguments"),
])
def test_a_value_that_is_not_used_says_what_may_be_meant(statement, note):
    [found] = warnings("function t(): void { var x = 1; var f = 1.0f; x = x + <byte>f;\n"
                       f"{statement} }}\n")
    assert found.partition("\n    note: ")[2] == (note or "")


def test_a_slice_of_a_local_that_is_returned():
    [found] = warnings("function f(): byte[] { var a: byte[3]; return a; }\n")
    assert "'a', which ends with the function [-Wreturned-local]" in found
    assert warnings("function f(): byte[3] { var a: byte[3]; return a; }\n") == []
    assert warnings("function f(a: byte[]): byte[] { return a; }\n") == []


@pytest.mark.parametrize("expression, operators", [
    ("x | y & x", "|&"), ("x & y | x", "&|"), ("x | y | x & (y)", "|&"),
    ("x && y || x", "&& ||"), ("x || y && x", "|| &&"),
    ("x - y >> 1", "- >>"), ("x << y + 1", "+ <<"), ("1 + (x) << (y) - 1", "+ <<"),
    ("b | x == y", "== |"), ("b & x < y", "< &"), ("x >= y & b", ">= &"),
])
def test_operators_that_are_easily_misread(expression, operators):
    found = warnings("function unused<T>(x: T, y: T, b: bool): byte "
                     f"{{ return <byte>({expression}); }}\n")
    one, other = operators.split() if " " in operators else operators
    assert [text.split("\n")[0].split("warning: ")[1] for text in found][:1] == [
        f"'{one}' beside '{other}' needs parentheses to be clear [-Wprecedence]"]
    assert f"note: as it stands '{one}' comes first" in found[0]


@pytest.mark.parametrize("body", [
    "for (var i = 0; i < 3; i = i + 1) { } return 0;",
    "var x: int = 1; if (x < 0) { } return 0;",
    "var x: int = 1; if (x >= 0) { return 1; } return 0;",
    "var p: * byte = null; return <unsafe byte>p;",
    "main(); return 0;",
    "var _unused = 1; return 0;",
    "while (true) { break; } return 0;",
    "var a: byte[3]; return a[unsafe 3];",
    "var x = 1; x = x + 1; return x;",
    "if (1) { return 1; } return 0;",
    "var x = 1; return (x | 2) & (x & 1) + 1 & x << 8;",
    "var x = 1; return 1 | (<byte>(x == 2)) | (x << 3) - (x >> 1) | ((x) & 3);",
    "var x = 1; if (x < 2 && x + 1 > 1) { } return (x || 0) && x;",
])
def test_no_warning(body):
    assert warnings(f"function main(): byte {{ {body} }}\n", unused=True) == []
