"""Variables, inlined calls and the stack by the debug information, in programs that run."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.debug_check import check
from tests.support.qll_programs import program
from toolchain.build import compile_program
from toolchain.debug_info import Constant, DebugInfo, FrameOffset, Register
from toolchain.link import link
from toolchain.link.objects import objects_of
from toolchain.qasm.assembler import assemble
from toolchain.source import Source
from toolchain.targets import library_sources

LEVELS = (0, 1, 2)
PROGRAM = """\
type point = struct { x: int; y: int; };
global origin: point = point { x = 1 };
function square(n: int): int {
  var s = n * n;
  return s;
}
function norm(p: point, text: byte[], next: * point, act: (byte) => byte): int {
  var first = square(p.x);
  var big: byte[12];
  big[<unsafe byte>first % 12] = text[0];
  return first + square(p.y) + <unsafe int>big[3];
}
.export function id(b: byte): byte {
  return b;
}
function main(): byte {
  var f: float = 2.5f;
  var yes: bool = f > 1.0f;
  return <unsafe byte>norm(point { x = 3, y = 4 }, "abc", &origin, id) + (yes ? 1 : 0);
}
"""


def compiled(tmp_path, level, text=PROGRAM):
    part = compile_program([Source("prog.qll", text)], "none", level, debug=True)
    path = tmp_path / f"prog{level}.elf"
    path.write_bytes(link(objects_of([*library_sources("bare", ".qasm"), part.text]), path.name))
    return path


# By the seed of a program and the level: statements that it stops at, variables that are there
# then, and variables that are not. A note that is missing shows in these numbers alone.
SEEN = {
    (6, 0): (109, 4564, 0), (6, 1): (161, 10361, 0),     (6, 2): (172, 13651, 50),
    (7, 0): (196, 861, 0),  (7, 1): (218, 791, 51),      (7, 2): (184, 563, 66),
    (9, 0): (221, 37526, 0), (9, 1): (315, 4269, 41374), (9, 2): (255, 22657, 12966),
}


@pytest.mark.parametrize("seed, level", SEEN)
def test_variables_hold_what_the_language_says(seed, level):
    report = check(program(random.Random(seed)), level)
    assert report.wrong == []
    assert (report.stops, report.there, report.missing) == SEEN[seed, level]


# Behind variables that nobody needs any more, a loop that takes their registers; on the way back
# more than one register gets a value, and so does one on the way out.
LOOPS = {
    "greatest divisor": "while (b) { var t = a % b; a = b; b = t; } return a;",
    "going round":      "while (c) { var t = a; a = b; b = c; c = t - 1; } return a * b;",
    "two ways back":    "var l = 3; while (c) { c = c - 1; var t = a + b; if (t > c) { l = a; "
                        "a = b; b = l; continue; } l = b; a = b; b = t; } return l * b + a;",
}


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("loop", LOOPS)
def test_a_variable_whose_register_a_loop_takes_is_not_there_any_more(loop, level):
    text = ("global g: byte = 0;\nfunction f(a: byte, b: byte, c: byte): byte {\n"
            "  var early = a * b + c;\n  var next = early * c;\n"
            "  g = early;\n  g = next;\n  " + LOOPS[loop].replace("; ", ";\n  ") +
            "\n}\nfunction main(): byte { return f(12, 18, 5) + f(3, 4, 9); }\n")
    report = check(text, level)
    assert report.wrong == [] and report.stops > 10 and report.missing > 0


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["queens", "templates", "swap_members", "strings_outlive"])
def test_the_code_is_the_same_with_and_without(level, name):
    source = Source("prog.qll", Path(f"tests/programs/{name}.qll").read_text())
    both = [assemble([compile_program([source], "bare", level, lines=debug, debug=debug).text])
            for debug in (False, True)]
    assert both[0].words == both[1].words


def test_types_are_those_of_the_source(tmp_path):
    info = DebugInfo.read(compiled(tmp_path, 0))
    [at] = info.addresses("prog.qll", 11)
    found = {one.name: one for one in info.variables(at)}
    assert {name: str(one.type) for name, one in found.items()} == {
        "p": "point", "text": "byte[]", "next": "* point", "act": "(byte) => byte",
        "first": "int", "big": "byte[12]"}
    assert str(found["p"].type.base) == "struct { x: int; y: int; }"
    assert [one.is_parameter for one in found.values()] == [True] * 4 + [False] * 2
    assert all(isinstance(one.location, FrameOffset) for one in found.values())
    [at] = info.addresses("prog.qll", 19)
    assert {one.name: str(one.type) for one in info.variables(at)} == {
        "f": "float", "yes": "bool"}
    [origin] = [one for one in info.globals if one.label == "global::origin"]
    assert str(origin.type) == "point" and origin.location.address == info.symbols["global::origin"]


def test_a_variable_does_not_exist_before_its_declaration(tmp_path):
    info = DebugInfo.read(compiled(tmp_path, 0))
    [at] = info.addresses("prog.qll", 8)
    assert "first" not in {one.name for one in info.variables(at)}


def test_calls_that_were_inlined_are_places_of_their_own(tmp_path):
    info = DebugInfo.read(compiled(tmp_path, 2))
    places = [info.places(at) for one in info.functions for at in range(one.low, one.high)]
    chains = {tuple((place.function, place.is_inlined) for place in chain) for chain in places}
    assert any(chain[0] == ("global::square", True) for chain in chains if len(chain) > 1)
    for chain in places:
        if chain and chain[0].function == "global::square" and chain[0].is_inlined:
            assert chain[0].line in (4, 5) and chain[1].line in (8, 11)


def test_a_line_that_only_calls_is_where_the_call_was_put(tmp_path):
    text = ("function square(n: byte): byte {\n  return n * n;\n}\n"
            ".export function f(n: byte): byte {\n  var s = square(n);\n  return s + 1;\n}\n"
            "function main(): byte { return f(3); }\n")
    info = DebugInfo.read(compiled(tmp_path, 2, text))
    found = info.addresses("prog.qll", 5)
    assert found and all(info.places(at)[1].line == 5 for at in found)
    assert all(info.places(at)[0][:3] == ("global::square", "prog.qll", 2) for at in found)


def test_optimised_variables_are_in_registers_or_known(tmp_path):
    text = ("function f(a: byte, n: byte): byte {\n  var k = 7;\n  while (n > 0) {\n"
            "    a = a * k + n;\n    n = n - 1;\n  }\n  return a;\n}\n"
            "function main(): byte { return f(1, 2) + f(3, 400); }\n")
    info = DebugInfo.read(compiled(tmp_path, 2, text))
    found = [one.location for at in info.addresses("prog.qll", 4) for one in info.variables(at)]
    assert Constant(7) in found
    assert any(isinstance(one, Register) for one in found)


@pytest.mark.parametrize("level", LEVELS)
def test_other_tools_read_it_without_complaint(tmp_path, level):
    path = compiled(tmp_path, level)
    part = compile_program([Source("prog.qll", PROGRAM)], "none", level, debug=True)
    (tmp_path / "prog.o").write_bytes(link(objects_of([part.text]), "prog.o", "object"))
    for command in (["llvm-dwarfdump", "--verify"], ["readelf", "-wliaFoR"]):
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        for file in (path, tmp_path / "prog.o"):
            done = subprocess.run([*command, str(file)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "arning" not in done.stdout + done.stderr
