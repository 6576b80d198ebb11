"""QASM formatted: labels, data and definitions at the margin, all else indented."""

from editors.lsp.layout import Line, Piece, laid_out
from toolchain.qasm.tokens import tokenize

__all__ = ["format_qasm"]

INDENT = 2

_AT_MARGIN = ("data", "define")


def format_qasm(text: str) -> str:
    """The text formatted. Lines with mistakes in them are, too: no token is joined or parted."""
    lines: list[Line] = []
    depth = 0
    for source in text.replace("\r\n", "\n").split("\n"):
        tokens = tokenize(source)
        first = tokens[0].text if tokens else ""
        if first == "end" and depth:
            depth -= 1
        line = Line(len(source) - len(source.lstrip()))
        before = 0
        for number, token in enumerate(tokens):
            gap = token.column - 1 - before
            is_colon = token.kind == "colon" and number == 1 and tokens[0].kind == "reference"
            line.pieces.append(Piece(token.text, 0 if is_colon else gap, token.column - 1))
            before = token.end - 1
        comment = source[before:].strip()
        is_alone = not tokens
        if comment:
            column = source.index(comment, before)
            line.pieces.append(Piece(comment, 1, column if column > before else 0, True))
        if is_alone:
            at_margin = source[:1] == ";"
        else:
            at_margin = tokens[0].kind == "reference" or first in _AT_MARGIN
        line.indent = 0 if at_margin else INDENT * (1 + depth)
        lines.append(line)
        if first == "repeat":
            depth += 1
    return laid_out(lines)
