"""Lines laid out anew: what the formatters of both languages have in common.

Line breaks stay where they are. What formatters decide is the indentation, and between two pieces
whether white space stands there; of more than one blank only those stay that put pieces of
neighbouring lines below each other. A comment behind code keeps its column, and one that goes on
below it stays there.
"""

from dataclasses import dataclass, field

__all__ = ["Line", "Piece", "laid_out"]


@dataclass
class Piece:
    """A token, or a comment, and the blanks in front of it; `column` is where it was written."""
    text:       str
    gap:        int
    column:     int
    is_comment: bool = False


@dataclass
class Line:
    """The pieces of a line, and its indentation as it was `written` and as it is to be."""
    written: int = 0
    indent:  int = 0
    pieces:  list[Piece] = field(default_factory=list)

    def columns(self) -> list[int]:
        """Where the pieces begin."""
        at, found = self.indent, []
        for piece in self.pieces:
            at += piece.gap
            found.append(at)
            at += len(piece.text)
        return found

    def text(self) -> str:
        return "".join([" " * self.indent,
                        *(" " * piece.gap + piece.text for piece in self.pieces)])


def laid_out(lines: list[Line]) -> str:
    """The text of the lines: with one empty line where there are several, and none at the ends."""
    written = [line for line in lines if line.pieces]
    for line in written:
        line.pieces[0].gap = 0
    changed = True
    while changed:
        changed = False
        columns = [line.columns() for line in written]
        for at, line in enumerate(written):
            near = {column for other in (at - 1, at + 1) if 0 <= other < len(written)
                    for column in columns[other][1:]}
            for number, piece in enumerate(line.pieces):
                if number and piece.gap > 1 and not piece.is_comment \
                        and columns[at][number] not in near:
                    piece.gap = 1
                    changed = True
                    break  # what follows on the line has moved
    _put_comments(lines)
    texts: list[str] = []
    for line in lines:
        if line.pieces or (texts and texts[-1]):
            texts.append(line.text().rstrip())
    while texts and not texts[-1]:
        texts.pop()
    return "".join(f"{text}\n" for text in texts)


def _put_comments(lines: list[Line]) -> None:
    """Put comments behind code where they were, less what the line moved; and below them those
    that go on."""
    above = (-1, 0)  # column of the comment on the line before, as it was written and as it is
    for line in lines:
        last = line.pieces[-1] if line.pieces else None
        if last is None or not last.is_comment:
            above = (-1, 0)
            continue
        if len(line.pieces) > 1:
            end = line.columns()[-1] - last.gap
            last.gap = max(1, last.column + line.indent - line.written - end)
            above = (last.column, end + last.gap)
        elif last.column == above[0]:
            line.indent = above[1]
        else:
            above = (-1, 0)
