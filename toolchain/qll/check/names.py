"""Names: namespaces, the blocks they are written in, and looking a name up.

See docs/qll.md, "Names".
"""

import re
from typing import Generic, TypeVar

from toolchain.qll import tree
from toolchain.qll.errors import QllError, QllWarning, did_you_mean
from toolchain.qll.node import node
from toolchain.qll.syntax import nodes
from toolchain.qll.text import Text
from toolchain.qll.types import (
    BOOL,
    STRING,
    Member,
    Named,
    Type,
    Variable,
    fingerprint,
    identical,
)

__all__ = [
    "Ambiguous", "Block", "Entity", "FunctionTemplate", "Inner", "Namespace", "Reporter",
    "TypeParameter", "TypeTemplate", "find_namespace", "guess", "lookup",
]

_E = TypeVar("_E")

MAX_WARNINGS = 200
"""A run stops collecting there; the rest would not be read."""

MAX_HINTS = 200
"""Unknown names of a run for which a similar one is looked for; it takes a while."""


class Reporter:
    """Collects what is wrong; says everything once.

    `chain` describes the template instances that are being checked, innermost first; each error
    gets it as notes.
    """

    def __init__(self, text: Text):
        self.text = text
        self.errors: list[QllError] = []
        self.warnings: list[QllWarning] = []
        self.chain: tuple[str, ...] = ()
        self.lost: frozenset[str] = frozenset()  # names of what could not be read
        self.muted = 0
        self.hints = 0
        self.uses: dict[int, Entity] | None = None  # what each name means, by its position
        self._said: set[tuple[str, int, str]] = set()

    def use(self, pos: int, entity: "Entity") -> None:
        """Note what a name means that is declared or used at a position; only an editor asks."""
        if self.uses is not None:
            self.uses[pos] = entity

    def error(self, kind: str, message: str, pos: int, end: int,
              notes: tuple[str, ...] = ()) -> None:
        if self.muted or (kind, pos, message) in self._said or (
                self.lost and kind.startswith("unknown-") and self._is_lost(pos, end)):
            return
        self._said.add((kind, pos, message))
        self.errors.append(QllError(kind, message, self.text.span(pos, end),
                                    (*notes, *self.chain)))

    def warn(self, kind: str, message: str, pos: int, end: int,
             notes: tuple[str, ...] = ()) -> None:
        if self.muted or (kind, pos, message) in self._said or len(self.warnings) >= MAX_WARNINGS:
            return
        self._said.add((kind, pos, message))
        self.warnings.append(QllWarning(kind, message, self.text.span(pos, end),
                                        (*notes, *self.chain)))

    def _is_lost(self, pos: int, end: int) -> bool:
        """Whether a name between two positions may be declared in what could not be read."""
        words = re.findall(r"\w+", self.text.between(pos, end))
        return not self.lost.isdisjoint(words)

    def declared(self, pos: int) -> tuple[str, ...]:
        """A note that says where something is declared; none for what is predeclared."""
        return (f"declared at {self.text.span(pos)}",) if pos >= 0 else ()


def guess(name: str, candidates: list[str]) -> tuple[str, ...]:
    """A note that says what a name that is not known may have been meant to be."""
    found = did_you_mean(name, candidates)
    return (f"did you mean '{found}'?",) if found else ()


class Instances(Generic[_E]):
    """What a template was instantiated to, by its type arguments."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], list[tuple[list[Type], _E]]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def find(self, arguments: list[Type]) -> _E | None:
        """The instance for arguments that are identical to these."""
        for known, instance in self._known.get(tuple(map(fingerprint, arguments)), ()):
            if all(identical(left, right) for left, right in zip(known, arguments, strict=True)):
                return instance
        return None

    def add(self, arguments: list[Type], instance: _E) -> None:
        """Remember an instance, in place of one for the same list of arguments."""
        bucket = self._known.setdefault(tuple(map(fingerprint, arguments)), [])
        bucket[:] = [entry for entry in bucket if entry[0] is not arguments]
        bucket.append((arguments, instance))


class TypeTemplate:
    """`type name<parameters> = ...;`; `block` is where its names are looked up."""

    __slots__ = ("block", "broken", "declaration", "instances", "label", "name", "parameters",
                 "pos")

    def __init__(self, declaration: nodes.TypeDecl, label: str, block: "Block"):
        self.name = declaration.name
        self.label = label
        self.pos = declaration.name_pos
        self.declaration = declaration
        self.parameters = [name for name, _ in declaration.parameters]
        self.block = block
        self.instances: Instances[Type] = Instances()
        self.broken = False


class FunctionTemplate:
    """`function name<parameters>(...): ... { ... }`; `block` is where its names are looked up."""

    __slots__ = ("block", "declaration", "instances", "label", "name", "parameters", "pattern",
                 "pos")

    def __init__(self, declaration: nodes.Function, label: str, block: "Block"):
        self.name = declaration.name
        self.label = label
        self.pos = declaration.name_pos
        self.declaration = declaration
        self.parameters = [name for name, _ in declaration.type_parameters]
        self.block = block
        self.instances: Instances[tree.Function] = Instances()
        self.pattern: tuple[list[Type], Type, list[Variable]] | None = None


@node
class TypeParameter:
    """The use of a type parameter, in an instance where it stands for this type."""
    name: str
    type: Type


TypeEntity = Named | TypeTemplate
ValueEntity = tree.Function | tree.Global | FunctionTemplate
Entity = TypeEntity | ValueEntity | tree.Local | Member | TypeParameter


class Namespace:
    """All that is declared under one name, over all its blocks."""

    __slots__ = ("label", "name", "namespaces", "parent", "types", "values")

    def __init__(self, name: str, parent: "Namespace | None"):
        self.name = name
        self.parent = parent
        self.label: str = f"{parent.label}::{name}" if parent else name
        self.namespaces: dict[str, Namespace] = {}
        self.types: dict[str, TypeEntity] = {}
        self.values: dict[str, ValueEntity] = {}
        if parent is None:
            self.types["bool"] = BOOL
            self.types["string"] = STRING

    def open(self, name: str) -> "Namespace":
        """The namespace of that name in this one; made if need be."""
        found = self.namespaces.get(name)
        if found is None:
            found = self.namespaces[name] = Namespace(name, self)
        return found

    def walk(self, path: list[str]) -> "Namespace | None":
        """The namespace at the end of a path that starts below this one."""
        here: Namespace | None = self
        for part in path:
            assert here is not None
            here = here.namespaces.get(part)
            if here is None:
                return None
        return here


class Block:
    """One pair of braces of a namespace: what its `using`s provide is for it alone."""

    __slots__ = ("known_types", "known_values", "namespace", "parent", "root", "usings")

    def __init__(self, namespace: Namespace, parent: "Block | None"):
        self.namespace = namespace
        self.parent = parent
        self.root: Namespace = parent.root if parent else namespace
        self.usings: list[Namespace] = []
        self.known_types: dict[str, TypeEntity | Ambiguous[TypeEntity] | None] = {}
        self.known_values: dict[str, ValueEntity | Ambiguous[ValueEntity] | None] = {}

    def type(self, name: str) -> "TypeEntity | Ambiguous[TypeEntity] | None":
        try:
            return self.known_types[name]
        except KeyError:
            found = self.known_types[name] = lookup(self, name, "types")
            return found

    def value(self, name: str) -> "ValueEntity | Ambiguous[ValueEntity] | None":
        try:
            return self.known_values[name]
        except KeyError:
            found = self.known_values[name] = lookup(self, name, "values")
            return found

    def hints(self, name: str, kind: str, also: list[str]) -> tuple[str, ...]:
        """Notes that help with a name that is not known."""
        guess = self.suggest(name, kind, also)
        if guess:
            return (f"did you mean '{guess}'?",)
        head = name.rpartition("::")[0]
        if head and not self._reaches(head):
            return (f"there is no namespace '{head}'",)
        return ()

    def _reaches(self, path: str) -> bool:
        """Whether a path names a namespace, seen from here."""
        parts = path.split("::")
        if parts[0] == "global":
            return self.root.walk(parts[1:]) is not None
        block: Block | None = self
        while block is not None:
            if any(place.walk(parts) for place in [block.namespace, *block.usings]):
                return True
            block = block.parent
        return False

    def suggest(self, name: str, kind: str, also: list[str]) -> str | None:
        """What a name that is not known may have been meant to be: a name within reach from here,
        of that kind (`types` or `values`), or one of `also`."""
        head, _, last = name.rpartition("::")
        candidates = list(also) if not head else []
        block: Block | None = self
        while block is not None:
            for namespace in [block.namespace, *block.usings]:
                place = namespace.walk(head.split("::")) if head else namespace
                if head.startswith("global"):
                    place = self.root.walk(head.split("::")[1:])
                if place is not None:
                    candidates.extend(getattr(place, kind))
            block = block.parent
        guess = did_you_mean(last, candidates)
        if guess is not None:
            return f"{head}::{guess}" if head else guess
        return self._elsewhere(name, kind)

    def _elsewhere(self, name: str, kind: str) -> str | None:
        """The only namespace-level thing of that name in the program, in full."""
        last = name.rpartition("::")[2]
        found: list[str] = []
        waiting = [self.root]
        while waiting:
            namespace = waiting.pop()
            if last in getattr(namespace, kind):
                found.append(f"{namespace.label}::{last}".removeprefix("global::"))
            waiting.extend(namespace.namespaces.values())
        return found[0] if len(found) == 1 and found[0] != name else None


class Inner(Block):
    """A block as it is seen from within a function: values may be hidden by variables."""

    __slots__ = ("scopes",)

    def __init__(self, block: Block, scopes: "list[dict[str, tree.Local]]"):
        super().__init__(block.namespace, block.parent)
        self.usings = block.usings
        self.known_types = block.known_types
        self.known_values = block.known_values
        self.scopes = scopes

    def local(self, name: str) -> tree.Local | None:
        """The variable of that name."""
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return None


class Ambiguous(Generic[_E]):
    """Found in several namespaces in use."""

    def __init__(self, found: list[tuple[Namespace, _E]]):
        self.found = found

    def names(self) -> str:
        return " and ".join(f"'{namespace.label}'" for namespace, _ in self.found)


def lookup(block: Block, name: str, kind: str):  # type: ignore[no-untyped-def]
    """What a qualified name means in a block: an entity, `Ambiguous`, or None. `kind` is `types`
    or `values`."""
    *path, last = name.split("::")
    if path and path[0] == "global":
        place = block.root.walk(path[1:])
        return getattr(place, kind).get(last) if place else None
    here: Block | None = block
    while here is not None:
        place = here.namespace.walk(path) if path else here.namespace
        if place is not None:
            entity = getattr(place, kind).get(last)
            if entity is not None:
                return entity
        found = []
        for used in here.usings:
            place = used.walk(path)
            if place is not None:
                entity = getattr(place, kind).get(last)
                if entity is not None:
                    found.append((used, entity))
        if found:
            return found[0][1] if len(found) == 1 else Ambiguous(found)
        here = here.parent
    return None


def find_namespace(namespace: Namespace, name: str) -> Namespace | None:
    """The namespace that `using name;` in a namespace refers to."""
    path = name.split("::")
    root = namespace
    while root.parent is not None:
        root = root.parent
    if path[0] == "global":
        found = root.walk(path[1:])
        if found is not None:
            return found
    here: Namespace | None = namespace
    while here is not None:
        found = here.walk(path)
        if found is not None:
            return found
        here = here.parent
    return None
