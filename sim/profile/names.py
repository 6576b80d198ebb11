"""Where the instruction at an address comes from, in whichever process: lines, or else labels."""

from typing import Any

from sim.machine import Words
from sim.profile.report import Place
from sim.program import LoadedProgram
from sim.sentences import source_name
from sim.symbols import Process, Symbols

__all__ = ["NAMELESS", "Names"]

NAMELESS = "(unknown)"


class Names:
    """Names of the addresses in every space that was seen.

    Parameters
    ----------
    program : LoadedProgram
        What runs at physical addresses.
    own : str
        Its name.
    symbols : Symbols
    """

    def __init__(self, program: LoadedProgram, own: str, symbols: Symbols):
        self._program, self._own, self._symbols = program, own, symbols
        self._processes: dict[str, Process] = {}

    def identify(self, table: int, memory: Words) -> tuple[Any, str]:
        """Of the process with a page table: what no other one has, and its name."""
        process = self._symbols.process(table, memory)
        if process is None:
            return table, f"process at {table:#x}"
        if process.info is not None:
            self._processes[process.name] = process
        return process.pid, process.name

    def place(self, process: str, address: int) -> Place:
        """The line is that of the innermost inlined call, the function the one around it."""
        known, info, shift = self._processes.get(process), None, 0
        if process == self._own:
            info = self._symbols.own
        elif known is not None:
            info, shift = known.info, known.shift
        if info is not None:
            places = info.places(address - shift & 0xFFFFFFFF)
            if places:
                return Place(process, places[-1].function, source_name(places[0].file),
                             places[0].line)
            label = info.label(address - shift & 0xFFFFFFFF)
        else:
            label = self._program.locate(address) if process == self._own else None
        return Place(process, label.split("+")[0].split("$")[0] if label else NAMELESS)

    def word(self, process: str, address: int) -> int | None:
        """The word at an address of a process, as its executable has it; None if not known."""
        known = self._processes.get(process)
        if known is None or known.info is None or known.info.code is None:
            return None
        first, octets = known.info.code
        at = 4 * (address - known.shift - first)
        return int.from_bytes(octets[at:at + 4], "little") if 0 <= at < len(octets) else None
