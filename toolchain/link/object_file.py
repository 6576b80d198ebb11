"""Relocatable objects as ELF files: `ET_REL`, written and read."""

import struct

from toolchain.dwarf.sections import Fix, Part, Target, resolve
from toolchain.link.elf import (
    RELA,
    SYMBOL,
    WORD_OCTETS,
    Elf,
    ElfType,
    InSection,
    OutSection,
    Relocation,
    SectionFlag,
    SectionType,
    Strings,
    SymbolBinding,
    SymbolType,
    elf_octets,
    read_sections,
    string_at,
)
from toolchain.link.objects import Content, ObjectFile, Patch, Section, Symbol
from toolchain.source import SourceError

__all__ = ["FLAGS", "debug_out", "object_octets", "pack_words", "read_object",
           "symbol_sizes"]

FLAGS = {
    Content.CODE:      SectionFlag.ALLOC | SectionFlag.EXECUTE,
    Content.READ_ONLY: SectionFlag.ALLOC,
    Content.DATA:      SectionFlag.ALLOC | SectionFlag.WRITE,
}


def pack_words(words: list[int]) -> bytes:
    return struct.pack(f"<{len(words)}I", *words)


def symbol_sizes(part: ObjectFile) -> dict[str, tuple[SymbolType, int]]:
    """Type and size, in words, of each symbol.

    A code label with a `$` in its name is a place inside of a function; the others are functions,
    which end where the next one begins. A data label is a place inside if what is in front of its
    last `$` is the label of data too: `vector$2` is the third word of `vector`.
    """
    done: dict[str, tuple[SymbolType, int]] = {}
    for at, section in enumerate(part.sections):
        here = [symbol for symbol in part.symbols if symbol.section == at]
        is_code = section.content is Content.CODE
        whole = {symbol.name for symbol in here if "$" not in symbol.name}
        if not is_code:
            whole = {symbol.name for symbol in here}
            whole = {name for name in whole if name.rpartition("$")[0] not in whole}
        starts = sorted({symbol.word for symbol in here if symbol.name in whole}
                        | {len(section.words)})
        following = dict(zip(starts, [*starts[1:], len(section.words)], strict=True))
        for symbol in here:
            if symbol.name not in whole:
                done[symbol.name] = SymbolType.NOTYPE, 0
            else:
                kind = SymbolType.FUNCTION if is_code else SymbolType.OBJECT
                done[symbol.name] = kind, following[symbol.word] - symbol.word
    return done


def debug_out(part: ObjectFile, code_word: int, symbols: dict[str, int]) -> list[OutSection]:
    """The debug sections, for code at word `code_word` and labels at these words."""
    contents = resolve(part.debug, code_word * WORD_OCTETS,
                       {name: word * WORD_OCTETS for name, word in symbols.items()})
    return [OutSection(name, SectionType.PROGBITS, octets, align=1)
            for name, octets in contents.items()]


# What is still to be filled in of debug sections: a section of its own kind for each, which only
# this linker reads. Others find the contents as they are if the object is looked at alone.
_FIXES, _FIX = ".quince.fix", struct.Struct("<IIIi")  # offset, target, name, addend


# --- writing -------------------------------------------------------------------------------------

def object_octets(part: ObjectFile) -> bytes:
    """The object as a relocatable file. All symbols are global: labels have no scope."""
    elf = Elf(ElfType.REL)
    seen: dict[Content, int] = {}
    contents = []
    for section in part.sections:
        number = seen[section.content] = seen.get(section.content, -1) + 1
        name = section.content.value + (f".{number}" if number else "")
        contents.append(OutSection(name, SectionType.PROGBITS, pack_words(section.words),
                                   flags=FLAGS[section.content]))
    elf.sections += contents
    strings, table = Strings(), bytearray(SYMBOL.size)
    sizes = symbol_sizes(part)
    indices = {}
    for symbol in part.symbols:
        indices[symbol.name] = len(table) // SYMBOL.size
        kind, size = sizes[symbol.name]
        table += SYMBOL.pack(strings.add(symbol.name), symbol.word * WORD_OCTETS,
                             size * WORD_OCTETS, SymbolBinding.GLOBAL << 4 | kind, 0,
                             symbol.section + 1)
    for patch in (patch for section in part.sections for patch in section.patches):
        if patch.symbol not in indices:
            indices[patch.symbol] = len(table) // SYMBOL.size
            table += SYMBOL.pack(strings.add(patch.symbol), 0, 0, SymbolBinding.GLOBAL << 4, 0, 0)
    symbols = OutSection(".symtab", SectionType.SYMTAB, bytes(table), info=1,
                         entry_size=SYMBOL.size)
    names = OutSection(".strtab", SectionType.STRTAB, bytes(strings.contents), align=1)
    relocations = []
    for section, out in zip(part.sections, contents, strict=True):
        if section.patches:
            entries = b"".join(
                RELA.pack(patch.word * WORD_OCTETS, indices[patch.symbol] << 8 | Relocation.WORD,
                          patch.addend * WORD_OCTETS) for patch in section.patches)
            relocations.append(OutSection(
                f".rela{out.name}", SectionType.RELA, entries, flags=SectionFlag.INFO,
                info=elf.index(out), entry_size=RELA.size))
    elf.sections += [*relocations, symbols, names]
    symbols.link = elf.index(names)
    for section_out in relocations:
        section_out.link = elf.index(symbols)
    names_of_fixes = Strings()
    for out in debug_out(part, 0, {}):
        entries = b"".join(_FIX.pack(fix.offset, fix.target, names_of_fixes.add(fix.name),
                                     fix.addend) for fix in part.debug[out.name].fixes)
        elf.sections += [out, OutSection(_FIXES + out.name, SectionType.FIXES, entries,
                                         entry_size=_FIX.size)]
    if part.debug:
        elf.sections.append(OutSection(_FIXES, SectionType.STRTAB,
                                       bytes(names_of_fixes.contents), align=1))
    return elf_octets(elf)


# --- reading -------------------------------------------------------------------------------------

def read_object(octets: bytes, name: str) -> ObjectFile:
    """A relocatable file as an object.

    Raises
    ------
    SourceError
        If it is none, or damaged; the message begins with `name`.
    """
    try:
        return _read(octets, name)
    except ValueError as error:
        raise SourceError(f"{name}: {error}") from None


def _read(octets: bytes, name: str) -> ObjectFile:
    sections = read_sections(octets, ElfType.REL)
    part = ObjectFile(name, sections=[])
    numbers: dict[int, int] = {}  # of our sections, by their index in the file
    contents = {int(flags): content for content, flags in FLAGS.items()}
    for section in sections:
        if section.type == SectionType.PROGBITS and section.flags & SectionFlag.ALLOC:
            content = contents.get(section.flags)
            if content is None or len(section.contents) % WORD_OCTETS:
                raise ValueError(f"section {section.name} is of an unknown kind")
            if (content is Content.CODE) != (not part.sections):
                raise ValueError("there must be one section of code, and it must be the first")
            numbers[section.at] = len(part.sections)
            part.sections.append(Section(content, _unpack_words(section.contents)))
    if not part.sections:
        raise ValueError("there is no section of code")
    tables = [section for section in sections if section.type == SectionType.SYMTAB]
    if len(tables) != 1:
        raise ValueError(f"there must be one table of symbols, not {len(tables)}")
    names = _read_symbols(part, tables[0], sections, numbers)
    for section in sections:
        if section.type == SectionType.RELA:
            if section.info not in numbers or section.link != tables[0].at:
                raise ValueError(f"section {section.name} belongs to no section")
            _read_patches(part.sections[numbers[section.info]], section, names)
    _read_debug(part, sections)
    return part


def _read_debug(part: ObjectFile, sections: list[InSection]) -> None:
    """The debug sections of an object, with what is to be filled in."""
    by_name = {section.name: section for section in sections}
    names = by_name[_FIXES].contents if _FIXES in by_name else b"\0"
    for section in sections:
        if not section.name.startswith(".debug_"):
            continue
        fixes = by_name.get(_FIXES + section.name)
        if fixes is None or len(fixes.contents) % _FIX.size:
            raise ValueError(f"section {section.name} cannot be linked: it is not of this linker")
        done = part.debug[section.name] = Part(bytearray(section.contents))
        for offset, target, name, addend in _FIX.iter_unpack(fixes.contents):
            if offset + WORD_OCTETS > len(section.contents) or target not in set(Target):
                raise ValueError(f"damaged: section {fixes.name}")
            done.fixes.append(Fix(offset, Target(target), string_at(names, name), addend))
    if any(fix.target is Target.SECTION and fix.name not in part.debug
           for one in part.debug.values() for fix in one.fixes):
        raise ValueError("damaged: the debug information refers to a section that is not there")


def _unpack_words(contents: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(contents) // WORD_OCTETS}I", contents))


def _read_symbols(part: ObjectFile, table: InSection, sections: list[InSection],
                  numbers: dict[int, int]) -> list[str]:
    """Fill in the definitions; returns all names by their index."""
    if len(table.contents) % SYMBOL.size or not 0 < table.link < len(sections):
        raise ValueError("damaged: the table of symbols")
    strings = sections[table.link].contents
    names, known = [], set()
    for offset, value, _, _, _, index in SYMBOL.iter_unpack(table.contents):
        name = string_at(strings, offset)
        names.append(name)
        if index == 0:
            continue
        if index not in numbers or value % WORD_OCTETS or \
                value // WORD_OCTETS > len(part.sections[numbers[index]].words):
            raise ValueError(f"damaged: symbol '{name}' is outside its section")
        if name in known:
            raise ValueError(f"duplicate symbol '{name}'")
        known.add(name)
        part.symbols.append(Symbol(name, numbers[index], value // WORD_OCTETS))
    return names


def _read_patches(section: Section, table: InSection, names: list[str]) -> None:
    if len(table.contents) % RELA.size:
        raise ValueError(f"damaged: section {table.name}")
    for offset, info, addend in RELA.iter_unpack(table.contents):
        kind, symbol = info & 0xFF, info >> 8
        if kind == Relocation.NONE:
            continue
        if kind != Relocation.WORD:
            raise ValueError(f"{table.name}: relocation of unknown type {kind}")
        if offset % WORD_OCTETS or offset // WORD_OCTETS >= len(section.words):
            raise ValueError(f"{table.name}: relocation at {offset:#x} is outside its section")
        if not 0 < symbol < len(names) or addend % WORD_OCTETS:
            raise ValueError(f"{table.name}: relocation at {offset:#x} is damaged")
        section.patches.append(Patch(offset // WORD_OCTETS, names[symbol],
                                     addend // WORD_OCTETS))
