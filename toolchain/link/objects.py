"""What can be linked: words in sections, symbols, relocations. Addresses and sizes in words here.

An `ObjectFile` comes from an assembled unit, or from a relocatable ELF file. Joining some gives
another: all code first, then the pieces of data in their order, so that the flat image made of
objects is the one that the assembler makes of their sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from toolchain.dwarf.sections import Sections, join_sections
from toolchain.link.debug import debug_sections
from toolchain.link.elf import WORD_OCTETS
from toolchain.qasm.assembler import check_labels
from toolchain.qasm.constants import definitions
from toolchain.qasm.parser import parse_source
from toolchain.qasm.unit import Unit
from toolchain.source import Source, SourceError, SourceErrors

__all__ = ["Content", "ObjectFile", "Patch", "Section", "Symbol", "check_symbols",
           "join", "object_from_unit", "objects_of", "symbol_names"]


class Content(Enum):
    """What a section holds, by who may do what with it."""
    CODE      = ".text"
    READ_ONLY = ".rodata"
    DATA      = ".data"


class Patch(NamedTuple):
    """Word `word` of a section is to hold a symbol's address plus `addend`."""
    word:   int
    symbol: str
    addend: int = 0


class Symbol(NamedTuple):
    """A definition: word `word` of section number `section`, which may be just behind its end."""
    name:    str
    section: int
    word:    int


@dataclass
class Section:
    """Some words that stay together, with what is to be filled in."""
    content: Content
    words:   list[int]   = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)


@dataclass
class ObjectFile:
    """Section 0 is the code, the others are data, in their order. `debug` is the debug information,
    in DWARF. `unit` is there if it came from a source, and then gives errors their places."""
    name:     str
    sections: list[Section] = field(default_factory=lambda: [Section(Content.CODE)])
    symbols:  list[Symbol]  = field(default_factory=list)
    debug:    Sections      = field(default_factory=dict)
    unit:     Unit | None   = None


def objects_of(parts: Sequence[Source | ObjectFile]) -> list[ObjectFile]:
    """Sources, which share their constants, and objects as objects; `check_symbols` raises what is
    wrong with them."""
    constants = definitions(part for part in parts if isinstance(part, Source))
    return [part if isinstance(part, ObjectFile) else
            object_from_unit(parse_source(part, constants)) for part in parts]


def object_from_unit(unit: Unit) -> ObjectFile:
    """An assembled file as an object: its data is cut where it begins or ceases to be read-only."""
    done = ObjectFile(unit.source.name, unit=unit)
    if unit.errors:  # its labels need not name anything; `check_symbols` raises the errors
        return done
    done.debug = debug_sections(unit)
    done.sections[0].words = list(unit.code)
    cuts = sorted({0, len(unit.data), *(edge for span in unit.read_only for edge in span)})
    starts = []  # of each data section
    read_only = {first for first, _ in unit.read_only}
    for first, end in pairwise(cuts):
        content = Content.READ_ONLY if first in read_only else Content.DATA
        done.sections.append(Section(content, unit.data[first:end]))
        starts.append(first)

    def place(in_data: bool, word: int) -> tuple[int, int]:
        if not in_data:
            return 0, word
        at = max(at for at, first in enumerate(starts) if first <= word)
        return at + 1, word - starts[at]

    for label in unit.labels:
        done.symbols.append(Symbol(label.name, *place(label.in_data, label.word)))
    for reference in unit.references:
        section, word = place(reference.in_data, reference.word)
        done.sections[section].patches.append(Patch(word, reference.name))
    return done


def join(objects: Sequence[ObjectFile], name: str) -> ObjectFile:
    """One object of several, whose symbols have been checked; neighbouring data of one kind is
    put together."""
    done = ObjectFile(name)
    parts: list[tuple[Sections, int]] = []
    for part in objects:
        places = []  # section and first word that each section of the part gets
        for source in part.sections:
            if source.content is Content.CODE:
                at = 0
            else:
                if len(done.sections) == 1 or done.sections[-1].content is not source.content:
                    done.sections.append(Section(source.content))
                at = len(done.sections) - 1
            section = done.sections[at]
            first = len(section.words)
            places.append((at, first))
            section.words += source.words
            section.patches += [patch._replace(word=patch.word + first)
                                for patch in source.patches]
        done.symbols += [Symbol(symbol.name, places[symbol.section][0],
                                places[symbol.section][1] + symbol.word)
                         for symbol in part.symbols]
        parts.append((part.debug, places[0][1] * WORD_OCTETS))
    done.debug = join_sections(parts)
    return done


def symbol_names(objects: Sequence[ObjectFile]) -> tuple[set[str], set[str]]:
    """The labels that objects define, and those that they refer to."""
    return ({symbol.name for part in objects for symbol in part.symbols},
            {patch.symbol for part in objects for section in part.sections
             for patch in section.patches})


def check_symbols(objects: Sequence[ObjectFile], *, allow_undefined: bool = False) -> None:
    """Raise all that is wrong with the sources and with the symbols of these objects."""
    units = [part.unit for part in objects if part.unit is not None]
    if len(units) == len(objects):
        check_labels(units, allow_undefined=allow_undefined)
        return
    check_labels(units, allow_undefined=True)
    errors = []
    defined: dict[str, ObjectFile] = {}
    for part in objects:
        for symbol in part.symbols:
            if symbol.name in defined:
                errors.append(_symbol_error(part, symbol.name, "duplicate", True,
                                            f"first defined in {defined[symbol.name].name}"))
            defined.setdefault(symbol.name, part)
    if not allow_undefined:
        for part in objects:
            names = dict.fromkeys(patch.symbol for section in part.sections
                                  for patch in section.patches)
            errors += [_symbol_error(part, name, "undefined", False)
                       for name in names if name not in defined]
    if errors:
        raise SourceErrors(errors)


def _symbol_error(part: ObjectFile, name: str, what: str, is_definition: bool,
                  *notes: str) -> SourceError:
    """An error with the place in the source, or the name of the object file."""
    if part.unit is None:
        return SourceError(f"{part.name}: {what} symbol '{name}'", notes=notes)
    found = part.unit.labels if is_definition else part.unit.references
    line = next(item.line for item in found if item.name == name)
    return SourceError(f"{what} label '{name}'",
                       part.unit.mention(name, line, first=is_definition), notes)
