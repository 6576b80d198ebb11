"""What memory holds after reset, below the program: manual, sections 2, 3 and 6."""

from isa.config import MachineConfig, PageTable
from isa.instructions import encode
from isa.machine import (
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

__all__ = ["debug_break_handler", "identifiers", "low_memory"]


def identifiers(config: MachineConfig) -> dict[str, int]:
    """Identifier of each fitted peripheral by its name, in the order of the windows."""
    found = {kind.name: kind.identifier for kind in PERIPHERALS if kind.name in config.peripherals}
    if "mmu" in found and config.page_table is PageTable.TWO_LEVEL:
        found["mmu"] = MMU_TWO_LEVEL_IDENTIFIER
    return found


def debug_break_handler(window: int) -> list[int]:
    """The built-in handler for interrupt 3, as words: store 1 to the debug break and return."""
    return [
        encode("constant", d=0), window,
        encode("constant", d=1), 1,
        encode("store", d=0, s0=1),
        encode("constant", d=0), int(Interrupt.RETURN),
        encode("int", s0=0),
    ]


def low_memory(config: MachineConfig) -> dict[int, int]:
    """The words below `PROGRAM` that are not 0, by address: the tables and the built-in handler.

    Words of windows are not among them: they are the peripherals'. `ENABLED` and
    `HIGHEST_INTERRUPT` are, although hardware keeps them in registers: a view of all of memory is
    more useful with them.
    """
    windows = window_addresses(config.peripherals)
    used = [int(kind.interrupt) for kind in PERIPHERALS
            if kind.name in windows and kind.interrupt is not None]
    words = {
        ENABLED:           1,
        ENTRY_POINTER:     ENTRY_TABLE,
        HIGHEST_INTERRUPT: max([int(Interrupt.FAULT), *used]),
        PERIPHERAL_TABLE:  len(windows),
    }
    for n, (name, identifier) in enumerate(identifiers(config).items()):
        words[PERIPHERAL_TABLE + 1 + 2 * n] = identifier
        words[PERIPHERAL_TABLE + 2 + 2 * n] = windows[name]
    if "debug_break" in windows:
        words[ENTRY_TABLE + Interrupt.DEBUG_BREAK] = HANDLERS
        for n, word in enumerate(debug_break_handler(windows["debug_break"])):
            words[HANDLERS + n] = word
    return words
