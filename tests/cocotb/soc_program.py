"""The program that the bench of the SoC runs, and its machine."""

from isa.config import MachineConfig
from rtl.soc import SocConfig
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["PROGRAM", "CONFIG", "EXIT_CODE", "TICKS", "CYCLES_PER_MS"]

CYCLES_PER_MS = 50
TICKS         = 3
EXIT_CODE     = 0x1234

# Sleeps until the timer has interrupted it three times.
PROGRAM = assemble([Source("bench.qasm", f"""
    constant r1 0x47
    constant r2 @tick
    store r1 r2
    constant r4 0x300
    constant r5 1
    constant r10 @count    ; a reset does not bring it back
    constant r11 {TICKS}
    store r10 r11
    store r4 r5
    wait
    halt
@tick:
    constant r10 @count
    load r11 r10
    sub r11 r11 r5
    store r10 r11
    constant r12 @return
    jnz r11 r12
    constant r0 {EXIT_CODE:#x}
    halt
@return:
    constant r0 0
    int r0
data @count 0
""")])

CONFIG = SocConfig(
    machine=MachineConfig(ram_words=0x2000, fpu=False, cycles_per_ms=CYCLES_PER_MS,
                          peripherals=("timer",)),
    image=tuple(PROGRAM.words), target_entries=8, return_entries=2)
