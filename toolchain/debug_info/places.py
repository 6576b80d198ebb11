"""What is at an address: lines of source, and variables."""

from dataclasses import dataclass
from typing import NamedTuple

from toolchain.debug_info.locations import Location
from toolchain.debug_info.types import DebugType

__all__ = ["Place", "Variable"]


class Place(NamedTuple):
    """Where some code comes from. `function` is the label, as `global::std::print`; file "" and
    line 0 if they are not known. `is_inlined`: the function was not called, but put in place of
    its call, which is the next place."""
    function:   str
    file:       str
    line:       int
    column:     int
    is_inlined: bool

    def __str__(self) -> str:
        return f"{self.function} ({self.file}:{self.line})" if self.file else self.function


@dataclass(frozen=True)
class Variable:
    """A variable at some place of the code; `location` is None if it is not there.

    `depth` says which of the places at that address it belongs to, 0 for the innermost;
    -1 for globals.
    """
    name:         str
    type:         DebugType
    location:     Location | None
    is_parameter: bool = False
    depth:        int  = -1
    label:        str  = ""
    line:         int  = 0  # where it is declared
