"""What is read of a file at once: symbols, lines, functions, frames.

The DWARF is read by pyelftools. Addresses in a file count octets, those in the tables words.
"""

import io
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from elftools.common.exceptions import ELFError
from elftools.dwarf.callframe import FDE
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DWARFInfo
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import NoteSection, SymbolTableSection

__all__ = ["DebugInfoError", "FunctionEntry", "Row", "Tables", "WrongBuildError", "read_tables",
           "tables_of"]

_WORD_OCTETS = 4
_MACHINE     = 0x5150
_NOWHERE     = 0xFFFFFFFF


class DebugInfoError(Exception):
    """A file's debug information cannot be used; the message names the file and says why."""


class WrongBuildError(DebugInfoError):
    """The debug information belongs to another build than the image."""


class Row(NamedTuple):
    """From `address` on, up to the next row, the code comes from this line; file "" for none."""
    address:      int
    file:         str
    line:         int
    column:       int
    is_statement: bool


class FunctionEntry(NamedTuple):
    """A function as the file has it; `die` is None if it is known by its label alone."""
    low:   int
    high:  int
    label: str
    name:  str
    file:  str
    line:  int
    die:   DIE | None


@dataclass
class Tables:
    """All that is read at once."""
    path:      str
    build_id:  bytes | None
    symbols:   dict[str, int] = field(default_factory=dict)
    is_code:   dict[str, bool] = field(default_factory=dict)
    rows:      list[Row] = field(default_factory=list)
    functions: list[FunctionEntry] = field(default_factory=list)
    frames:    list[tuple[int, int, FDE]] = field(default_factory=list)  # low, high
    globals:   list[DIE] = field(default_factory=list)
    dwarf:     DWARFInfo | None = None
    code:      tuple[int, bytes] | None = None  # address, contents

    def finish(self) -> "Tables":
        """Put everything in the order in which it is looked for."""
        self.rows.sort(key=lambda row: row.address)  # stable: of one address the last row counts
        self.functions.sort(key=lambda one: one.low)
        self.frames.sort(key=lambda one: one[0])
        return self

    def function_at(self, address: int) -> FunctionEntry | None:
        at = bisect_right(self.functions, address, key=lambda one: one.low) - 1
        if at < 0 or address >= self.functions[at].high:
            return None
        return self.functions[at]

    def row_at(self, address: int) -> Row | None:
        at = bisect_right(self.rows, address, key=lambda row: row.address) - 1
        return self.rows[at] if at >= 0 and self.rows[at].file else None

    def frame_at(self, address: int) -> FDE | None:
        at = bisect_right(self.frames, address, key=lambda one: one[0]) - 1
        if at < 0 or address >= self.frames[at][1]:
            return None
        return self.frames[at][2]


def read_tables(path: Path | str) -> Tables:
    """Read an ELF file, or a symbol map.

    Raises
    ------
    DebugInfoError
        If the file cannot be read, is damaged, or is for another machine.
    """
    try:
        octets = Path(path).read_bytes()
    except OSError as error:
        raise DebugInfoError(f"{path}: {error.strerror or error}") from None
    return tables_of(octets, str(path))


def tables_of(octets: bytes, path: str) -> Tables:
    """The same for the contents of a file."""
    try:
        if octets[:4] != b"\x7fELF":
            return _read_map(path, octets)
        return _read_elf(path, octets)
    except (ELFError, struct.error, KeyError, IndexError, AttributeError, TypeError,
            ValueError, AssertionError, UnicodeDecodeError) as error:
        raise DebugInfoError(f"{path}: the debug information is damaged ({error})") from None


# --- symbol maps ---------------------------------------------------------------------------------


def _read_map(path: str, octets: bytes) -> Tables:
    """A line a label: address, ``T`` for code or ``D`` for data, name."""
    tables = Tables(path, None)
    for number, line in enumerate(octets.decode("utf-8", "replace").split("\n"), 1):
        if not line:
            continue
        fields = line.split(" ", 2)
        try:
            tables.symbols[fields[2]] = int(fields[0], 16)
            tables.is_code[fields[2]] = fields[1] == "T"
        except (IndexError, ValueError):
            raise DebugInfoError(f"{path}:{number}: expected '<address> T|D <name>', not "
                                 f"{line[:60]!r}") from None
    if not tables.symbols:
        raise DebugInfoError(f"{path}: there are no symbols in it")
    _functions_of_symbols(tables)
    return tables.finish()


def _functions_of_symbols(tables: Tables) -> None:
    """Labels of code without `$` as functions, each up to the next one or the first data."""
    data = [at for name, at in tables.symbols.items() if not tables.is_code[name]]
    code = {at: name for name, at in reversed(tables.symbols.items())
            if tables.is_code[name] and "$" not in name}
    starts = sorted(code)
    last = max([at for name, at in tables.symbols.items() if tables.is_code[name]], default=0) + 1
    ends = [*starts[1:], max(last, min((at for at in data if at >= last), default=last))]
    tables.functions = [FunctionEntry(low, high, code[low], code[low], "", 0, None)
                        for low, high in zip(starts, ends, strict=False)]


# --- ELF files -----------------------------------------------------------------------------------


def _read_elf(path: str, octets: bytes) -> Tables:
    elf = ELFFile(io.BytesIO(octets))
    if elf["e_machine"] != _MACHINE:
        raise DebugInfoError(f"{path}: made for another machine")
    tables = Tables(path, _build_id(elf))
    symbols = elf.get_section_by_name(".symtab")
    if isinstance(symbols, SymbolTableSection):
        _read_symbols(tables, elf, symbols)
    code = elf.get_section_by_name(".text")
    if code is not None:
        tables.code = (code["sh_addr"] // _WORD_OCTETS, code.data())
    if elf.has_dwarf_info():
        # pyelftools reads the sections now, and parses them when asked.
        tables.dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
        _read_dwarf(tables, tables.dwarf)
    if not tables.functions:
        _functions_of_symbols(tables)
    if not tables.functions and not tables.rows:
        raise DebugInfoError(f"{path}: there are no symbols in it: it has been stripped")
    return tables.finish()


def _build_id(elf: ELFFile) -> bytes | None:
    section = elf.get_section_by_name(".note.gnu.build-id")
    if not isinstance(section, NoteSection):
        return None
    return next((bytes(note["n_descdata"]) for note in section.iter_notes()), None)


def _read_symbols(tables: Tables, elf: ELFFile, symbols: SymbolTableSection) -> None:
    executable = {number for number, section in enumerate(elf.iter_sections())
                  if section["sh_flags"] & 4}
    for symbol in symbols.iter_symbols():
        if symbol.name and isinstance(symbol["st_shndx"], int):
            tables.symbols[symbol.name] = symbol["st_value"] // _WORD_OCTETS
            tables.is_code[symbol.name] = symbol["st_shndx"] in executable


def _read_dwarf(tables: Tables, dwarf: DWARFInfo) -> None:
    for unit in dwarf.iter_CUs():
        top = unit.get_top_DIE()
        files = _read_rows(tables, dwarf, unit)
        for die in top.iter_children():
            attributes = die.attributes
            if die.tag == "DW_TAG_variable":
                tables.globals.append(die)
            elif die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in attributes:
                tables.functions.append(_function(die, files))
    if dwarf.has_CFI():
        for entry in dwarf.CFI_entries():
            if isinstance(entry, FDE):
                low = entry["initial_location"] // _WORD_OCTETS
                tables.frames.append((low, low + entry["address_range"] // _WORD_OCTETS, entry))


def _function(die: DIE, files: list[str]) -> FunctionEntry:
    what = die
    if "DW_AT_abstract_origin" in die.attributes:
        what = die.get_DIE_from_attribute("DW_AT_abstract_origin")
    name = text_of(what, "DW_AT_name")
    low = die.attributes["DW_AT_low_pc"].value // _WORD_OCTETS
    file = number_of(what, "DW_AT_decl_file", 0)
    line = number_of(what, "DW_AT_decl_line", 0)
    return FunctionEntry(low, low + die.attributes["DW_AT_high_pc"].value // _WORD_OCTETS,
                         text_of(what, "DW_AT_linkage_name") or name, name,
                         files[file] if line and file < len(files) else "", line, die)


def _read_rows(tables: Tables, dwarf: DWARFInfo, unit: Any) -> list[str]:
    """The rows of a unit; returns its files."""
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return []
    files = [entry.name.decode("utf-8", "replace") for entry in program["file_entry"]]
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        address = state.address // _WORD_OCTETS
        if state.end_sequence:
            tables.rows.append(Row(address, "", 0, 0, False))
        else:
            tables.rows.append(Row(address, files[state.file], state.line, state.column,
                                   bool(state.is_stmt)))
    return files


def text_of(die: DIE, name: str) -> str:
    attribute = die.attributes.get(name)
    return "" if attribute is None else attribute.value.decode("utf-8", "replace")


def number_of(die: DIE, name: str, default: int) -> int:
    attribute = die.attributes.get(name)
    return default if attribute is None else int(attribute.value)
