"""What memory holds after reset, below the program: manual, sections 2, 3 and 6."""

import numpy as np
from numpy.typing import NDArray

from isa import encode
from isa.config import MachineConfig, PageTable
from isa.machine import (
    BUFFER_CAPACITY,
    ENABLED,
    ENTRY_POINTER,
    ENTRY_TABLE,
    HANDLERS,
    HIGHEST_INTERRUPT,
    MMU_TWO_LEVEL_IDENTIFIER,
    PERIPHERAL_TABLE,
    PERIPHERALS,
    Interrupt,
    window_addresses,
)

__all__ = ["debug_break_handler", "fill_low_memory", "identifiers"]

BUFFERED = ("console_output", "console_input", "host_file")


def identifiers(config: MachineConfig) -> dict[str, int]:
    """Identifier of each fitted peripheral, in window order."""
    found = {kind.name: kind.identifier for kind in PERIPHERALS if kind.name in config.peripherals}
    if "mmu" in found and config.page_table is PageTable.TWO_LEVEL:
        found["mmu"] = MMU_TWO_LEVEL_IDENTIFIER
    return found


def debug_break_handler(window: int) -> list[int]:
    """The built-in handler for interrupt 3: store 1 to the debug break's word, and return."""
    return [
        encode("constant", d=0), window,
        encode("constant", d=1), 1,
        encode("store", d=0, s0=1),
        encode("constant", d=0), Interrupt.RETURN,
        encode("int", s0=0),
    ]


def fill_low_memory(memory: NDArray[np.uint32], config: MachineConfig) -> None:
    """Write the tables, the built-in handler and the constant words of the windows."""
    windows = window_addresses(config.peripherals)
    used = [int(kind.interrupt) for kind in PERIPHERALS
            if kind.name in windows and kind.interrupt is not None]
    memory[ENABLED] = 1
    memory[ENTRY_POINTER] = ENTRY_TABLE
    memory[HIGHEST_INTERRUPT] = max([Interrupt.FAULT, *used])
    memory[PERIPHERAL_TABLE] = len(windows)
    for i, (name, identifier) in enumerate(identifiers(config).items()):
        memory[PERIPHERAL_TABLE + 1 + 2 * i] = identifier
        memory[PERIPHERAL_TABLE + 2 + 2 * i] = windows[name]
        if name in BUFFERED:
            memory[windows[name] + 1] = BUFFER_CAPACITY
    if "debug_break" in windows:
        handler = debug_break_handler(windows["debug_break"])
        memory[HANDLERS:HANDLERS + len(handler)] = handler
        memory[ENTRY_TABLE + Interrupt.DEBUG_BREAK] = HANDLERS
