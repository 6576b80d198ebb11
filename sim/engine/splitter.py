"""Splitting: wide nodes become several that the host's words can hold."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sim.engine.netlist import Netlist, Node, Part, Word, Write, cut, join, width_of
from sim.engine.simplify import extended, simplified

__all__ = ["Splitter"]

WORD  = 32  # bits; up to here nothing is split
LANE  = 64  # bits; a node has no more, where it can be split
FIELD = 16  # bits; what is at least as wide becomes a node of its own, flags stay together



class Splitter:
    """Makes of each wide node several that the host's words can hold, where structs have fields.

    Amaranth's structs are one vector each; so are registers between stages, and all that selects
    between structs. Each such node is cut where its operands are put together, and, if it is wider
    than `LANE`, where its users cut it. On the way, equal operations become one, and what is
    constant is computed.
    """
    SPLITS = {"and", "or", "xor", "not", "mux", "pmux", "register", "input"}

    def __init__(self, netlist: Netlist, watched: bool = False):
        self.netlist = netlist
        self.watched = watched  # what has a name is needed, too
        self.made: dict[Any, Node] = {}
        self.pieces: dict[Node, Word] = {}  # what each old node has become

    def split(self) -> Netlist:
        old = self.netlist
        operations = old.operations(old.names.values() if self.watched else ())
        cuts = self._cuts(operations)
        for word in old.inputs.values():
            for part in word:
                assert part.node is not None
                self.pieces[part.node] = part.node.word
        for node in old.nexts:
            bounds = cuts[node]
            self.pieces[node] = join(
                Part(Node("register", end - low, init=node.init >> low & ((1 << end - low) - 1),
                          edge=node.edge), 0, end - low)
                for low, end in zip(bounds, bounds[1:], strict=False))
        for node in operations:
            self.pieces[node] = self._rebuilt(node, cuts.get(node, [0, node.width]))

        writes = {memory: [Write(self._renewed(write.address), self._renewed(write.data),
                                 self._renewed(write.enable), write.edge) for write in found]
                  for memory, found in old.writes.items()}
        return Netlist(old.inputs,
                       {name: self._renewed(word) for name, word in old.outputs.items()},
                       self._changes(old.nexts), old.memories, writes,
                       {name: self._renewed(word) for name, word in old.names.items()
                        if all(part.node is None or part.node in self.pieces for part in word)},
                       self._changes(old.between))

    def _changes(self, old: dict[Node, Word]) -> dict[Node, Word]:
        """What the pieces of registers become."""
        changes = {}
        for node, word in old.items():
            new, low = self._renewed(word), 0
            for part in self.pieces[node]:
                assert part.node is not None
                changes[part.node] = cut(new, low, part.width)
                low += part.width
        return changes

    def _cuts(self, operations: list[Node]) -> dict[Node, list[int]]:
        """Where to cut each node that can be: bounds from 0 to its width."""
        nexts = self.netlist.nexts
        nodes = [node for node in (*operations, *nexts) if node.kind in self.SPLITS]
        bounds: dict[Node, set[int]] = {node: {0, node.width} for node in nodes}
        uses: dict[Node, set[tuple[int, int]]] = defaultdict(set)
        for word in (*self.netlist.roots(), *(word for node in operations for word in node.args)):
            for part in word:
                if part.node is not None:
                    uses[part.node].add((part.low, part.low + part.width))

        # As operands are put together; then, where no host's word can hold it, as wide fields of it
        # are used, as any bits of it are used, and at last anywhere.
        data  = {node: list(self._data(node)) for node in nodes if node.width > WORD}
        users: dict[Node, list[Node]] = defaultdict(list)
        for node, words in data.items():
            for part in (part for word in words for part in word):
                if part.node in data:
                    users[part.node].append(node)
        self._spread(bounds, data, users, list(data))
        for least in (FIELD, 1, 0):
            cut_more = []
            for node, found in bounds.items():
                more = _too_wide(found, uses[node], least)
                if not more <= found:
                    found |= more
                    cut_more.append(node)
            self._spread(bounds, data, users, [user for node in cut_more for user in users[node]])
        return {node: sorted(found) for node, found in bounds.items()}

    @staticmethod
    def _spread(bounds: dict[Node, set[int]], data: dict[Node, list[Word]],
                users: dict[Node, list[Node]], nodes: list[Node]) -> None:
        """Cut these nodes where their operands are cut, and then those that use them."""
        waiting = dict.fromkeys(nodes)
        while waiting:
            node = next(iter(waiting))
            del waiting[node]
            old   = bounds[node]
            found = set(old)
            for word in data[node]:
                at, was_wide = 0, False
                for part in word:
                    is_wide = part.width >= FIELD
                    if is_wide or was_wide:
                        found.add(at)
                    was_wide = is_wide
                    if part.node in data:
                        found.update(at + bound - part.low for bound in bounds[part.node]
                                     if part.low < bound < part.low + part.width)
                    at += part.width
            if node.width <= LANE:
                found = {bound for bound in found
                         if FIELD <= bound <= node.width - FIELD} | {0, node.width}
            if found != old:
                bounds[node] = found
                waiting.update(dict.fromkeys(users[node]))

    def _data(self, node: Node) -> Iterator[Word]:
        """The operands that a node has bit by bit, as wide as itself."""
        if node.kind == "register":
            yield self.netlist.nexts[node]
        elif node.kind == "mux":
            yield from node.args[1:]
        elif node.kind == "pmux":
            yield node.args[0]
            yield from node.args[2:]
        else:
            yield from (word for word in node.args if width_of(word) == node.width)

    def _renewed(self, word: Word) -> Word:
        """The same bits of the new nodes."""
        return join(new for part in word for new in
                    ((part,) if part.node is None
                     else cut(self.pieces[part.node], part.low, part.width)))

    def _rebuilt(self, node: Node, bounds: list[int]) -> Word:
        args = tuple(map(self._renewed, node.args))
        if len(bounds) == 2:
            return self._make(node, node.width, args)
        parts: list[Part] = []
        for low, end in zip(bounds, bounds[1:], strict=False):
            width = end - low
            if node.kind == "mux":
                pieces: tuple[Word, ...] = (args[0], *(cut(arg, low, width) for arg in args[1:]))
            elif node.kind == "pmux":
                pieces = (cut(args[0], low, width), args[1],
                          *(cut(arg, low, width) for arg in args[2:]))
            else:
                pieces = tuple(cut(extended(arg, node.width, node.is_signed), low, width)
                               for arg in args)
            parts += self._make(node, width, pieces)
        return join(parts)

    def _make(self, like: Node, width: int, args: tuple[Word, ...]) -> Word:
        """An operation, or what is equal to it."""
        simple = simplified(like.kind, width, args, like.is_signed)
        if simple is not None:
            return simple
        key = (like.kind, width, like.is_signed, like.memory, args)
        node = self.made.get(key)
        if node is None:
            node = self.made[key] = Node(like.kind, width, args, like.is_signed, like.memory)
        return node.word


def _too_wide(bounds: set[int], uses: set[tuple[int, int]], least: int) -> set[int]:
    """Where to cut the pieces that are too wide: as at least so many bits are used together; with
    0, every `LANE` bits."""
    more: set[int] = set()
    steps = sorted(bounds)
    for low, end in zip(steps, steps[1:], strict=False):
        if end - low > LANE:
            more |= ({bound for use in uses if use[1] - use[0] >= least for bound in use
                      if low < bound < end} if least else set(range(low, end, LANE)))
    return more
