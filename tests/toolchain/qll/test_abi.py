"""Assembly and compiled code call each other by the stack convention, at every level.

Also functions that are not exported, only reachable, and those that have a convention of their own.
"""

import re
from pathlib import Path

import pytest

from isa.instructions import REGISTERS
from tests.support.qll import LEVELS, run_qll
from tests.toolchain.qll.test_programs import header
from toolchain.qll import abi

CHAPTER = re.search(r"## The calling convention\n(.*?)\n## ", (
    Path(__file__).parents[3] / "docs" / "compiler.md").read_text(), re.DOTALL)[1]

SOURCE = """
type w = struct { x: byte; y: byte; z: byte; };
function add3(a: byte, b: byte, c: byte): byte { return a * 100 + b * 10 + c; }
function mk(a: byte, q: w): w { return w { x = a, y = q.y, z = q.x }; }
function fibr(n: byte, k: byte): byte {
  if (n < 2) { return n + k; }
  return fibr(n - 1, k) + fibr(n - 2, k);
}
function sl(s: byte[], i: byte): byte { return s[i]; }
function no_arguments(): byte { return add3(4, 5, 6); }
function call_asm(): byte;
function main(): byte {
  var s: byte[] = "abc";
  var m = mk(1, w { x = 2, y = 3, z = 4 });
  // Mention them all, so that they are emitted.
  var used = add3(1, 2, 3) + fibr(3, 1) + sl(s, 0) + m.x + no_arguments();
  return call_asm() + used - used;
}
"""

# Calls add3(7, 8, 9), fibr(10, 2), no_arguments() and mk(5, w { 10, 20, 30 }), and keeps values in
# r40, r50, r51 and r52 meanwhile.
ASSEMBLY = """
@global::call_asm:
  sub r63 r63 r62
  store r63 r0
  constant r1 7
  sub r63 r63 r62
  store r63 r1
  constant r1 8
  sub r63 r63 r62
  store r63 r1
  constant r1 9
  sub r63 r63 r62
  store r63 r1
  constant r0 @c1
  constant r1 @global::add3
  constant r40 1234
  jmp r1
@c1:
  constant r2 3
  add r63 r63 r2
  mov r50 r0
  ; fibr(10, 2)
  constant r1 10
  sub r63 r63 r62
  store r63 r1
  constant r1 2
  sub r63 r63 r62
  store r63 r1
  constant r0 @c2
  constant r1 @global::fibr
  jmp r1
@c2:
  constant r2 2
  add r63 r63 r2
  mov r51 r0
  constant r0 @c3
  constant r1 @global::no_arguments
  jmp r1
@c3:
  mov r52 r0
  ; mk into 0x800: result addr, a, q
  constant r1 0x800
  sub r63 r63 r62
  store r63 r1
  constant r1 5
  sub r63 r63 r62
  store r63 r1
  constant r1 30
  sub r63 r63 r62
  store r63 r1
  constant r1 20
  sub r63 r63 r62
  store r63 r1
  constant r1 10
  sub r63 r63 r62
  store r63 r1
  constant r0 @c4
  constant r1 @global::mk
  jmp r1
@c4:
  constant r2 5
  add r63 r63 r2
  load r3 r0
  add r0 r0 r62
  load r4 r0
  add r0 r0 r62
  load r5 r0
  add r3 r3 r4
  add r3 r3 r5
  add r0 r50 r51
  add r0 r0 r52
  add r0 r0 r3
  add r0 r0 r40
  load r1 r63
  add r63 r63 r62
  jmp r1
"""


def fib(n, k):
    return n + k if n < 2 else fib(n - 1, k) + fib(n - 2, k)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_assembly_calls_compiled_functions(level):
    outcome = run_qll(SOURCE, level=level, asm=ASSEMBLY)
    assert outcome.r0 == 789 + fib(10, 2) + 456 + (5 + 20 + 10) + 1234


@pytest.mark.parametrize("level", LEVELS)
def test_the_manual_s_example(level):
    [program], [assembly] = (re.findall(rf"```{kind}\n(.*?)```", CHAPTER, re.DOTALL)
                             for kind in ("qll", "qasm"))
    outcome = run_qll(program, "bare", level, asm=assembly)
    assert outcome.r0 == int(header(program, "Result"))


def roles():
    """Role and fate in a call of each register, as the manual's table has them."""
    found = {}
    for first, last, role, after in re.findall(
            r"^\| `r(\d+)`(?: to `r(\d+)`)? \| (.*?) \| (.*?) \|$", CHAPTER, re.MULTILINE):
        for register in range(int(first), int(last or first) + 1):
            assert register not in found
            found[register] = (role, after)
    return found


def test_the_manual_s_table_has_every_register_once():
    assert sorted(roles()) == list(range(REGISTERS))


def test_the_manual_s_table_of_registers_is_the_compiler_s():
    table = roles()
    named = {number: role for number, (role, _) in table.items()}
    assert "return address" in named[abi.STACK_LINK] and "result" in named[abi.RESULT]
    assert "return address" in named[abi.LINK]
    assert named[abi.ONE] == "the constant 1, at all times"
    assert named[abi.STACK] == "the stack pointer"
    assert "scratch" in named[abi.TEMPORARY]
    unchanged = {number for number, (_, after) in table.items() if after == "as before"}
    assert unchanged == {*abi.PRESERVED_REGISTERS, abi.ONE, abi.STACK}
    assert {number for number in table if abi.PRESERVED >> number & 1} == {
        number for number, role in named.items() if role == "preserved"}
    assert {number for number in table if abi.CALL_CLOBBERS >> number & 1} == (
        set(table) - unchanged)
    assert f"{abi.TRAP_BASE:#x}".upper().replace("X", "x") in CHAPTER
