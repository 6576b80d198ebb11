"""Lowering one function: its state, and the way from a node of the tree to what lowers it.

How a kind of node is lowered is a function of `places`, `values`, `aggregates`, `calls`, `heap` or
`statements`; each of these modules has tables from kinds to functions, and `lower` puts them
together as `Rules`. The functions get the `Body` first, and call each other through it.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from toolchain.qll import abi, tree
from toolchain.qll.abi import Signature, stack_signature
from toolchain.qll.middle.ir import Block, Ins, Memory
from toolchain.qll.middle.marks import Held, Mark, Scope
from toolchain.qll.middle.module import Data, Module
from toolchain.qll.middle.ssa import Builder, Env
from toolchain.qll.node import node
from toolchain.qll.types import is_aggregate

__all__ = ["ALLOC", "DEALLOC", "FLAT", "INIT", "Body", "InMemory", "InVariable", "InWords",
           "Location", "Loop", "Rules", "Shared", "Witness"]

FLAT = 8  # words of an aggregate that travels in values

ALLOC, DEALLOC = "global::system::alloc", "global::system::dealloc"
INIT = "global::_init"


# --- where things are ----------------------------------------------------------------------------


@node
class InVariable:
    """Words of a local that lives in SSA values, from word `offset`."""
    local:  tree.Local
    offset: int = 0

    def at(self, offset: int) -> "InVariable":
        return InVariable(self.local, self.offset + offset)


@node
class InWords:
    """Words of a temporary: nobody reads again what is written here."""
    words:  list[Ins]
    offset: int = 0

    def at(self, offset: int) -> "InWords":
        return InWords(self.words, self.offset + offset)


@node
class InMemory:
    """Words at an address, `base` and `offset` words."""
    kind:   Memory
    base:   Ins
    offset: int = 0

    def at(self, offset: int) -> "InMemory":
        return InMemory(self.kind, self.base, self.offset + offset)


Location = InVariable | InWords | InMemory


class Witness(Enum):
    """Who can see the memory that an expression is evaluated into, before it is complete."""
    ANYBODY = auto()
    EXPRESSION = auto()  # only the expression itself, by name
    NOBODY = auto()


# --- what the functions of a program have in common ----------------------------------------------


class Shared:
    """What the bodies of one program have in common."""

    def __init__(self, program: tree.Program, module: Module, level: int):
        self.module = module
        self.level = level
        self.sizes: dict[str, int] = {}
        self.signatures: dict[tree.Function, Signature] = {}
        self.literals: dict[tuple[int, ...], str] = {}
        self.by_label = {function.label: function for function in program.functions}
        self.marks = module.marks
        self.starts: list[int] = []  # of the lines of all sources
        for source, start in zip(program.text.sources, program.text.starts, strict=True):
            self.starts.append(start)
            module.first_lines.append(len(self.starts))
            text, at = source.text, source.text.find("\n")
            while at >= 0:
                self.starts.append(start + at + 1)
                at = text.find("\n", at + 1)

    def line(self, pos: int) -> int:
        return bisect_right(self.starts, pos)

    def column(self, pos: int) -> int:
        return pos - self.starts[self.line(pos) - 1] + 1

    def signature(self, function: tree.Function) -> Signature:
        """How a call of this very function goes."""
        found = self.signatures.get(function)
        if found is None:
            found = self.signatures[function] = stack_signature(function.type)
            found.fast = (
                self.level > 0 and function.body is not None and not function.interrupt
                and found.total <= abi.MOST_ARGUMENT_WORDS
                and all(not parameter.exposed and parameter.type.size <= FLAT
                        for parameter in function.parameters))
        return found

    def literal(self, words: tuple[int, ...]) -> str:
        """Label of read-only data with these words."""
        label = self.literals.get(words)
        if label is None:
            label = self.literals[words] = f"$literal{len(self.literals)}"
            self.module.data.append(Data(label, list(words), read_only=True))
            self.sizes[label] = len(words)
        return label

    def static(self, label: str, words: list[int | str]) -> str:
        """Label of memory of its own with these words at first."""
        self.module.data.append(Data(label, words or [0]))
        self.sizes[label] = max(1, len(words))
        return label


# --- one function --------------------------------------------------------------------------------


class Loop:
    """Where `break` and `continue` go, and the locals' values that they bring along."""

    def __init__(self, exit_: Block, latch: Block):
        self.exit = exit_
        self.latch = latch
        self.envs: dict[Block, Env] = {}


@node
class Rules:
    """The function that lowers each kind of node; `Body` has a method to call each.

    A kind that `memory` does not have is lowered by `words`, and stored word by word.
    """
    place:     dict[type[tree.Place], Callable[["Body", Any, bool], Location]]
    value:     dict[type[tree.Value], Callable[["Body", Any], Ins]]
    words:     dict[type[tree.Value], Callable[["Body", Any], list[Ins]]]
    memory:    dict[type[tree.Value], Callable[["Body", Any, InMemory, Witness], None]]
    statement: dict[type[tree.Statement], Callable[["Body", Any], None]]


@dataclass
class Body:
    """A function that is being lowered.

    Every literal and every call with an aggregate result owns one slot (`slot`), as the language
    demands: it is used only where somebody may keep the address.
    """
    rules:    Rules
    shared:   Shared
    source:   tree.Function | None  # None: `INIT`
    promote:  bool                  # keep locals in SSA values where that can be
    build:    Builder
    memory:   dict[tree.Local, InMemory] = field(default_factory=dict)
    storage:  dict[tree.Node, Ins] = field(default_factory=dict)
    loops:    list[Loop] = field(default_factory=list)
    assigned: dict[tree.Statement, set[tree.Local]] = field(default_factory=dict)  # in each loop
    result:   Ins | None = None     # where an aggregate result goes
    visible:  list[tree.Local] = field(default_factory=list)  # what has been declared
    scope:    Scope | None = None   # of the debug information, if there is to be any

    # --- by kind ---

    def place(self, place: tree.Place, addressed: bool = False) -> Location:
        """Where a place is, with all its checks. If its address is wanted, temporaries go to
        memory, however small they are."""
        return self.rules.place[type(place)](self, place, addressed)

    def memory_of(self, place: tree.Place) -> InMemory:
        """The same for a place that is in memory, or a temporary."""
        where = self.place(place, addressed=True)
        assert isinstance(where, InMemory), place
        return where

    def value(self, value: tree.Value) -> Ins:
        """The one word of a scalar value; any word for void."""
        return self.rules.value[type(value)](self, value)

    def words(self, value: tree.Value) -> list[Ins]:
        """The words of an aggregate of at most `FLAT` words."""
        return self.rules.words[type(value)](self, value)

    def parts(self, value: tree.Value) -> list[Ins]:
        """The words of a scalar or of an aggregate of at most `FLAT` words."""
        return self.words(value) if is_aggregate(value.type) else [self.value(value)]

    def into(self, value: tree.Value, target: InMemory, witness: Witness) -> None:
        """Evaluate an aggregate into memory."""
        rule = self.rules.memory.get(type(value))
        if rule is None:
            self.store_words(target, self.words(value))
        else:
            rule(self, value, target, witness)

    def assign(self, target: Location, value: tree.Value, witness: Witness) -> None:
        """Evaluate a scalar or aggregate and store it."""
        if not is_aggregate(value.type):
            self.write(target, 0, self.value(value))
        elif isinstance(target, InMemory):
            self.into(value, target, witness)
        else:
            self.store_words(target, self.words(value))

    def statements(self, body: list[tree.Statement]) -> None:
        """Lower a block, at whose end its variables end."""
        declared = len(self.visible)
        for statement in body:
            self.statement(statement)
        self.end_scope(declared)

    def end_scope(self, declared: int) -> None:
        """The variables but the first `declared` end."""
        for local in self.visible[declared:]:
            self.build.env.pop(local, None)
        del self.visible[declared:]

    def statement(self, statement: tree.Statement) -> None:
        self.mark(statement.pos)
        self.rules.statement[type(statement)](self, statement)

    def mark(self, pos: int, begins: bool = True) -> None:
        """What is built next belongs to the source at this position."""
        line, build, marks = self.shared.line(pos), self.build, self.shared.marks
        if marks is None or self.scope is None:
            build.line = line
            return
        held: dict[tuple[Scope, tree.Local], Held] = {}
        for local in self.visible:
            if local in build.env:
                held[self.scope, local] = build.env[local]
            elif local in self.memory:
                held[self.scope, local] = self.memory[local].base
        build.line = marks.new(Mark(line, self.shared.column(pos), self.scope, held, begins))

    # --- words ---

    def read(self, where: Location, word: int = 0) -> Ins:
        if isinstance(where, InMemory):
            return self.build.load(where.kind, self.build.add(where.base, where.offset + word))
        if isinstance(where, InVariable):
            return self.build.env[where.local][where.offset + word]
        return where.words[where.offset + word]

    def write(self, where: Location, word: int, value: Ins) -> None:
        if isinstance(where, InMemory):
            address = self.build.add(where.base, where.offset + word)
            self.build.store(where.kind, address, value)
        elif isinstance(where, InVariable):
            words = list(self.build.env[where.local])
            words[where.offset + word] = value
            self.build.env[where.local] = tuple(words)

    def store_words(self, target: Location, words: list[Ins]) -> None:
        for word, item in enumerate(words):
            self.write(target, word, item)

    def address(self, where: InMemory) -> Ins:
        return self.build.add(where.base, where.offset)

    # --- storage ---

    def home(self, local: tree.Local) -> InMemory:
        """The memory of a local that does not live in SSA values."""
        found = self.memory.get(local)
        if found is None:
            slot = self.build.fn.new_slot(local.type.size, local.name)
            found = self.memory[local] = InMemory(Memory.ELEMENT, self.build.fn.slot(slot))
        return found

    def slot(self, node: tree.Node, size: int) -> InMemory:
        """The storage that belongs to this occurrence of an expression."""
        found = self.storage.get(node)
        if found is None:
            if self.source is None:
                return self.static(node, [0] * size)
            fn = self.build.fn
            found = self.storage[node] = fn.slot(fn.new_slot(size))
        return InMemory(Memory.ELEMENT, found)

    def static(self, node: tree.Node, words: list[int | str]) -> InMemory:
        """The same, outside of the frame: it outlives the activation."""
        found = self.storage.get(node)
        if found is None:
            what = "temporary" if self.source is None else "text"
            label = f"{self.build.fn.symbol}${what}{len(self.storage)}"
            found = self.storage[node] = self.build.fn.label(self.shared.static(label, words))
        return InMemory(Memory.ELEMENT, found)
