"""Type arguments that a call leaves out: from which arguments they are found."""

import pytest

from tests.support.qll import reject
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source

TYPES = """
type pair<A, B> = struct { a: A; b: B; };
type list<T> = struct { value: T; next: * list<T>; };
type word = byte;
"""


def program(parameters, patterns, *actual):
    """A function of some type parameters that is called with values of these types."""
    taken = ", ".join(f"x{n}: {pattern}" for n, pattern in enumerate(patterns))
    made = " ".join(f"var v{n}: {kind};" for n, kind in enumerate(actual))
    given = ", ".join(f"v{n}" for n in range(len(actual)))
    return (f"{TYPES} function f<{parameters}>({taken}): void {{ }}\n"
            f"function main(): byte {{ {made} f({given}); return 0; }}\n")


@pytest.mark.parametrize("parameters, patterns, actual, found", [
    ("T", ["T"], ["byte"], "byte"),
    ("T", ["T"], ["word"], "global::word"),
    ("T", ["* T"], ["* int"], "int"),
    ("T", ["* T"], ["** int"], "* int"),
    ("T", ["T[]"], ["byte[]"], "byte"),
    ("T", ["T[]"], ["float[3]"], "float"),
    ("T", ["T[]"], ["* float[3]"], "float"),
    ("T", ["T[]"], ["byte[2][]"], "byte[2]"),
    ("T", ["T[3]"], ["byte[3]"], "byte"),
    ("T", ["() => T"], ["() => int"], "int"),
    ("T", ["(T) => void"], ["(int) => void"], "int"),
    ("T", ["(byte, T) => int"], ["(byte, float) => int"], "float"),
    ("T", ["(T) => T"], ["(int) => int"], "int"),
    ("T", ["((T) => void) => void"], ["((int) => void) => void"], "int"),
    ("T", ["struct { x: T; y: byte; }"], ["struct { x: int; y: byte; }"], "int"),
    ("T", ["list<T>"], ["list<byte>"], "byte"),
    ("T", ["* list<T>"], ["* list<byte>"], "byte"),
    ("T", ["list<T>[]"], ["list<byte>[4]"], "byte"),
    ("A, B", ["pair<A, B>"], ["pair<byte, int>"], "byte,int"),
    ("A, B", ["(A) => B"], ["(byte) => int"], "byte,int"),
    ("A, B", ["B", "A"], ["byte", "int"], "int,byte"),
    ("A, B", ["pair<A, B>", "A"], ["pair<byte, int>", "byte"], "byte,int"),
    ("T", ["T", "T"], ["byte", "byte"], "byte"),
    ("T", ["* T", "byte[sizeof T]"], ["* struct { x: int; y: int; }", "byte[2]"],
     "struct { x: int; y: int; }"),
    ("T", ["byte[sizeof T[2]]", "T"], ["byte[2]", "int"], "int"),
])
def test_arguments_of_these_types_tell_the_type_arguments(parameters, patterns, actual, found):
    text = program(parameters, patterns, *actual)
    functions = with_deep_stack(lambda: analyse([Source("t.qll", text)])[0]).functions
    assert [one.label for one in functions] == ["global::main", f"global::f<{found}>"]


@pytest.mark.parametrize("parameters, patterns, actual", [
    ("T", ["* T"], ["int"]),
    ("T", ["T[]"], ["byte"]),
    ("T", ["T[3]"], ["byte[4]"]),
    ("T", ["T[3]"], ["byte[]"]),
    ("T", ["* T[]"], ["* byte[3]"]),
    ("T", ["() => T"], ["(byte) => byte"]),
    ("T", ["(T) => T"], ["(byte) => int"]),
    ("T", ["(byte, T) => void"], ["(int, byte) => void"]),
    ("T", ["(T) => byte"], ["(int) => float"]),
    ("T", ["struct { x: T; }"], ["struct { y: byte; }"]),
    ("T", ["struct { x: T; }"], ["struct { x: byte; y: byte; }"]),
    ("T", ["struct { x: T; y: T; }"], ["struct { x: byte; y: int; }"]),
    ("T", ["list<T>"], ["pair<byte, * byte>"]),
    ("T", ["pair<T, T>"], ["pair<byte, int>"]),
    ("T", ["T", "T"], ["byte", "float"]),
    ("A, B", ["A"], ["byte"]),
])
def test_arguments_of_those_types_do_not(parameters, patterns, actual):
    assert reject([program(parameters, patterns, *actual)]).kinds == ["inference-failed"]


@pytest.mark.parametrize("length, ends", [(400, "f<byte>"), (401, "f<byte...")])
def test_the_label_of_an_instance_is_cut_if_it_is_long(length, ends):
    name = "f" * (length - len("global::<byte>"))
    text = (f"function {name}<T>(x: T): T {{ return x; }}\n"
            f"function main(): byte {{ return {name}(1); }}\n")
    functions = with_deep_stack(lambda: analyse([Source("t.qll", text)])[0]).functions
    assert functions[1].label == f"global::{name[1:]}{ends}"
