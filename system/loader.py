"""The boot loader of a board: built for its memory, its devices and its clock."""

import struct
import tomllib
from dataclasses import dataclass
from pathlib import Path

from isa.config import MachineConfig
from isa.instructions import encode
from isa.machine import (
    ENABLED,
    ENTRY_POINTER,
    ENTRY_TABLE,
    PERIPHERALS,
    WINDOWS,
    window_addresses,
)
from isa.reset import low_memory
from system.constants import constants_qll
from toolchain.build import image
from toolchain.files import read_source
from toolchain.places import FIRMWARE
from toolchain.qfs import layout
from toolchain.source import Source

__all__ = ["LOADER_WORDS", "LoaderOptions", "build_loader", "texts"]

LOADER_WORDS = 0x1000   # at the end of RAM: image, stack, buffers and what hardware looks at
UNUSED       = 16       # first words of it, whose places in the cache the trampoline needs
CAUSE        = 8        # words from the end
LIGHT        = 16
STACK_WORDS  = 192      # below them
BUFFER_WORDS = 256      # below the loader's words: two sectors, in use when memory is good
FILES        = ("boot", "memory", "card", "serial")
NEEDED       = ("clock", "serial", "block")


@dataclass(frozen=True)
class LoaderOptions:
    """What a loader is built for.

    Parameters
    ----------
    machine : MachineConfig
        With clock, serial line and block device.
    cache_words : int
        Size of the cache in front of the memory chip; a power of two, at least 8192.
    name : str
        What the loader calls the board.
    card_ms : int
        How long a card may take to come up.
    """
    machine:     MachineConfig
    cache_words: int = 8192
    name:        str = "this board"
    card_ms:     int = 2000

    def __post_init__(self) -> None:
        missing = [name for name in NEEDED if name not in self.machine.peripherals]
        if missing:
            raise ValueError(f"a boot loader needs the peripherals {', '.join(missing)}")
        if self.cache_words < 2 * LOADER_WORDS:
            raise ValueError(f"cache_words must be at least {2 * LOADER_WORDS}, "
                             f"not {self.cache_words}")
        if self.machine.ram_words < 4 * self.cache_words:
            raise ValueError(f"ram_words must be at least four times the cache's "
                             f"{self.cache_words}, not {self.machine.ram_words}")

    @property
    def place(self) -> int:
        """Where the loader's words begin."""
        return self.machine.ram_words - LOADER_WORDS


def build_loader(options: LoaderOptions) -> tuple[int, ...]:
    """The loader's words: `UNUSED` that lie at `PROGRAM` and lead to the others, which lie at the
    end of RAM, and are as many as `LOADER_WORDS`.

    Raises
    ------
    SourceErrors
        With what is wrong in the sources.
    """
    start = options.place + UNUSED
    sources = [Source("machine.qll", constants_qll()), Source("board.qll", _board_qll(options)),
               *(read_source(str(_folder() / f"{name}.qll")) for name in FILES)]
    assembly = [read_source(str(_folder() / "entry.qasm")),
                Source("<board>.qasm", f"define board::STACK_TOP {_end(options) - LIGHT:#x}\n"
                      f"define machine::ENABLED {ENABLED:#x}\n{_texts_qasm(options.name)}")]
    program = image(sources, assembly, level=1, strict=True, base=start)
    room = LOADER_WORDS - UNUSED - LIGHT - STACK_WORDS
    if len(program.words) > room:
        raise ValueError(f"the boot loader has {len(program.words)} words; {room} fit")
    trampoline = [encode("constant", d=0), start, encode("jmp", s0=0)]
    words = [*trampoline, *[0] * (UNUSED - len(trampoline)), *program.words]
    return tuple(words + [0] * (LOADER_WORDS - len(words)))


def texts() -> dict[str, str]:
    """What the loader says, by the names that its sources have for it."""
    with open(_folder() / "texts.toml", "rb") as file:
        return tomllib.load(file)


def _folder() -> Path:
    return FIRMWARE / "boot"


def _end(options: LoaderOptions) -> int:
    return options.machine.ram_words


def _board_qll(options: LoaderOptions) -> str:
    """Namespaces ``board``, ``qfs`` and ``text``."""
    machine, end = options.machine, _end(options)
    windows = window_addresses(machine.peripherals)
    last = next(kind for kind in reversed(PERIPHERALS) if kind.name in windows)
    windows_end = windows[last.name] + last.window_words
    board = {
        "RAM_WORDS": end, "CACHE_WORDS": options.cache_words, "PLACE": options.place,
        "LIGHT": end - LIGHT, "CAUSE": end - CAUSE, "SINK": end - LIGHT + 1,
        "BUFFERS": options.place - BUFFER_WORDS,
        "SECTOR": options.place - BUFFER_WORDS, "TABLE": options.place - BUFFER_WORDS // 2,
        "CARD_MS": options.card_ms,
        "TABLES": _line(ENTRY_TABLE), "TABLES_END": WINDOWS, "WINDOWS_END": _line(windows_end),
        **{name.upper(): windows[name] for name in NEEDED},
    }
    # Of the words below the handlers' table only one is in memory. Zeros by themselves are those
    # that no whole line has.
    low    = low_memory(machine)
    tables = {at: low.get(at, 0) for at in (*range(ENTRY_TABLE, _line(ENTRY_TABLE)),
                                            *range(windows_end, _line(windows_end)))}
    tables |= {at: word for at, word in low.items()
               if at >= ENTRY_TABLE or at == ENTRY_POINTER}
    flat = [number for pair in sorted(tables.items()) for number in pair]
    qfs = {
        "MAGIC": layout.MAGIC, "VERSION": layout.VERSION, "FAT_FIRST": layout.FAT_FIRST,
        "FAT_END": layout.FAT_END, "DIRECTORY_ENTRIES": layout.DIRECTORY_ENTRIES,
        **{f"SUPER_{word.name}": int(word) for word in layout.SuperWord},
        **{flag.name: int(flag) for flag in layout.EntryFlag if flag.name is not None},
    }
    externs = "".join(f"  .extern global {name}: byte;\n" for name in texts())
    return (f"namespace board {{\n{_rows(board)}"
            f"  .constant global tables: byte[{len(flat)}] = "
            f"[{', '.join(f'{number:#x}' for number in flat)}];\n}}\n"
            f"namespace qfs {{\n{_rows(qfs)}}}\n"
            f"namespace text {{\n{externs}}}\n")


def _line(address: int) -> int:
    """The first whole line of 8 words from an address on."""
    return -(-address // 8) * 8


def _rows(constants: dict[str, int]) -> str:
    return "".join(f"  .constant global {name}: byte = {value:#x};\n"
                   for name, value in constants.items())


def _texts_qasm(board: str) -> str:
    """What the loader says, as data: four octets a word, and at least one of zero at the end."""
    rows = ""
    for name, text in texts().items():
        octets = text.replace("BOARD", board).encode()
        octets += bytes(4 - len(octets) % 4)
        words = struct.unpack(f"<{len(octets) // 4}I", octets)
        rows += f"data @global::text::{name} {' '.join(f'{word:#x}' for word in words)}\n"
    return rows
