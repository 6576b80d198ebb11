"""Walking over the tokens of one file, and saying what was expected where.

An error is raised where it is met; `recovery` goes on from there. While a list of types is being
tried, errors are failures of the attempt; the one that got furthest is remembered, as it often
explains the error that follows (not in expressions, where `<` most often compares).
"""

from collections.abc import Callable
from typing import NoReturn, TypeVar

from toolchain.qll.errors import QllError
from toolchain.qll.syntax import habits
from toolchain.qll.syntax.lexer import KEYWORDS, tokenise
from toolchain.qll.text import Text

__all__ = ["MAX_DEPTH", "Cursor", "NoType"]

MAX_DEPTH = 2000
"""How deep expressions, types and blocks may nest. Far more than anybody writes; every later
phase of the compiler recurses as deep."""

_T = TypeVar("_T")


class NoType(Exception):
    """The attempt to read type arguments failed: at which token, and why."""

    def __init__(self, index: int, message: str):
        super().__init__(message)
        self.index = index
        self.message = message


class Cursor:
    """A place in a list of tokens; `i` is the index of the token that comes next."""

    def __init__(self, text: Text, index: int):
        self.text = text
        self.source = text.sources[index]
        self.base = text.starts[index]
        tokens = tokenise(text.sources[index].text)
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.starts = [self.base + start for start in tokens.starts] if self.base else tokens.starts
        self.i = 0
        self.depth = 0
        self.trying = 0                                  # attempts to read type arguments
        self.furthest: tuple[int, str] = (-1, "")
        self.remembering = True                          # failures; not where `<` may compare

    def end(self) -> int:
        """Position just behind the last token taken."""
        last = self.i - 1
        return self.starts[last] + len(self.texts[last])

    def describe(self, index: int) -> str:
        kind, word = self.kinds[index], self.texts[index]
        if kind == "END":
            return "the end of the file"
        if kind in KEYWORDS:
            return f"keyword '{word}'"
        if kind in ("STRING", "CHAR"):
            what = "string" if kind == "STRING" else "character"
            return f"{what} {word if len(word) <= 20 else word[:16] + '...'}"
        return f"'{word}'"

    def fail(self, message: str, index: int | None = None, notes: tuple[str, ...] = (),
             found: bool = True) -> NoReturn:
        """A syntax error at a token, by default the current one."""
        if index is None:
            index = self.i
        if self.trying:
            if self.remembering and index > self.furthest[0]:
                self.furthest = (index, message)
            raise NoType(index, message)
        if self.furthest[0] > index:
            index, message = self.furthest
            found, notes = True, ()
        start = self.starts[index]
        if self.kinds[index] == "ERROR":
            message, notes, found = self.tokens.errors[index], (), False
        if found:
            message += f", found {self.describe(index)}"
        if self.kinds[index] == "END" and self.tokens.openers:
            opener = self.tokens.openers[-1]
            span = self.text.span(self.starts[opener])
            notes = (*notes, f"'{self.texts[opener]}' of {span.line}:{span.column} is not closed")
        raise QllError("syntax", message,
                       self.text.span(start, start + len(self.texts[index])), notes)

    def expect(self, kind: str, where: str) -> None:
        """Take a token that must be there; `where` completes "expected '...' "."""
        if self.kinds[self.i] != kind:
            if kind == ";":
                self.missing_semicolon(where)
            self.fail(f"expected '{kind}' {where}")
        self.i += 1

    def new_name(self, what: str) -> str:
        """Take the name of something that is declared: one segment."""
        i = self.i
        word = self.texts[i]
        if self.kinds[i] not in ("NAME", "global"):
            if self.kinds[i] in KEYWORDS:
                self.fail(f"'{word}' is a keyword and cannot be {what}", found=False)
            self.fail(f"expected {what}")
        if "::" in word:
            self.fail(f"expected {what} without '::'")
        self.i = i + 1
        return word

    def member_name(self) -> str:
        return self.new_name("the name of a member")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.furthest = (-1, "")
            self.fail("nested too deeply", found=False)

    def attempt(self, read: Callable[[], _T]) -> _T | None:
        """What `read` makes of the following tokens; None, and no token taken, if it fails."""
        start, depth = self.i, self.depth
        self.trying += 1
        try:
            return read()
        except NoType:
            self.i, self.depth = start, depth
            return None
        finally:
            self.trying -= 1

    def missing_semicolon(self, where: str) -> NoReturn:
        kind = self.kinds[self.i]
        notes: tuple[str, ...] = ()
        if kind == "=":
            notes = ("assignment is a statement, not an operator",)
        elif kind in ("<", ">", "<=", ">=", "==", "!="):
            notes = ("comparisons do not chain; use parentheses or '&&'",)
        elif not self.trying:
            hint = habits.behind_statement(self, self.i)
            if hint:
                notes = (hint,)
        if not self.trying and self.i and self.furthest[0] <= self.i and kind != "ERROR":
            # Where the semicolon is missing, rather than at what follows on another line.
            end = self.end()
            if self.text.locate(end)[1] != self.text.locate(self.starts[self.i])[1]:
                raise QllError("syntax", f"expected ';' {where}", self.text.span(end), notes)
        self.fail(f"expected ';' {where}", notes=notes)

    def tags(self) -> list[str]:
        kinds, texts, starts, i = self.kinds, self.texts, self.starts, self.i
        tags: list[str] = []
        while kinds[i] == ".":
            word = texts[i + 1]
            if not (word.isascii() and word.isalpha() and word.islower()) \
                    or starts[i + 1] != starts[i] + 1:
                self.fail("expected a tag, lower-case letters right after the '.'", i + 1)
            tags.append(word)
            i += 2
        self.i = i
        return tags
