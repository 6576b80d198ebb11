"""Line tables: DWARF version 4, one compilation unit a file, addresses in octets.

The line program uses the standard opcodes only, no special ones: it is larger by that, and both
writer and reader fit on a page.
"""

import struct
from collections.abc import Iterator, Sequence

from toolchain.link.elf import WORD_OCTETS
from toolchain.link.objects import LineRow

__all__ = ["abbreviations", "compile_unit", "line_program", "rows_of_line_program"]

_VERSION = 4

# Standard opcodes, with the number of operands of each.
_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE = 1, 2, 3, 4
_OPERANDS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
# Extended opcodes, behind a 0 and their length.
_END_SEQUENCE, _SET_ADDRESS = 1, 2

_HEADER = struct.Struct("<BBBbBB")  # behind the header's length
_FIXED  = (WORD_OCTETS, 1, 1, 0, 1, len(_OPERANDS) + 1)


def line_program(rows: Sequence[LineRow], base_word: int, words: int) -> bytes:
    """The contents of ``.debug_line`` for code of so many words that begins at word `base_word`."""
    files = {name: at for at, name in enumerate(dict.fromkeys(row.file for row in rows), start=1)}
    tables = _OPERANDS + b"\0" + b"".join(
        name.encode() + b"\0\0\0\0" for name in files) + b"\0"
    program = bytearray()
    if rows:
        program += b"\0" + _uleb(5) + bytes([_SET_ADDRESS])
        program += struct.pack("<I", (base_word + rows[0].word) * WORD_OCTETS)
        at, file, line = rows[0].word, 1, 1
        for row in rows:
            if row.word != at:
                program += bytes([_ADVANCE_PC]) + _uleb(row.word - at)
            if files[row.file] != file:
                program += bytes([_SET_FILE]) + _uleb(files[row.file])
            if row.line != line:
                program += bytes([_ADVANCE_LINE]) + _sleb(row.line - line)
            program.append(_COPY)
            at, file, line = row.word, files[row.file], row.line
        program += bytes([_ADVANCE_PC]) + _uleb(words - at)
        program += b"\0" + _uleb(1) + bytes([_END_SEQUENCE])
    header = _HEADER.pack(*_FIXED) + tables
    body = struct.pack("<HI", _VERSION, len(header)) + header + program
    return struct.pack("<I", len(body)) + body


def abbreviations() -> bytes:
    """The contents of ``.debug_abbrev``: one kind of entry, the compilation unit."""
    name, low, high, lines, producer = 0x03, 0x11, 0x12, 0x10, 0x25
    string, address, word, offset = 0x08, 0x01, 0x06, 0x17
    return bytes([1, 0x11, 0, producer, string, name, string, low, address, high, word,
                  lines, offset, 0, 0, 0])


def compile_unit(name: str, base_word: int, words: int) -> bytes:
    """The contents of ``.debug_info``, which makes readers find the line program."""
    entry = b"\x01Quince\0" + name.encode() + b"\0" + struct.pack(
        "<III", base_word * WORD_OCTETS, words * WORD_OCTETS, 0)
    body = struct.pack("<HIB", _VERSION, 0, WORD_OCTETS) + entry + b"\0"
    return struct.pack("<I", len(body)) + body


def _uleb(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _sleb(value: int) -> bytes:
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value & 0x7F])


# --- reading what `line_program` wrote -----------------------------------------------------------

def rows_of_line_program(octets: bytes) -> list[LineRow]:
    """The rows of a line program of ours, whose addresses begin at 0.

    Raises
    ------
    ValueError
        If it is not one of ours.
    """
    try:
        return list(_rows(octets))
    except (IndexError, struct.error, UnicodeDecodeError):
        raise ValueError("damaged: the line table cannot be read") from None


def _rows(octets: bytes) -> Iterator[LineRow]:
    size, version, header_size = struct.unpack_from("<IHI", octets)
    if version != _VERSION or size + 4 != len(octets) or _HEADER.unpack_from(octets, 10) != _FIXED:
        raise ValueError("the line table is of an unknown kind")
    at = 10 + _HEADER.size + len(_OPERANDS) + 1
    files = []
    while octets[at]:
        end = octets.index(b"\0", at) if b"\0" in octets[at:] else len(octets)
        files.append(octets[at:end].decode())
        at = end + 4
    at = 10 + header_size
    word, file, line = 0, 1, 1
    while at < len(octets):
        opcode = octets[at]
        at += 1
        if opcode == 0:
            extended = octets[at + 1]
            if extended == _END_SEQUENCE:
                return
            word = struct.unpack_from("<I", octets, at + 2)[0] // WORD_OCTETS
            at += 1 + octets[at]
        elif opcode == _COPY:
            yield LineRow(word, files[file - 1], line)
        elif opcode in (_ADVANCE_PC, _ADVANCE_LINE, _SET_FILE):
            value, at = _read_leb(octets, at, signed=opcode == _ADVANCE_LINE)
            if opcode == _ADVANCE_PC:
                word += value
            elif opcode == _ADVANCE_LINE:
                line += value
            else:
                file = value
        else:
            raise ValueError(f"the line table has the unknown opcode {opcode}")


def _read_leb(octets: bytes, at: int, *, signed: bool) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (octets[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not octets[at - 1] & 0x80:
            break
    if signed and octets[at - 1] & 0x40:
        value -= 1 << shift
    return value, at
