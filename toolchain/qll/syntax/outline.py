"""What a program leaves aside of the library in front of it, found by names alone.

A library is long, and most programs use little of it. A function that is not exported, and whose
name stands nowhere but in functions that are left aside themselves, is not reached: it need not
be parsed. This asks for nothing but tokens, and for a library without syntax errors.
"""

from collections.abc import Iterable, Sequence

from toolchain.qll.syntax.lexer import Tokens

__all__ = ["unmentioned"]

_MAIN = "main"  # reached without being mentioned


class _Function:
    """A function of the library: its tags, the keyword, its name, and all up to its end."""

    def __init__(self, file: int, tokens: Tokens, keyword: int, end: int):
        self.file = file
        self.keyword = keyword
        self.end = end
        self.name = tokens.texts[keyword + 1]
        self.words = tokens.texts[keyword + 2:end]
        self.start = keyword
        while self.start >= 2 and tokens.kinds[self.start - 2] == ".":
            self.start -= 2


def unmentioned(library: Sequence[Tokens], program: Sequence[Tokens]) -> list[dict[int, int]]:
    """For each file of the library the functions that are left aside: for the index of the first
    token of each, that of the token behind it."""
    left: dict[str, list[_Function]] = {}  # by name
    waiting: set[str] = {_MAIN}
    for tokens in program:
        waiting |= _names(tokens.texts)
    for file, tokens in enumerate(library):
        outside = 0
        for function in _functions(file, tokens):
            waiting |= _names(tokens.texts[outside:function.start])
            outside = function.end
            if "export" in tokens.texts[function.start:function.keyword]:
                waiting.add(function.name)
            left.setdefault(function.name, []).append(function)
        waiting |= _names(tokens.texts[outside:])
    while waiting:
        for function in left.pop(waiting.pop(), ()):
            waiting |= _names(function.words)
    skips: list[dict[int, int]] = [{} for _ in library]
    for functions in left.values():
        for function in functions:
            skips[function.file][function.start] = function.end
    return skips


def _names(words: Iterable[str]) -> set[str]:
    """The last segments of all names, among other words."""
    return {word.rpartition("::")[2] for word in set(words)}


def _functions(file: int, tokens: Tokens) -> Iterable[_Function]:
    """The functions of a file, in order, up to one that is no function as it should be."""
    kinds, closers = tokens.kinds, tokens.closers
    end = 0
    for _ in range(kinds.count("function")):
        keyword = kinds.index("function", end)
        try:
            end = closers[kinds.index("(", keyword)] + 1
            while kinds[end] != ";" and (kinds[end] != "{" or tokens.texts[end - 1] == "struct"):
                end = closers.get(end, end) + 1
            end = (closers[end] if kinds[end] == "{" else end) + 1
        except (IndexError, KeyError, ValueError):
            return
        yield _Function(file, tokens, keyword, end)
