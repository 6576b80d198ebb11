"""Numbers on command lines, for `argparse`: what is none is told with what it must be."""

import argparse
from collections.abc import Callable
from typing import TypeVar

__all__ = ["above_0", "seed"]

Number = TypeVar("Number", int, float)


def above_0(kind: Callable[[str], Number]) -> Callable[[str], Number]:
    """Reads a finite number above 0, an `int` or a `float`."""
    def value(text: str) -> Number:
        try:
            number = kind(text)
        except ValueError:
            number = kind("0")
        if not 0 < number < float("inf"):
            raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
        return number
    return value


def seed(text: str) -> int:
    """A number from 0 on, in decimal."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}")
    return int(text)
