"""A small machine whose signals are all looked at, and programs for it."""

from isa.config import MachineConfig
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["CONFIG", "LOOP", "assembled"]

# One build for all tests that look at signals.
CONFIG = MachineConfig(ram_words=0x8000, fpu=False,
                       peripherals=("timer", "debug_break", "console_output", "mmu"))

# Loads, calls, divisions and mispredicted jumps; in the end a fault.
LOOP = """
@main:
  constant r1 12
  constant r2 1
  constant r3 0x2000
  constant r4 @loop
  constant r63 0x3000
@loop:
  store r3 r1
  load r5 r3
  add r5 r5 r5
  constant r31 @back
  constant r30 @global::halve
  jmp r30
@back:
  sub r1 r1 r2
  jnz r1 r4
  constant r6 0x400000
  load r0 r6
@global::halve:
  constant r7 2
  div r5 r5 r7
  jmp r31
"""


def assembled(text=LOOP):
    """The words of a program, and its labels."""
    program = assemble([Source("test.qasm", text)])
    return program.words, program.symbols
