"""The types of variables. Sizes and offsets are in words."""

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["ArrayType", "BaseType", "CodeType", "DebugType", "Field", "NamedType", "PointerType",
           "SliceType", "StructType"]


@dataclass(eq=False)
class DebugType:
    """A type; `str` gives it as QLL writes it."""

    @property
    def size(self) -> int:
        """In words."""
        return 1

    @property
    def base(self) -> "DebugType":
        """The same type without a name."""
        return self


class Field(NamedTuple):
    """A member of a struct, so many words from its start."""
    name:   str
    type:   DebugType
    offset: int


@dataclass(eq=False)
class BaseType(DebugType):
    """`byte`, `int`, `float`, `bool`: `encoding` is unsigned, signed, float or boolean."""
    name:     str
    encoding: str

    def __str__(self) -> str:
        return self.name


@dataclass(eq=False)
class PointerType(DebugType):
    """The address of a `target`, in words; of nothing known if that is None."""
    target: DebugType | None = None

    def __str__(self) -> str:
        return f"* {self.target or 'void'}"


@dataclass(eq=False)
class CodeType(DebugType):
    """The address of a function; `result` is None if that returns nothing."""
    parameters: list[DebugType] = field(default_factory=list)
    result:     DebugType | None = None

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.parameters))}) => {self.result or 'void'}"


@dataclass(eq=False)
class ArrayType(DebugType):
    """`length` elements, one after the other."""
    element: DebugType
    length:  int

    @property
    def size(self) -> int:
        return self.element.size * self.length

    def __str__(self) -> str:
        return f"{_inner(self.element)}[{self.length}]"


@dataclass(eq=False)
class SliceType(DebugType):
    """Pointer, length, capacity: a word each, the latter two count elements."""
    element: DebugType

    @property
    def size(self) -> int:
        return 3

    def __str__(self) -> str:
        return f"{_inner(self.element)}[]"


@dataclass(eq=False)
class StructType(DebugType):
    """Members one after the other."""
    words:  int
    fields: list[Field] = field(default_factory=list)

    @property
    def size(self) -> int:
        return self.words

    def member(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def __str__(self) -> str:
        inside = " ".join(f"{one.name}: {one.type};" for one in self.fields)
        return f"struct {{ {inside} }}"


@dataclass(eq=False)
class NamedType(DebugType):
    """A name for another type."""
    name:   str
    target: DebugType

    @property
    def size(self) -> int:
        return self.target.size

    @property
    def base(self) -> DebugType:
        return self.target.base

    def __str__(self) -> str:
        return self.name


def _inner(element: DebugType) -> str:
    """An element's type, in parentheses where `[` would belong to a part of it."""
    text = str(element)
    return f"({text})" if isinstance(element, PointerType | CodeType) else text
