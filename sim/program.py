"""Program files, of whatever kind, as an image with symbols."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from isa.config import MachineConfig
from isa.machine import PROGRAM
from sim.machine import ImageError, Words, check_image, read_image
from toolchain.build import debug_file, image
from toolchain.files import is_elf, read_source
from toolchain.qasm.assembler import Program
from toolchain.source import Source, SourceError, SourceErrors

if TYPE_CHECKING:
    from toolchain.debug_info import DebugInfo

__all__ = ["LoadedProgram", "TARGET_CHOICES", "load_program", "read_symbols",
           "with_symbols"]

TARGET_CHOICES = ("auto", "bare", "user", "none")
MAIN = "@global::main:"


@dataclass(frozen=True)
class LoadedProgram:
    """An image and the addresses of its labels, of which a flat image has none. `debug` reads its
    debug information, or makes it, when somebody asks."""
    words:   Words
    symbols: dict[str, int] = field(default_factory=dict)
    debug:   "Callable[[], DebugInfo | None]" = lambda: None

    def __post_init__(self) -> None:
        ordered = sorted((address, name) for name, address in self.symbols.items())
        self._addresses.extend(address for address, _ in ordered)
        self._names.extend(name for _, name in ordered)

    @cached_property
    def info(self) -> "DebugInfo | None":
        """The debug information; None if there is none that can be used."""
        from toolchain.debug_info import DebugInfoError
        try:
            found = self.debug()
            if found is not None:
                found.require_image(self.words.tobytes())
            return found
        except (DebugInfoError, SourceError, SourceErrors):
            return None

    _addresses: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
    _names:     list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def locate(self, address: int) -> str | None:
        """The label at or before an address, as ``main`` or ``main+0x12``; None without one."""
        at = bisect_right(self._addresses, address) - 1
        if at < 0 or address >= PROGRAM + len(self.words):
            return None
        offset = address - self._addresses[at]
        return self._names[at] + (f"+{offset:#x}" if offset else "")


def load_program(name: str, config: MachineConfig, target: str = "auto") -> LoadedProgram:
    """A program by its file's ending: `.qasm` is assembled, `.qll` compiled.

    Others are ELF executables if they begin like one, and flat images if not.

    The target `auto` means `bare` for QLL and for assembly that defines ``@global::main``, and
    `none` for other assembly.

    Raises
    ------
    ImageError
        If the file cannot be read or does not fit into the machine.
    SourceError, SourceErrors
        For mistakes in source text.
    """
    suffix = Path(name).suffix
    if suffix == ".qasm":
        program = _assembled(read_source(name), target)
    elif suffix == ".qll":
        program = _compiled(read_source(name), "bare" if target == "auto" else target)
    elif is_elf(_beginning(name)):
        program = _executable(name, config)
    else:
        program = LoadedProgram(read_image(name, config))
    try:
        check_image(program.words, config)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    return program


def _beginning(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(4)
    except OSError as error:
        raise ImageError(f"{name}: {error.strerror or error}") from None


def _executable(name: str, config: MachineConfig) -> LoadedProgram:
    """An executable that was linked for the bare machine: it begins where the machine does."""
    from toolchain.link.loading import read_executable  # with the linker; most runs need none
    try:
        executable = read_executable(Path(name).read_bytes())
    except OSError as error:
        raise ImageError(f"{name}: {error.strerror or error}") from None
    except ValueError as error:
        raise ImageError(f"{name}: {error}") from None
    low = [at for at, octets in executable.segments if octets and at < PROGRAM]
    if low:
        raise ImageError(f"{name}: it has words at {low[0]:#x}, and the bare machine's RAM "
                         f"for programs begins at {PROGRAM:#x}")
    if executable.end <= PROGRAM:
        raise ImageError(f"{name}: there is nothing in it to load")
    if executable.entry != PROGRAM:
        raise ImageError(f"{name}: it begins at {executable.entry:#x}, and the bare machine "
                         f"begins at {PROGRAM:#x}")
    if executable.end > config.ram_words:
        raise ImageError(f"{name}: it ends at {executable.end:#x}, and RAM at "
                         f"{config.ram_words:#x}")
    words = np.zeros(executable.end - PROGRAM, dtype=np.uint32)
    for at, octets in executable.segments:
        part = np.frombuffer(octets, dtype="<u4")
        words[at - PROGRAM:at - PROGRAM + len(part)] = part
    return LoadedProgram(words, executable.symbols, lambda: _read(name))


def with_symbols(program: LoadedProgram, name: str, debug: str | None = None) -> LoadedProgram:
    """A program with the labels of a symbol map, or the debug information of an ELF file.

    With a symbol map, `debug` may name an ELF file, too. It is not read before somebody asks: for
    the kernel that takes longer than to boot it.

    Raises
    ------
    ImageError
        If the file is damaged, or about another build than the program.
    """
    if not is_elf(_beginning(name)):
        return LoadedProgram(program.words, read_symbols(name),
                             lambda: None if debug is None else _read(debug))
    from toolchain.debug_info import DebugInfoError
    try:
        info = _read(name)
        info.require_image(program.words.tobytes())
    except DebugInfoError as error:
        raise ImageError(str(error)) from None
    return LoadedProgram(program.words, info.symbols, lambda: info)


def _read(name: str) -> "DebugInfo":
    from toolchain.debug_info import DebugInfo
    return DebugInfo.read(name)


def _debug_info(program: Program, name: str) -> "DebugInfo":
    from toolchain.debug_info import DebugInfo
    return DebugInfo.of(debug_file(program, name), name)


def read_symbols(name: str) -> dict[str, int]:
    """A symbol map as the assembler's --symbols writes it: address, kind, name on each line."""
    symbols = {}
    for number, line in enumerate(read_source(name).text.split("\n"), 1):
        if not line:
            continue
        fields = line.split(" ", 2)
        try:
            symbols[fields[2]] = int(fields[0], 16)
        except (IndexError, ValueError):
            raise ImageError(f"{name}:{number}: expected '<address> T|D <name>', "
                             f"not {line!r}") from None
    return symbols


def _assembled(source: Source, target: str) -> LoadedProgram:
    if target == "auto":
        defines_main = any(line.strip().startswith(MAIN) for line in source.text.split("\n"))
        target = "bare" if defines_main else "none"
    program = image([], [source], target)
    if not program.code_words:
        raise ImageError(f"{source.name}: there is no code in the file")
    return LoadedProgram(_words(program.words), program.symbols,
                         lambda: _debug_info(program, source.name))


def _compiled(source: Source, target: str) -> LoadedProgram:
    def debug() -> "DebugInfo":
        """Compiled once more: the code is the same, and most runs need no more than that."""
        return _debug_info(image([source], target=target, debug=True), source.name)

    program = image([source], target=target)
    return LoadedProgram(_words(program.words), program.symbols, debug)


def _words(words: list[int]) -> Words:
    return check_image(words, MachineConfig(ram_words=1 << 32))
