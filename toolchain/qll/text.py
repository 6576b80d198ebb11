"""All sources of a compilation as one run of characters.

A position is one integer: the offset of a character in the sources put one after another. It is
cheap to carry in every node and turns into file, line and column only when somebody asks.
"""

from bisect import bisect_right

from toolchain.source import Source, Span

__all__ = ["Text"]


class Text:
    """The sources of a program, and what their positions mean.

    Parameters
    ----------
    sources : list[Source]
        In the order of the compilation.
    room : int
        Positions that each source takes at least: within it a source can be replaced by another
        one while the positions in those behind it stay as they are.
    """

    def __init__(self, sources: list[Source], room: int = 0):
        self.sources = sources
        self.starts: list[int] = []
        start = 0
        for source in sources:
            self.starts.append(start)
            # a position at the very end belongs to the source
            start += max(room, len(source.text) + 1)
        self.end = start
        self._lines: list[list[int] | None] = [None] * len(sources)

    def locate(self, pos: int) -> tuple[Source, int, int]:
        """Source, line and column of a position, the latter two from 1."""
        index = max(0, bisect_right(self.starts, pos) - 1)
        source = self.sources[index]
        lines = self._lines[index]
        if lines is None:
            lines = [0]
            at = source.text.find("\n")
            while at >= 0:
                lines.append(at + 1)
                at = source.text.find("\n", at + 1)
            self._lines[index] = lines
        offset = pos - self.starts[index]
        line = bisect_right(lines, offset)
        return source, line, offset - lines[line - 1] + 1

    def between(self, pos: int, end: int) -> str:
        """What stands between two positions of one source."""
        index = max(0, bisect_right(self.starts, pos) - 1)
        start = self.starts[index]
        return self.sources[index].text[pos - start:end - start]

    def span(self, pos: int, end: int | None = None) -> Span:
        """The span from a position to just before `end`, or of one character."""
        source, line, column = self.locate(pos)
        return Span(source, line, column, max(1, end - pos) if end is not None else 1)
