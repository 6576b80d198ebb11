"""Which cycles the waves are of: as `--waves-when` says it."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sim.engine.library import Condition, What
from sim.machine import ImageError

__all__ = ["AROUND", "Event", "Window", "parse_when"]

AROUND = 500  # cycles before an event, and after it

FORMS = "'cycle N..M', 'fault' or 'function NAME'"


@dataclass(frozen=True)
class Window:
    """Cycles, both ends included; `last` is None for the end of the run."""
    first: int = 0
    last:  int | None = None


@dataclass(frozen=True)
class Event:
    """The first time that something happens.

    Parameters
    ----------
    name : str
        For people.
    condition : Condition
    """
    name:      str
    condition: Condition


def parse_when(text: str, symbols: Mapping[str, int]) -> Window | Event:
    """The cycles, or the event around which they are.

    Raises
    ------
    ImageError
        If the text says nothing, or names a function that the program does not have.
    """
    words = re.fullmatch(r"(\w+)[\s:=]*(.*)", text.strip())
    kind, rest = (words[1], words[2]) if words else ("", "")
    if kind == "fault" and not rest:
        return Event("fault", Condition(What.FAULT))
    if kind == "function" and rest:
        name = _function(rest, symbols)
        return Event(f"call of {name}", Condition(What.POINT, symbols[name]))
    match = re.fullmatch(r"([\d_]+)\.\.([\d_]*)", rest)
    if kind not in ("cycle", "cycles") or match is None:
        raise ImageError(f"--waves-when {text!r}: expected {FORMS}")
    first, last = int(match[1]), int(match[2]) if match[2] else None
    if last is not None and last < first:
        raise ImageError(f"--waves-when {text!r}: the window ends before it begins")
    return Window(first, last)


def _function(name: str, symbols: Mapping[str, int]) -> str:
    """The label that a name, or its last part, stands for."""
    if name in symbols:
        return name
    functions = [label for label in symbols if "$" not in label]
    found = [label for label in functions if label.split("::")[-1] == name
             or label.endswith(f"::{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise ImageError(f"there are several functions {name!r}: {', '.join(sorted(found)[:8])}")
    last = {label.split("::")[-1]: label for label in functions}
    near = difflib.get_close_matches(name, {*functions, *last}, 3)
    raise ImageError(f"the program has no function {name!r}"
                     + (f"; did you mean {' or '.join(map(repr, near))}?" if near else
                        "" if functions else ", for nothing is known of its labels"))
