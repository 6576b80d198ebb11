"""One assembled file before it is joined with others: words, labels, and references to fill in."""

from dataclasses import dataclass, field
from typing import NamedTuple

from toolchain.qasm.tokens import reference_name, tokenize
from toolchain.source import Source, SourceError, Span

__all__ = ["Label", "LineMark", "Reference", "Unit"]


class Label(NamedTuple):
    """A label's definition: it names `word` of the code part or of the data part."""
    name:    str
    in_data: bool
    word:    int
    line:    int


class Reference(NamedTuple):
    """A word that is to hold the address of a label: `word` of the code or data part."""
    name:    str
    in_data: bool
    word:    int
    line:    int


class LineMark(NamedTuple):
    """From code `word` on, the code comes from this line of a file in another language."""
    word: int
    file: str
    line: int


@dataclass
class Unit:
    """What one source file assembles to.

    `code` and `data` are words, with 0 where a reference stands; `code_lines` and `data_lines` say
    which source line each word comes from. `read_only` are the ranges of `data` (first, end) that
    an annotation promised never to change. `repeated` has the text of each directive that a
    `repeat` made, its counter replaced, by its first word of `code`. `debug` is what a compiler
    says about the code (`toolchain.dwarf.records`). `errors` are the mistakes found.
    """
    source:     Source
    code:       list[int]             = field(default_factory=list)
    code_lines: list[int]             = field(default_factory=list)
    data:       list[int]             = field(default_factory=list)
    data_lines: list[int]             = field(default_factory=list)
    labels:     list[Label]           = field(default_factory=list)
    references: list[Reference]       = field(default_factory=list)
    line_marks: list[LineMark]        = field(default_factory=list)
    read_only:  list[tuple[int, int]] = field(default_factory=list)
    repeated:   dict[int, str]        = field(default_factory=dict)
    debug:      str                   = ""
    errors:     list[SourceError]     = field(default_factory=list)

    def mention(self, name: str, line: int, *, first: bool = False) -> Span:
        """Where a label is mentioned on a line: where it is defined is `first`, else a use."""
        found = [token for token in tokenize(self.source.line(line))
                 if token.kind == "reference" and reference_name(token.text) == name]
        token = found[0 if first else -1]
        return Span(self.source, line, token.column, len(token.text))
