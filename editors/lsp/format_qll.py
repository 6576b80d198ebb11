"""QLL formatted: indentation by braces, blanks around operators, comments as they are."""

import re

from editors.lsp.layout import Line, Piece, laid_out
from toolchain.qll.syntax.lexer import KEYWORDS, Tokens, tokenise

__all__ = ["format_qll"]

INDENT = 2

_COMMENT  = re.compile(r"//[^\n]*")
_OPERANDS = frozenset(["NAME", "INT", "FLOAT", "CHAR", "STRING", ")", "]", "null", "global"])
_ALWAYS   = frozenset(["=", "==", "!=", "<=", "&&", "||", "=>", "?", "...", "<<"])
_BINARY   = frozenset(["+", "-", "*", "/", "%", "|", "&"])  # if an operand stands in front
_TIGHT    = frozenset([".", "->", "::"])
_SPACED_KEYWORDS = KEYWORDS - {"byte", "int", "float", "void", "null", "global"}


def format_qll(text: str) -> str | None:
    """The text formatted; None if it cannot be told into tokens, or a bracket has no partner."""
    text = text.replace("\r\n", "\n")
    tokens = tokenise(text)
    if tokens.errors or tokens.wrong or tokens.openers or _has_stray(tokens):
        return None
    return laid_out(_indented(tokens, _lines(text, tokens)))


def _has_stray(tokens: Tokens) -> bool:
    """Whether a bracket is closed that was not opened."""
    closed = set(tokens.closers.values())
    return any(kind in (")", "]", "}") and at not in closed
               for at, kind in enumerate(tokens.kinds))


class _Row(Line):
    """A line, with its tokens: from `first` to before `end`."""

    def __init__(self, written: int, first: int):
        super().__init__(written)
        self.first = self.end = first


def _lines(text: str, tokens: Tokens) -> list[_Row]:
    """The lines with their pieces; `indent` is still to be found."""
    rows: list[_Row] = []
    at = start = 0
    colons = _colons(tokens)
    for line in text.split("\n"):
        row = _Row(len(line) - len(line.lstrip()), at)
        end, before = start + len(line), start
        while tokens.starts[at] < end and tokens.kinds[at] != "END":
            begin, word = tokens.starts[at], tokens.texts[at]
            row.pieces.append(Piece(word, _gap(tokens, at, begin - before, colons),
                                    begin - start))
            before, at = begin + len(word), at + 1
        row.end = at
        comment = _COMMENT.search(text, before, end)
        if comment:
            column = comment.start() - start if comment.start() > before else 0
            row.pieces.append(Piece(comment[0].rstrip(), 1, column, True))
        rows.append(row)
        start = end + 1
    return rows


def _colons(tokens: Tokens) -> dict[int, str]:
    """The colons that stand between the arms of `?:`, and those between the bounds of a slice."""
    found: dict[int, str] = {}
    stack = [("", 0)]  # the open brackets, with how many `?` wait in them
    for at, kind in enumerate(tokens.kinds):
        opener, waiting = stack[-1]
        if kind in ("(", "[", "{"):
            stack.append((kind, 0))
        elif kind in (")", "]", "}"):
            stack.pop()
        elif kind == "?":
            stack[-1] = (opener, waiting + 1)
        elif kind in (";", ","):
            stack[-1] = (opener, 0)
        elif kind == ":" and waiting:
            stack[-1] = (opener, waiting - 1)
            found[at] = "arm"
        elif kind == ":" and opener == "[":
            found[at] = "bound"
    return found


def _gap(tokens: Tokens, at: int, written: int, colons: dict[int, str]) -> int:
    """Blanks in front of a token that is not the first of its line."""
    if at == 0:
        return 0
    left, right = tokens.kinds[at - 1], tokens.kinds[at]
    some = max(written, 1)
    if left == ">" and right in (">", "="):
        return written  # which may be one operator
    if right in (";", ",") or left in ("(", "[") or right in (")", "]"):
        return 0
    if right in _TIGHT and left in _OPERANDS | {"}"} and right != "." or left in ("->", "::"):
        return 0
    if right == "." or left == ".":
        return written  # a tag, or a member
    if left in (",", ";") or right in _ALWAYS or left in _ALWAYS:
        return some
    if right == ":" or left == ":":
        role = colons.get(at if right == ":" else at - 1)
        return some if role == "arm" else written if role == "bound" else \
            0 if right == ":" else some
    if right in _BINARY and left in _OPERANDS:
        return some
    if left in _BINARY and at > 1 and tokens.kinds[at - 2] in _OPERANDS:
        return some
    if right == "{" or left == "{" or right == "}" or left == "}":
        return some
    if left in _SPACED_KEYWORDS and not (right == "(" and written == 0 and left in ("len", "cap")):
        return some
    return written


def _indented(tokens: Tokens, rows: list[_Row]) -> list[Line]:
    """The lines with their indentation: by braces, or beside the line that they go on from.

    A brace with more behind it on its line counts as a bracket: what follows stands beside that.
    """
    stack: list[bool] = []   # the open brackets: whether each is a brace that ends its line
    written = now = 0        # indentation of the statement at hand
    for row in rows:
        if not row.pieces:
            continue
        depth = len(stack)
        before = tokens.kinds[row.first - 1] if row.first else ";"
        goes_on = not all(stack) or before not in (";", "{", "}", ",")
        if row.end > row.first and tokens.kinds[row.first] == "}" and all(stack):
            depth, goes_on = depth - 1, False
        if goes_on:
            row.indent = max(row.written + now - written, 0)
        else:
            row.indent = INDENT * depth
            if row.end > row.first:
                written, now = row.written, row.indent
        for at in range(row.first, row.end):
            kind = tokens.kinds[at]
            if kind in ("(", "[", "{"):
                stack.append(kind == "{" and at == row.end - 1)
            elif kind in (")", "]", "}"):
                stack.pop()
    return list(rows)
