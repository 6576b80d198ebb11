"""Entry points and system-call stubs, with hand-written programs behind them."""

import pytest

from isa.trace import Stop
from sim.golden import run_words
from toolchain.qasm import assemble
from toolchain.source import Source
from toolchain.targets import LIBRARY, library_files

INIT = "@global::_init:\n  constant r1 @initialised\n  store r1 r62\n  jmp r0\n"

# Stands in for the kernel: system call 0 halts with r1; others answer with the low octets of
# r0 to r3, the first one highest.
KERNEL = """
@_kernel:
  constant r1 0x44              ; highest interrupt number
  constant r2 0x80
  store r1 r2
  constant r1 0xc5              ; entry of interrupt 0x80
  constant r2 @_kernel_syscall
  store r1 r2
  constant r63 0x20000
  constant r32 0x1234
  constant r33 7
  constant r1 @_entrypoint
  jmp r1
@_kernel_syscall:
  constant r10 @_kernel_answer
  jnz r0 r10
  mov r0 r1
  halt
@_kernel_answer:
  constant r10 8
  constant r12 0xff
  and r1 r1 r12
  and r2 r2 r12
  and r3 r3 r12
  shl r11 r0 r10
  or r11 r11 r1
  shl r11 r11 r10
  or r11 r11 r2
  shl r11 r11 r10
  or r11 r11 r3
  constant r10 2                ; saved r0
  store r10 r11
  constant r10 0
  int r10
"""


def run(*sources):
    program = assemble([Source(f"{at}.qasm", text) for at, text in enumerate(sources)])
    outcome = run_words(program.words, limit=100_000, compiled=False)
    assert outcome.stop is not None and outcome.stop.stop == Stop.HALT
    return outcome


def target(name):
    return [path.read_text() for path in library_files(name, ".qasm")]


def user(main):
    return run(KERNEL, *target("user"), INIT, main, "data @initialised 0\n")


def test_targets_put_their_files_in_front_in_order():
    assert library_files("bare", ".qasm") == [LIBRARY / "bare" / "entry.qasm"]
    assert library_files("user", ".qasm") == [
        LIBRARY / "user" / name for name in ("calls.qasm", "entry.qasm", "support.qasm")]
    assert library_files("none", ".qasm") == []
    assert [path.name for path in library_files("bare", ".qll")] == [
        "alloc.qll", "buffered.qll", "graphics.qll", "std.qll", "utf8.qll",
        "alloc.qll", "clock.qll", "console.qll", "counters.qll", "display.qll", "keyboard.qll",
        "wait.qll", "windows.qll"]
    assert [path.name for path in library_files("user", ".qll")] == [
        "alloc.qll", "buffered.qll", "graphics.qll", "std.qll", "utf8.qll",
        "alloc.qll", "calls.qll", "clock.qll", "console.qll", "display.qll", "lib.qll", "os.qll",
        "patterns.qll", "streams.qll", "terminal.qll", "wait.qll", "whole.qll"]
    with pytest.raises(ValueError, match="target must be one of bare, user, none, not 'other'"):
        library_files("other", ".qll")


def test_bare_entry_initialises_and_halts_with_the_result_of_main():
    main = """
    @global::main:
      constant r1 @initialised
      load r1 r1
      constant r2 0xfffff
      eq r2 r2 r63
      and r0 r1 r2
      and r0 r0 r62             ; 1 if all is as it should be
      mov r3 r0
      constant r0 @_after_main
      mov r2 r0
      mov r0 r3
      jmp r2
    """
    assert run(*target("bare"), INIT, main, "data @initialised 0\n").r0 == 1


def test_user_entry_passes_the_argument_text_and_exits_with_the_result():
    main = """
    @global::main:
      load r1 r63               ; pointer
      add r4 r63 r62
      load r2 r4                ; length
      add r4 r4 r62
      load r3 r4                ; capacity
      constant r5 0x10000
      mul r1 r1 r5
      constant r5 0x100
      mul r2 r2 r5
      add r1 r1 r2
      add r1 r1 r3
      mov r5 r0
      constant r6 @initialised
      load r6 r6
      mul r0 r1 r6
      jmp r5
    """
    outcome = user(main)
    assert outcome.r0 == 0x12340707
    assert outcome.registers.general[63] == 0x20000


@pytest.mark.parametrize("routine, arguments, registers", [
    ("syscall",  [8],          {0: 8}),
    ("syscall1", [4, 17],      {0: 4, 1: 17, 2: 0x80}),
    ("syscall2", [2, 5, 6],    {0: 2, 1: 5, 2: 6}),
    ("syscall3", [3, 7, 8, 9], {0: 3, 1: 7, 2: 8, 3: 9}),
])
def test_stub_passes_its_arguments_and_returns_the_answer(routine, arguments, registers):
    pushes = "".join(f"  constant r7 {value}\n  sub r63 r63 r62\n  store r63 r7\n"
                     for value in arguments)
    outcome = user(f"""
    @global::main:
      mov r40 r0
    {pushes}
      constant r1 @global::lib::support::{routine}
      constant r0 @back
      jmp r1
    @back:
      constant r1 {len(arguments)}
      add r63 r63 r1
      jmp r40                   ; with the answer in r0
    """)
    assert outcome.registers.general[63] == 0x20000
    assert {n: outcome.r0 >> 24 - 8 * n & 0xFF for n in registers} == registers
