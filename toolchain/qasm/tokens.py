"""Tokens of QASM: references, numbers, floats, strings, registers.

The format is one directive a line with a handful of token kinds, so a compiled regular expression
reads it. A parser generator was considered: lark needs 22 microseconds a line for such a
grammar, and the kernel's 27,000 lines are assembled over and over.
"""

import re
from dataclasses import dataclass

from isa import IP_FIELD, REGISTERS
from isa.machine import NAN
from toolchain.floats import binary32_from_text
from toolchain.integers import integer_value

__all__ = [
    "NUMBER", "REFERENCE", "SPACE", "SOURCES", "Token", "float_value", "is_counter", "is_name",
    "number_value", "quote_reference", "quote_string", "reference_name", "string_value",
    "tokenize",
]

SPACE     = r"[ \t\r]"
NAME      = r"[A-Za-z_][A-Za-z0-9_$]*"
PATH      = rf"{NAME}(?:::{NAME})*"
REFERENCE = rf"@(?:{PATH}|`[^`\n]*`)"
NUMBER    = r"-?(?:0x[0-9A-Fa-f]+|0b[01]+|[0-9]+)"
FLOAT     = r"-?[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)f"

# Register names as a source operand may be written, with what goes into the field.
SOURCES = {f"r{n}": n for n in range(REGISTERS)} | {"ip": IP_FIELD}

_TOKEN = re.compile(rf"""
    (?P<space>     {SPACE}+ )
  | (?P<comment>   ;.* )
  | (?P<reference> {REFERENCE} )
  | (?P<string>    '(?:[^'\\]|\\.)*' )
  | (?P<number>    -?0[xXbB][0-9A-Za-z_$.]* | -?[0-9](?:[eE][+-](?=[0-9])|[0-9A-Za-z_$.])* )
  | (?P<counter>   r?\{{{NAME}\}} )
  | (?P<word>      -?{PATH} )
  | (?P<colon>     : )
  | (?P<other>     '.* | . )
""", re.VERBOSE | re.DOTALL)

_PATH    = re.compile(PATH)
_NUMBER  = re.compile(NUMBER)
_FLOAT   = re.compile(FLOAT)
_ESCAPE  = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"\\": "\\", "'": "'", "n": "\n"}
_SPECIAL = {"Inf": 0x7F800000, "-Inf": 0xFF800000, "NaN": NAN}


@dataclass(frozen=True)
class Token:
    """A piece of a line: `kind` is the name of a group above, `column` counts from 1.

    `written` is what stands in the source, where that is not `text`: the place of a counter.
    """
    kind:    str
    text:    str
    column:  int
    written: str = ""

    @property
    def length(self) -> int:
        """How many columns it takes."""
        return len(self.written or self.text)

    @property
    def end(self) -> int:
        """Column just behind."""
        return self.column + self.length


def tokenize(line: str) -> list[Token]:
    """Tokens of a line without white space and comment; what fits nothing is of kind `other`."""
    return [Token(match.lastgroup or "", match.group(), match.start() + 1)
            for match in _TOKEN.finditer(line) if match.lastgroup not in ("space", "comment")]


def is_counter(text: str) -> bool:
    """Whether a repeat's counter may have this name."""
    return bool(re.fullmatch(NAME, text))


def is_name(text: str) -> bool:
    """Whether a constant may have this name: not what a register or a float is called."""
    return bool(_PATH.fullmatch(text)) and text not in SOURCES and text not in _SPECIAL


def number_value(text: str) -> int | None:
    """The word that an integer literal stands for; None if it is none.

    Raises
    ------
    OverflowError
        If it does not fit in a word, signed or not.
    """
    if not _NUMBER.fullmatch(text):
        return None
    value = integer_value(text.lstrip("-"))
    if text.startswith("-"):
        value = -value
    if not -0x80000000 <= value <= 0xFFFFFFFF:
        raise OverflowError(text)
    return value & 0xFFFFFFFF


def float_value(text: str) -> int | None:
    """A float literal as its binary32 pattern; None if it is none.

    Raises
    ------
    OverflowError
        If the literal does not fit a binary64.
    """
    if text in _SPECIAL:
        return _SPECIAL[text]
    return binary32_from_text(text[:-1]) if _FLOAT.fullmatch(text) else None


def string_value(text: str) -> str:
    """Contents of a string in its quotes.

    Raises
    ------
    ValueError
        For an unknown escape; its second argument is the position in `text`.
    """
    def replace(match: re.Match[str]) -> str:
        if match.group(1) not in _ESCAPES:
            raise ValueError(f"unknown escape '{match.group()}'", match.start() + 1)
        return _ESCAPES[match.group(1)]

    return _ESCAPE.sub(replace, text[1:-1])


def quote_string(text: str) -> str:
    """A string as it is written in a `data` line."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def reference_name(text: str) -> str:
    """The label that a reference names: without ``@`` and backquotes."""
    return text[2:-1] if text.startswith("@`") else text[1:]


def quote_reference(name: str) -> str:
    """A label's name as a reference, in backquotes only where it needs them.

    Raises
    ------
    ValueError
        If no reference can name it.
    """
    if _PATH.fullmatch(name):
        return f"@{name}"
    if "`" in name or "\n" in name:
        raise ValueError(f"a label must not contain a backquote or a line feed: {name!r}")
    return f"@`{name}`"
