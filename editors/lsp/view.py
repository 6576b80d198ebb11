"""What an editor may ask about a file, whatever its language, and what it gets to hear."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Call", "Item", "Place", "Problem", "RenameError", "Symbol", "View"]


@dataclass(frozen=True)
class Place:
    """A piece of a file: offsets of its first character and just behind its last."""
    path:  Path
    text:  str = field(compare=False, repr=False)
    begin: int
    end:   int


@dataclass(frozen=True)
class Problem:
    """A mistake or a warning, as the compiler words it; `kind` may be empty."""
    place:      Place
    message:    str
    kind:       str = ""
    is_warning: bool = False


@dataclass
class Symbol:
    """Something that is declared, for an outline: offsets of all of it and of its name."""
    name:       str
    kind:       str
    begin:      int
    end:        int
    name_begin: int
    detail:     str = ""
    inside:     list["Symbol"] = field(default_factory=list)


@dataclass(frozen=True)
class Item:
    """A word that may stand at the cursor; `arrow` if the '.' in front has to be '->'."""
    name:   str
    kind:   str
    detail: str = ""
    arrow:  bool = False


@dataclass(frozen=True)
class Call:
    """A call that is being typed: how it is declared, its parameters, and which one is at hand."""
    label:      str
    parameters: list[str]
    active:     int
    comment:    str = ""


class RenameError(Exception):
    """A renaming that is refused; the message says why."""


class View(ABC):
    """A file of a program that was analysed. Offsets count characters from the file's start.

    Attributes
    ----------
    path : Path
        Where the file is.
    text : str
        What stands in it.
    """

    path: Path
    text: str

    @abstractmethod
    def problems(self) -> list[Problem]:
        """All mistakes and warnings, in whichever file."""

    @abstractmethod
    def hover(self, offset: int) -> tuple[str, int, int] | None:
        """Markdown on what stands at an offset, and from where to where that is."""

    @abstractmethod
    def definition(self, offset: int) -> Place | None:
        """Where the name at an offset is declared."""

    @abstractmethod
    def references(self, offset: int, declaration: bool = True) -> list[Place]:
        """Where the name at an offset is used, and where it is declared."""

    @abstractmethod
    def symbols(self) -> list[Symbol]:
        """What the file declares."""

    @abstractmethod
    def all_symbols(self) -> list[tuple[Symbol, Place, str]]:
        """What the program's own files declare, each with its place and what it is in."""

    @abstractmethod
    def complete(self, offset: int) -> tuple[list[Item], int]:
        """What may stand at an offset, and where the word begins that it stands for."""

    @abstractmethod
    def call(self, offset: int) -> Call | None:
        """The call whose arguments an offset is among."""

    @abstractmethod
    def renamable(self, offset: int) -> tuple[str, int, int]:
        """The name at an offset, and from where to where it stands; raises `RenameError`."""

    @abstractmethod
    def rename(self, offset: int, new: str) -> list[tuple[Place, str]]:
        """What to replace by what, to give a name another one; raises `RenameError`."""

    @abstractmethod
    def formatted(self) -> str | None:
        """The text formatted; None if it cannot be."""
