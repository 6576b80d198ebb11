"""Tokens of QLL.

A token's kind is its own text for keywords, operators and brackets, and one of NAME, INT, FLOAT,
CHAR, STRING, END, ERROR, WRONG for the others. Qualified names are one token. `>` is always a
token by itself, since it may close a list of type arguments; the parser puts `>>` and `>=`
together when nothing stands between. A tag is `.` and a name; the parser knows where one may
stand.

What is no token is an ERROR, which the parser reports when it gets there. Literals that are wrong
in themselves are WRONG, and stand where right ones would.
"""

import re
from itertools import accumulate
from operator import add

from toolchain.integers import integer_value

__all__ = ["KEYWORDS", "Tokens", "tokenise", "unescape"]

KEYWORDS = frozenset("""
    break byte cap continue default delete else float for function global if int len
    namespace new null return sizeof type unsafe using var void while
""".split())

_OPERATORS = """
    -> => ... << <= == != && || :: { } ( ) [ ] < > ; : , . = + - * / % & | ! ?
""".split()

_ESCAPE = r"\\(?:[\\'\"ntr0]|x[0-9a-fA-F]{2})"
_STRING = rf'"(?: [^"\\\n]++ | {_ESCAPE} )*+"'
_CHAR   = rf"'(?: [^'\\\n] | {_ESCAPE} )'"

# What is in front of a token, and the token. Splitting a text by it gives both and, between them,
# nothing: something matches everywhere.
_TOKEN = re.compile(rf"""
    ( [ \t\r\n]*+ (?: //[^\n]*+ [ \t\r\n]*+ )*+ )
    ( [A-Za-z_][A-Za-z0-9_]*+ (?: ::[A-Za-z_][A-Za-z0-9_]*+ )*+           # a name or keyword
    | {"|".join(map(re.escape, _OPERATORS))}
    | (?: [0-9]++\.[0-9]++ (?: [eE][+-]?[0-9]++ )? | [0-9]++[eE][+-]?[0-9]++ ) f  # a float
    | 0x[0-9a-fA-F]++ | 0b[01]++ | [0-9]++ (?! \.[0-9] )
    | {_STRING} | {_CHAR}
    | "(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.)*+'                         # literals that are wrong
    | [0-9]++\.[0-9]++(?:[eE][+-]?[0-9]++)?
    | \Z | .
    )""", re.VERBOSE | re.DOTALL)

_LITERAL = re.compile(rf"{_STRING}|{_CHAR}", re.VERBOSE)

_LARGEST = 0xFFFFFFFF
_SAFE_DIGITS = 9  # of a number that fits in a word for certain, prefix and all

_ESCAPED = re.compile(r"\\(x..|.)", re.DOTALL)
_CODE = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class Tokens:
    """The tokens of a source, in lists that run side by side.

    Attributes
    ----------
    kinds, texts : list[str]
        See above. The last one is END.
    starts : list[int]
        Where each begins, in characters from the start of the source.
    closers : dict[int, int]
        Index of the matching bracket for the index of each opening one that has one.
    openers : list[int]
        Indices of brackets that are never closed, in order.
    errors : dict[int, str]
        What is wrong with each ERROR, by its index.
    wrong : list[tuple[int, int, str]]
        Start, length and what is wrong, of each literal that is wrong.
    """

    __slots__ = ("closers", "errors", "kinds", "openers", "starts", "texts", "wrong")

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.closers: dict[int, int] = {}
        self.openers: list[int] = []
        self.errors: dict[int, str] = {}
        self.wrong: list[tuple[int, int, str]] = []


_CLOSES = {")": "(", "]": "[", "}": "{"}
_BRACKETS = frozenset("()[]{}")

_WITH_FIXED_KIND = {"": "END", **{word: word for word in (*KEYWORDS, *_OPERATORS)}}


def tokenise(text: str) -> Tokens:
    """Split a source into tokens."""
    tokens = Tokens()
    parts = _TOKEN.split(text)
    blanks, words = parts[1::3], parts[2::3]
    tokens.texts = words
    tokens.starts = list(accumulate(map(add, map(len, blanks), map(len, ["", *words]))))
    if words[-2:] == ["", ""]:  # the end has matched with the blanks in front, and then alone
        del words[-1], tokens.starts[-1]
    kind_of = _Kinds(_WITH_FIXED_KIND)
    tokens.kinds = [kind_of[word] for word in words]
    _pair(tokens)
    if kind_of.has_mistakes:
        for index, kind in enumerate(tokens.kinds):
            if kind == "ERROR" or kind == "WRONG":
                _note_mistake(tokens, index, text)
    return tokens


class _Kinds(dict[str, str]):
    """The kind of each word, found out once."""
    has_mistakes = False

    def __missing__(self, word: str) -> str:
        kind = self[word] = _kind(word)
        if kind == "ERROR" or kind == "WRONG":
            self.has_mistakes = True
        return kind


def _kind(word: str) -> str:
    """What a word is that is neither a keyword nor an operator."""
    if word.isidentifier() and word.isascii():
        return "NAME"
    first = word[0]
    if "::" in word and first not in "\"'":
        return "ERROR" if _keyword_within(word) else "NAME"
    if first in "0123456789":
        if word[-1] == "f" and word[:2] != "0x":
            return "WRONG" if float(word[:-1]) == float("inf") else "FLOAT"
        if "." in word or len(word) > _SAFE_DIGITS and integer_value(word) > _LARGEST:
            return "WRONG"
        return "INT"
    if _LITERAL.fullmatch(word):
        return "STRING" if first == '"' else "CHAR"
    return "WRONG" if len(word) > 1 else "ERROR"


def _keyword_within(word: str) -> str | None:
    """A keyword that is part of a qualified name and must not be."""
    return next((part for part in word.split("::") if part in KEYWORDS and part != "global"), None)


def _pair(tokens: Tokens) -> None:
    """Find out which brackets belong together."""
    kinds, closers, stack = tokens.kinds, tokens.closers, tokens.openers
    for index, kind in enumerate(kinds):
        if kind in _BRACKETS:
            opener = _CLOSES.get(kind)
            if opener is None:
                stack.append(index)
            elif stack and kinds[stack[-1]] == opener:
                closers[stack.pop()] = index


def _note_mistake(tokens: Tokens, index: int, text: str) -> None:
    """Say what is wrong with a word."""
    word, start = tokens.texts[index], tokens.starts[index]
    first = word[0]
    if tokens.kinds[index] == "ERROR":
        keyword = _keyword_within(word)
        tokens.errors[index] = _explain(text, start) if keyword is None else \
            f"'{keyword}' is a keyword and cannot be part of a name"
    elif first in "\"'" or word[-1] != "f" and "." in word:
        tokens.wrong.append((start, 1, _explain(text, start)))
    elif word[-1] == "f" and word[:2] != "0x":
        tokens.wrong.append((start, len(word), f"float literal {word} is out of range"))
    else:
        shown = word if len(word) <= 40 else f"{word[:37]}..."
        tokens.wrong.append((start, len(word), f"integer literal {shown} "
                             "does not fit in a word of 32 bits"))


def _explain(text: str, at: int) -> str:
    """Why no token starts at a position."""
    char = text[at]
    if char in "\"'":
        what = "string" if char == '"' else "character"
        body = re.compile(rf"(?: [^{char}\\\n]++ | {_ESCAPE} )*+", re.VERBOSE).match(text, at + 1)
        end = body.end() if body else at + 1
        if text[end:end + 1] == "\\":
            return f"unknown escape '{text[end:end + 2].rstrip()}' in a {what} literal"
        if text[end:end + 1] != char:
            return f"{what} literal has no closing {char}"
        return ("character literal is empty" if end == at + 1 else
                "character literal holds more than one character; strings stand in double quotes")
    number = re.compile(r"[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?").match(text, at)
    if number:
        return f"float literals end in 'f': {number[0]}f"
    if char == "^":
        return "'^' is not an operator; a xor b is (a | b) - (a & b)"
    if char == "~":
        return "'~' is not an operator; the complement of x is -1 - x"
    if char == "#":
        return "unexpected character '#'; comments start with '//'"
    if char == "$":
        return "'$' cannot be part of a name"
    return f"unexpected character {char!r}" if char.isprintable() else \
        f"unexpected character U+{ord(char):04X}"


def unescape(literal: str) -> str:
    """The characters that a string or character literal, quotes included, stands for."""
    body = literal[1:-1]
    if "\\" not in body:
        return body
    return _ESCAPED.sub(lambda match: _CODE.get(match[1]) or (
        chr(int(match[1][1:], 16)) if match[1][0] == "x" else match[1]), body)
