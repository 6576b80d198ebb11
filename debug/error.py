"""What the person at the debugger got wrong."""

import difflib
from collections.abc import Iterable

__all__ = ["DebugError", "NotThere", "UnknownName", "suggestion"]


class DebugError(Exception):
    """A command cannot be done; the message is one sentence that says why."""


class UnknownName(DebugError):
    """A name means nothing where it was looked up."""


class NotThere(DebugError):
    """Something has no value at this moment: optimised out, behind a null pointer, no memory."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'this'?`, or nothing where nothing is like it."""
    close = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
