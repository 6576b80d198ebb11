"""The machine's constants as QLL, in namespace ``machine``, and the kernel's as QASM: no source has
them twice."""

from typing import Any

from isa import BY_MNEMONIC, REGISTERS, machine
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
from toolchain.qasm.tokens import is_name
from toolchain.source import Source

__all__ = ["SWITCH_INTERRUPT", "constants", "constants_qll", "shared_qasm", "windows_qll"]

SWITCH_INTERRUPT = 5  # a software interrupt of the kernel's own; the hardware uses up to 4

# What only assembly needs, having no expressions: some registers in the frame; r63 and ip in a copy
# of it, by their distance from r0.
_FRAME_PLACES = {
    "machine::FRAME_R4":  machine.FRAME_REGISTERS + 4,
    "machine::FRAME_R62": machine.FRAME_REGISTERS + REGISTERS - 2,
    "machine::FRAME_R63": machine.FRAME_REGISTERS + REGISTERS - 1,
    "machine::SAVED_R63": REGISTERS - 1,
    "machine::SAVED_IP":  machine.FRAME_IP - machine.FRAME_REGISTERS,
}


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


def shared_qasm(program: Any) -> Source:
    """What the kernel's assembly knows of its QLL, a checked `toolchain.qll.tree.Program`: every
    constant by its name, and as ``process::process::MEMBER`` where a member of a process is."""
    values = {name: glob.image[0] for glob in program.globals
              if is_name(name := glob.label.removeprefix("global::"))
              and glob.constant and glob.image is not None and len(glob.image) == 1
              and isinstance(glob.image[0], int)}
    types = {glob.label: glob.type for glob in program.globals}
    process = types["global::scheduler::current"].base.target.base
    values |= {f"process::process::{member.name}": member.offset for member in process.members}
    return Source("<constants>.qasm", _defines(values | _FRAME_PLACES))


def _defines(values: dict[str, int]) -> str:
    return "".join(f"define {name} {value:#x}\n" for name, value in values.items())


def windows_qll() -> str:
    """The bare library's QLL file: where the devices are that every machine has, and those that
    follow them where they are fitted; and how to find the others."""
    windows = window_addresses(("timer", "clock", "debug_break", "console_output",
                                "console_input", "host_file", "display", "keyboard"))
    identifiers = {kind.name: kind.identifier for kind in PERIPHERALS}
    table = {
        **{name.upper(): address for name, address in windows.items()},
        "TABLE": machine.PERIPHERAL_TABLE,
        "COUNTERS_IDENTIFIER": identifiers["counters"],
    }
    rows = "".join(f"  .constant global {name}: byte = {value:#x};\n"
                   for name, value in table.items())
    return ("// windows.qll: the usual places of the devices. Generated from isa by\n"
            "// `python -m system windows`: do not edit.\n"
            f"\nnamespace _windows {{\n{rows}}}\n")
