"""A design as a graph of words: what the C++ is generated from.

A `Node` is an input, a register, a word of a memory, or an operation; it has one value in each
cycle. What an operation takes is a `Word`: bits of nodes, put together. Registers and memories say
what they become at an edge of their clock. `reader.py` makes the graph, `splitter.py` cuts wide
nodes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Edge", "Memory", "Names", "Netlist", "NetlistError", "Node", "Part", "Word", "Write",
           "const", "cut", "in_order", "join", "shown_name", "width_of"]


class NetlistError(Exception):
    """The design has something in it that the engine cannot run; the message names it."""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """An edge of a clock domain's clock."""
    domain: str
    rises:  bool = True


class Part(NamedTuple):
    """`width` bits of a node's value from bit `low` on; without a node, the constant `low`."""
    node:  "Node | None"
    low:   int
    width: int


Word = tuple[Part, ...]  # least significant first


@dataclass(eq=False, slots=True)
class Node:
    """One value in each cycle.

    Parameters
    ----------
    kind : str
        ``input``, ``register``, ``read`` (a word of a memory), or an operation, by the name of
        Yosys' cell that does the same.
    width : int
    args : tuple of Word
        Of ``mux``: select, value for 0, value for 1. Of ``pmux``: default, all selects, of which at
        most one is 1, and a value for each. Of ``read``: the address.
    is_signed : bool
        The operation takes its operands as signed; of shifts, the value. The amount of a ``shift``
        is signed in any case, that of others is not.
    memory : Memory or None
        Of ``read``.
    init : int
        Of ``register``: its value after reset.
    edge : Edge or None
        Of ``register``: when it changes.
    name : str
        Of ``input``.
    """
    kind:      str
    width:     int
    args:      tuple[Word, ...] = ()
    is_signed: bool             = False
    memory:    "Memory | None"  = None
    init:      int              = 0
    edge:      Edge | None      = None
    name:      str              = ""

    @property
    def word(self) -> Word:
        """All of its bits."""
        return (Part(self, 0, self.width),)


@dataclass(frozen=True)
class Write:
    """A word that a memory takes at an edge: the bits of `data` where `enable` is 1."""
    address: Word
    data:    Word
    enable:  Word
    edge:    Edge


@dataclass(eq=False)
class Memory:
    """An array of `size` words."""
    name:   str
    width:  int
    size:   int
    init:   tuple[int, ...] = ()  # zeros behind it
    is_fixed: bool          = False  # never written, and not the design's own: a table


@dataclass
class Names:
    """What is known of a design's names besides those themselves.

    Parameters
    ----------
    components : set of str
        Paths of all components.
    enums : dict of str to (str, dict)
        Of signals whose values have names, by their paths: the enumeration, and its members.
    """
    components: set[str]                              = field(default_factory=set)
    enums:      dict[str, tuple[str, dict[int, str]]] = field(default_factory=dict)


@dataclass
class Netlist:
    """A design.

    Parameters
    ----------
    inputs : dict of str to Word
    outputs : dict of str to Word
    nexts : dict of Node to Word
        What each register becomes at its clock's edge.
    memories : dict of str to Memory
        By their paths below the top.
    writes : dict of Memory to list of Write
        Of two to the same word at the same edge, the later one wins.
    names : dict of str to Word
        Signals by their paths, as far as they are still there.
    between : dict of Node to Word
        What registers with an asynchronous reset become at the edges of other clocks.
    about : Names
        What else is known of the paths in `names`.
    tables : list of Memory
        Those that the compiler made.
    guards : dict of str to Word
        The bit that says when an output is looked at, if not always.
    """
    inputs:   dict[str, Word]
    outputs:  dict[str, Word]
    nexts:    dict[Node, Word]
    memories: dict[str, Memory]
    writes:   dict[Memory, list[Write]]
    names:    dict[str, Word]
    between:  dict[Node, Word] = field(default_factory=dict)
    about:    Names            = field(default_factory=Names)
    tables:   list[Memory]     = field(default_factory=list)
    guards:   dict[str, Word]  = field(default_factory=dict)

    def roots(self) -> Iterator[Word]:
        """All that has to be computed in a cycle."""
        yield from self.outputs.values()
        yield from self.guards.values()
        yield from self.nexts.values()
        yield from self.between.values()
        for writes in self.writes.values():
            for write in writes:
                yield from (write.address, write.data, write.enable)

    def edges(self) -> set[Edge]:
        """The edges at which something changes."""
        return {edge for edge in (*(register.edge for register in self.nexts),
                                  *(write.edge for writes in self.writes.values()
                                    for write in writes)) if edge is not None}

    def at(self, edges: Collection[Edge], outputs: Collection[str]) -> "Netlist":
        """What happens at these edges, which come together, and these outputs before them."""
        return Netlist(
            self.inputs,
            {name: word for name, word in self.outputs.items() if name in outputs},
            {register: word if register.edge in edges else self.between[register]
             for register, word in self.nexts.items()
             if register.edge in edges or register in self.between},
            self.memories,
            {memory: [write for write in writes if write.edge in edges]
             for memory, writes in self.writes.items()},
            self.names,
            guards={name: word for name, word in self.guards.items() if name in outputs})

    def operations(self, others: Iterable[Word] = ()) -> list[Node]:
        """All operations and reads that the roots and other words need, each behind its
        operands."""
        order: list[Node] = []
        begun: set[Node]  = set()
        done:  set[Node]  = set()
        stack = [(part.node, False) for word in (*self.roots(), *others) for part in word]
        while stack:
            node, is_done = stack.pop()
            if node is None or node.kind in ("input", "register") or node in done:
                continue
            if is_done:
                order.append(node)
                done.add(node)
            elif node in begun:
                raise NetlistError(f"{self.name_of(node)} depends on itself within a cycle, be it "
                                   "one of its bits on another; the engine computes words whole")
            else:
                begun.add(node)
                stack.append((node, True))
                stack.extend((part.node, False) for word in node.args for part in word)
        return order

    def name_of(self, node: Node) -> str:
        """What the design calls a node, or something that is put together from it."""
        names = [name for name, word in self.names.items()
                 if any(part.node is node for part in word)]
        return shown_name(names)


def shown_name(names: Iterable[str]) -> str:
    """Of all names of something, the one for people."""
    return min(names, key=lambda name: ("$" in name, len(name), name), default="something")


def in_order(nodes: Iterable[Node], goes_into: Callable[[Node], bool]) -> list[Node]:
    """These nodes and all that they are computed from, operands first, as far as `goes_into` holds:
    what stands behind another node is not looked at."""
    order: dict[Node, None] = {}
    stack = [(node, False) for node in nodes]
    while stack:
        node, is_done = stack.pop()
        if node in order or not goes_into(node):
            continue
        if is_done:
            order[node] = None
        else:
            stack.append((node, True))
            stack.extend((part.node, False) for word in node.args for part in word
                         if part.node is not None)
    return list(order)


def const(value: int, width: int) -> Word:
    """A constant as a word."""
    return (Part(None, value & ((1 << width) - 1), width),)


def width_of(word: Word) -> int:
    """Its number of bits."""
    return sum(part.width for part in word)


def cut(word: Word, low: int, width: int) -> Word:
    """`width` bits of a word from bit `low` on."""
    parts, at = [], 0
    for part in word:
        begin, end = max(at, low), min(at + part.width, low + width)
        if begin < end:
            parts.append(_slice(part, begin - at, end - begin))
        at += part.width
    return join(parts)


def _slice(part: Part, low: int, width: int) -> Part:
    if part.node is None:
        return Part(None, part.low >> low & ((1 << width) - 1), width)
    return Part(part.node, part.low + low, width)


def join(parts: Iterable[Part]) -> Word:
    """One word of many parts; neighbours that belong together become one."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is None or last.node is not part.node:
            joined.append(part)
        elif part.node is None:
            joined[-1] = Part(None, last.low | part.low << last.width, last.width + part.width)
        elif last.low + last.width == part.low:
            joined[-1] = Part(part.node, last.low, last.width + part.width)
        else:
            joined.append(part)
    return tuple(joined)
