"""What a global begins with, computed while compiling, is what the machine would compute."""

import pytest

from tests.support.qll import run_qll

PAIRS = {
    "byte":  [("5", "5"), ("0", "1"), ("7", "2"), ("0xFFFFFFFF", "1"), ("1", "0x80000000")],
    "int":   [("5", "5"), ("-1", "1"), ("7", "-2"), ("-8", "-3"), ("-2147483647", "3")],
    "float": [("1.5f", "1.5f"), ("-1.0f", "1.0f"), ("7.0f", "-2.0f"), ("0.0f", "-3.0f")],
}
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
ARITHMETIC  = {"byte": ("+", "-", "*", "/", "%", "&", "|", "<<", ">>"),
               "int": ("+", "-", "*", "/", "%"), "float": ("+", "-", "*", "/")}


@pytest.mark.parametrize("kind", PAIRS)
def test_constants_are_what_the_machine_computes(kind):
    """Each operator on each pair; the result is the number of the first that differs, or 0."""
    declared, checks = "", ""
    number = 0
    for pair, words in enumerate(PAIRS[kind]):
        left, right = f"left{pair}", f"right{pair}"
        for name, word in zip((left, right), words, strict=True):
            declared += f".constant global {name}: {kind} = {word};\n"
        checks += f"a = {left}; b = {right};\n"
        for operator in (*COMPARISONS, *ARITHMETIC[kind]):
            number += 1
            of = "bool" if operator in COMPARISONS else kind
            declared += f".constant global c{number}: {of} = {left} {operator} {right};\n"
            checks += f"if (c{number} != (a {operator} b)) {{ return {number}; }}\n"
    text = (f"{declared}function main(): byte {{ var a: {kind}; var b: {kind};\n"
            f"{checks}return 0; }}")
    assert run_qll(text, level=0).r0 == 0


SIGNED = {"byte": ("0", "1", "0x80000000"), "int": ("0", "5", "2147483647"),
          "float": ("0.0f", "1.5f", "1e-40f", "Inf", "NaN")}


@pytest.mark.parametrize("kind", SIGNED)
def test_a_sign_in_front_of_a_literal_is_what_the_machine_makes_of_it(kind):
    literals = SIGNED[kind]
    checks = "".join(f"number = {literal}; if (bits(-{literal}) != bits(zero - number)"
                     f" || bits(- -{literal}) != bits(zero - (zero - number))) {{ return {at}; }}\n"
                     for at, literal in enumerate(literals, start=1))
    text = f"""
global zero: {kind} = {literals[0]};
global number: {kind} = {literals[0]};
function bits(x: {kind}): byte {{ return *<unsafe * byte>&x; }}
function main(): byte {{ {checks} return 0; }}"""
    assert run_qll(text, level=0).r0 == 0
