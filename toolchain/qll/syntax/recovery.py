"""Going on behind a mistake, so that one run finds all of them.

What cannot be read is skipped up to where the next statement or declaration seems to begin, and
stands in the tree as `Wrong` or `WrongType`, of which the checker says nothing more. Names that
may have been declared in what was skipped are `lost`: that they are unknown is no mistake of its
own.

Brackets are no safe guide, as one may be what is missing. A word that begins a declaration, first
on its line and no further right than the declaration at hand, always ends what is being skipped.
"""

from toolchain.qll.errors import QllError
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.cursor import Cursor
from toolchain.qll.text import Text

__all__ = ["Recovery"]

_DECLARATIONS = frozenset(["function", "global", "type", "namespace", "using", "."])
_STATEMENTS = frozenset(["var", "if", "while", "for", "return", "break", "continue", "delete"])
_OPENS = {")": "(", "]": "[", "}": "{"}
_BEFORE_A_NAME = frozenset(["NAME", "byte", "int", "float", "void", "var", "function", "global",
                            "type", "*", "]", ">"])


class Recovery(Cursor):
    """Collects errors, and skips what they make unreadable."""

    def __init__(self, text: Text, index: int):
        super().__init__(text, index)
        self.errors: list[QllError] = [
            QllError("syntax", message, text.span(self.base + start, self.base + start + length))
            for start, length, message in self.tokens.wrong]
        self.lost: set[str] = set()
        self.column = 0         # of the declaration that is being read
        self.leaving = False    # a declaration begins where blocks should have been closed
        self._last = -1         # index of the token of the last error
        self._reported = {self.base + start for start, _, _ in self.tokens.wrong}

    def record(self, error: QllError) -> None:
        """Keep an error, unless one was kept at the same token or behind it."""
        if self.i > self._last and self.starts[self.i] not in self._reported:
            self.errors.append(error)
        self._last = max(self._last, self.i)
        self.furthest = (-1, "")
        self.remembering = True

    # --- where tokens stand ----------------------------------------------------------------------

    def is_first(self, index: int) -> bool:
        """Whether a token is the first one of its line."""
        if index == 0:
            return True
        behind = self.starts[index - 1] + len(self.texts[index - 1]) - self.base
        return self.source.text.find("\n", behind, self.starts[index] - self.base) >= 0

    def column_of(self, index: int) -> int:
        return self.text.locate(self.starts[index])[2]

    def begins_declaration(self, index: int) -> bool:
        """Whether a declaration begins there that is not within the one at hand."""
        return self.kinds[index] in _DECLARATIONS and self.is_first(index) \
            and self.column_of(index) <= self.column

    # --- skipping --------------------------------------------------------------------------------

    def skip_statement(self, start: int, error: QllError) -> nodes.Statement:
        """Go to the next statement, or the end of the block; `start` is the first token."""
        self.record(error)
        kinds, failed, i = self.kinds, self.i, start
        brackets = _Open()
        while kinds[i] != "END":
            kind = kinds[i]
            if i >= failed and self.begins_declaration(i):
                break
            if i >= failed and i > start:
                if kind == "}" and not brackets.counts["{"]:
                    break
                if kind in _STATEMENTS and not brackets.counts["{"] and self.is_first(i):
                    break
            i += 1
            brackets.follow(kind)
            if kind == "}" and not brackets.stack and i > failed and kinds[i] not in (";", "else"):
                break
            if kind == ";" and i > failed and not brackets.counts["{"] and not brackets.counts["["]:
                break
        self.i = i
        self.lose(start, i)
        if kinds[i] == "END" or self.begins_declaration(i):
            self.leaving = True
        return self.wrong_statement(start)

    def skip_declaration(self, start: int, error: QllError, column: int | None) -> None:
        """Go to the next declaration; `column` is that of the namespace around, if there is one."""
        self.record(error)
        kinds, failed, i = self.kinds, self.i, start
        brackets = _Open()
        begins = self.column_of(start)
        while kinds[i] != "END":
            kind = kinds[i]
            if i >= failed and i > start:
                if kind in _DECLARATIONS and self.is_first(i) and (
                        not brackets.stack or self.column_of(i) <= begins):
                    break
                if not brackets.stack and kinds[i - 1] in (";", "}") and (
                        kind in _DECLARATIONS or self.column_of(i) == begins) and kind != "}":
                    break
                if kind == "}" and not brackets.stack and column is not None \
                        and self.column_of(i) <= column:
                    break
            i += 1
            brackets.follow(kind)
        self.i = i
        self.lose(start, i, all_names=True)

    def skip_to_block(self, start: int, error: QllError) -> bool:
        """Go to the `{` of the body behind a head that is wrong; False if none is in sight."""
        kinds, i = self.kinds, start
        brackets = _Open()
        while True:
            kind = kinds[i]
            if kind == "{" and i >= self.i:
                break
            if kind in ("END", "}") or (kind == ";" and not brackets.stack) or (
                    i > start and self.begins_declaration(i)) or (
                    kind in _STATEMENTS and i > start and self.is_first(i)):
                return False
            i += 1
            brackets.follow(kind)
        self.record(error)
        self.lose(start, i)
        self.i = i
        return True

    def skip_member(self, start: int, error: QllError) -> bool:
        """Go to the next member of a struct type; False if no `;` ends the one that is wrong."""
        kinds, i = self.kinds, self.i
        while kinds[i] not in (";", "END", "{", "}") and not self.begins_declaration(i):
            i += 1
        if kinds[i] == "}" and i > self.i:
            i -= 1
        elif kinds[i] != ";":
            return False
        self.record(error)
        self.i = i + 1
        self.lose(start, self.i, all_names=True)
        return True

    def lose(self, start: int, end: int, all_names: bool = False) -> None:
        """Note the names that may be declared between two tokens."""
        kinds = self.kinds
        for i in range(start, end):
            if kinds[i] == "NAME" and (all_names or (i and kinds[i - 1] in _BEFORE_A_NAME)):
                self.lost.add(self.texts[i])

    def wrong(self, start: int) -> nodes.Wrong:
        """An expression that is in place of what begins with a token."""
        pos = self.starts[start]
        return nodes.Wrong(pos, max(pos, self.end() if self.i else pos))

    def wrong_statement(self, start: int) -> nodes.Statement:
        wrong = self.wrong(start)
        return nodes.Evaluate(wrong.pos, wrong.end, wrong)


class _Open:
    """Brackets that are open, within what is being skipped."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self.counts = dict.fromkeys("([{", 0)

    def follow(self, kind: str) -> None:
        """Go past a token: a bracket is opened, or the last one of a kind is closed, and those
        within it; braces only by braces."""
        stack, counts = self.stack, self.counts
        if kind in counts:
            stack.append(kind)
            counts[kind] += 1
            return
        opener = _OPENS.get(kind)
        if opener is None or not counts[opener]:
            return
        while opener == "{" or stack[-1] != "{":
            last = stack.pop()
            counts[last] -= 1
            if last == opener:
                return
