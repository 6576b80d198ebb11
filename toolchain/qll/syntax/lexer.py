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

from toolchain.integers import integer_value

__all__ = ["KEYWORDS", "Tokens", "tokenise", "unescape"]

KEYWORDS = frozenset("""
    break byte cap continue default delete else float for function global if int len
    namespace new null return sizeof type unsafe using var void while
""".split())

_ESCAPE = r"\\(?:[\\'\"ntr0]|x[0-9a-fA-F]{2})"

_TOKEN = re.compile(rf"""
    (?: [ \t\r\n]++ | //[^\n]*+ )*+
    (?: ([A-Za-z_][A-Za-z0-9_]*+ (?: ::[A-Za-z_][A-Za-z0-9_]*+ )*+)         # 1 name
      | ((?: [0-9]++\.[0-9]++ (?: [eE][+-]?[0-9]++ )? | [0-9]++[eE][+-]?[0-9]++ ) f) # 2 float
      | (0x[0-9a-fA-F]++ | 0b[01]++ | [0-9]++ (?! \.[0-9] ))                  # 3 integer
      | (->|=>|\.\.\.|<<|<=|==|!=|&&|\|\||::|[{{}}()\[\]<>;:,.=+\-*/%&|!?])      # 4 operator
      | ("(?: [^"\\\n]++ | {_ESCAPE} )*+")                                      # 5 string
      | ('(?: [^'\\\n] | {_ESCAPE} )')                                          # 6 character
      | (\Z)                                                                    # 7 end
      | (.)                                                                     # 8 anything else
    )""", re.VERBOSE | re.DOTALL)

# A literal that is none of the above.
_WRONG_LITERAL = re.compile(
    r""" "(?:[^"\\\n]|\\.)*+" | '(?:[^'\\\n]|\\.)*+' | [0-9]++\.[0-9]++(?:[eE][+-]?[0-9]++)? """,
    re.VERBOSE)

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


def tokenise(text: str) -> Tokens:
    """Split a source into tokens."""
    tokens = Tokens()
    at: int | None = 0
    while at is not None:
        at = _run(tokens, text, at)
    return tokens


def _run(tokens: Tokens, text: str, at: int) -> int | None:
    """Take tokens from a position on; where to go on behind a literal that is wrong, or None."""
    kinds, texts, starts = tokens.kinds, tokens.texts, tokens.starts
    closers, stack = tokens.closers, tokens.openers
    for match in _TOKEN.finditer(text, at):
        group = match.lastindex
        assert group is not None
        word = match[group]
        kind = word
        if group == 1:
            if word not in KEYWORDS:
                kind = "NAME"
                if ":" in word and not KEYWORDS.isdisjoint(word.split("::")):
                    wrong = [part for part in word.split("::") if part in KEYWORDS - {"global"}]
                    if wrong:
                        kind = "ERROR"
                        tokens.errors[len(kinds)] = \
                            f"'{wrong[0]}' is a keyword and cannot be part of a name"
        elif group == 4:
            if word in "([{":
                stack.append(len(kinds))
            elif word in _CLOSES and stack and kinds[stack[-1]] == _CLOSES[word]:
                closers[stack.pop()] = len(kinds)
        elif group == 3:
            kind = "INT"
            if len(word) > _SAFE_DIGITS and integer_value(word) > _LARGEST:
                shown = word if len(word) <= 40 else f"{word[:37]}..."
                tokens.wrong.append((match.start(group), len(word), f"integer literal {shown} "
                                     "does not fit in a word of 32 bits"))
                kind = "WRONG"
        elif group == 2:
            kind = "FLOAT"
            if float(word[:-1]) == float("inf"):
                tokens.wrong.append((match.start(group), len(word),
                                     f"float literal {word} is out of range"))
                kind = "WRONG"
        elif group == 5:
            kind = "STRING"
        elif group == 6:
            kind = "CHAR"
        elif group == 7:
            kind = "END"
        else:
            start = match.start(group)
            literal = _WRONG_LITERAL.match(text, start)
            if literal is None:
                kind = "ERROR"
                tokens.errors[len(kinds)] = _explain(text, start)
            else:
                tokens.wrong.append((start, 1, _explain(text, start)))
                kinds.append("WRONG")
                texts.append(literal[0])
                starts.append(start)
                return literal.end()
        kinds.append(kind)
        texts.append(word)
        starts.append(match.start(group))
        if kind == "END":
            break
    return None


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
