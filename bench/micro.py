"""Small pieces of code, each for what one kind of instruction costs."""

from dataclasses import dataclass

from bench.passes import Pass, passes_between
from isa.config import MachineConfig
from sim.machine import check_image
from sim.program import LoadedProgram
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["MICRO", "Micro", "measure_micro"]

REPEATS = 64


@dataclass(frozen=True)
class Micro:
    """A piece that is repeated in a row, `{n}` standing for a number of its own each time."""
    name:   str
    piece:  str
    before: str = ""   # once, in front


HANDLER = """
  constant r1 0x44
  constant r2 0x80
  store r1 r2
  constant r1 0xc5
  constant r2 @handler
  store r1 r2
  constant r20 0x80
  constant r21 @over
  jmp r21
@handler:
  constant r1 0
  int r1
@over:
"""

MICRO = (
    Micro("add, all independent", "add r{n} r1 r2"),
    Micro("add, each needs the one before", "add r10 r10 r2"),
    Micro("constant and its use", "constant r10 {n}\nadd r11 r11 r10"),
    Micro("load", "load r10 r3"),
    Micro("load and its use", "load r10 r3\nadd r11 r11 r10"),
    Micro("load, use one later", "load r10 r3\nadd r11 r11 r2\nadd r12 r12 r10"),
    Micro("store", "store r3 r2"),
    Micro("store and load of the same word", "store r3 r2\nload r10 r3"),
    Micro("mul, independent", "mul r{n} r1 r2"),
    Micro("mul and its use", "mul r10 r2 r2\nadd r11 r11 r10"),
    Micro("div, quotient below 4", "div r10 r2 r2"),
    Micro("div, quotient of 31 bits", "div r10 r4 r2"),
    Micro("fadd and its use", "fadd r10 r10 r2"),
    Micro("fmul and its use", "fmul r10 r10 r2"),
    Micro("jump, not taken", "jnz r1 r5"),
    Micro("jump, taken", "jmp r{n}\n@target{n}:",
          "\n".join(f"constant r{n} @target{n}" for n in range(16, 48))),
    Micro("call and return", "constant r10 @back{n}\njmp r6\n@back{n}:",
          "constant r6 @routine\nconstant r7 @start\njmp r7\n@routine:\njmp r10\n@start:"),
    Micro("int and return from it", "int r20", HANDLER),
    Micro("masked int", "int r20", "constant r1 0\nstore r1 r1\nconstant r20 0x80"),
    Micro("nop", "nop"),
)


def measure_micro(micro: Micro) -> Pass:
    """The last of four passes through the pieces."""
    numbers = range(16, 48) if "@target" in micro.piece else range(REPEATS)
    if micro.piece.startswith(("add r{n}", "mul r{n}")):
        numbers = range(16, 48)
    pieces = "\n".join(micro.piece.format(n=n) for n in numbers)
    text = f"""
      constant r50 4
      constant r51 1
      {micro.before}
      constant r1 0
      constant r2 1
      constant r3 0x8000
      constant r4 0x7fffffff
      constant r5 @begin
      constant r52 @begin
    @begin:
      {pieces}
    @end:
      sub r50 r50 r51
      jnz r50 r52
      halt
    """
    words = assemble([Source(f"{micro.name}.qasm", text)])
    image = LoadedProgram(check_image(words.words, MachineConfig()), words.symbols)
    return passes_between(image, "begin", "end")[-1]
