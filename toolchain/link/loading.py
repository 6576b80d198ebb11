"""Reading an executable as something that is put into memory: addresses in words."""

import struct
from dataclasses import dataclass

from toolchain.link.elf import (
    SYMBOL,
    WORD_OCTETS,
    ElfType,
    SectionType,
    SegmentType,
    read_sections,
    string_at,
)

__all__ = ["Executable", "read_executable"]

# Of the header: the type; the first instruction and the table of segments; that table's size.
_TYPE, _ENTRY, _COUNT = struct.Struct("<H"), struct.Struct("<II"), struct.Struct("<HH")
_TYPE_AT, _ENTRY_AT, _COUNT_AT = 16, 24, 42
_SEGMENT = struct.Struct("<8I")


@dataclass(frozen=True)
class Executable:
    """What is loaded, and what is known of it."""
    entry:    int
    segments: list[tuple[int, bytes]]  # address in words, contents in octets
    symbols:  dict[str, int]

    @property
    def end(self) -> int:
        """The address behind its last word."""
        return max((at + len(octets) // WORD_OCTETS for at, octets in self.segments), default=0)


def read_executable(octets: bytes) -> Executable:
    """An executable that is linked to fixed addresses.

    Raises
    ------
    ValueError
        If the file is something else, or damaged; the message says how.
    """
    if len(octets) > _TYPE_AT + _TYPE.size:
        kind, = _TYPE.unpack_from(octets, _TYPE_AT)
        if kind == ElfType.REL:
            raise ValueError("an object file: link it first, with qlink")
        if kind == ElfType.DYN:
            raise ValueError("relocatable, for a kernel to place: link it with --format exec")
    sections = read_sections(octets, ElfType.EXEC)
    entry, table = _ENTRY.unpack_from(octets, _ENTRY_AT)
    size, count = _COUNT.unpack_from(octets, _COUNT_AT)
    if count and size != _SEGMENT.size or table + count * size > len(octets):
        raise ValueError("damaged: no table of segments")
    segments = []
    for n in range(count):
        kind, at, address, _, held, memory, _, _ = _SEGMENT.unpack_from(octets, table + n * size)
        if kind != SegmentType.LOAD:
            continue
        if at + held > len(octets):
            raise ValueError(f"truncated: segment {n} is outside the file")
        if address % WORD_OCTETS or held % WORD_OCTETS or held > memory:
            raise ValueError(f"damaged: segment {n} is not made of whole words")
        segments.append((address // WORD_OCTETS, octets[at:at + held]))
    symbols = {}
    for section in sections:
        if section.type == SectionType.SYMTAB and section.link < len(sections):
            names = sections[section.link].contents
            for name, value, *_ in SYMBOL.iter_unpack(
                    section.contents[:len(section.contents) // SYMBOL.size * SYMBOL.size]):
                if name:
                    symbols[string_at(names, name)] = value // WORD_OCTETS
    return Executable(entry // WORD_OCTETS, segments, symbols)
