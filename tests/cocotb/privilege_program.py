"""The program that the bench of privilege runs, its machine, and what must come of it."""

from isa.config import MachineConfig
from isa.machine import (
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    Interrupt,
    Reason,
    window_addresses,
)
from rtl.soc import SocConfig
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["CONFIG", "FAULTS", "MOVED", "PROGRAM"]

DEVICES   = ("timer", "mmu")
WINDOWS   = window_addresses(DEVICES)
RAM_WORDS = 0x2000
MOVED     = 0x7000  # from physical to virtual addresses of the code

# What the unprivileged program is caught at, in order: label, and reason.
FAULTS = [("halts", Reason.INVALID_INSTRUCTION), ("returns", Reason.INVALID_INTERRUPT),
          ("loads", Reason.MEMORY_FAULT), ("stores", Reason.MEMORY_FAULT),
          ("outside", Reason.OUT_OF_BOUNDS), ("device", Reason.MEMORY_FAULT),
          ("code", Reason.MEMORY_FAULT)]

# The handler skips what faulted, and stops the machine when it was the last one, for it is
# privileged. The table maps the code for execution only, a page for reading only, and a word behind
# the end of RAM.
PROGRAM = assemble([Source("privilege.qasm", f"""
    constant r1 {ENTRY_TABLE + Interrupt.FAULT:#x}
    constant r2 @handler
    store r1 r2
    constant r1 {WINDOWS["mmu"]:#x}
    constant r2 @table
    store r1 r2
    constant r1 @left       ; a reset does not bring it back
    constant r2 {len(FAULTS)}
    store r1 r2
    constant r1 {FRAME_IP:#x}
    constant r2 @user
    constant r3 {MOVED:#x}
    add r2 r2 r3
    store r1 r2
    constant r0 {Interrupt.RETURN:d}
    int r0

@handler:
    constant r1 {FAULT_REASON:#x}
    load r5 r1
    constant r1 @left
    load r2 r1
    constant r3 1
    sub r2 r2 r3
    store r1 r2
    constant r4 @go_on
    jnz r2 r4
    constant r0 0
    halt
@go_on:
    constant r1 {FRAME_IP:#x}
    load r2 r1
    add r2 r2 r3
    store r1 r2
    constant r0 {Interrupt.RETURN:d}
    int r0

@user:
    constant r10 {Interrupt.RETURN:d}
    constant r11 0x6000
    constant r12 0x4000
    constant r13 0x5000
    constant r14 {WINDOWS["timer"]:#x}
    constant r15 {0x1000 + MOVED:#x}
@halts:
    halt
@returns:
    int r10
@loads:
    load r20 r11
    load r21 r12        ; this may be
@stores:
    store r12 r10
@outside:
    load r22 r13
@device:
    store r14 r11
@code:
    load r23 r15
    nop

data @left 0
data @table 3 {0x1000 + MOVED:#x} 0x1000 0x200 9 0x4000 0x1000 0x100 3 0x5000 {RAM_WORDS:#x} 1 7
""")])

CONFIG = SocConfig(
    machine=MachineConfig(ram_words=RAM_WORDS, fpu=False, cycles_per_ms=50, peripherals=DEVICES),
    image=tuple(PROGRAM.words), target_entries=8, return_entries=2)
