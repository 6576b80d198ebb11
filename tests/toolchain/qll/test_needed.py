"""What a program does not need is not in its image, and all that somebody may miss is."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.qll import build, run
from toolchain.build import debug_file, image
from toolchain.debug_info import Constant, DebugInfo
from toolchain.link.cli import main as qlink
from toolchain.qll.cli import main as qllc
from toolchain.source import Source
from toolchain.targets import library_sources

UNUSED, USED = 0xDADA0001, 0xDADA0002
PROGRAM = f"""\
.constant global LIMIT: byte = 40;
.constant global table: byte[2] = [{UNUSED}, {UNUSED}];
global counted: byte = {UNUSED};
global called: byte[2] = [{USED}, 7];
function twice(x: byte): byte {{ return x + x; }}
function chosen(x: byte): byte {{ return x + called[1]; }}
function larger(x: byte): byte {{
  var sum = x;
  for (var i = 0; i < x; i = i + 1) {{
    for (var j = 0; j < i; j = j + 1) {{ sum = sum + called[unsafe 1] * j - sum / (i + 1); }}
    for (var j = i; j < 9; j = j + 2) {{ sum = sum + called[unsafe 1] * i - sum / (j + 1); }}
  }}
  return sum;
}}
function main(): byte {{
  var act: (byte) => byte = called[0] == 1 ? twice : chosen;
  return act(twice(LIMIT - 20)) + (larger(3) + larger(4)) * 0;
}}
"""


def whole(level, text=PROGRAM, asm="", **options):
    qasm = [*library_sources("bare", ".qasm"), Source("asm.qasm", asm)]
    return image([Source("prog.qll", text)], qasm, level=level, **options)


@pytest.mark.parametrize("level", [1, 2])
def test_data_that_nothing_mentions_are_left_out(level):
    words = whole(level).words
    assert UNUSED not in words and USED in words
    assert run(words).r0 == 47


def test_level_0_has_all_to_look_at():
    words = whole(0).words
    assert words.count(UNUSED) == 3
    assert run(words).r0 == 47


def test_what_assembly_mentions_is_there():
    asm = "@look:\n  constant r1 @global::counted\n  constant r2 @global::twice\n  jmp r2\n"
    program = whole(2, PROGRAM.replace("? twice : chosen", "? chosen : chosen"), asm)
    assert program.words.count(UNUSED) == 1
    assert "global::twice" in program.symbols
    assert "global::table" not in program.symbols


def test_a_function_put_in_place_everywhere_is_left_out():
    text = "function one(): byte { return 1; }\nfunction main(): byte { return one() + one(); }\n"
    assert "global::one" not in whole(2, text).symbols
    exported = whole(2, text.replace("function one", ".export function one"))
    assert "global::one" in exported.symbols
    assert run(exported.words).r0 == 2


def test_only_what_is_entered_by_the_stack_has_an_entry_for_it():
    symbols = whole(2).symbols
    assert symbols["global::larger"] == symbols["global::larger$fast"]  # is only called
    assert symbols["global::chosen"] != symbols["global::chosen$fast"]  # by its address


def test_a_function_that_has_to_be_lowered_once_more_finds_what_it_calls():
    # More values at once than registers: it becomes what level 0 makes of it, with its calls.
    names = [f"v{n}" for n in range(70)]
    text = "function step(x: byte): byte { return x + 1; }\n" \
           "function main(): byte {\n" \
           + "".join(f"  var {name} = {n};\n" for n, name in enumerate(names)) \
           + "  for (var i = 0; i < 10; i = i + 1) {\n" \
           + "".join(f"    {name} = step({name});\n" for name in names) \
           + "  }\n  return " + " + ".join(names) + ";\n}\n"
    assert run(build([text])).r0 == sum(range(70)) + 700


def test_an_object_keeps_what_others_may_mention(tmp_path):
    qll, qasm, made = (str(tmp_path / name) for name in ("a.qll", "b.qasm", "a.o"))
    product = tmp_path / "a.qbin"
    Path(qll).write_text("global counted: byte = 7;\nfunction look(): byte;\n"
                         "function more(x: byte): byte { return x * 9; }\n"
                         "function main(): byte { return look() + more(1) - 9; }\n")
    Path(qasm).write_text("@global::look:\n  constant r1 @global::counted\n  mov r3 r0\n"
                          "  constant r2 @global::more\n  load r0 r1\n  jmp r3\n")
    assert qllc(["-c", "-o", made, qll]) == 0
    assert qlink(["-o", str(product), made, qasm]) == 0
    assert run(np.frombuffer(product.read_bytes(), "<u4").tolist()).r0 == 7


@pytest.mark.parametrize("level", [1, 2])
def test_the_debug_information_knows_what_small_ones_would_be(tmp_path, level):
    plain, told = whole(level), whole(level, debug=True)
    assert plain.words == told.words
    path = tmp_path / "prog.elf"
    path.write_bytes(debug_file(told, path.name))
    found = {one.name: one for one in DebugInfo.read(path).globals}
    assert found["LIMIT"].location == Constant(40)
    assert found["counted"].location == Constant(UNUSED)
    assert found["called"].location.address == told.symbols["global::called"]
