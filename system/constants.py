"""The machine's constants as QLL, in namespace ``machine``: no kernel source has them twice."""

from isa import BY_MNEMONIC, machine
from isa.machine import (
    PERIPHERALS,
    BlockCommand,
    BlockStatus,
    BufferedControl,
    DisplayControl,
    Interrupt,
    PageFlag,
    Reason,
    SerialWord,
    window_addresses,
)

__all__ = ["SWITCH_INTERRUPT", "constants", "constants_qll", "windows_qll"]

SWITCH_INTERRUPT = 5  # a software interrupt of the kernel's own; the hardware uses up to 4


def constants() -> dict[str, int]:
    """Names and values, in the order of the file."""
    table: dict[str, int] = {
        name: getattr(machine, name) for name in (
            "ENABLED", "ENTRY_POINTER", "FRAME_REGISTERS", "FRAME_IP", "FAULT_REASON",
            "HIGHEST_INTERRUPT", "PERIPHERAL_TABLE", "PROGRAM", "RAM_WORDS",
            "MMU_LIST_IDENTIFIER", "SECTOR_WORDS", "BUFFER_CAPACITY",
            "READ_REST")
    }
    table |= {
        "FAULT": Interrupt.FAULT, "TIMER_INTERRUPT": Interrupt.TIMER,
        "DEBUG_INTERRUPT": Interrupt.DEBUG_BREAK, "SERIAL_INTERRUPT": Interrupt.SERIAL,
        "SWITCH": SWITCH_INTERRUPT,
        "SYSCALL": Interrupt.SYSCALL,
    }
    table |= {reason.name: reason for reason in Reason}
    table |= {flag.name: flag for flag in PageFlag if flag.name is not None}
    table |= {kind.name.upper(): kind.identifier for kind in PERIPHERALS if kind.name != "mmu"}
    table |= {f"BUFFERED_{value.name}": value for value in BufferedControl}
    table |= {f"DISPLAY_{value.name}": value for value in DisplayControl}
    table |= {f"BLOCK_{value.name}": value for value in BlockCommand if value}
    table |= {f"BLOCK_{value.name}": value for value in BlockStatus}
    table |= {f"SERIAL_{name}": bits for name, bits in SerialWord.__members__.items()}
    table |= {f"OP_{name.upper()}": BY_MNEMONIC[name].opcode for name in ("load", "store")}
    return {name: int(value) for name, value in table.items()}


def constants_qll() -> str:
    """The QLL file."""
    rows = "".join(f"  .constant global {name}: byte = {value:#x};\n"
                   for name, value in constants().items())
    return ("// machine.qll: the machine's constants. Generated from isa.\n"
            f"\nnamespace machine {{\n{rows}}}\n")


def windows_qll() -> str:
    """The bare library's QLL file: where the devices are that every machine has, and those that
    follow them where they are fitted."""
    windows = window_addresses(("timer", "clock", "debug_break", "console_output",
                                "console_input", "host_file", "display", "keyboard"))
    rows = "".join(f"  .constant global {name.upper()}: byte = {address:#x};\n"
                   for name, address in windows.items())
    return ("// windows.qll: the usual places of the devices. Generated from isa by\n"
            "// `python -m system windows`: do not edit.\n"
            f"\nnamespace _windows {{\n{rows}}}\n")
