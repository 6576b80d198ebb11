"""Values of a program's variables, and how they are shown."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from toolchain.debug_info import (
    ArrayType,
    BaseType,
    CodeType,
    DebugType,
    PointerType,
    SliceType,
    StructType,
)

__all__ = ["BYTE", "FORMATS", "Value", "as_number", "show"]

BYTE = BaseType("byte", "unsigned")
INT  = BaseType("int", "signed")
BOOL = BaseType("bool", "boolean")

ABSENT        = "<optimised out>"
MOST_ELEMENTS = 32   # of an array that are shown
MOST_TEXT     = 200  # characters

FORMATS = "xductfa"  # hexadecimal, signed, unsigned, character, binary, float, address

Words = list[int | None]


@dataclass(frozen=True)
class Value:
    """Something that an expression came to.

    `words` are None where they are not there; `address` is where it is in `space`, if in memory;
    `register` the one that it is in, if in one.
    """
    type:     DebugType
    words:    Words
    address:  int | None = None
    space:    int        = 0
    register: int | None = None


Reader = Callable[[int], int | None]     # a word of the value's space
Locate = Callable[[int], str | None]     # the label at an address of it


def as_number(value: Value) -> int | float | None:
    """What arithmetic takes it for; None if it is not there, or no single word."""
    if len(value.words) != 1 or value.words[0] is None:
        return None
    return _number(value.type.base, value.words[0])


def _number(kind: DebugType, word: int) -> int | float:
    if isinstance(kind, BaseType):
        if kind.encoding == "signed":
            return word - (word >> 31 << 32)
        if kind.encoding == "float":
            number: float = struct.unpack("<f", struct.pack("<I", word))[0]
            return number
    return word


def show(value: Value, read: Reader, locate: Locate, form: str = "") -> str:
    """A value as text: structs and arrays with their parts, slices of letters as a string."""
    return _show(value.type, value.words, read, locate, form)


def _show(kind: DebugType, words: Words, read: Reader, locate: Locate, form: str) -> str:
    base = kind.base
    if isinstance(base, StructType):
        return "{" + ", ".join(
            f"{field.name} = " + _show(field.type, words[field.offset:field.offset
                                                         + field.type.size], read, locate, form)
            for field in base.fields) + "}"
    if isinstance(base, ArrayType):
        return _array(base.element, base.length, words, read, locate, form)
    if isinstance(base, SliceType):
        return _slice(base, words, read, locate, form)
    word = words[0] if words else None
    if word is None:
        return ABSENT
    if form:
        return formatted(word, form)
    if isinstance(base, CodeType) or isinstance(base, PointerType):
        if word == 0:
            return "null"
        label = locate(word) if isinstance(base, CodeType) else None
        return f"{word:#x}" + (f" <{label}>" if label else "")
    number = _number(base, word)
    if isinstance(base, BaseType) and base.encoding == "boolean":
        return {0: "false", 1: "true"}.get(word, f"{word} (no bool)")
    return f"{number:.8g}" if isinstance(number, float) else str(number)


def formatted(word: int, form: str) -> str:
    """A word as one of `FORMATS`."""
    if form == "x" or form == "a":
        return f"{word:#x}"
    if form == "d":
        return str(word - (word >> 31 << 32))
    if form == "c":
        return f"{word} {chr(word)!r}" if 32 <= word < 0x110000 else str(word)
    if form == "t":
        return f"{word:#b}"
    if form == "f":
        return f"{struct.unpack('<f', struct.pack('<I', word))[0]:.8g}"
    return str(word)


def _array(element: DebugType, length: int, words: Words, read: Reader, locate: Locate,
           form: str) -> str:
    if words and all(word is None for word in words):
        return ABSENT
    if not form and _is_text(element, words):
        return _quoted(words)
    shown, at, parts = 0, 0, []
    while shown < min(length, MOST_ELEMENTS):
        part = words[at:at + element.size]
        repeated = 1
        while (shown + repeated < length and element.size
               and words[at + repeated * element.size:at + (repeated + 1) * element.size] == part):
            repeated += 1
        text = _show(element, part, read, locate, form)
        if repeated > 8:
            parts.append(f"{text} <{repeated} times>")
        else:
            parts += [text] * repeated
        shown += repeated
        at += repeated * element.size
    return "[" + ", ".join(parts) + (", ..." if shown < length else "") + "]"


def _slice(kind: SliceType, words: Words, read: Reader, locate: Locate, form: str) -> str:
    pointer, length, capacity = words
    if pointer is None or length is None:
        return ABSENT
    if pointer == 0:
        return "null"
    size = max(1, kind.element.size)
    inside = [read(pointer + n) for n in range(min(length, MOST_TEXT) * size)]
    if not form and length and _is_text(kind.element, inside):
        return _quoted(inside) + ("..." if length > MOST_TEXT else "")
    text = _array(kind.element, length, inside[:MOST_ELEMENTS * size], read, locate, form)
    return f"{text} (at {pointer:#x}, length {length}, capacity {capacity})"


def _is_text(element: DebugType, words: Words) -> bool:
    """Whether these are letters: printable up to a zero, or to the end."""
    if not isinstance(element.base, BaseType) or element.base.name != "byte":
        return False
    letters = words[:words.index(0)] if 0 in words else words
    return len(letters) > 1 and all(
        word is not None and (32 <= word < 127 or word in (9, 10, 13) or 160 <= word < 0x110000)
        for word in letters)


def _quoted(words: Words) -> str:
    letters = words[:words.index(0)] if 0 in words else words
    text = "".join(chr(word) for word in letters[:MOST_TEXT] if word is not None)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") \
        .replace("\r", "\\r").replace("\t", "\\t") + '"'
