"""Properties of the typed tree that the back of the compiler relies on."""

import random
from pathlib import Path

import pytest

from tests.support.qll_programs import program as random_program
from toolchain.files import read_source
from toolchain.qll import tree
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.types import UNKNOWN, is_scalar
from toolchain.source import Source
from toolchain.targets import library_files

FOLDER = Path(__file__).parents[2] / "programs"
BARE = [read_source(str(path)) for path in library_files("bare", ".qll")]


def analysed(*texts, library=()):
    sources = [*library, *(Source(f"t{number}.qll", text) for number, text in enumerate(texts))]
    return with_deep_stack(lambda: analyse(sources)[0])


def nodes(program):
    """All nodes of a program, as often as they stand in it."""
    waiting = [glob.initialiser for glob in program.globals if glob.initialiser is not None]
    for function in [*program.functions, *program.unreachable]:
        waiting.extend(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        for cls in type(node).__mro__:
            for name in getattr(cls, "__slots__", ()):
                item = getattr(node, name)
                items = item if isinstance(item, list) else [item]
                for each in items:
                    each = each[1] if isinstance(each, tuple) else each
                    if isinstance(each, tree.Node):
                        waiting.append(each)


PROGRAMS = [path.read_text() for path in sorted(FOLDER.glob("*.qll"))]


@pytest.mark.parametrize("number", range(len(PROGRAMS) + 20))
def test_every_node_is_one_occurrence_with_a_known_type(number):
    text = PROGRAMS[number] if number < len(PROGRAMS) else random_program(random.Random(number))
    program = analysed(text, library=BARE)
    seen = set()
    for node in nodes(program):
        assert id(node) not in seen
        seen.add(id(node))
        if isinstance(node, tree.Expression):
            assert node.type.base is not UNKNOWN
        if isinstance(node, (tree.If, tree.While, tree.For, tree.Conditional)):
            assert is_scalar(node.condition.type)
        if isinstance(node, tree.Temporary):
            assert not isinstance(node.value, tree.Read)


def test_labels_are_distinct():
    program = analysed(
        "namespace a { type T = struct { x: byte; }; function go(): byte { return size<T>(); } }\n"
        "namespace b { type T = struct { x: byte; y: int; }; "
        "function go(): byte { return size<T>(); } }\n"
        "function size<T>(): byte { return sizeof T; }\n"
        "function main(): byte { return a::go() + b::go() + size<struct { x: byte; }>(); }\n")
    labels = [function.label for function in program.functions]
    assert len(labels) == len(set(labels)) == 6


def test_equal_type_arguments_share_an_instance():
    program = analysed("type v<T> = T[]; function f<T>(): byte { return sizeof T; }\n"
                       "function main(): byte { return f<v<byte>>() + f<byte[]>(); }\n")
    assert [function.label for function in program.functions] == [
        "global::main", "global::f<byte[]>"]


def test_functions_are_in_order_of_declaration_and_only_those_that_are_reached():
    program = analysed(
        "function unused(): byte { return missing(); } function missing(): byte;\n"
        "function b(): byte { return 1; } .export function kept(): byte { return ext(); }\n"
        "function ext(): byte; function t<T>(x: T): T { return x; }\n"
        "function main(): byte { return t(a()); } function a(): byte { return 2; }\n"
        "global start: () => byte = b;\n")
    assert [function.name for function in program.functions] == ["b", "kept", "main", "a", "t"]
    assert [function.name for function in program.externals] == ["ext"]
    assert [function.name for function in program.unreachable] == ["unused"]


@pytest.mark.parametrize("declarations, name, image", [
    ("global x: byte = 7;", "x", [7]),
    ("global x: int = -3;", "x", [0xFFFFFFFD]),
    ("global x: float = 1.5f;", "x", [0x3FC00000]),
    ("global x: float = <float>3;", "x", [0x40400000]),
    ("global x: float = 3;", "x", [0x40400000]),
    ("global x: byte[] = null;", "x", [0, 0, 0]),
    ("global x: byte[2] = \"ab\";", "x", [97, 98]),
    ("global x: byte[2] = [1, 2];", "x", [1, 2]),
    ("global x: int[3] = [-1; 3];", "x", [0xFFFFFFFF] * 3),
    ("type s = struct { a: byte; b: int[2]; }; global x: s = s { b = [5, 6] };", "x", [0, 5, 6]),
    ("global x: byte = 'a';", "x", [97]),
    ("global x: byte[0] = [];", "x", []),
    ("global y: byte = f(); global x: byte = 5; function f(): byte { return x; }", "x", [5]),
    ("global y: byte = f(); global x: byte = -5; function f(): byte { return x; }", "x", None),
    ("global y: byte = f(); global x: byte = -5; function f(): byte { return 1; }", "x",
     [0xFFFFFFFB]),
    ("global y: byte = f(); .constant global x: byte = 2 * z - 1; .constant global z: byte = -5; "
     "function f(): byte { return x; }", "x", [0xFFFFFFF5]),
    (".constant global x: byte = y + 1; .constant global y: byte = 'a' && f(); "
     "function f(): byte { return x; }", "x", None),
    ("global p: * byte = &x[0]; global y: byte = *p; global x: byte[1] = [3];",
     "x", None),
    ("global x: byte = f(); function f(): byte { return 1; }", "x", None),
    ("global x: byte[] = \"abc\";", "x", None),
])
def test_image(declarations, name, image):
    program = analysed(declarations + " function main(): byte { return 0; }")
    [glob] = [glob for glob in program.globals if glob.name == name]
    assert glob.image == image
    assert (glob.initialiser is None) == (image is not None)


def test_addresses_in_the_image():
    program = analysed("global x: byte = 1; global p: * byte = &x; global f: () => byte = main;\n"
                       "global a: byte[2] = [1, 2]; global s: byte[] = a;\n"
                       "function main(): byte { return 0; }\n")
    x, p, f, a, s = program.globals
    assert p.image == [x]
    assert f.image == [program.functions[0]]
    assert s.image == [a, 2, 2]


def test_the_dump_shows_every_kind_of_node():
    text = with_deep_stack(lambda: tree.dump(analysed(PROGRAMS[0], library=BARE)))
    assert "function global::main: () => byte" in text
