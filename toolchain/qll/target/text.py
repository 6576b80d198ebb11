"""Labels, numbers and data as assembly text."""

import re

from toolchain.qll.middle.module import Data

__all__ = ["emit_data", "fast_label", "number", "reference"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(::[A-Za-z_][A-Za-z0-9_$]*)*\Z")
_references: dict[str, str] = {}


def reference(name: str) -> str:
    """A label as an operand: quoted unless it is plain."""
    found = _references.get(name)
    if found is None:
        found = f"@{name}" if _PLAIN.match(name) else f"@`{name}`"
        _references[name] = found
    return found


def number(value: int) -> str:
    """A word as a person would write it."""
    if value < 0x10000:
        return str(value)
    if value >= 0xFFFFFF00:
        return str(value - 0x100000000)
    return hex(value)


def fast_label(symbol: str) -> str:
    return f"{symbol}$fast"


def emit_data(data: Data, offsets: set[int]) -> list[str]:
    """`data` lines. Words at `offsets` need a label of their own, and so does each run."""
    lines = []
    words = data.words
    start = 0
    while start < len(words):
        label = reference(f"{data.label}${start}" if start else data.label)
        first = words[start]
        end = start + 1
        if isinstance(first, str):
            lines.append(f"data {label} {reference(first)}")
        else:
            while end < len(words) and end not in offsets and not isinstance(words[end], str):
                end += 1
            text = " ".join([number(word) for word in words[start:end]])  # type: ignore
            lines.append(f"data {label} {text}")
        start = end
    return lines
