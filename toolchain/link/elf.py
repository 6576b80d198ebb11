"""The container: ELF32, little-endian, with this machine's number.

ELF counts octets, the machine words, so every address, offset and size in a file is four times the
machine's. The functions here know octets only.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

__all__ = [
    "Elf", "ElfType", "InSection", "MACHINE", "OutSection", "OutSegment", "RELA",
    "Relocation", "SYMBOL", "SectionFlag", "SectionType", "SegmentFlag", "SegmentType", "Strings",
    "SymbolBinding", "SymbolType", "WORD_OCTETS", "elf_octets", "read_sections", "string_at",
]

MACHINE     = 0x5150
WORD_OCTETS = 4

_IDENT          = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)  # 32 bits, little-endian, version 1
_HEADER         = struct.Struct("<16sHHIIIIIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<8I")
_SECTION_HEADER = struct.Struct("<10I")
SYMBOL          = struct.Struct("<IIIBBH")
RELA            = struct.Struct("<IIi")



class ElfType(IntEnum):
    REL  = 1
    EXEC = 2
    DYN  = 3


class SectionType(IntEnum):
    NULL     = 0
    PROGBITS = 1
    SYMTAB   = 2
    STRTAB   = 3
    RELA     = 4
    DYNAMIC  = 6
    NOTE     = 7
    DYNSYM   = 11
    FIXES    = 0x80000000  # of debug information, see `object_file`


class SectionFlag(IntFlag):
    WRITE   = 1
    ALLOC   = 2
    EXECUTE = 4
    INFO    = 0x40  # `info` is a section's index


class SegmentType(IntEnum):
    LOAD    = 1
    DYNAMIC = 2
    NOTE    = 4


class SegmentFlag(IntFlag):
    EXECUTE = 1
    WRITE   = 2
    READ    = 4


class SymbolBinding(IntEnum):
    LOCAL  = 0
    GLOBAL = 1


class SymbolType(IntEnum):
    NOTYPE   = 0
    OBJECT   = 1
    FUNCTION = 2


class Relocation(IntEnum):
    """What is put into a word: nothing; (symbol + addend) / 4; (load address + addend) / 4."""
    NONE     = 0  # R_QPU_NONE
    WORD     = 1  # R_QPU_32
    RELATIVE = 2  # R_QPU_RELATIVE


class Strings:
    """A string table in the making."""

    def __init__(self) -> None:
        self.contents = bytearray(1)
        self._offsets = {"": 0}

    def add(self, text: str) -> int:
        """Offset of a string, which is there once."""
        if text not in self._offsets:
            self._offsets[text] = len(self.contents)
            self.contents += text.encode() + b"\0"
        return self._offsets[text]


@dataclass(eq=False)
class OutSection:
    """A section to write; sizes and addresses in octets. `elf_octets` gives it its offset."""
    name:       str
    type:       SectionType
    contents:   bytes
    flags:      int = 0
    address:    int = 0
    link:       int = 0
    info:       int = 0
    align:      int = WORD_OCTETS
    entry_size: int = 0
    offset:     int = 0


@dataclass(frozen=True)
class OutSegment:
    """A segment to write: it covers these sections, which follow each other."""
    type:     SegmentType
    flags:    SegmentFlag
    sections: Sequence[OutSection]
    align:    int = WORD_OCTETS


@dataclass
class Elf:
    """A file to write. `sections` leaves out the null section and the section names."""
    type:     ElfType
    entry:    int = 0
    sections: list[OutSection] = field(default_factory=list)
    segments: list[OutSegment] = field(default_factory=list)

    def index(self, section: OutSection) -> int:
        """A section's index in the file."""
        return next(at for at, other in enumerate(self.sections, start=1) if other is section)


def elf_octets(elf: Elf) -> bytes:
    """The file: header, program headers, contents, section headers."""
    names = Strings()
    sections = [*elf.sections, OutSection(".shstrtab", SectionType.STRTAB, b"", align=1)]
    name_offsets = [names.add(section.name) for section in sections]
    sections[-1].contents = bytes(names.contents)
    body = bytearray(_HEADER.size + len(elf.segments) * _PROGRAM_HEADER.size)
    previous: OutSection | None = None
    for section in sections:
        follows = previous is not None and any(
            previous in segment.sections and section in segment.sections
            for segment in elf.segments if segment.type == SegmentType.LOAD)
        if previous is not None and follows:
            # within a segment, memory and file keep the same distances
            section.offset = previous.offset + section.address - previous.address
        else:
            step = max(section.align, WORD_OCTETS)  # a kernel reads files word by word
            section.offset = -(-len(body) // step) * step
        body += bytes(section.offset - len(body)) + section.contents
        previous = section
    body += bytes(-len(body) % WORD_OCTETS)
    table = len(body)
    body += bytes(_SECTION_HEADER.size)
    for section, name in zip(sections, name_offsets, strict=True):
        body += _SECTION_HEADER.pack(name, section.type, section.flags, section.address,
                                     section.offset, len(section.contents), section.link,
                                     section.info, section.align, section.entry_size)
    segments_at = _HEADER.size if elf.segments else 0
    _HEADER.pack_into(body, 0, _IDENT, elf.type, MACHINE, 1, elf.entry, segments_at, table, 0,
                      _HEADER.size, _PROGRAM_HEADER.size, len(elf.segments),
                      _SECTION_HEADER.size, len(sections) + 1, len(sections))
    for at, segment in enumerate(elf.segments):
        first, last = segment.sections[0], segment.sections[-1]
        size = last.offset + len(last.contents) - first.offset
        _PROGRAM_HEADER.pack_into(
            body, _HEADER.size + at * _PROGRAM_HEADER.size, segment.type, first.offset,
            first.address, first.address, size, size, segment.flags, segment.align)
    return bytes(body)


# --- reading -------------------------------------------------------------------------------------

@dataclass(frozen=True)
class InSection:
    """A section as it was read; `at` is its index."""
    at:       int
    name:     str
    type:     int
    flags:    int
    contents: bytes
    link:     int
    info:     int


def read_sections(octets: bytes, wanted: ElfType) -> list[InSection]:
    """All sections of a file, the null section included.

    Raises
    ------
    ValueError
        If the file is none of ours, or damaged; the message says how.
    """
    if octets[:4] != _IDENT[:4]:
        raise ValueError("not an ELF file")
    if len(octets) < _HEADER.size:
        raise ValueError("truncated: the header is not complete")
    (ident, kind, machine, version, _, _, table, _, _, _, _, entry_size, count,
     names_at) = _HEADER.unpack_from(octets)
    if ident[:7] != _IDENT[:7] or version != 1:
        raise ValueError("not a 32-bit little-endian ELF file")
    if machine != MACHINE:
        raise ValueError(f"made for machine {machine:#x}, not for {MACHINE:#x}")
    if kind != wanted:
        raise ValueError(f"ELF type {kind}, not {int(wanted)} ({wanted.name})")
    if entry_size != _SECTION_HEADER.size or not 0 < names_at < count:
        raise ValueError("damaged: no table of sections")
    if table + count * entry_size > len(octets):
        raise ValueError("truncated: the table of sections is outside the file")
    headers = [_SECTION_HEADER.unpack_from(octets, table + at * entry_size)
               for at in range(count)]
    contents = []
    for at, (_, section_type, _, _, offset, size, *_) in enumerate(headers):
        if section_type == SectionType.NULL:
            offset = size = 0
        if offset + size > len(octets):
            raise ValueError(f"truncated: section {at} is outside the file")
        contents.append(octets[offset:offset + size])
    return [InSection(at, string_at(contents[names_at], name), section_type, flags,
                      contents[at], link, info)
            for at, (name, section_type, flags, _, _, _, link, info, _, _) in enumerate(headers)]


def string_at(table: bytes, offset: int) -> str:
    """A string of a string table; a ValueError if there is none."""
    end = table.find(b"\0", offset)
    if end < 0:
        raise ValueError("damaged: a name is outside its table")
    return table[offset:end].decode("utf-8", "replace")
