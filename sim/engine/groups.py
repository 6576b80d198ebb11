"""Which registers change together, as far as a design's components tell."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from sim.engine.netlist import Memory, Netlist, Node

__all__ = ["groups_of", "masks_of", "union_of"]

TOGETHER = 24   # registers; a component with more is a group without its inner components
MANY     = 100  # values; a register that so many are computed from is a group by itself


def groups_of(netlist: Netlist, registers: Set[Node],
              nodes: Sequence[Node]) -> dict[Node | Memory, int]:
    """The number of the group of each of these registers, and of each memory. `nodes` are computed
    from them, each behind its operands."""
    resting = {node for node in netlist.nexts if node in registers}
    homes: dict[Node | Memory, tuple[str, ...]] = {
        memory: tuple(memory.name.split("."))[:-1] for memory in netlist.memories.values()}
    for name, word in netlist.names.items():
        home = tuple(name.split(".")[:-1])
        for part in word:
            node = part.node
            if node in resting and len(home) >= len(homes.get(node, ())):
                homes[node] = home
    homes |= {node: () for node in netlist.nexts if node in resting and node not in homes}
    sizes  = Counter(home[:n] for home in homes.values() for n in range(len(home) + 1))
    places = {source: next((home[:n] for n in range(len(home)) if sizes[home[:n]] <= TOGETHER),
                           home)
              for source, home in homes.items()}
    numbers = {place: n for n, place in enumerate(dict.fromkeys(places.values()))}
    groups  = {source: numbers[place] for source, place in places.items()}
    alone   = [source for source, count in _users(nodes, list(groups)).items() if count >= MANY]
    return groups | {source: len(numbers) + n for n, source in enumerate(alone)}


def _users(nodes: Iterable[Node], sources: list[Node | Memory]) -> Counter[Node | Memory]:
    """How many nodes are computed from each of these."""
    users = Counter[Node | Memory]()
    for mask in masks_of(nodes, {source: n for n, source in enumerate(sources)}).values():
        while mask:
            last = mask.bit_length() - 1
            users[sources[last]] += 1
            mask ^= 1 << last
    return users


def masks_of(nodes: Iterable[Node],
             groups: Mapping[Node | Memory, int]) -> defaultdict[Node, int]:
    """The groups that each node depends on, a bit for each."""
    masks = defaultdict[Node, int](int)
    masks.update((node, 1 << group) for node, group in groups.items() if isinstance(node, Node))
    for node in nodes:
        masks[node] = union_of(masks[part.node] for word in node.args for part in word
                               if part.node is not None)
        if node.memory is not None and node.memory in groups:
            masks[node] |= 1 << groups[node.memory]
    return masks


def union_of(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
