"""What decides about blocks, taken apart: a bit that is an `and` of others is 1 if each of them is.

So a block behind such a bit becomes several, one inside another, with what is cheapest to know
outermost: what is inside is not even computed where that is against it. The same goes for an `or`
that must be 0, and for an `and` or `or` as a value: the first operand that decides is enough.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Set

from sim.engine.blocks import Branch, condition_of
from sim.engine.netlist import Netlist, Node, Part, Word, width_of

__all__ = ["Conditions", "is_free", "is_gate"]


class Conditions:
    """Of a netlist.

    Parameters
    ----------
    netlist : Netlist
    order : list of Node
        Its operations, each behind its operands.
    free : set of Node
        Operations that are not computed in most cycles.
    """

    def __init__(self, netlist: Netlist, order: list[Node], free: Set[Node]):
        self.users = Counter(part.node for word in
                             (*netlist.roots(), *(word for node in order for word in node.args))
                             for part in word)
        self._number = {node: n for n, node in enumerate(order)}
        self._cones: dict[Node, int] = {}  # all operations behind a node, a bit for each
        for node, n in self._number.items():
            if node not in free:
                self._cones[node] = 1 << n | self._behind(node)
        self._valued = self._used_as_values(netlist, order)

    def _behind(self, node: Node) -> int:
        behind = 0
        for word in node.args:
            for part in word:
                if part.node is not None:
                    behind |= self._cones.get(part.node, 0)
        return behind

    def _used_as_values(self, netlist: Netlist, order: list[Node]) -> set[Node]:
        """All nodes but those that only decide whether something happens."""
        writes = [write for found in netlist.writes.values() for write in found]
        decide  = {id(word) for word in (*(write.enable for write in writes),
                                         *netlist.guards.values())}
        valued  = {part.node for word in netlist.roots() if id(word) not in decide
                   for part in word if part.node is not None}
        for node in reversed(order):
            for word in node.args[_first_value(node, node in valued):]:
                valued.update(part.node for part in word if part.node is not None)
        return valued

    def taken_apart(self, part: Part, value: bool) -> list[Branch]:
        """All that must hold for a bit to have a value, what is cheapest to know first."""
        return self._sorted(self._leaves(part, value, lambda node: node not in self._valued))

    def operands(self, node: Node) -> list[Branch]:
        """All that must hold for an `and` to be 1, or for an `or` to be 0."""
        is_and = node.kind == "and"
        return self._sorted([leaf for word in node.args for leaf in self._leaves(
            word[0], is_and, lambda inner: self.users[inner] == 1)])

    def _leaves(self, part: Part, value: bool, goes_into: Callable[[Node], bool]
                ) -> list[Branch]:
        bit, is_one = condition_of(part)
        wanted = is_one == value
        node = bit.node
        if node is None or not is_gate(node, "and" if wanted else "or") or not goes_into(node):
            return [(bit, wanted)]
        return [leaf for word in node.args for leaf in self._leaves(word[0], wanted, goes_into)]

    def _sorted(self, leaves: Iterable[Branch]) -> list[Branch]:
        return sorted(dict.fromkeys(leaves), key=self._cost)

    def _cost(self, branch: Branch) -> tuple[int, int]:
        node = branch[0].node
        if node is None:
            return 0, 0
        return self._cones.get(node, 0).bit_count(), self._number.get(node, -1)


def _first_value(node: Node, is_valued: bool) -> int:
    """Of a node's operands, the first that is used as a value; those before only decide."""
    if node.kind == "mux" and (is_free(node.args[1]) or is_free(node.args[2])):
        return 1
    if node.width == 1 and width_of(node.args[0]) == 1 and node.kind in ("and", "or", "not"):
        return 0 if is_valued else 2
    return 0


def is_gate(node: Node, *kinds: str) -> bool:
    """Whether a node is an `and` or `or` of two bits."""
    return node.kind in kinds and all(width_of(word) == 1 for word in node.args)


def is_free(word: Word) -> bool:
    """Whether a word is there without computing."""
    return all(part.node is None or part.node.kind in ("register", "input") for part in word)
