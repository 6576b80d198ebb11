"""How a machine stopped, in words: what happened, where in the source, and who had called whom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from isa import encode
from isa.machine import PROGRAM
from isa.trace import Stop
from sim.machine import Machine, StopReport, Words
from toolchain.qll.abi import STACK, TRAP_BASE

if TYPE_CHECKING:
    from sim.symbols import Symbols
    from toolchain.debug_info import Place

__all__ = ["backtrace_lines", "describe_trap", "overflow_note", "trap_of"]

# What a failed check of the language leaves in r0, from `TRAP_BASE`.
TRAPS = ("null pointer dereference", "index out of bounds",
         "new length of a slice is above its capacity", "stack overflow")

_SHOWN = 12  # frames of a backtrace on either side, where it is long

_CONSTANT_R0    = encode("constant", d=0)
_CONSTANT_STACK = encode("constant", d=STACK)  # the first instruction of a compiled program


def trap_of(stop: StopReport, memory: Words) -> str | None:
    """What check of the language stopped the machine; None if it was something else.

    A check that fails ends in `constant r0 code` and `halt`. No program does that by itself, as no
    value of QLL becomes an exit code that way.
    """
    code = stop.exit_code - TRAP_BASE
    if stop.stop != Stop.HALT or not 0 <= code < len(TRAPS) or not 2 <= stop.ip < len(memory):
        return None
    if (int(memory[stop.ip - 2]), int(memory[stop.ip - 1])) != (_CONSTANT_R0, stop.exit_code):
        return None
    return TRAPS[code]


def describe_trap(what: str, ip: int, places: "Sequence[Place]") -> str:
    """One line: what, and where."""
    return f"{what} in {places[0]}" if places else f"{what} at {ip:#010x}"


def backtrace_lines(machine: Machine, symbols: "Symbols") -> list[str]:
    """The functions that have been called, a line each, innermost first."""
    frames = symbols.backtrace(machine.registers(), machine.space, machine.memory)
    lines: list[str] = []
    for frame in frames:
        for place in frame.places:
            lines.append(f"  {'by' if lines else 'at'} {place}"
                         + (", inlined" if place.is_inlined else ""))
    if len(lines) > 2 * _SHOWN:
        left_out = len(lines) - 2 * _SHOWN
        lines[_SHOWN:-_SHOWN] = [f"  ... {left_out} more"]
    return lines


def overflow_note(machine: Machine, image: Words) -> str | None:
    """What is wrong with the stack of a program on the bare machine, if it begins as compiled ones
    do: it has grown down into the program, or begins where there is no RAM."""
    pointer, end = machine.registers().general[STACK], PROGRAM + len(image)
    if machine.space or not len(image) or int(image[0]) != _CONSTANT_STACK:
        return None
    if pointer < end:
        return (f"stack overflow: the stack has grown down to {pointer:#x}, over the program, "
                f"which ends at {end:#x}")
    if pointer > machine.config.ram_words:
        return (f"the stack begins at {int(image[1]):#x}, and RAM ends at "
                f"{machine.config.ram_words:#x}: --ram must be larger")
    return None
