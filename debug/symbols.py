"""Names for addresses: of the kernel or the bare program, and of each process by its page table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from debug.error import DebugError, suggestion
from debug.look import Look
from isa import REGISTERS
from sim.process_list import ListedProcess, ProcessList
from sim.symbols import misfit
from system.calls import load_calls
from toolchain.debug_info import DebugInfo, DebugInfoError, Function, Place
from toolchain.places import KERNEL

__all__ = ["KERNEL_SPACE", "Module", "Process", "Symbols", "read_module"]

KERNEL_SPACE = 0
NO_MEMBER    = "the kernel's struct of a process has no member '{}'"


@dataclass(frozen=True)
class Module:
    """One program's debug information.

    Parameters
    ----------
    name : str
        As in `break cat:main`.
    info : DebugInfo
    """
    name: str
    info: DebugInfo

    def statement_starts(self, low: int = 0, high: int = 1 << 32) -> list[tuple[int, str, int]]:
        """Addresses at which a statement begins, with its file and line."""
        return [(row.address, row.file, row.line) for row in self.info.rows(low, high)
                if row.is_statement]

    def body(self, function: Function) -> int:
        """Where a function is stopped at: behind what sets up its frame, if that is known."""
        for address, _, line in self.statement_starts(function.low, function.high):
            if address > function.low and line != function.line:
                return address
        return function.low


@dataclass(frozen=True)
class Process:
    """A process as the kernel's structures have it at the present position."""
    pid:     int
    name:    str
    path:    str
    state:   str
    base:    int  # of its page table; 0 if it has none any more
    address: int  # of the kernel's struct


class Symbols:
    """Which program is where.

    Parameters
    ----------
    look : Look
    kernel : Module or None
        Of untranslated code: the kernel, or the one program of a bare machine.
    find_program : callable
        The debug information of a program by its path on the machine's disk; None for none.
    """

    def __init__(self, look: Look, kernel: Module | None,
                 find_program: Callable[[str], Module | None] = lambda path: None):
        self._look = look
        self.kernel = kernel
        self._find_program = find_program
        self._programs: dict[str, Module | None] = {}
        self._fitting: set[tuple[int, str]] = set()  # a program may change its code later
        self.told: set[str] = set()  # why symbols were refused, once each
        self.own: dict[str, Module] = {}  # those the person has named, by program

    # --- modules ---------------------------------------------------------------------------------

    def module(self, space: int) -> Module | None:
        """The program in an address space; None where nothing is known about it."""
        if space == KERNEL_SPACE:
            return self.kernel
        process = self.process_of(space)
        return None if process is None else self._of_process(process)

    def _of_process(self, process: Process) -> Module | None:
        found = self.program(process.path or process.name)
        if found is None:
            return None
        key = (process.pid, process.path or process.name)
        if key not in self._fitting:
            wrong = misfit(found.info, lambda address: self._look.word(process.base, address))
            if wrong:
                self.told.add(f"process {process.pid} ({process.name}): {wrong}")
                return None
            self._fitting.add(key)
        return found

    def program(self, path: str) -> Module | None:
        """A program by its path or name."""
        name = path.rpartition("/")[2]
        if name in self.own:
            return self.own[name]
        if path not in self._programs:
            self._programs[path] = self._find_program(path)
        return self._programs[path]

    def is_read(self, space: int) -> bool:
        """Whether the program in a space is known without reading its file first, which may take a
        second."""
        if space == KERNEL_SPACE:
            return True
        process = self.process_of(space)
        return process is not None and (process.path or process.name) in self._programs

    def named(self, name: str) -> tuple[Module, Process | None]:
        """The module that `name:` in front of a place means, and a process that runs it.

        A name is `kernel`, a program's, or a process's number. Raises `DebugError`.
        """
        if name == "kernel" and self.kernel is not None:
            return self.kernel, None
        processes = self.processes()
        for process in processes:
            if name in (str(process.pid), process.name) and process.base:
                module = self._of_process(process)
                if module is None:
                    raise DebugError(f"there is no debug information for '{process.name}'")
                return module, process
        module = self.program(name)
        if module is None:
            known = ["kernel", *(process.name for process in processes)]
            raise DebugError(f"there is no program '{name}'{suggestion(name, known)}")
        return module, None

    # --- places ----------------------------------------------------------------------------------

    def places(self, space: int, address: int) -> tuple[Place, ...]:
        """Where code comes from, innermost first; () if nobody knows."""
        module = self.module(space)
        return module.info.places(address) if module is not None else ()

    def label(self, space: int, address: int) -> str | None:
        """An address as a label and how far behind it it is."""
        module = self.module(space)
        return module.info.label(address) if module is not None else None

    # --- processes -------------------------------------------------------------------------------

    def processes(self) -> list[Process]:
        """All processes, by number, as the kernel lists them now; none on a bare machine."""
        found = [self._known(self._listed.at(address, self._read))
                 for address in self._listed.addresses(self._read)]
        return sorted((process for process in found if process is not None),
                      key=lambda process: process.pid)

    def process_of(self, space: int) -> Process | None:
        """The one whose page table is at `space`."""
        return self._known(self._listed.find(space, self._read))

    def saved_registers(self, process: Process) -> tuple[int, ...]:
        """r0 to r63 and ip of a process that does not run."""
        kind = self._listed.kind
        found = kind.member("registers") if kind is not None else None
        if found is None:
            raise DebugError(NO_MEMBER.format("registers"))
        first = process.address + found.offset
        return tuple(self._read(first + n) or 0 for n in range(REGISTERS + 1))

    def current(self) -> Process | None:
        """The one that the kernel runs, or ran last."""
        return self._known(self._listed.current(self._read))

    def _read(self, address: int) -> int | None:
        return self._look.word(KERNEL_SPACE, address)

    @cached_property
    def _listed(self) -> ProcessList:
        listed = ProcessList(self.kernel.info if self.kernel is not None else None)
        missing = listed.missing_member()
        if missing is not None:
            raise DebugError(NO_MEMBER.format(missing))
        return listed

    @cached_property
    def _states(self) -> dict[int, str]:
        interface = load_calls(KERNEL / "syscalls.toml")
        return {one.value: one.name.lower() for one in interface.constants
                if one.kernel == "scheduler"}

    def _known(self, found: ListedProcess | None) -> Process | None:
        return None if found is None else Process(
            found.pid, found.name, found.path, self._states.get(found.state, str(found.state)),
            found.space, found.address)


def read_module(name: str, path: Path) -> Module:
    """A file's debug information. Raises `DebugError`."""
    try:
        return Module(name, DebugInfo.read(path))
    except DebugInfoError as error:
        raise DebugError(str(error)) from None
