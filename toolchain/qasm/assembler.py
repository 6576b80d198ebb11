"""From units to the binary: joins the files in order, gives every label its address, fills in."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from isa import encode
from isa.machine import PROGRAM
from toolchain.qasm.constants import definitions
from toolchain.qasm.parser import parse_source
from toolchain.qasm.unit import Unit
from toolchain.source import Source, SourceError, SourceErrors

__all__ = ["Program", "SEPARATOR", "assemble", "check_labels", "link_units", "parse_sources"]

# Two `halt` words end the code, and two the data: a disassembler finds the parts by them.
SEPARATOR = [encode("halt")] * 2

_HINTS = 20  # undefined labels for which a similar one is looked for; it takes a while


@dataclass(frozen=True)
class Program:
    """A binary with what is known about it.

    `words` is the image, loaded at `base`: `code_words` of code, two `halt`, `data_words` of data,
    two `halt`. `symbols` has the address of every label.
    """
    words:      list[int]
    symbols:    dict[str, int]
    code_words: int
    data_words: int
    units:      list[Unit]
    base:       int = PROGRAM

    def to_octets(self) -> bytes:
        """The image as a `.qbin` file."""
        return struct.pack(f"<{len(self.words)}I", *self.words)

    def data_address(self) -> int:
        """Address of the first data word."""
        return self.base + self.code_words + len(SEPARATOR)

    def lines(self) -> Iterator[tuple[int, Unit, int]]:
        """Address, unit and source line of every word that comes from a source, in order."""
        address = self.base
        for unit in self.units:
            for line in unit.code_lines:
                yield address, unit, line
                address += 1
        address = self.data_address()
        for unit in self.units:
            for line in unit.data_lines:
                yield address, unit, line
                address += 1


def assemble(sources: Sequence[Source]) -> Program:
    """Assemble files, in order, to one program.

    Raises
    ------
    SourceErrors
        With all mistakes: lines that do not parse, labels defined twice or never.
    """
    return link_units(parse_sources(sources))


def parse_sources(sources: Sequence[Source]) -> list[Unit]:
    """Parse files without joining them, but for their constants, which any may use;
    `check_labels` raises what is wrong with them."""
    constants = definitions(sources)
    return [parse_source(source, constants) for source in sources]


def link_units(units: list[Unit], base: int = PROGRAM) -> Program:
    """Lay out parsed units from an address on, and fill in the addresses of labels."""
    check_labels(units)
    code_words = sum(len(unit.code) for unit in units)
    code_base, data_base = base, base + code_words + len(SEPARATOR)
    bases = []  # address of each unit's first word of code and of data
    for unit in units:
        bases.append((code_base, data_base))
        code_base += len(unit.code)
        data_base += len(unit.data)
    symbols = {label.name: starts[label.in_data] + label.word
               for unit, starts in zip(units, bases, strict=True) for label in unit.labels}
    words: list[int] = []
    for unit in units:
        words += unit.code
    words += SEPARATOR
    for unit in units:
        words += unit.data
    data_words = len(words) - code_words - len(SEPARATOR)
    words += SEPARATOR
    for unit, starts in zip(units, bases, strict=True):
        for name, in_data, word, _ in unit.references:
            words[starts[in_data] + word - base] = symbols[name]
    return Program(words, symbols, code_words, data_words, units, base)


def check_labels(units: list[Unit], *, allow_undefined: bool = False) -> None:
    """Raise all errors of the units, those of labels included, in the order of the sources."""
    found: list[tuple[int, SourceError]] = [
        (order, error) for order, unit in enumerate(units) for error in unit.errors]
    defined: dict[str, tuple[Unit, int]] = {}
    for order, unit in enumerate(units):
        for label in unit.labels:
            if label.name in defined:
                first, line = defined[label.name]
                note = f"first defined at {first.mention(label.name, line, first=True)}"
                found.append((order, SourceError(f"duplicate label '{label.name}'",
                                                 unit.mention(label.name, label.line, first=True),
                                                 (note,))))
            else:
                defined[label.name] = (unit, label.line)
    if not allow_undefined:
        hints = 0
        for order, unit in enumerate(units):
            for reference in unit.references:
                if reference.name not in defined:
                    hint = _similar(reference.name, defined) if hints < _HINTS else ""
                    hints += 1
                    found.append((order, SourceError(
                        f"undefined label '{reference.name}'{hint}",
                        unit.mention(reference.name, reference.line))))
    if found:
        raise SourceErrors([error for _, error in sorted(found, key=_by_place)])


def _similar(name: str, defined: dict[str, tuple[Unit, int]]) -> str:
    import difflib
    close = difflib.get_close_matches(name, defined, n=1, cutoff=0.75)
    return f"; did you mean '{close[0]}'?" if close else ""


def _by_place(found: tuple[int, SourceError]) -> tuple[int, int, int]:
    order, error = found
    return (order, error.span.line, error.span.column) if error.span else (order, 0, 0)
