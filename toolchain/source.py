"""Source text and errors in it: what the tools for QASM and QLL share.

An error knows its span and prints itself with the line and a caret::

    boot.qasm:12:3: error: 'ad' is not an instruction; did you mean 'add'?
          ad r1 r2 r3
          ^~
"""

from dataclasses import dataclass, field

__all__ = ["Source", "SourceError", "SourceErrors", "Span"]

_SURROUNDINGS = 100  # characters on each side of an error that are shown of a long line


def _harmless(text: str) -> str:
    """The text without what a terminal would obey, which takes the same room."""
    return "".join(char if char.isprintable() or char in "\t\n" else "\ufffd" for char in text)


@dataclass(frozen=True)
class Source:
    """A file's name and text; lines and columns count from 1."""
    name: str
    text: str
    _lines: list[str] = field(default_factory=list, compare=False, repr=False)

    def line(self, number: int) -> str:
        """Text of a line, without its end; empty past the last."""
        if not self._lines:
            self._lines.extend(self.text.split("\n") or [""])
        return self._lines[number - 1].rstrip("\r") if 0 < number <= len(self._lines) else ""


@dataclass(frozen=True)
class Span:
    """A piece of one line: `column` is its first character, `length` at least 1."""
    source: Source
    line:   int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """The line, and under it a caret with a tail; tabs are kept so that both align.

        Of a line that is too long to read only the surroundings are shown. Control characters are
        replaced, one for one.
        """
        line, column = self.source.line(self.line), self.column
        if len(line) > 2 * _SURROUNDINGS:
            first = max(0, column - 1 - _SURROUNDINGS)
            shown = line[first:first + 2 * _SURROUNDINGS]
            before = "..." if first else ""
            after = "..." if first + len(shown) < len(line) else ""
            line, column = before + shown + after, column - first + len(before)
        line = _harmless(line)
        lead = "".join("\t" if char == "\t" else " " for char in line[:column - 1])
        lead += " " * (column - 1 - len(lead))
        room = max(1, len(line) - column + 1)
        return f"    {line}\n    {lead}^{'~' * (min(self.length, room) - 1)}"


class SourceError(Exception):
    """One mistake of the user's, at a place in a source file."""

    severity = "error"

    def __init__(self, message: str, span: Span | None = None, notes: tuple[str, ...] = ()):
        super().__init__(message)
        self.message = message
        self.span = span
        self.notes = notes

    def __str__(self) -> str:
        message = _harmless(self.message)
        if self.span is None:
            text = f"{self.severity}: {message}"
        else:
            text = f"{self.span}: {self.severity}: {message}\n{self.span.excerpt()}"
        return "\n".join([text, *(f"    note: {_harmless(note)}" for note in self.notes)])


class SourceErrors(Exception):
    """All the mistakes of one run, in the order found; never empty.

    As text the first `MAX_SHOWN` of them, and how many more there are.
    """

    MAX_SHOWN = 100

    def __init__(self, errors: list[SourceError]):
        if not errors:
            raise ValueError("SourceErrors needs at least one error")
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        lines = [str(error) for error in self.errors[:self.MAX_SHOWN]]
        more = len(self.errors) - len(lines)
        if more:
            lines.append(f"... and {more} more")
        return "\n".join(lines)
