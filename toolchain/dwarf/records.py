"""What a compiler says about its program, for the debug information.

A `Description` travels inside the assembly text, as one annotation (``;!debug`` and JSON), so that
every way from text to binary has it. All positions in code are words from the label of the
function. Files are numbers into `Description.files`, types numbers into `Description.types`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Description", "Frame", "FunctionRecord", "GlobalRecord", "InlinedRecord",
           "LocalRecord", "Location", "Piece", "Place", "Row", "TypeRecord", "read_description"]

# A type: its kind, and what that kind needs.
#   ("base", name, encoding)      one word
#   ("pointer", type)             of something; None for void
#   ("function", types, result)   the address of a function
#   ("array", type, length), ("slice", type)
#   ("struct", size, [(name, type, offset)...])
#   ("name", name, type)
TypeRecord = Sequence[Any]

# Where one word of a variable is:
#   ("r", n)            in a register
#   ("f", offset)       in memory, so many words from the frame's address (the CFA)
#   ("c", value)        nowhere, but it is this number
#   ("a", label, offset)  nowhere, but it is the address so many words from a label
#   ("s", offset)       nowhere, but it is the address so many words from the frame's
#   None                not known
Piece = Sequence[Any] | None

# A whole variable: a piece for each of its words, or ("m", offset): in memory, from there on.
# Nothing at all, (), says that it exists here, and is nowhere.
Location = Sequence[Any]


class Place(NamedTuple):
    """From word `first` up to `end` a variable is there."""
    first:    int
    end:      int
    location: Location


class Row(NamedTuple):
    """The code from `word` on comes from this line; `is_statement` where it begins a statement."""
    word:         int
    file:         int
    line:         int
    column:       int
    is_statement: bool


class Frame(NamedTuple):
    """From `word` on: `offset`, how far the caller's stack pointer is above this one; `link`, the
    register that holds the return address, or -1 if that is saved; `saved`, registers (the return
    address as `numbers.IP_COLUMN`) and how many words below the caller's stack pointer they are."""
    word:   int
    offset: int
    link:   int
    saved:  Sequence[tuple[int, int]]


class LocalRecord(NamedTuple):
    """A parameter or a variable of a function."""
    name:         str
    type:         int
    file:         int
    line:         int
    is_parameter: bool


@dataclass
class InlinedRecord:
    """A call that was replaced by the body of `function`, a number into the functions."""
    function: int
    file:     int
    line:     int
    column:   int
    ranges:   list[tuple[int, int]]
    places:   dict[int, list[Place]]
    inlined:  list["InlinedRecord"] = field(default_factory=list)


@dataclass
class FunctionRecord:
    """A function; `words` is 0 if it has no code of its own."""
    label:     str
    name:      str
    file:      int
    line:      int
    result:    int | None
    exported:  bool
    locals:    list[LocalRecord]
    words:     int = 0
    rows:      list[Row]                = field(default_factory=list)
    frames:    list[Frame]              = field(default_factory=list)
    clobbered: int                      = 0  # registers that are not as the caller had them
    places:    dict[int, list[Place]]   = field(default_factory=dict)  # by number of the local
    inlined:   list[InlinedRecord]      = field(default_factory=list)


class GlobalRecord(NamedTuple):
    """A global variable: in memory, at `label`, if `location` is None."""
    name:     str
    label:    str
    type:     int
    file:     int
    line:     int
    location: Location | None = None


@dataclass
class Description:
    """All of one compilation. The first file gives the unit its name."""
    files:     list[str]            = field(default_factory=list)
    types:     list[TypeRecord]     = field(default_factory=list)
    functions: list[FunctionRecord] = field(default_factory=list)
    globals:   list[GlobalRecord]   = field(default_factory=list)

    def to_text(self) -> str:
        """As JSON, on one line."""
        return json.dumps({
            "files": self.files, "types": self.types, "globals": self.globals,
            "functions": [vars(one) | {"inlined": [_plain(deeper) for deeper in one.inlined]}
                          for one in self.functions],
        }, separators=(",", ":"), ensure_ascii=False)


def _plain(one: InlinedRecord) -> dict[str, Any]:
    return vars(one) | {"inlined": [_plain(deeper) for deeper in one.inlined]}


def read_description(text: str) -> Description:
    """What `Description.to_text` wrote.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        found = json.loads(text)
        return Description(
            list(found["files"]), list(found["types"]),
            [_function(one) for one in found["functions"]],
            [GlobalRecord(*one) for one in found["globals"]])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"damaged debug information: {error}") from None


def _function(found: dict[str, Any]) -> FunctionRecord:
    return FunctionRecord(**found | {
        "locals": [LocalRecord(*one) for one in found["locals"]],
        "rows": [Row(*one) for one in found["rows"]],
        "frames": [Frame(*one) for one in found["frames"]],
        "places": _places(found["places"]),
        "inlined": [_inlined(one) for one in found["inlined"]],
    })


def _inlined(found: dict[str, Any]) -> InlinedRecord:
    return InlinedRecord(**found | {
        "places": _places(found["places"]),
        "inlined": [_inlined(one) for one in found["inlined"]],
    })


def _places(found: dict[str, Any]) -> dict[int, list[Place]]:
    return {int(number): [Place(*one) for one in places] for number, places in found.items()}
