"""Blocks and items put where they cost the least, in an order that is right already.

Blocks with the same condition become one, those with opposite conditions neighbours, as far as what
is between them allows; and what comes straight from registers is done just before it is used, so
that the host's registers hold it until then.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from sim.engine.blocks import Block, Compute, Item, Select
from sim.engine.netlist import Node

__all__ = ["tidy"]

Entry = Item | Block


def tidy(root: Block, kept: set[Node]) -> None:
    """Do so with a block and all inner ones; the values of `kept` are in memory anyway."""
    uses = Counter(part.node for item in _items(root) for word in item.action.words()
                   for part in word)
    stack = [root]
    while stack:
        block = stack.pop()
        block.body = _joined(block.body)
        block.body = _paired(block.body)
        block.body = _late(block.body, uses, kept)
        stack += [entry for entry in block.body if isinstance(entry, Block)]


def _items(entry: Entry) -> Iterator[Item]:
    if isinstance(entry, Item):
        yield entry
    else:
        for inner in entry.body:
            yield from _items(inner)


class _Needs:
    """Which entries of a block need which others."""

    def __init__(self, body: list[Entry]):
        owners = {item: entry for entry in body for item in _items(entry)}
        self.needs: dict[Entry, set[Entry]] = {}
        self.users: dict[Entry, set[Entry]] = defaultdict(set)
        for entry in body:
            found = {owners[need] for item in _items(entry) for need in item.needs
                     if need in owners}
            found.discard(entry)
            self.needs[entry] = found
            for need in found:
                self.users[need].add(entry)

    def join(self, block: Block, other: Block) -> None:
        """The first has become both."""
        for needs, users in ((self.needs, self.users), (self.users, self.needs)):
            found = needs[block] | needs[other]
            for entry in needs[other]:
                users[entry].discard(other)
                users[entry].add(block)
            needs[block] = found - {block, other}


def _joined(body: list[Entry]) -> list[Entry]:
    needs = _Needs(body)
    done: list[Entry] = []
    last: dict[object, Block] = {}  # by condition
    for entry in body:
        before = last.get(entry.condition) if isinstance(entry, Block) else None
        if before is not None:
            assert isinstance(entry, Block)
            behind = done[done.index(before) + 1:]
            if needs.needs[entry].isdisjoint(behind):
                before.body += entry.body
                needs.join(before, entry)
                continue
            if needs.users[before].isdisjoint(behind):
                done.remove(before)
                entry.body = before.body + entry.body
                needs.join(entry, before)
        done.append(entry)
        if isinstance(entry, Block):
            last[entry.condition] = entry
    return done


def _paired(body: list[Entry]) -> list[Entry]:
    """Blocks that do not depend on each other, one for 1 and one for 0, as neighbours."""
    needs = _Needs(body)
    done: list[Entry] = []
    last: dict[object, Block] = {}
    for entry in body:
        done.append(entry)
        if not isinstance(entry, Block):
            continue
        assert entry.condition is not None
        bit, value = entry.condition
        before = last.pop((bit, not value), None)
        if before is None:
            last[entry.condition] = entry
            continue
        behind = done[done.index(before) + 1:-1]
        if needs.needs[entry].isdisjoint(behind):
            done.pop()
            done.insert(done.index(before) + 1, entry)
        elif needs.users[before].isdisjoint(behind):
            done.remove(before)
            done.insert(len(done) - 1, before)
    return done


def _late(body: list[Entry], uses: Counter[Node | None], kept: set[Node]) -> list[Entry]:
    needs = _Needs(body)
    moves: set[Node] = set()  # values that nothing waits for but registers
    for entry in body:
        if isinstance(entry, Item) and isinstance(entry.action, Compute | Select) and all(
                node in kept or node.kind in ("register", "input")
                or (node in moves and uses[node] == 1)
                for word in entry.action.words() for node in (part.node for part in word)
                if node is not None):
            moves.add(entry.action.node)
    done: list[Entry] = []  # last first
    for entry in reversed(body):
        if (isinstance(entry, Item) and entry.made in moves and entry.made not in kept
                and needs.users[entry]):
            place = next(n for n in range(len(done) - 1, -1, -1) if done[n] in needs.users[entry])
            done.insert(place + 1, entry)
        else:
            done.append(entry)
    return done[::-1]
