"""Integers as sources write them."""

__all__ = ["integer_value"]

_CHUNK = 4000  # decimal digits that `int` takes at once


def integer_value(digits: str) -> int:
    """The value of an unsigned literal: decimal, ``0x`` hexadecimal or ``0b`` binary, of any length
    (far past a word, only that it is large)."""
    if digits.startswith("0x"):
        return int(digits[2:], 16)
    if digits.startswith("0b"):
        return int(digits[2:], 2)
    digits = digits.lstrip("0")
    return int(digits[:_CHUNK] or "0")
