"""Positions as editors count them: lines from 0, and on a line units of an encoding."""

from bisect import bisect_right

from lsprotocol.types import Position, PositionEncodingKind, Range

__all__ = ["Lines"]


class Lines:
    """The lines of a text.

    Parameters
    ----------
    text : str
        The text.
    encoding : str
        What a character counts: bytes of UTF-8, half words of UTF-16, or one.
    """

    def __init__(self, text: str, encoding: str = PositionEncodingKind.Utf16):
        self.text = text
        self.encoding = encoding
        self.starts = [0]
        at = text.find("\n")
        while at >= 0:
            self.starts.append(at + 1)
            at = text.find("\n", at + 1)

    def _units(self, text: str) -> int:
        if text.isascii() or self.encoding == PositionEncodingKind.Utf32:
            return len(text)
        if self.encoding == PositionEncodingKind.Utf8:
            return len(text.encode(errors="surrogatepass"))
        return len(text.encode("utf-16-le", errors="surrogatepass")) // 2

    def position(self, offset: int) -> Position:
        """The position of a character, of which an offset counts from the start of the text."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        return Position(line, self._units(self.text[self.starts[line]:offset]))

    def range(self, begin: int, end: int) -> Range:
        return Range(self.position(begin), self.position(end))

    def offset(self, position: Position) -> int:
        """The offset of a position; of one that is not there, the nearest before it."""
        if position.line >= len(self.starts):
            return len(self.text)
        start = self.starts[max(position.line, 0)]
        end = self.text.find("\n", start)
        line = self.text[start:end if end >= 0 else len(self.text)]
        if line.isascii() or self.encoding == PositionEncodingKind.Utf32:
            return start + min(position.character, len(line))
        units = 0
        for at, char in enumerate(line):
            if units >= position.character:
                return start + at
            units += self._units(char)
        return start + len(line)
