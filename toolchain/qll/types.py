"""The types of QLL: what they are, when two are equal, when one converts to another.

Every type that a program writes becomes an object of one of the classes below. Names for types
(aliases) and tags stay visible in them, because operators distinguish ``litres`` from ``pints``
although both are bytes; whoever only wants to know what is in memory asks for `Type.base`, which
is free of names and tags at its top level.

Types may be recursive, so `equal` and `convertible` assume that a pair they are already comparing
agrees.
"""

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

__all__ = [
    "BOOL", "BYTE", "FLOAT", "INT", "STRING", "UNKNOWN", "VOID", "Array", "Builtin",
    "FunctionType", "Member", "Named", "Pointer", "Slice", "Struct", "Tagged", "Type", "Unknown",
    "Variable", "convertible", "equal",
    "fingerprint", "identical", "is_aggregate", "is_integer", "is_numeric", "is_scalar",
    "is_testable", "show", "slice_element", "untagged",
]


class Type:
    """A type. `base` is the same type without names and tags at the top level: one of
    `Builtin`, `Pointer`, `FunctionType`, `Array`, `Slice`, `Struct` (or `UNKNOWN`)."""

    __slots__ = ("_arrays", "_pointer", "_slice")

    _arrays:  "dict[int, Array]"
    _pointer: "Pointer"
    _slice:   "Slice"

    @property
    def base(self) -> "Type":
        return self

    @property
    def tags(self) -> frozenset[str]:
        """Tags of this very type, without the dot; aliases do not pass them on."""
        return frozenset()

    @property
    def size(self) -> int:
        """Size in words; unbounded, the caller reduces modulo 2^32."""
        raise NotImplementedError

    def pointer(self) -> "Pointer":
        """The type of a pointer to this; always the same object."""
        try:
            return self._pointer
        except AttributeError:
            self._pointer = Pointer(self)
            return self._pointer

    def slice(self) -> "Slice":
        """The type of a slice of these; always the same object."""
        try:
            return self._slice
        except AttributeError:
            self._slice = Slice(self)
            return self._slice

    def array(self, length: int) -> "Array":
        """The type of an array of `length` of these; always the same object."""
        try:
            arrays = self._arrays
        except AttributeError:
            arrays = self._arrays = {}
        found = arrays.get(length)
        if found is None:
            found = arrays[length] = Array(self, length)
        return found

    def __str__(self) -> str:
        return show(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class Builtin(Type):
    """`byte`, `int`, `float` or `void`: the four objects BYTE, INT, FLOAT, VOID and no others."""

    __slots__ = ("_size", "name")

    def __init__(self, name: str, size: int):
        self.name = name
        self._size = size

    @property
    def size(self) -> int:
        return self._size


BYTE  = Builtin("byte", 1)
INT   = Builtin("int", 1)
FLOAT = Builtin("float", 1)
VOID  = Builtin("void", 0)


class Unknown(Type):
    """Type of what was already reported as wrong: it agrees with everything. Never in a tree
    that the checker hands on."""

    __slots__ = ()

    @property
    def size(self) -> int:
        return 1


UNKNOWN = Unknown()


class Pointer(Type):
    """`* target`, one word; 0 is null. Made by `Type.pointer`."""

    __slots__ = ("target",)

    size: ClassVar[int] = 1

    def __init__(self, target: Type):
        self.target = target


class FunctionType(Type):
    """`(parameters) => result`, one word: the address of a function."""

    __slots__ = ("parameters", "result")

    size: ClassVar[int] = 1

    def __init__(self, parameters: tuple[Type, ...], result: Type):
        self.parameters = parameters
        self.result = result


class Array(Type):
    """`element[length]`: the elements in order and nothing else. Made by `Type.array`."""

    __slots__ = ("element", "length")

    def __init__(self, element: Type, length: int):
        self.element = element
        self.length = length

    @property
    def size(self) -> int:
        return self.element.size * self.length


class Slice(Type):
    """`element[]`, three words: pointer, length, capacity. Made by `Type.slice`."""

    __slots__ = ("element",)

    size: ClassVar[int] = 3

    def __init__(self, element: Type):
        self.element = element


class Member:
    """A member of a struct; `offset` in words from the struct's start, `pos` its declaration."""

    __slots__ = ("name", "offset", "pos", "type")

    def __init__(self, name: str, type: Type, pos: int):
        self.name = name
        self.type = type
        self.offset = -1
        self.pos = pos

    def __repr__(self) -> str:
        return f"<Member {self.name}: {self.type} at {self.offset}>"


class Struct(Type):
    """`struct { ... }`: the members in order, without padding.

    Offsets and size are worked out when first asked for, as a member's type may be a name that is
    not resolved yet when the struct is made.
    """

    __slots__ = ("_by_name", "_members", "_size")

    def __init__(self, members: list[Member]):
        self._members = tuple(members)
        self._by_name: dict[str, Member] | None = None
        self._size = 0

    def _lay_out(self) -> dict[str, Member]:
        offset = 0
        for member in self._members:
            member.offset = offset
            offset += member.type.size
        self._size = offset
        self._by_name = {member.name: member for member in self._members}
        return self._by_name

    @property
    def size(self) -> int:
        if self._by_name is None:
            self._lay_out()
        return self._size

    @property
    def members(self) -> tuple[Member, ...]:
        """The members with their offsets, in order of declaration."""
        if self._by_name is None:
            self._lay_out()
        return self._members

    @property
    def parts(self) -> tuple[Member, ...]:
        """The members in order, before anybody needs their offsets."""
        return self._members

    def member(self, name: str) -> Member | None:
        """The member of that name, with its offset."""
        by_name = self._by_name
        if by_name is None:
            by_name = self._lay_out()
        return by_name.get(name)


class Named(Type):
    """A name for a type (`type litres = byte;`), or a template's instance that mentions itself.

    `target` is what the name stands for; the checker sets it. An instance of a type template has
    no name of its own: `transparent` is true and comparisons look through it. `label` is the fully
    qualified name, `global::litres`.
    """

    __slots__ = ("_base", "label", "name", "pos", "target", "transparent")

    def __init__(self, name: str, label: str, pos: int = -1, transparent: bool = False):
        self.name = name
        self.label = label
        self.pos = pos
        self.transparent = transparent
        self.target: Type | None = None
        self._base: Type | None = None

    @property
    def base(self) -> Type:
        if self._base is not None:
            return self._base
        kind: Type = self
        seen = set()
        while isinstance(kind, (Named, Tagged)):
            if id(kind) in seen:
                return UNKNOWN
            seen.add(id(kind))
            inner = kind.target
            if inner is None:
                return UNKNOWN
            kind = inner
        self._base = kind
        return kind

    @property
    def size(self) -> int:
        return self.base.size


class Tagged(Type):
    """A type with tags in front: `.constant byte`. Equal to the type without them."""

    __slots__ = ("_tags", "target")

    def __init__(self, target: Type, tags: frozenset[str]):
        self.target = target
        self._tags = tags

    @property
    def base(self) -> Type:
        return self.target.base

    @property
    def tags(self) -> frozenset[str]:
        return self._tags

    @property
    def size(self) -> int:
        return self.target.size


class Variable(Type):
    """A type parameter while the type arguments of a call are inferred. Never in a tree."""

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name

    @property
    def size(self) -> int:
        return 1


BOOL = Named("bool", "global::bool")
BOOL.target = BYTE
STRING = Named("string", "global::string")
STRING.target = BYTE.slice()


def untagged(kind: Type) -> Type:
    """The type without tags in front."""
    while isinstance(kind, Tagged):
        kind = kind.target
    return kind


# --- classes of types ----------------------------------------------------------------------------


def is_integer(kind: Type) -> bool:
    """Integer kind: `byte`, `int`, names for them."""
    base = kind.base
    return base is BYTE or base is INT or base is UNKNOWN


def is_numeric(kind: Type) -> bool:
    """Integer kind or float."""
    base = kind.base
    return base is BYTE or base is INT or base is FLOAT or base is UNKNOWN


def is_scalar(kind: Type) -> bool:
    """Numeric, pointer or function: what travels in one register."""
    base = kind.base
    return (base is BYTE or base is INT or base is FLOAT or base is UNKNOWN
            or isinstance(base, (Pointer, FunctionType)))


def is_aggregate(kind: Type) -> bool:
    """Array, slice or struct: what travels through memory, even if it is one word or none."""
    return isinstance(kind.base, Array | Slice | Struct)


def is_testable(kind: Type) -> bool:
    """Usable as a truth value: integer kind, pointer, function, slice."""
    base = kind.base
    return (base is BYTE or base is INT or base is UNKNOWN
            or isinstance(base, (Pointer, FunctionType, Slice)))


def slice_element(kind: Type) -> Type | None:
    """Element type of a slice or slice-shaped struct, None for other types."""
    base = kind.base
    if isinstance(base, Slice):
        return base.element
    if isinstance(base, Struct):
        parts = base.parts
        if (len(parts) == 3 and parts[0].name == "pointer" and parts[1].name == "length"
                and parts[2].name == "capacity" and parts[1].type.base is BYTE
                and parts[2].type.base is BYTE):
            pointer = parts[0].type.base
            if isinstance(pointer, Pointer):
                return pointer.target
    return None


# --- comparing -----------------------------------------------------------------------------------


def _bare(kind: Type) -> Type:
    """Without tags, and without names that are none (instances of type templates)."""
    while isinstance(kind, Tagged) or (isinstance(kind, Named) and kind.transparent):
        if kind.target is None:  # being resolved
            return kind
        kind = kind.target
    return kind


Pairs = set[tuple[Type, Type]]


def equal(left: Type, right: Type, seen: Pairs | None = None) -> bool:
    """Whether two types are equal as operands of an operator: names count.

    See docs/qll.md, "Names".
    """
    if left is right:
        return True
    left, right = _bare(left), _bare(right)
    if left is right or left is UNKNOWN or right is UNKNOWN:
        return True
    if isinstance(left, Named):
        # A name equals an unnamed struct or function type, on either side, but no other name.
        if isinstance(right, Named) or not isinstance(right, (Struct, FunctionType)):
            return False
        left = left.base
    elif isinstance(right, Named):
        if not isinstance(left, (Struct, FunctionType)):
            return False
        right = right.base
    return _alike(left, right, equal, seen)


def identical(left: Type, right: Type, seen: Pairs | None = None) -> bool:
    """Whether two types are the same in every respect but tags: a name equals nothing else."""
    if left is right:
        return True
    left, right = _bare(left), _bare(right)
    if left is right or left is UNKNOWN or right is UNKNOWN:
        return True
    if isinstance(left, Named) or isinstance(right, Named):
        return False
    return _alike(left, right, identical, seen)


def convertible(source: Type, target: Type, seen: Pairs | None = None) -> bool:
    """Whether a value of one type can be stored as another: names do not count.

    The conversion of arrays to slices, which is for whole values only, is not included.
    """
    if source is target:
        return True
    source, target = source.base, target.base
    if source is target or source is UNKNOWN or target is UNKNOWN:
        return True
    if isinstance(source, Struct) and isinstance(target, Slice):
        element = slice_element(source)
        return element is not None and convertible(element, target.element, seen)
    if isinstance(source, Slice) and isinstance(target, Struct):
        element = slice_element(target)
        return element is not None and convertible(source.element, element, seen)
    return _alike(source, target, convertible, seen)


def _alike(left: Type, right: Type, parts_agree, seen: Pairs | None) -> bool:  # type: ignore[no-untyped-def]
    """Whether two different unnamed types have the same shape and their parts agree."""
    if type(left) is not type(right) or isinstance(left, Builtin):
        return False
    if isinstance(left, Pointer) and isinstance(right, Pointer):
        return parts_agree(left.target, right.target, seen)
    if isinstance(left, Slice) and isinstance(right, Slice):
        return parts_agree(left.element, right.element, seen)
    if isinstance(left, Array) and isinstance(right, Array):
        return left.length == right.length and parts_agree(left.element, right.element, seen)
    # Every recursion of a type, and everything that can blow up, goes through these two.
    if seen is None:
        seen = set()
    elif (left, right) in seen:
        return True
    seen.add((left, right))
    if isinstance(left, FunctionType) and isinstance(right, FunctionType):
        mine, others = (*left.parameters, left.result), (*right.parameters, right.result)
        if len(mine) != len(others):
            return False
    elif isinstance(left, Struct) and isinstance(right, Struct):
        if [part.name for part in left.parts] != [part.name for part in right.parts]:
            return False
        mine = tuple(part.type for part in left.parts)
        others = tuple(part.type for part in right.parts)
    else:
        return False
    return all(parts_agree(one, other, seen) for one, other in zip(mine, others, strict=True))


def fingerprint(kind: Type) -> int:
    """A number that identical types share, to look types up by. Others may share it too."""
    kind = _bare(kind)
    if isinstance(kind, (Pointer, Slice, Array)):
        # Towers of these may be high: go down first, then up.
        tower: list[Type] = []
        while isinstance(kind, (Pointer, Slice, Array)):
            tower.append(kind)
            kind = _bare(kind.target if isinstance(kind, Pointer) else kind.element)
        found = fingerprint(kind)
        for each in reversed(tower):
            found = hash((type(each), found, each.length if isinstance(each, Array) else 0))
        return found
    if isinstance(kind, Struct):
        return hash(tuple(part.name for part in kind.parts))
    if isinstance(kind, FunctionType):
        return hash((FunctionType, len(kind.parameters)))
    return hash(kind)


# --- printing ------------------------------------------------------------------------------------


def show(kind: Type, qualified: bool = False, limit: int = 60) -> str:
    """A type as the source would write it, on one line; `qualified` spells names in full.

    What is longer than `limit` words is cut short: instances of templates can grow exponentially.
    """
    words = list(islice(_words(kind, qualified), limit + 1))
    return "".join([*words[:limit], "..."]) if len(words) > limit else "".join(words)


def _words(kind: Type, qualified: bool) -> Iterator[str]:
    if isinstance(kind, Builtin):
        yield kind.name
    elif isinstance(kind, Tagged):
        for tag in sorted(kind.tags):
            yield f".{tag} "
        yield from _words(kind.target, qualified)
    elif isinstance(kind, Named):
        yield kind.label if qualified or kind.transparent else kind.label.removeprefix("global::")
    elif isinstance(kind, Pointer):
        yield "* "
        yield from _words(kind.target, qualified)
    elif isinstance(kind, (Slice, Array)):
        element = kind.element
        if isinstance(element, (Pointer, FunctionType, Tagged)):
            yield "("
            yield from _words(element, qualified)
            yield ")"
        else:
            yield from _words(element, qualified)
        yield "[]" if isinstance(kind, Slice) else f"[{kind.length}]"
    elif isinstance(kind, FunctionType):
        yield "("
        for index, parameter in enumerate(kind.parameters):
            if index:
                yield ", "
            yield from _words(parameter, qualified)
        yield ") => "
        yield from _words(kind.result, qualified)
    elif isinstance(kind, Struct):
        yield "struct { "
        for part in kind.parts:
            yield f"{part.name}: "
            yield from _words(part.type, qualified)
            yield "; "
        yield "}"
    else:
        yield kind.name if isinstance(kind, Variable) else "unknown"
