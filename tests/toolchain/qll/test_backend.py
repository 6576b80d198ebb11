"""From the intermediate representation to machine code: placing, scheduling, registers, text."""

import re

import pytest

from sim.golden.machine import Golden
from tests.support.qll import compile_text
from toolchain.qasm import assemble
from toolchain.qll.middle.ir import parse_function
from toolchain.qll.middle.module import Module
from toolchain.qll.target.allocate import allocate, clobbered
from toolchain.qll.target.emit import emit_function
from toolchain.qll.target.place import place
from toolchain.qll.target.schedule import schedule
from toolchain.source import Source

ENTRY = """
  constant r63 0xfffff
  constant r62 1
  constant r1 @main
  constant r0 @done
  jmp r1
@done:
  halt
"""


def text_of(function, level=2, fast=None):
    """Assembly of a function, by the stack convention unless `fast`."""
    function.fast = bool(fast)
    function.stub_offsets = [function.words - 1 - index for index in range(function.words)]
    place(function, level)
    if level > 1:
        schedule(function)
    used = allocate(function)
    return emit_function(function, used, Module(), {}, comments=False)[0]


def run(functions, level, fast=()):
    """Result of `main`, with all registers from r32 to r61 checked to come back."""
    lines = []
    for text in functions:
        function = parse_function(text)
        lines += text_of(function, level, function.symbol in fast)
    golden = Golden()
    golden.load(assemble([Source("entry", ENTRY), Source("x", "\n".join(lines) + "\n")]).words)
    golden.run(10_000_000)
    general = golden.registers().general
    assert general[62] == 1
    assert general[63] == 0xFFFFF
    assert list(general[32:62]) == [0] * 30
    return general[0]


FIB = """
    function @fib (1) {
    b0:
      %0 = param 0
      %1 = lt %0, 2
      branch %1, b1, b2
    b1: <- b0
      ret %0
    b2: <- b0
      %2 = add %0, 0xffffffff
      %3 = call.fast @fib(%2)
      %4 = add %0, 0xfffffffe
      %5 = call.fast @fib(%4)
      %6 = add %3, %5
      ret %6
    }"""

LINES = """global g: byte = 1;
function main(): byte {
  g = g * 3 +
  2; g = g - 1;

  return g;
}
"""

MAIN = "function @main (0) {\nb0:\n  %0 = call.fast @fib(11)\n  ret %0\n}"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_recursion(level):
    assert run([MAIN, FIB], level, {"fib"}) == 89


def test_a_quick_way_out_needs_no_frame():
    lines = text_of(parse_function(FIB), fast=True)
    start = lines.index("@fib$self:")
    assert lines[start + 1:start + 4] == ["  lt r8 r0 r28", "  jz r8 r27", "  jmp r31"]


def test_a_result_leaves_its_register_to_the_next_calls_argument():
    """It goes to the frame as soon as its slot is free, and the argument is computed in place."""
    lines = text_of(parse_function(FIB), fast=True)
    start = lines.index("@fib$after0:")
    assert lines[start + 1:start + 4] == ["  load r8 r63", "  store r63 r0", "  add r0 r8 r26"]


def test_a_source_line_is_shown_where_its_code_begins_once():
    text = compile_text([LINES])
    assert [line for line in text.splitlines() if line.startswith("  ; ")] == [
        "  ; g = g * 3 +", "  ; 2; g = g - 1;", "  ; return g;"]
    assert [line for line in text.splitlines() if line.startswith("  ;!line ")] == [
        f"  ;!line {number} source0.qll" for number in (3, 4, 6)]


def test_a_late_result_is_not_stored_at_once():
    function = parse_function("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = load.p %0
          %2 = add %0, 7
          %3 = sub %2, 5
          %4 = call.fast @g(%3)
          %5 = add %1, %4
          ret %5
        }""")
    lines = text_of(function, fast=True)
    load, stored = lines.index("  load r10 r0"), lines.index("  store r63 r10")
    assert load + 1 < stored < lines.index("@f$after0:")


def test_a_result_that_is_there_at_once_is_stored_at_once():
    function = parse_function("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = add %0, %0
          %2 = add %0, 7
          %3 = sub %2, 5
          %4 = call.fast @g(%3)
          %5 = add %1, %4
          ret %5
        }""")
    lines = text_of(function, fast=True)
    made = next(at for at, line in enumerate(lines) if re.match("  add r.* r0 r0", line))
    assert lines[made + 1] == f"  store r63 {lines[made].split()[1]}"


def test_two_operations_change_places_if_the_one_behind_is_late():
    lines = text_of(parse_function("""
        function @f (3) {
        b0:
          %0 = param 0
          %1 = param 1
          %2 = param 2
          %3 = add %1, %2
          %4 = load.e %0
          branch %4, b1, b2
        b1: <- b0
          ret %3
        b2: <- b0
          ret %4
        }"""), fast=True)
    start = lines.index("@f$fast:")
    ops = [line.split()[0] for line in lines[start:] if line.startswith("  ")]
    assert ops.index("load") < ops.index("add")


def test_what_goes_round_in_a_loop_keeps_its_register():
    """Not what is computed from it meanwhile, though it is there no more."""
    lines = text_of(parse_function("""
        function @f (2) {
        b0:
          %0 = param 0
          %1 = param 1
          jump b1
        b1: <- b0, b1
          %2 = phi %0, %6
          %3 = load.e %2
          %4 = add %2, %3
          %6 = load.e %3
          store.e %4, %6
          branch %6, b1, b2
        b2: <- b1
          ret %1
        }"""), fast=True)
    inside = lines[lines.index("@f$1:"):]
    inside = inside[:next(at for at, line in enumerate(inside) if line.startswith("  jnz"))]
    assert not any(line.startswith("  mov") for line in inside)


def test_parameters_on_the_stack():
    # The last argument is nearest to the stack pointer.
    main = """
        function @main (0) {
        b0:
          store.o out+0, 3
          store.o out+1, 20
          %0 = call.stack:2 @f()
          ret %0
        }"""
    function = parse_function(main)
    function.out_words = 2
    lines = text_of(function)
    callee = parse_function("""
        function @f (2) {
        b0:
          %0 = load.l arg+1
          %1 = load.l arg+0
          %2 = sub %0, %1
          ret %2
        }""")
    lines += text_of(callee)
    golden = Golden()
    golden.load(assemble([Source("entry", ENTRY), Source("x", "\n".join(lines) + "\n")]).words)
    golden.run(1000)
    assert golden.registers().general[0] == 17
    assert golden.registers().general[63] == 0xFFFFF


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("count", [5, 40, 90])
def test_many_values_over_a_call(level, count):
    made = "".join(f"  %{index} = call.fast @g({index})\n" for index in range(count))
    summed = f"  %{count} = add %0, %1\n" + "".join(
        f"  %{count + index - 1} = add %{count + index - 2}, %{index}\n"
        for index in range(2, count))
    main = f"function @main (0) {{\nb0:\n{made}{summed}  ret %{2 * count - 2}\n}}"
    double = "function @g (1) {\nb0:\n  %0 = param 0\n  %1 = mul %0, 2\n  ret %1\n}"
    assert run([main, double], level, {"g"}) == count * (count - 1)


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("count", [10, 59, 70, 200])
def test_many_values_at_once(level, count):
    loads = "".join(f"  %{index} = load.e {0x100 + index}\n" for index in range(count))
    text = loads + f"  %{count} = add %{count - 1}, 0\n" + "".join(
        f"  %{count + 1 + index} = add %{count + index}, {index}\n" for index in range(count))
    stores = "".join(f"  store.e {0x600 + index}, %{index}\n" for index in range(count))
    assert run([f"function @main (0) {{\nb0:\n{text}{stores}  ret %{2 * count}\n}}"],
               level) == count * (count - 1) // 2


def test_of_too_many_values_those_that_are_needed_late_go_to_the_frame():
    count, soon = 80, 20
    loads = "".join(f"  %{index} = load.e {0x100 + index}\n" for index in range(count))
    sums = f"  %{count} = add %0, %0\n" + "".join(
        f"  %{count + index} = add %{count + index - 1}, %{index}\n" for index in range(1, count))
    function = parse_function(f"function @f (0) {{\nb0:\n{loads}{sums}  ret %{2 * count - 1}\n}}")
    ops = [line.split()[0] for line in text_of(function, level=1) if line.startswith("  ")]
    summed = ops[len(ops) - ops[::-1].index("store"):]  # behind the last store
    assert "load" in summed and summed[:soon] == ["add"] * soon


@pytest.mark.parametrize("level", [0, 1, 2])
def test_phis_that_change_places(level):
    # Three values go round: each phi takes what another one held.
    assert run(["""
        function @main (0) {
        b0:
          jump b1
        b1: <- b0, b1
          %0 = phi 1, %1
          %1 = phi 2, %2
          %2 = phi 3, %0
          %3 = phi 7, %4
          %4 = add %3, 0xffffffff
          branch %4, b1, b2
        b2: <- b1
          %5 = mul %0, 100
          %6 = mul %1, 10
          %7 = add %5, %6
          %8 = add %7, %2
          ret %8
        }"""], level) == 123


@pytest.mark.parametrize("level", [0, 1, 2])
def test_phis_on_both_ways_of_a_branch(level):
    assert run(["""
        function @main (0) {
        b0:
          %0 = load.e 0x500
          %1 = add %0, 5
          branch %0, b1, b2
        b1: <- b0, b2
          %2 = phi %1, %3
          ret %2
        b2: <- b0, b3
          %3 = phi %1, %4
          %4 = add %3, 1
          %5 = lt %4, 50
          branch %5, b3, b1
        b3: <- b2
          jump b2
        }"""], level) == 49


def test_constants_of_a_loop_are_made_in_front_of_it():
    lines = text_of(parse_function("""
        function @f (0) {
        b0:
          jump b1
        b1: <- b0, b1
          %0 = phi 0, %1
          %1 = add %0, 3
          %2 = lt %1, 3000
          branch %2, b1, b2
        b2: <- b1
          ret %1
        }"""))
    inside = lines[lines.index("@f$1:"):]
    assert not any("constant" in line for line in inside)
    assert len(inside) == 6  # the label, add, lt, jnz, the result's move, jmp


def test_a_load_is_not_used_by_the_next_instruction():
    lines = text_of(parse_function("""
        function @f (3) {
        b0:
          %0 = param 0
          %1 = param 1
          %2 = param 2
          %3 = load.e %0
          %4 = add %3, %1
          %5 = sub %1, %2
          %6 = mul %4, %5
          ret %6
        }"""), fast=True)
    at = next(index for index, line in enumerate(lines)
              if line.startswith("  load") and index > lines.index("@f$fast:"))
    assert lines[at + 1].startswith("  sub")


def test_what_observers_see_keeps_its_order():
    function = parse_function("""
        function @f (2) {
        b0:
          %0 = param 0
          %1 = param 1
          %2 = load.p %0
          store.p %1, 1
          %3 = load.p %0
          guard.1 %3
          store.p %1, %2
          ret
        }""")
    place(function, 2)
    schedule(function)
    order = [ins.op for ins in function.blocks[0].body
             if ins.op in ("load", "store", "guard")]
    assert order == ["load", "store", "load", "guard", "store"]


def test_a_check_whose_value_comes_late_still_traps_first():
    function = parse_function("""
        function @f (2) {
        b0:
          %0 = param 0
          %1 = param 1
          %2 = div %0, %1
          guard.1 %2
          guard.2 %1
          ret %2
        }""")
    place(function, 2)
    schedule(function)
    assert [ins.value for ins in function.blocks[0].body if ins.op == "guard"] == [1, 2]


def test_callers_learn_which_registers_a_callee_leaves_alone():
    function = parse_function(
        "function @g (1) {\nb0:\n  %0 = param 0\n  %1 = mul %0, 5\n  ret %1\n}")
    place(function, 2)
    used = allocate(function)
    assert clobbered(function, used) & 1                      # the result
    assert clobbered(function, used) >> 30 & 3 == 3           # temporary and link
    assert not clobbered(function, used) & 0x1FFFFC00         # r10 to r28
