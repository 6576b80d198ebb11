"""From one object to what is loaded: a flat image, or an ELF executable.

An executable has up to three segments: code (read, execute), constants (read) and data (read,
write), each with its own `PT_LOAD`, so that a kernel can map each with its own rights. A
relocatable one (`ET_DYN`) is laid out from address 0; for every word that holds an address
`.rela.dyn`, which `PT_DYNAMIC` points at, has an `R_QPU_RELATIVE`.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from isa.machine import PROGRAM
from toolchain.identity import image_identity
from toolchain.link.elf import (
    RELA,
    SYMBOL,
    WORD_OCTETS,
    Elf,
    ElfType,
    OutSection,
    OutSegment,
    Relocation,
    SectionFlag,
    SectionType,
    SegmentFlag,
    SegmentType,
    Strings,
    SymbolBinding,
    elf_octets,
)
from toolchain.link.object_file import FLAGS, debug_out, pack_words, symbol_sizes
from toolchain.link.objects import Content, ObjectFile
from toolchain.qasm.assembler import SEPARATOR
from toolchain.source import SourceError

__all__ = ["ALIGN_WORDS", "HEAP_WORDS", "Layout", "NOTE_NAME", "NOTE_SIZES", "STACK_WORDS",
           "executable_octets", "flat_words", "layout_executable", "layout_flat"]

ALIGN_WORDS = 16        # where segments begin; the default page table takes any address
STACK_WORDS = 0x10000   # what a flat image gets
HEAP_WORDS  = 0x10000

NOTE_NAME  = "Quince"
NOTE_SIZES = 1          # note type: two words, octets of stack and octets of heap
NOTE_BUILD = 3          # of name GNU: what tells this image from others

_MEMORY_WORDS = 1 << 29  # in octets, addends are signed

# Tags of the dynamic section, in the order in which they are written.
_DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_RELASZ, _DT_RELAENT, _DT_TEXTREL = 5, 6, 7, 8, 9, 22


@dataclass(frozen=True)
class Layout:
    """Word address of each section of an object, and of each symbol."""
    sections: list[int]
    symbols:  dict[str, int]


def _layout(part: ObjectFile, sections: list[int]) -> Layout:
    return Layout(sections, {symbol.name: sections[symbol.section] + symbol.word
                             for symbol in part.symbols})


def layout_flat(part: ObjectFile, base: int = PROGRAM) -> Layout:
    """As the assembler lays it out: code, two halts, data."""
    at, sections = base, []
    for section in part.sections:
        sections.append(at)
        at += len(section.words) + (len(SEPARATOR) if section.content is Content.CODE else 0)
    return _layout(part, sections)


def layout_executable(part: ObjectFile, base: int, align: int) -> Layout:
    """Code, two halts, and from aligned addresses the constants and the data."""
    sections = [0] * len(part.sections)
    at = base
    for content in Content:
        at = -(-at // align) * align
        for number, section in enumerate(part.sections):
            if section.content is content:
                sections[number] = at
                at += len(section.words)
        if content is Content.CODE:
            at += len(SEPARATOR)
    if at > _MEMORY_WORDS:
        raise SourceError(f"the program ends at {at:#x}, beyond what ELF addresses can reach")
    return _layout(part, sections)


def _resolved(part: ObjectFile, layout: Layout) -> list[list[int]]:
    """The words of each section with all addresses filled in."""
    done = []
    for section in part.sections:
        words = list(section.words)
        for patch in section.patches:
            words[patch.word] = layout.symbols[patch.symbol] + patch.addend & 0xFFFFFFFF
        done.append(words)
    return done


def flat_words(part: ObjectFile) -> list[int]:
    """The flat image, word for word what the assembler makes of the same sources."""
    code, *data = _resolved(part, layout_flat(part))
    return [*code, *SEPARATOR, *(word for words in data for word in words), *SEPARATOR]


def executable_octets(part: ObjectFile, *, relocatable: bool = False, like_flat: bool = False,
                      entry: str | None = None, base: int = PROGRAM, align: int = ALIGN_WORDS,
                      stack_words: int = STACK_WORDS, heap_words: int = HEAP_WORDS,
                      stripped: bool = False) -> bytes:
    """An ELF executable, of an object whose symbols have been checked.

    Parameters
    ----------
    relocatable : bool
        Make an `ET_DYN` that can be loaded anywhere, instead of an `ET_EXEC` at `base`.
    like_flat : bool
        Lay it out as the flat image is, so that it says what is where in that one.
    entry : str or None
        The label to start at; by default the first word of code.
    base, align, stack_words, heap_words : int
        In words.
    stripped : bool
        Without symbols and debug information.
    """
    if like_flat:
        layout, align = layout_flat(part, base), 1
    else:
        layout = layout_executable(part, 0 if relocatable else base, align)
    if entry is not None and entry not in layout.symbols:
        raise SourceError(f"undefined entry label '{entry}'")
    start = layout.sections[0] if entry is None else layout.symbols[entry]
    elf = Elf(ElfType.DYN if relocatable else ElfType.EXEC, start * WORD_OCTETS)
    words = _resolved(part, layout)
    words[0] += SEPARATOR
    if like_flat:
        loaded = _flat_sections(layout, words)
    else:
        loaded = _loaded_sections(part, layout, words, align)
    sections = list(dict.fromkeys(loaded.values()))
    elf.sections += sections
    rights = {Content.CODE: SegmentFlag.READ | SegmentFlag.EXECUTE,
              Content.READ_ONLY: SegmentFlag.READ,
              Content.DATA: SegmentFlag.READ | SegmentFlag.WRITE}
    elf.segments += [OutSegment(SegmentType.LOAD, rights[Content(section.name)], [section],
                                align * WORD_OCTETS) for section in sections]
    if relocatable:
        _add_dynamic(elf, part, layout, sections[-1], align)
    note = OutSection(".note.quince", SectionType.NOTE, _size_note(stack_words, heap_words))
    elf.sections.append(note)
    elf.segments.append(OutSegment(SegmentType.NOTE, SegmentFlag.READ, [note]))
    if not stripped:
        _add_symbols(elf, part, layout, loaded)
    elf.sections.append(OutSection(".note.gnu.build-id", SectionType.NOTE,
                                   _build_note(sections)))
    if not stripped:
        elf.sections += debug_out(part, layout.sections[0], layout.symbols)
    return elf_octets(elf)


def _loaded_sections(part: ObjectFile, layout: Layout, words: list[list[int]],
                     align: int) -> dict[Content, OutSection]:
    """One section for each kind of content that there is."""
    done: dict[Content, OutSection] = {}
    for number, section in enumerate(part.sections):
        if section.content not in done:
            done[section.content] = OutSection(
                section.content.value, SectionType.PROGBITS, b"", FLAGS[section.content],
                layout.sections[number] * WORD_OCTETS, align=align * WORD_OCTETS)
        done[section.content].contents += pack_words(words[number])
    return {content: done[content] for content in Content
            if content in done and done[content].contents}


def _flat_sections(layout: Layout, words: list[list[int]]) -> dict[Content, OutSection]:
    """The two halves of a flat image: code, and all data."""
    code = OutSection(Content.CODE.value, SectionType.PROGBITS, pack_words(words[0]),
                      FLAGS[Content.CODE], layout.sections[0] * WORD_OCTETS)
    data = OutSection(
        Content.DATA.value, SectionType.PROGBITS,
        pack_words([word for section in words[1:] for word in section] + SEPARATOR),
        FLAGS[Content.DATA], code.address + len(code.contents))
    return {Content.CODE: code, Content.READ_ONLY: data, Content.DATA: data}


def _build_note(sections: Sequence[OutSection]) -> bytes:
    """The build id, where all tools look for it."""
    image = bytearray()
    for section in sections:
        image += bytes(section.address - sections[0].address - len(image)) + section.contents
    identity, name = image_identity(bytes(image)), b"GNU\0"
    return struct.pack("<III", len(name), len(identity), NOTE_BUILD) + name + identity


def _size_note(stack_words: int, heap_words: int) -> bytes:
    name = NOTE_NAME.encode() + b"\0"
    return struct.pack("<III", len(name), 2 * WORD_OCTETS, NOTE_SIZES) + \
        name + bytes(-len(name) % 4) + \
        struct.pack("<II", stack_words * WORD_OCTETS, heap_words * WORD_OCTETS)


def _add_dynamic(elf: Elf, part: ObjectFile, layout: Layout, last: OutSection,
                 align: int) -> None:
    """The relocations, in a read-only segment of their own behind the last one."""
    places = sorted((layout.sections[number] + patch.word,
                     layout.symbols[patch.symbol] + patch.addend)
                    for number, section in enumerate(part.sections) for patch in section.patches)
    entries = b"".join(RELA.pack(place * WORD_OCTETS, Relocation.RELATIVE, target * WORD_OCTETS)
                       for place, target in places)
    step = align * WORD_OCTETS
    address = -(-(last.address + len(last.contents)) // step) * step
    strings = OutSection(".dynstr", SectionType.STRTAB, bytes(WORD_OCTETS),
                         SectionFlag.ALLOC, address, align=step)
    symbols = OutSection(".dynsym", SectionType.DYNSYM, bytes(SYMBOL.size), SectionFlag.ALLOC,
                         address + WORD_OCTETS, info=1, entry_size=SYMBOL.size)
    relocations = OutSection(".rela.dyn", SectionType.RELA, entries, SectionFlag.ALLOC,
                             symbols.address + SYMBOL.size, entry_size=RELA.size)
    tags = [(_DT_STRTAB, strings.address), (_DT_SYMTAB, symbols.address),
            (_DT_RELA, relocations.address), (_DT_RELASZ, len(entries)),
            (_DT_RELAENT, RELA.size), (_DT_TEXTREL, 0), (0, 0)]
    dynamic = OutSection(".dynamic", SectionType.DYNAMIC,
                         b"".join(struct.pack("<II", *tag) for tag in tags), SectionFlag.ALLOC,
                         relocations.address + len(entries), entry_size=8)
    sections = [strings, symbols, relocations, dynamic]
    elf.sections += sections
    symbols.link = dynamic.link = elf.index(strings)
    relocations.link = elf.index(symbols)
    elf.segments += [OutSegment(SegmentType.LOAD, SegmentFlag.READ, sections, step),
                     OutSegment(SegmentType.DYNAMIC, SegmentFlag.READ, [dynamic])]


def _add_symbols(elf: Elf, part: ObjectFile, layout: Layout,
                 loaded: dict[Content, OutSection]) -> None:
    """All symbols; places inside of functions come first, as local ones."""
    sizes, strings = symbol_sizes(part), Strings()
    table, first_global = bytearray(SYMBOL.size), 1
    ordered = sorted(part.symbols,
                     key=lambda symbol: ("$" not in symbol.name, layout.symbols[symbol.name]))
    for symbol in ordered:
        kind, size = sizes[symbol.name]
        is_local = "$" in symbol.name
        first_global += is_local
        binding = SymbolBinding.LOCAL if is_local else SymbolBinding.GLOBAL
        section = loaded[part.sections[symbol.section].content]
        table += SYMBOL.pack(strings.add(symbol.name), layout.symbols[symbol.name] * WORD_OCTETS,
                             size * WORD_OCTETS, binding << 4 | kind, 0, elf.index(section))
    names = OutSection(".strtab", SectionType.STRTAB, bytes(strings.contents), align=1)
    symbols = OutSection(".symtab", SectionType.SYMTAB, bytes(table), info=first_global,
                         entry_size=SYMBOL.size)
    elf.sections += [symbols, names]
    symbols.link = elf.index(names)
