"""Questions to the debug information of one file."""

from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from toolchain.debug_info.places import Place, Variable
from toolchain.debug_info.scopes import Scope, Scopes
from toolchain.debug_info.tables import (
    FunctionEntry,
    Row,
    Tables,
    WrongBuildError,
    read_tables,
    tables_of,
)
from toolchain.debug_info.unwind import Caller, Frame, ReadWord, Registers, Unwinder
from toolchain.identity import image_identity

__all__ = ["MOST_FRAMES", "DebugInfo", "Function", "Place", "Row", "Variable"]

MOST_FRAMES = 64  # of a backtrace, if no other number is given


class Function(NamedTuple):
    """A function with code of its own, in [low, high)."""
    name: str
    low:  int
    high: int
    file: str
    line: int


class DebugInfo:
    """What a file says about its code. Addresses are in words.

    Attributes
    ----------
    path : str
        The file.
    build_id : bytes or None
        That of the image that the information is about.
    symbols : dict[str, int]
        All labels with their addresses.
    functions : list[Function]
        In order of address.
    """

    def __init__(self, tables: Tables):
        self._tables = tables
        self.path = tables.path
        self.build_id = tables.build_id
        self.symbols = tables.symbols
        self.functions = [Function(one.label, one.low, one.high, one.file, one.line)
                          for one in tables.functions]
        self._unwinder = Unwinder(tables)
        self._scopes = Scopes(tables.dwarf) if tables.dwarf is not None else None

    @classmethod
    def read(cls, path: Path | str) -> "DebugInfo":
        """The information in an ELF file, or in a symbol map.

        Raises
        ------
        DebugInfoError
            If there is none, or the file is damaged.
        """
        return cls(read_tables(path))

    @classmethod
    def of(cls, octets: bytes, name: str) -> "DebugInfo":
        """The same from the contents of a file, which messages call by that name."""
        return cls(tables_of(octets, name))

    @property
    def code(self) -> tuple[int, bytes] | None:
        """Where the code is linked to, and its contents."""
        return self._tables.code

    def require_image(self, image: bytes) -> None:
        """Make sure that this is about an image, given from its first word to its last.

        A symbol map does not know which image it belongs to: it is believed.

        Raises
        ------
        WrongBuildError
            If it is about another build.
        """
        if self.build_id is not None and image_identity(image) != self.build_id:
            raise WrongBuildError(
                f"{self.path}: symbols of another build: they are of {self.build_id.hex()[:12]}, "
                f"and the image is {image_identity(image).hex()[:12]}")

    # --- from addresses to the source ---

    def function_at(self, address: int) -> Function | None:
        """The function whose code an address is in."""
        found = self._tables.function_at(address)
        return None if found is None else Function(found.label, found.low, found.high, found.file,
                                                   found.line)

    def places(self, address: int) -> tuple[Place, ...]:
        """Where the code at an address comes from, innermost first; () if that is not known."""
        function = self._tables.function_at(address)
        row = self._tables.row_at(address)
        file, line, column = row[1:4] if row is not None else ("", 0, 0)
        if function is None:
            return ()
        found: list[Place] = []
        for scope in self._chain(function, address)[:0:-1]:
            found.append(Place(scope.name, file, line, column, True))
            file, line, column = scope.file, scope.line, scope.column
        found.append(Place(function.label, file, line, column, False))
        return tuple(found)

    def _chain(self, function: FunctionEntry, address: int) -> list[Scope]:
        """A function and the inlined calls in it that an address belongs to, outermost first."""
        if self._scopes is None or function.die is None:
            return []
        scope: Scope | None = self._scopes.of(function.die)
        chain = []
        while scope is not None:
            chain.append(scope)
            scope = next((one for one in scope.inlined if one.covers(address)), None)
        return chain

    @cached_property
    def _by_address(self) -> tuple[list[int], list[str]]:
        names: dict[int, str] = {}
        for name, address in self.symbols.items():
            if self._tables.is_code.get(name) and (address not in names or "$" in names[address]):
                names[address] = name
        addresses = sorted(names)
        return addresses, [names[address] for address in addresses]

    def label(self, address: int) -> str | None:
        """An address as the label before it and how far it is behind: ``main+0x2``."""
        addresses, names = self._by_address
        at = bisect_right(addresses, address) - 1
        if at < 0 or self.functions and address >= self.functions[-1].high:
            return None
        offset = address - addresses[at]
        return names[at] + (f"+{offset:#x}" if offset else "")

    # --- from the source to addresses ---

    @cached_property
    def _by_line(self) -> dict[str, dict[int, list[int]]]:
        found: dict[str, dict[int, list[int]]] = {}
        for at, row in enumerate(self._tables.rows):
            follows = self._tables.rows[at + 1] if at + 1 < len(self._tables.rows) else None
            hidden = follows is not None and follows.address == row.address
            if row.file and row.is_statement and not hidden:
                found.setdefault(row.file, {}).setdefault(row.line, []).append(row.address)
        return found

    @property
    def files(self) -> list[str]:
        """The source files that there is code of."""
        return list(self._by_line)

    def lines(self, file: str) -> list[int]:
        """The lines of a file at which the code can be stopped."""
        return sorted(self._by_line.get(file, {}))

    def addresses(self, file: str, line: int) -> list[int]:
        """Where statements of this line begin; the file may be named by the end of its path.

        Of a line that is nothing but calls that were put in place, where these begin.
        """
        found: list[int] = []
        for name, lines in self._by_line.items():
            if name == file or name.endswith(f"/{file}"):
                found += lines.get(line, [])
        if not found:
            found = [low for (name, number), lows in self._inlined_calls.items() for low in lows
                     if number == line and (name == file or name.endswith(f"/{file}"))]
        return sorted(found)

    @cached_property
    def _inlined_calls(self) -> dict[tuple[str, int], list[int]]:
        """By the place of a call that was put in place, where its code begins."""
        found: dict[tuple[str, int], list[int]] = {}
        stack = [] if self._scopes is None else [
            self._scopes.of(one.die) for one in self._tables.functions if one.die is not None]
        while stack:
            for scope in stack.pop().inlined:
                stack.append(scope)
                if scope.ranges:
                    found.setdefault((scope.file, scope.line), []).append(
                        min(low for low, _ in scope.ranges))
        return found

    def rows(self, low: int = 0, high: int = 1 << 32) -> list[Row]:
        """The rows of the line table in [low, high)."""
        return [row for row in self._tables.rows if row.file and low <= row.address < high]

    def functions_named(self, name: str) -> list[Function]:
        """Functions by their label or its last parts: `main`, `std::print`, `global::main`."""
        exact = [one for one in self.functions if one.name == name]
        return exact or [one for one in self.functions if one.name.endswith(f"::{name}")]

    # --- variables ---

    def variables(self, address: int) -> list[Variable]:
        """The locals that exist at an address, those of the innermost place first.

        Where a variable hides another of its name, in one place, there is only the inner one.
        """
        function = self._tables.function_at(address)
        found: list[Variable] = []
        if function is None:
            return found
        for depth, scope in enumerate(reversed(self._chain(function, address))):
            here: dict[str, Variable] = {}
            for entry in scope.variables:
                for low, high, location in entry.places:
                    if low <= address < high:
                        here.pop(entry.name, None)
                        here[entry.name] = Variable(entry.name, entry.type, location,
                                                    entry.is_parameter, depth,
                                                    line=entry.line)
            found += here.values()
        return found

    @cached_property
    def globals(self) -> list[Variable]:
        """All global variables, by their full names."""
        if self._scopes is None:
            return []
        everywhere = [(0, 1 << 32)]
        found = []
        for die in self._tables.globals:
            entry = self._scopes.variable(die, everywhere)
            attribute = die.attributes.get("DW_AT_linkage_name")
            label = attribute.value.decode("utf-8", "replace") if attribute else entry.name
            found.append(Variable(entry.name, entry.type, entry.places[0][2] if entry.places
                                  else None, label=label, line=entry.line))
        return found

    # --- the stack ---

    def cfa(self, address: int, registers: Registers) -> int | None:
        """The address of the frame of code at `address`: the caller's stack pointer."""
        return self._unwinder.cfa(address, registers)

    def unwind(self, address: int, registers: Registers, read_word: ReadWord, *,
               is_innermost: bool = True) -> Caller | None:
        """The caller, and its registers; None if it is not known.

        For a function that has called, `address` is any in the call: the one that it returns to
        less one, as `backtrace` has it.
        """
        return self._unwinder.caller(address, registers, read_word, is_innermost=is_innermost)

    def backtrace(self, address: int, registers: Registers, read_word: ReadWord,
                  most: int = MOST_FRAMES, *, shift: int = 0) -> list[Frame]:
        """The frames from the innermost function outwards, `most` of them at most.

        `address`, and those in the frames, are as linked; what memory and registers hold is higher
        by `shift`.
        """
        frames: list[Frame] = []
        held = list(registers[:64])
        at, here = address, address  # where it goes on, and an address of the code that is there
        while len(frames) < most:
            frames.append(Frame(at, held, self.cfa(here, held), self.places(here),
                                self.variables(here), read_word))
            caller = self.unwind(here, held, read_word, is_innermost=not frames[1:])
            if caller is None or self.function_at(caller.address - shift - 1) is None:
                break
            at, held = caller.address - shift, caller.registers
            here = at - 1
        return frames
