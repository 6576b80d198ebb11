"""Whose code an address is in: the debug information of the kernel, and of each process.

An address means something only in a *space*: the address of a page table in memory, or 0 where
translation is not active, as for the kernel and on the bare machine. Who has a space the kernel's
own list of processes says, which is read from the machine's memory by the kernel's debug
information, so that nothing here knows how the kernel lays out a process::

    symbols = Symbols(kernel, folder / "os", config)
    symbols.label(address, space, memory)      # "global::main+0x2", of the right program
    symbols.places(address, space, memory)     # function, file and line, innermost first
    symbols.backtrace(registers, space, memory)

A machine's own space is `Machine.space`; through trace records `sim.spaces` follows it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from isa.config import MachineConfig
from isa.machine import PageFlag
from isa.paging import translate
from sim.machine import Registers, Words
from sim.process_list import ListedProcess, ProcessList
from toolchain.debug_info import DebugInfo, DebugInfoError, Frame, Place

__all__ = ["Process", "Symbols", "misfit"]

_COMPARED_WORDS = 64  # of code, at least, to know a program's build again


@dataclass(frozen=True)
class Process:
    """A process, as the kernel has it. `shift` is how far its program stands from where it was
    linked to; `info` is None if nothing is known of it, and `why` says then what is wrong."""
    pid:   int
    name:  str
    space: int
    shift: int
    info:  DebugInfo | None
    why:   str = ""


class Symbols:
    """Finds the debug information for addresses in any space.

    Parameters
    ----------
    own : DebugInfo or None
        That of what runs without translation: the kernel, or a program on the bare machine.
    folders : sequence of Path
        Where the debug information of programs is, as `NAME.elf`.
    config : MachineConfig
        The machine's.

    Members
    -------
    listed : ProcessList
        The kernel's.
    """

    def __init__(self, own: DebugInfo | None, folders: Sequence[Path] = (),
                 config: MachineConfig | None = None):
        self.own = own
        self.folders = folders
        self.config = config or MachineConfig()
        self._programs: dict[str, DebugInfo | str] = {}
        self.listed = ProcessList(own)

    # --- questions -------------------------------------------------------------------------------

    def info(self, space: int, memory: Words) -> tuple[DebugInfo | None, int]:
        """The debug information for a space, and how far addresses are from those in it."""
        if space == 0:
            return self.own, 0
        process = self.process(space, memory)
        return (None, 0) if process is None else (process.info, process.shift)

    def label(self, address: int, space: int, memory: Words) -> str | None:
        """The label before an address and the distance from it; None if it has none."""
        info, shift = self.info(space, memory)
        return None if info is None else info.label(address - shift & 0xFFFFFFFF)

    def places(self, address: int, space: int, memory: Words) -> tuple[Place, ...]:
        """Function, file and line of an address, innermost first; () if they are not known."""
        info, shift = self.info(space, memory)
        return () if info is None else info.places(address - shift & 0xFFFFFFFF)

    def backtrace(self, registers: Registers, space: int, memory: Words) -> list[Frame]:
        """The functions that have been called and not returned, innermost first.

        Addresses in the frames are those that the program was linked to.
        """
        info, shift = self.info(space, memory)
        if info is None:
            return []
        return info.backtrace(registers.ip - shift & 0xFFFFFFFF, registers.general,
                              self.reader(space, memory), shift=shift)

    def reader(self, space: int, memory: Words) -> Callable[[int], int | None]:
        """Reads a word by its address in a space; None where nothing can be read."""
        def read(address: int) -> int | None:
            if space == 0:
                return int(memory[address]) if address < len(memory) else None
            at = translate(memory, self.config, space, address, PageFlag.READ)
            return None if at is None else int(memory[at])
        return read

    # --- processes -------------------------------------------------------------------------------

    def process(self, space: int, memory: Words) -> Process | None:
        """Who has a page table; None if nobody, or if the kernel's structures are not known."""
        return self._known(self.listed.find(space, self.reader(0, memory)), memory)

    def processes(self, memory: Words) -> list[Process]:
        """All processes that the kernel has."""
        read = self.reader(0, memory)
        found = [self._known(self.listed.at(address, read), memory)
                 for address in self.listed.addresses(read)]
        return [process for process in found if process is not None]

    def current(self, memory: Words) -> Process | None:
        """The process whose turn it is, by the kernel's word."""
        return self._known(self.listed.current(self.reader(0, memory)), memory)

    def _known(self, found: ListedProcess | None, memory: Words) -> Process | None:
        if found is None:
            return None
        program, shift = self._program(found.name), 0
        if isinstance(program, DebugInfo) and program.code is not None:
            shift = found.shift
            space = found.space

            def read(address: int) -> int | None:
                at = translate(memory, self.config, space, address, PageFlag.EXECUTE)
                return None if at is None else int(memory[at])

            program = misfit(program, read, shift) or program
        if isinstance(program, DebugInfo):
            return Process(found.pid, found.name, found.space, shift, program)
        return Process(found.pid, found.name, found.space, 0, None, program)

    def _program(self, name: str) -> DebugInfo | str:
        """The debug information of a program, or why there is none."""
        found = self._programs.get(name)
        if found is None:
            found = f"there are no symbols of {name}"
            for folder in self.folders:
                path = folder / f"{name}.elf"
                if name and "/" not in name and path.exists():
                    try:
                        found = DebugInfo.read(path)
                    except DebugInfoError as error:
                        found = str(error)
                    break
            self._programs[name] = found
        return found


def misfit(info: DebugInfo, read: Callable[[int], int | None], shift: int = 0) -> str:
    """Why debug information is not that of the code in memory; empty if it is, as far as a sample
    tells. `shift` is how far the code stands from where it was linked to.

    What cannot be read, or is 0, may still be being loaded.
    """
    if info.code is None:
        return ""
    first, octets = info.code
    end = max((function.high for function in info.functions), default=first)  # then data
    words = memoryview(octets[:4 * min(len(octets) // 4, end - first)]).cast("I")
    for at in range(0, len(words), max(1, len(words) // _COMPARED_WORDS)):
        here = read(first + shift + at)
        if here and here not in (words[at], words[at] + shift & 0xFFFFFFFF):
            return (f"{info.path}: symbols of another build than what runs: at "
                    f"{first + shift + at:#x} there is {here:#010x}, and they are of code with "
                    f"{words[at]:#010x} there")
    return ""
