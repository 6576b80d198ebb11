"""How a machine stopped, in words: what happened, where in the source, and who had called whom."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from isa import encode
from isa.trace import Stop
from sim.machine import Machine, Registers, StopReport, Words
from toolchain.places import ROOT
from toolchain.qll.abi import TRAP_BASE

if TYPE_CHECKING:
    from sim.symbols import Symbols
    from toolchain.debug_info import Frame, Place

__all__ = ["backtrace_lines", "describe_trap", "frame_lines", "source_name", "trap_of"]

# What a failed check of the language leaves in r0, from `TRAP_BASE`.
TRAPS = ("null pointer dereference", "index out of bounds",
         "new length of a slice is above its capacity", "stack overflow")

_SHOWN = 12  # frames of a backtrace on either side, where it is long

_CONSTANT_R0 = encode("constant", d=0)


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
    return f"{what} in {_shown(places[0])}" if places else f"{what} at {ip:#010x}"


def _shown(place: "Place") -> str:
    return str(place._replace(file=source_name(place.file)))


def source_name(file: str) -> str:
    """A source file for people: those of the project by their path in it."""
    return file.removeprefix(f"{ROOT}/")


def backtrace_lines(machine: Machine, ip: int, symbols: "Symbols") -> list[str]:
    """The functions that have been called, a line each, innermost first; the machine is at `ip`,
    as its last instruction left the registers."""
    registers = Registers(machine.registers().general, ip)
    return frame_lines(symbols.backtrace(registers, machine.space, machine.memory))


def frame_lines(frames: "Sequence[Frame]", left_out: Sequence[str] = ()) -> list[str]:
    """A line for each function that has been called, but for innermost ones that are left out; one
    line for a function that has called itself again and again at one place."""
    from toolchain.debug_info import MOST_FRAMES  # what made the frames: most runs need none
    places = [place for frame in frames for place in frame.places]
    while places and places[0].function in left_out:
        del places[0]
    lines: list[str] = []
    for text, group in groupby(f"{_shown(place)}{', inlined' if place.is_inlined else ''}"
                               for place in places):
        times = len(list(group))
        often = f", {times} times" if times > 1 else ""
        lines.append(f"  {'by' if lines else 'at'} {text}{often}")
    if len(lines) > 2 * _SHOWN:
        lines[_SHOWN:-_SHOWN] = [f"  ... {len(lines) - 2 * _SHOWN} more"]
    return lines + (["  and so on"] if len(frames) >= MOST_FRAMES else [])
