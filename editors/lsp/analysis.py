"""A QLL program as the compiler sees it: what is wrong in it, and what each name means.

A check of the whole program takes a few hundred milliseconds, too long for every key. So files
that did not change are not parsed again, and between keys only the bodies of the file at hand are
checked (`Depth.FILE`).
"""

import enum
import re
from bisect import bisect_right
from collections.abc import Iterator

from editors.lsp.programs import Program
from toolchain.qll.check.names import (
    Block,
    Entity,
    FunctionTemplate,
    Namespace,
    TypeParameter,
    find_namespace,
)
from toolchain.qll.check.program import Checker
from toolchain.qll.errors import QllError
from toolchain.qll.syntax import nodes
from toolchain.qll.syntax.parser import parse
from toolchain.qll.text import Text
from toolchain.qll.types import UNKNOWN
from toolchain.source import Source

__all__ = ["Analysis", "Declared", "Depth", "Files", "Name", "analyse", "nodes_in",
           "type_parameters"]

ROOM = 1 << 24
"""Positions for each file. A file that is longer is read anew with all behind it."""

MOST_FILES = 300
"""That are kept parsed."""

QUALIFIED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*")

Declared = nodes.Function | nodes.Global | nodes.TypeDecl | nodes.Parameter | nodes.Var


class Depth(enum.IntEnum):
    """How much of a program is checked: the bodies of one file, or all."""
    FILE  = 1
    WHOLE = 2


class Files:
    """Parsed files, kept for as long as their texts and positions stay: programs with the same
    library share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[Source, nodes.File]] = {}

    def parse(self, text: Text, index: int) -> nodes.File:
        source = text.sources[index]
        key = (source.name, text.starts[index])
        known = self._known.pop(key, None)
        if known is None or known[0] != source:
            known = (source, parse(text, index))
        self._known[key] = known  # as the last one used
        while len(self._known) > MOST_FILES:
            del self._known[next(iter(self._known))]
        return known[1]


class Name:
    """A name in a source.

    `part` is the part of it that is meant, `begin` and `end` are its positions. `entity` is what it
    means, or if it is a part in front the `namespace`.
    """

    def __init__(self, part: str, begin: int, entity: Entity | None, namespace: Namespace | None):
        self.part = part
        self.begin = begin
        self.end = begin + len(part)
        self.entity = entity
        self.namespace = namespace


class Analysis:
    """What is known of a program, to some depth; of a file's bodies if it is not `WHOLE`."""

    def __init__(self, program: Program, text: Text, files: list[nodes.File], checker: Checker,
                 depth: Depth, index: int):
        self.program = program
        self.text = text
        self.files = files
        self.checker = checker
        self.depth = depth
        self.index = index
        assert checker.report.uses is not None
        self.uses: dict[int, Entity] = checker.report.uses
        self._declared: dict[int, dict[int, Declared]] = {}

    # --- places ----------------------------------------------------------------------------------

    def place(self, pos: int) -> tuple[int, int]:
        """The index of the source at a position, and the offset in it."""
        index = max(0, bisect_right(self.text.starts, pos) - 1)
        return index, pos - self.text.starts[index]

    def file_of(self, pos: int) -> nodes.File:
        return self.files[self.place(pos)[0]]

    # --- mistakes --------------------------------------------------------------------------------

    @property
    def errors(self) -> list[QllError]:
        """All mistakes, those of the whole program if it is the whole that was checked."""
        return [error for file in self.files for error in file.errors] + \
            self.checker.report.errors

    # --- names -----------------------------------------------------------------------------------

    def name_at(self, pos: int) -> Name | None:
        """The name that a position is in, or just behind; None if there is none with a meaning."""
        index, offset = self.place(pos)
        source, start = self.text.sources[index].text, self.text.starts[index]
        begin = offset
        while begin > 0 and (source[begin - 1].isalnum() or source[begin - 1] in "_:"):
            begin -= 1
        for match in QUALIFIED.finditer(source, begin):
            if match.start() > offset:
                return None
            if match.end() >= offset:
                return self._part(match[0], start + match.start(), pos)
        return None

    def _part(self, word: str, begin: int, pos: int) -> Name | None:
        """The part of a qualified name that a position is in."""
        entity = self.uses.get(begin) or self._parameter(word, begin)
        at = begin
        parts = word.split("::")
        for number, part in enumerate(parts):
            if pos <= at + len(part):
                if number == len(parts) - 1 and entity is not None:
                    return Name(part, at, entity, None)
                space = self._namespace(parts, number, begin, entity)
                return Name(part, at, None, space) if space is not None else None
            at += len(part) + 2
        return None

    def _parameter(self, word: str, begin: int) -> TypeParameter | None:
        """The type parameter that is declared at a position."""
        head = self.enclosing(begin)
        is_one = head is not None and (word, begin) in type_parameters(head)
        return TypeParameter(word, UNKNOWN) if is_one else None

    def _namespace(self, parts: list[str], number: int, begin: int,
                   entity: Entity | None) -> Namespace | None:
        """The namespace that a part of a name means, or that the name declares."""
        label = getattr(entity, "label", "").partition("<")[0]
        if label:
            space = self.checker.root.walk(label.split("::")[1:-1])
            behind = len(parts) - 2 - number
        else:
            space = next((block.namespace for node, block in self.checker.blocks
                          if node.pos < begin < node.end
                          and self.text.between(node.pos, begin).split() == ["namespace"]),
                         None) or find_namespace(self.block_at(begin).namespace, "::".join(parts))
            behind = len(parts) - 1 - number
        for _ in range(behind):
            space = space.parent if space is not None else None
        return space

    def names_of(self, entity: Entity, pos: int) -> list[int]:
        """Where the last parts of all names begin that mean an entity, which is meant at `pos`."""
        if isinstance(entity, TypeParameter):
            head = self.enclosing(pos)
            if head is None:
                return []
            found = [at for at, other in self.uses.items() if head.pos <= at < head.end
                     and isinstance(other, TypeParameter) and other.name == entity.name]
            declared = self.declaration_of(entity, pos)
            return sorted({*found, *([declared] if declared >= 0 else [])})
        if entity.pos < 0:
            return []
        return sorted(self._last_part(at) for at, other in self.uses.items()
                      if not isinstance(other, TypeParameter) and other.pos == entity.pos)

    def _last_part(self, pos: int) -> int:
        index, offset = self.place(pos)
        match = QUALIFIED.match(self.text.sources[index].text, offset)
        return pos + match[0].rfind("::") + 2 if match and "::" in match[0] else pos

    def declaration_of(self, entity: Entity, pos: int) -> int:
        """Where an entity that is meant at a position is declared; -1 for what is predeclared."""
        if not isinstance(entity, TypeParameter):
            return entity.pos
        head = self.enclosing(pos)
        parameters = type_parameters(head) if head is not None else []
        return next((at for name, at in parameters if name == entity.name), -1)

    # --- declarations ----------------------------------------------------------------------------

    def declared(self, pos: int) -> Declared | None:
        """The declaration whose name stands at a position."""
        index, _ = self.place(pos)
        if index not in self._declared:
            self._declared[index] = {
                node.pos if isinstance(node, nodes.Parameter) else node.name_pos: node
                for node in _named(self.files[index].declarations)}
        return self._declared[index].get(pos)

    def enclosing(self, pos: int) -> nodes.Declaration | None:
        """The declaration of a function, global or type around a position."""
        for node in _flat(self.file_of(pos).declarations):
            if node.pos <= pos <= node.end:
                return node
        return None

    def block_at(self, pos: int) -> Block:
        """The block of a namespace around a position."""
        found, size = self.checker.root_block, self.text.end
        for node, block in self.checker.blocks:
            if node.pos <= pos < node.end and node.end - node.pos <= size:
                found, size = block, node.end - node.pos
        return found

    def templates(self, namespace: Namespace | None = None) -> Iterator[FunctionTemplate]:
        space = namespace or self.checker.root
        for inner in space.namespaces.values():
            yield from self.templates(inner)
        yield from (each for each in space.values.values() if isinstance(each, FunctionTemplate))


def type_parameters(node: nodes.Declaration) -> list[tuple[str, int]]:
    """Names and positions of the type parameters of a declaration."""
    if isinstance(node, nodes.Function):
        return node.type_parameters
    return node.parameters if isinstance(node, nodes.TypeDecl) else []


def _flat(declarations: list[nodes.Declaration]) -> Iterator[nodes.Declaration]:
    """All declarations but namespaces and `using`s, those within namespaces included."""
    for node in declarations:
        if isinstance(node, nodes.Namespace):
            yield from _flat(node.declarations)
        elif not isinstance(node, nodes.Using):
            yield node


def _named(declarations: list[nodes.Declaration]) -> Iterator[Declared]:
    for node in _flat(declarations):
        for part in nodes_in(node):
            if isinstance(part, (nodes.Function, nodes.Global, nodes.TypeDecl, nodes.Parameter,
                                 nodes.Var)):
                yield part


def nodes_in(node: nodes.Node) -> Iterator[nodes.Node]:
    """A node and all nodes within it, statements and types too, in no order."""
    waiting: list[object] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, nodes.Node):
            yield part
            if isinstance(part, nodes.Expression):
                continue  # no declarations are in there
            for cls in type(part).__mro__:
                waiting.extend(getattr(part, slot) for slot in getattr(cls, "__slots__", ()))
        elif isinstance(part, (list, tuple)):
            waiting.extend(part)


def analyse(program: Program, files: Files, index: int, depth: Depth) -> Analysis:
    """Check a program, of which the file of that index is at hand. Recurses as deep as the program
    nests."""
    text = Text(program.sources, ROOM)
    checker = Checker(text)
    checker.report.uses = {}
    parsed = [files.parse(text, number) for number in range(len(program.sources))]
    checker.declarations(parsed)
    begin, end = 0, text.end
    if depth is Depth.FILE:
        begin, end = text.starts[index], text.starts[index] + len(program.sources[index].text) + 1
    checker.bodies(begin, end)
    analysis = Analysis(program, text, parsed, checker, depth, index)
    for template in analysis.templates():
        if begin <= template.pos < end and not len(template.instances):
            checker.sketch(template)
    return analysis
