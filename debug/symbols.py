"""Names for addresses: of the kernel or the bare program, and of each process by its page table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from debug.error import DebugError, suggestion
from debug.look import Look
from isa import REGISTERS
from system.calls import load_calls
from toolchain.debug_info import (
    DebugInfo,
    DebugInfoError,
    Function,
    Memory,
    Place,
    PointerType,
    SliceType,
    StructType,
    Variable,
)
from toolchain.link.loading import is_elf, read_executable
from toolchain.places import KERNEL

__all__ = ["KERNEL_SPACE", "Module", "Process", "Symbols", "read_module"]

KERNEL_SPACE = 0
MOST_PROCESSES = 4096   # of a list that is damaged
MOST_NAME      = 256    # words


@dataclass(frozen=True)
class Module:
    """One program's debug information.

    Parameters
    ----------
    name : str
        As in `break cat:main`.
    info : DebugInfo
    code : list of (int, bytes)
        The parts of its image that never change: address in words and octets.
    """
    name: str
    info: DebugInfo
    code: tuple[tuple[int, bytes], ...] = ()

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
            wrong = self._misfit(found, process)
            if wrong:
                self.told.add(wrong)
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

    def _misfit(self, module: Module, process: Process) -> str:
        """Why symbols are not those of a process: its code is another one. Empty if they are."""
        for start, octets in module.code:
            words = np.frombuffer(octets, dtype="<u4")
            for at in range(0, len(words), max(1, len(words) // 64)):
                here = self._look.word(process.base, start + at)
                if here and here != int(words[at]):  # it may still be being loaded
                    return (f"{module.info.path}: symbols of another build: at {start + at:#x} "
                            f"process {process.pid} ({process.name}) has {here:#010x}, and they "
                            f"are of code with {int(words[at]):#010x} there")
        return ""

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
        return sorted(self._walk(), key=lambda process: process.pid)

    def process_of(self, space: int) -> Process | None:
        """The one whose page table is at `space`."""
        return next((process for process in self._walk() if process.base == space), None)

    def saved_registers(self, process: Process) -> tuple[int, ...]:
        """r0 to r63 and ip of a process that does not run."""
        struct = self._layout()
        assert struct is not None
        first = process.address + self._offset(struct, "registers")
        return tuple(self._look.word(KERNEL_SPACE, first + n) or 0 for n in range(REGISTERS + 1))

    def current(self) -> Process | None:
        """The one that the kernel runs, or ran last."""
        at = self._global("scheduler::current")
        return None if at is None else next(
            (process for process in self._walk() if process.address == at), None)

    def _global(self, name: str) -> int | None:
        """The first word of a global of the kernel's."""
        variable = self._kernel_globals.get(name)
        if variable is None or not isinstance(variable.location, Memory):
            return None
        return self._look.word(KERNEL_SPACE, variable.location.address)

    @cached_property
    def _kernel_globals(self) -> dict[str, Variable]:
        if self.kernel is None:
            return {}
        return {variable.label.removeprefix("@").removeprefix("global::"): variable
                for variable in self.kernel.info.globals}

    @cached_property
    def _states(self) -> dict[int, str]:
        interface = load_calls(KERNEL / "syscalls.toml")
        return {one.value: one.name.lower() for one in interface.constants
                if one.kernel == "scheduler"}

    def _layout(self) -> StructType | None:
        """The struct of a process, out of the type of the list's head."""
        head = self._kernel_globals.get("process::all")
        kind = head.type.base if head is not None else None
        target = kind.target.base if isinstance(kind, PointerType) and kind.target else None
        return target if isinstance(target, StructType) else None

    def _walk(self) -> Iterator[Process]:
        struct, at = self._layout(), self._global("process::all")
        if struct is None:
            return
        for _ in range(MOST_PROCESSES):
            if not at:
                return
            yield self._process(struct, at)
            at = self._look.word(KERNEL_SPACE, at + self._offset(struct, "sibling"))

    def _process(self, struct: StructType, at: int) -> Process:
        def member(name: str) -> int:
            return self._look.word(KERNEL_SPACE, at + self._offset(struct, name)) or 0
        found = struct.member("name")
        words = found.type.size if found is not None else 0
        name = self._text(at + self._offset(struct, "name"), words)
        path, field = "", struct.member("path")
        if field is not None and isinstance(field.type.base, SliceType):
            first = at + field.offset
            start, length = (self._look.word(KERNEL_SPACE, first + n) or 0 for n in (0, 1))
            path = self._text(start, min(length, MOST_NAME)) if start else ""
        state = member("state")
        return Process(member("pid"), name, path, self._states.get(state, str(state)),
                       member("pages"), at)

    def _text(self, at: int, most: int) -> str:
        text = ""
        for n in range(most):
            word = self._look.word(KERNEL_SPACE, at + n)
            if not word or word > 0x10FFFF:
                break
            text += chr(word)
        return text

    @staticmethod
    def _offset(struct: StructType, name: str) -> int:
        field = struct.member(name)
        if field is None:
            raise DebugError(f"the kernel's struct of a process has no member '{name}'")
        return field.offset


def read_module(name: str, path: Path) -> Module:
    """A file's debug information. Raises `DebugError`."""
    try:
        info = DebugInfo.read(path)
        octets = path.read_bytes()
        if not is_elf(octets):
            return Module(name, info)
        executable = read_executable(octets)
    except DebugInfoError as error:
        raise DebugError(str(error)) from None
    except (OSError, ValueError) as error:
        raise DebugError(f"{path}: {error}") from None
    ends = [function.high for function in info.functions]
    end = max(ends, default=0)
    code = tuple((start, part[:4 * max(0, end - start)]) for start, part in executable.segments
                 if start < end)
    return Module(name, info, code)
