"""The rows of a waveform: signals by their place in the hardware, and texts that say more."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

__all__ = ["Changes", "Row", "Scope", "TextChange", "WaveFile", "tree"]

Changes = NDArray[Any]  # of type `sim.engine.library.CHANGE`


@dataclass(frozen=True)
class Row:
    """A signal, a part of one, or a text.

    Parameters
    ----------
    scope : tuple of str
        The components in which it is, outermost first, then the structs.
    name : str
    signal : int
        Number of what it shows: rows may show the same. Texts have numbers of their own.
    width : int
        Bits, at most 64; 0 of a text.
    enum : str
        Name of the enumeration of its values; "" for a number.
    members : tuple of (int, str)
        What its values are called.
    is_signed : bool
    """
    scope:     tuple[str, ...]
    name:      str
    signal:    int
    width:     int
    enum:      str                          = ""
    members:   tuple[tuple[int, str], ...]  = ()
    is_signed: bool                         = False

    @property
    def path(self) -> str:
        return ".".join((*self.scope, self.name))


class TextChange(NamedTuple):
    """From this cycle on, a text row says something else."""
    cycle: int
    text:  int
    value: str


class WaveFile(Protocol):
    """A file of waves being written."""

    def write(self, changes: Changes, texts: list[TextChange]) -> None:
        """Add changes, in order of their cycles, which are none before what was written."""

    def close(self, end: int) -> None:
        """Finish the file, which ends before the cycle `end`."""


@dataclass
class Scope:
    """A component or struct with its rows."""
    name:   str
    rows:   list[Row]          = field(default_factory=list)
    scopes: dict[str, "Scope"] = field(default_factory=dict)

    def walk(self) -> Iterator["Scope"]:
        yield self
        for scope in self.scopes.values():
            yield from scope.walk()


def tree(rows: Iterable[Row], name: str = "") -> Scope:
    """The rows as a tree."""
    root = Scope(name)
    for row in rows:
        scope = root
        for part in row.scope:
            scope = scope.scopes.setdefault(part, Scope(part))
        scope.rows.append(row)
    return root
