"""What a load costs behind a page table, by how many regions a program uses in turn."""

from bench.passes import Pass, passes_between
from isa.config import MachineConfig
from sim.machine import check_image
from sim.program import LoadedProgram
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["REGIONS", "measure_regions"]

REGIONS = ((4, 22), (5, 22), (21, 22), (40, 200), (199, 200))  # used in turn, entries of the table

FIRST, APART, WORDS = 0x100000, 0x400, 0x200  # of the regions: virtual address, and their size
PLACE  = 0x8000                               # in RAM: all are the same words
CODE   = (0x1000, 0x1000, 0x2000, 9)
PASSES = 4


def measure_regions(used: int, entries: int) -> Pass:
    """The last pass of loads, one from each of so many regions. Each comes with an addition."""
    rows = [CODE, *((FIRST + APART * n, PLACE, WORDS, 3) for n in range(entries - 1))]
    table = " ".join(f"{value:#x}" for row in rows for value in row)
    loads = "load r10 r3\n      add r3 r3 r4\n      " * used
    text = f"""
      constant r1 0x200             ; the MMU is the last in the peripheral table
      load r2 r1
      constant r3 1
      shl r2 r2 r3
      add r1 r1 r2
      load r1 r1
      constant r2 @table
      store r1 r2
      constant r1 0x42
      constant r2 @first
      store r1 r2
      constant r1 0
      int r1
    @first:
      constant r4 {APART:#x}
      constant r50 {PASSES}
      constant r51 1
      constant r52 @begin
    @begin:
      constant r3 {FIRST:#x}
      {loads}
    @end:
      sub r50 r50 r51
      jnz r50 r52
      constant r20 0x80
      int r20                       ; nobody handles it: the end
    data @table {len(rows)} {table}
    """
    words = assemble([Source("regions.qasm", text)])
    image = LoadedProgram(check_image(words.words, MachineConfig()), words.symbols)
    return passes_between(image, "begin", "end")[-1]
