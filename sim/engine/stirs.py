"""Which blocks of what rests are to be done after a change: those that are computed from it.

A register, memory or input that changes sets the bits of the blocks that read it, for the next
cycle. A value that is settled in one block and used in another sets the bit of that one in the same
cycle, but only if it is another than before: so what a strobe that stays 0 would let happen is not
looked at, whatever the address beside it does.

A block that is visited twice must be done both times or not at all. So what is settled only after
its first visit does not count: then that counts from which it is computed.
"""

from collections import defaultdict
from collections.abc import Iterator

from sim.engine.blocks import Block, Item, Path, Rest, Settle
from sim.engine.netlist import Memory, Node

__all__ = ["find_stirs", "place_of"]

AFTER = 1 << 62  # all that is done


def place_of(path: Path, rest: Rest) -> Path:
    """The block of what rests in which something is done."""
    return path[:2] if path[:2] in rest.bits else path[:1]


def find_stirs(root: Block, rest: Rest) -> None:
    """Say in `rest.stirs` which bits are set by what."""
    search = _Search(root, rest)
    found: dict[Node | Memory, dict[Path, None]] = defaultdict(dict)
    for item, place in search.places.items():
        for source in search.sources(item, place):
            found[source][place] = None
    for source, places in found.items():
        first = second = 0
        for place in places:
            first, second = first | rest.bits[place][0], second | rest.bits[place][1]
        rest.stirs[source] = first, second


class _Search:
    """Goes from what is done back to what it is computed from."""

    def __init__(self, root: Block, rest: Rest):
        self.rest = rest
        self.places:  dict[Item, Path] = {}              # of all that rests, in order
        self.makers:  dict[Node | Memory, list[Item]] = defaultdict(list)
        self.settled: dict[Node | Memory, int] = {}      # when
        self.visited: dict[Path, int] = {}               # when first
        self._walk(root)

    def _walk(self, block: Block) -> None:
        for entry in block.body:
            if isinstance(entry, Block):
                self._walk(entry)
                continue
            place = place_of(entry.path, self.rest)
            if place not in self.rest.bits:
                continue
            now = len(self.places)
            self.places[entry] = place
            self.visited.setdefault(place, now)
            if isinstance(entry.action, Settle):
                self.settled[entry.action.node] = now
            elif entry.made is not None:
                self.makers[entry.made].append(entry)

    def sources(self, item: Item, place: Path) -> Iterator[Node | Memory]:
        """What stirs the block because of this."""
        # What registers become does not use what else is done in its block.
        visited = AFTER if item.changed is not None else self.visited[place]
        seen  = set[Node | Memory]()
        stack = [item]
        while stack:
            for source in self._reads(stack.pop()):
                if source in seen:
                    continue
                seen.add(source)
                makers = self.makers.get(source)
                if makers is None:
                    yield source
                elif self.places[makers[0]] == place:
                    pass  # all that is in the block is asked about
                elif self.settled.get(source, AFTER) < visited:
                    yield source
                else:
                    stack += makers

    def _reads(self, item: Item) -> Iterator[Node | Memory]:
        if isinstance(item.action, Settle):
            return
        for word in (*item.action.words(), [bit for bit, _ in item.path]):
            yield from (part.node for part in word
                        if part.node is not None and part.node.kind != "stirred")
        if item.made is not None and item.made.memory is not None:
            yield item.made.memory
