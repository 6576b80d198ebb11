"""Which registers change together, as far as a design's components tell."""

from collections import Counter
from collections.abc import Set

from sim.engine.netlist import Memory, Netlist, Node

__all__ = ["groups_of"]

MOST    = 64  # groups: bits of a word
TOGETHER = 24  # registers; a component with more is a group without its inner components


def groups_of(netlist: Netlist, registers: Set[Node]) -> dict[Node | Memory, int]:
    """The number of the group of each of these registers, and of each memory."""
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
    numbers = {place: n % MOST for n, place in enumerate(dict.fromkeys(places.values()))}
    return {source: numbers[place] for source, place in places.items()}
