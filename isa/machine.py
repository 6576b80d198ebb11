"""The machine's constants: memory map, interrupts, faults, peripherals. Addresses are in words."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

__all__ = [
    "BlockCommand", "BlockError", "BlockStatus", "BufferedControl", "DisplayControl", "ENABLED",
    "ENTRY_POINTER", "ENTRY_TABLE", "FRAME_IP", "FRAME_REGISTERS", "FAULT_REASON", "HANDLERS",
    "HIGHEST_INTERRUPT", "Interrupt", "MMU_LIST_IDENTIFIER", "MMU_TWO_LEVEL_IDENTIFIER",
    "NAN", "PERIPHERALS", "PERIPHERAL_TABLE", "PROGRAM", "PageFlag", "PeripheralKind",
    "RAM_WORDS", "READ_REST", "Reason", "RESERVED_LIMIT", "SECTOR_WORDS", "SerialWord", "WINDOWS",
    "BUFFER_CAPACITY", "CYCLES_PER_MS", "window_addresses",
]

# --- memory map ----------------------------------------------------------------------------------

ENABLED           = 0x00      # 0 masks interrupts
ENTRY_POINTER     = 0x01      # holds the address of the entry table
FRAME_REGISTERS   = 0x02      # saved r0; r63 is at 0x41
FRAME_IP          = 0x42      # saved ip
FAULT_REASON      = 0x43      # reason of the last fault
HIGHEST_INTERRUPT = 0x44      # highest interrupt number that may have a handler
ENTRY_TABLE       = 0x45      # + n: address of the handler of interrupt n
HANDLERS          = 0x100     # built-in interrupt handlers, as code
PERIPHERAL_TABLE  = 0x200     # count, then (identifier, window address) each
WINDOWS           = 0x300     # peripheral windows, packed
RESERVED_LIMIT    = 0x1000    # tables and windows end below
PROGRAM           = 0x1000    # load address and first ip
RAM_WORDS         = 0x400000  # 16 MiB, the default size
CYCLES_PER_MS     = 10_000    # in simulation, the default

NAN = 0x7FC00000              # every NaN result


class Interrupt(IntEnum):
    """Interrupt numbers that the hardware knows; SYSCALL is a convention of software."""
    RETURN      = 0
    FAULT       = 1
    TIMER       = 2
    DEBUG_BREAK = 3
    SERIAL      = 4
    SYSCALL     = 0x80


class Reason(IntEnum):
    """Reason of a fault, as found at `FAULT_REASON`."""
    INVALID_INSTRUCTION       = 1
    UNIMPLEMENTED_INSTRUCTION = 2
    MEMORY_FAULT              = 3
    OUT_OF_BOUNDS             = 4
    INVALID_INTERRUPT         = 5


class PageFlag(IntFlag):
    """Flags of a page table entry."""
    PRESENT = 1
    READ    = 2
    WRITE   = 4
    EXECUTE = 8


# --- peripherals ---------------------------------------------------------------------------------

MMU_LIST_IDENTIFIER      = 0x80000002
MMU_TWO_LEVEL_IDENTIFIER = 0x80000001
BUFFER_CAPACITY          = 253        # data words of a buffered device
READ_REST                = 0xFFFFFFFF # size as a read begins: only what is left of a message
SECTOR_WORDS             = 128


@dataclass(frozen=True)
class PeripheralKind:
    """One kind of peripheral: its window is IO words, then shared words."""
    name:         str
    identifier:   int
    io_words:     int
    shared_words: int
    interrupt:    int | None = None

    @property
    def window_words(self) -> int:
        return self.io_words + self.shared_words


# The default set in its order; display, keyboard, block device, serial line and counters are
# optional.
PERIPHERALS = (
    PeripheralKind("timer",          0x01,                1,   0, Interrupt.TIMER),
    PeripheralKind("clock",          0x06,                0,   1),
    PeripheralKind("debug_break",    0x02,                1,   0, Interrupt.DEBUG_BREAK),
    PeripheralKind("console_output", 0x03,                1, 255),
    PeripheralKind("console_input",  0x04,                1, 255),
    PeripheralKind("host_file",      0x11,                1, 255),
    PeripheralKind("display",        0x05,                1,   3),
    PeripheralKind("keyboard",       0x10,                0,   5),
    PeripheralKind("block",          0x20,                1,   7),
    PeripheralKind("serial",         0x40,                2,   1, Interrupt.SERIAL),
    PeripheralKind("counters",       0x50,                1,   4),
    PeripheralKind("mmu",            MMU_LIST_IDENTIFIER, 1,   0),
)


def window_addresses(names: tuple[str, ...]) -> dict[str, int]:
    """Where the window of each fitted peripheral begins, packed from `WINDOWS` in table order."""
    unknown = set(names) - {kind.name for kind in PERIPHERALS}
    if unknown:
        raise ValueError(f"unknown peripherals: {', '.join(sorted(unknown))}")
    addresses, at = {}, WINDOWS
    for kind in PERIPHERALS:
        if kind.name in names:
            addresses[kind.name] = at
            at += kind.window_words
    return addresses


class BufferedControl(IntEnum):
    """Control word of console output, console input and host file."""
    READY   = 0
    WRITE   = 1
    READ    = 2
    PENDING = 3
    ERROR   = 0xFFFFFFFF


class DisplayControl(IntEnum):
    """Control word of the display."""
    READY   = 0
    FLIP    = 1
    PENDING = 2
    ERROR   = 0xFF


class BlockCommand(IntEnum):
    """Command word of the block device."""
    NONE  = 0
    READ  = 1
    WRITE = 2
    FLUSH = 3


class BlockStatus(IntEnum):
    """Status word of the block device."""
    READY = 0
    BUSY  = 1
    ERROR = 0xFF


class BlockError(IntEnum):
    """Error word of the block device."""
    NONE         = 0
    OUT_OF_RANGE = 1  # first sector
    BAD_COUNT    = 2  # zero, or past the end
    INPUT_OUTPUT = 3  # of the host, of a memory access, or an unknown command


class SerialWord(IntFlag):
    """Word +2 of the serial line: what was received."""
    OCTET   = 0xFF   # mask of the octet
    THERE   = 0x100  # there is one
    OVERRUN = 0x200  # octets were lost, until the next acknowledge
