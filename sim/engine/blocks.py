"""What is done in a cycle, in blocks that conditions decide about.

Most of a computer is idle in most cycles: a register keeps its value, a multiplexer throws away
what comes from the other side. So the value behind a multiplexer's input is computed only if it is
selected, and what a register becomes only if it changes. In terms of a compiler: each operation
sinks into the innermost conditional block that holds all of its users, where a conditional block is
one side of a multiplexer. `placement.py` finds these blocks, `order.py` an order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.engine.netlist import Memory, Node, Part, Word, Write, const, width_of

__all__ = ["Action", "Block", "Branch", "Change", "Compute", "Drive", "Item", "Path", "Rest",
           "Select", "Settle", "Stirs", "Store", "bits_of", "common", "condition_of"]

Branch = tuple[Part, bool]   # a bit and what it is
Path   = tuple[Branch, ...]  # of a block: all that has been decided, outermost first
Stirs  = tuple[int, int]     # bits of the fields `stirred` and `changed`


@dataclass(frozen=True, slots=True)
class Compute:
    """An operation, from its operands."""
    node: Node

    def words(self) -> Iterator[Word]:
        yield from self.node.args


@dataclass(frozen=True, slots=True)
class Select:
    """A multiplexer has the value `word`: on one side, or before its sides."""
    node: Node
    word: Word

    def words(self) -> Iterator[Word]:
        yield self.word


@dataclass(frozen=True, slots=True)
class Change:
    """A register becomes `word`."""
    register: Node
    word:     Word

    def words(self) -> Iterator[Word]:
        yield self.word


@dataclass(frozen=True, slots=True)
class Store:
    """A memory takes a write."""
    memory: Memory
    write:  Write

    def words(self) -> Iterator[Word]:
        yield from (self.write.address, self.write.data, self.write.enable)


@dataclass(frozen=True, slots=True)
class Drive:
    """An output has the value `word`."""
    port: str
    word: Word

    def words(self) -> Iterator[Word]:
        yield self.word


@dataclass(frozen=True, slots=True)
class Settle:
    """A value is kept, and what comes from it is computed again if it is another."""
    node: Node

    def words(self) -> Iterator[Word]:
        yield self.node.word


# `words` are what it computes with.
Action = Compute | Select | Change | Store | Drive | Settle


@dataclass(eq=False)
class Item:
    """Something to do in a block."""
    path:   Path
    action: Action
    rank:   int          = 0
    needs:  list["Item"] = field(default_factory=list)

    @property
    def made(self) -> Node | None:
        """The node that has a value by it."""
        return self.action.node if isinstance(self.action, Compute | Select) else None

    @property
    def changed(self) -> Node | Memory | None:
        """The register or memory that is another from the clock's edge on."""
        if isinstance(self.action, Change):
            return self.action.register
        return self.action.memory if isinstance(self.action, Store) else None


@dataclass(eq=False)
class Block:
    """Items and inner blocks in the order in which to do them."""
    condition: Branch | None
    body:      list["Item | Block"] = field(default_factory=list)


@dataclass
class Rest:
    """What is computed only after a change.

    Members
    -------
    kept : list of Node
        Those whose values are needed in other cycles, too.
    settled : list of Node
        Those of them that other blocks are computed from.
    conditions : list of Node
        Those of its blocks; their names are the C++.
    bits : dict of Path to Stirs
        Of its blocks, by the first two conditions; the bit that says that one is to be done.
    stirs : dict of Node or Memory to Stirs
        The registers, memories, inputs and settled values that blocks are computed from, and the
        bits of these blocks.
    """
    kept:       list[Node]                 = field(default_factory=list)
    settled:    list[Node]                 = field(default_factory=list)
    conditions: list[Node]                 = field(default_factory=list)
    bits:       dict[Path, Stirs]          = field(default_factory=dict)
    stirs:      dict[Node | Memory, Stirs] = field(default_factory=dict)


def condition_of(part: Part) -> Branch:
    """The bit behind inverters, and what it is when `part` is 1."""
    value = True
    while (part.node is not None and part.node.kind == "not" and part.width == 1
           and part.node.width == 1 and width_of(part.node.args[0]) == 1):
        part, value = part.node.args[0][0], not value
    return part, value


def bits_of(word: Word) -> Iterator[Part]:
    """Its bits, one by one."""
    for part in word:
        for n in range(part.width):
            if part.node is None:
                yield const(part.low >> n, 1)[0]
            else:
                yield Part(part.node, part.low + n, 1)


def common(left: Path, right: Path) -> Path:
    """The innermost block around two."""
    n = 0
    while n < len(left) and n < len(right) and left[n] == right[n]:
        n += 1
    return left[:n]
