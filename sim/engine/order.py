"""In which order things are done: few values wait for their users, few blocks are entered twice."""

import heapq
from collections import Counter, defaultdict

from sim.engine.blocks import Block, Item, Path, common

__all__ = ["Scheduler"]


class Scheduler:
    """Puts items in order, and visits each block as few times as it can.

    A block is entered when all that its items need from outside is done. Where blocks need each
    other (one changes a register that the other still reads), one of them is entered twice.
    """

    def __init__(self, items: list[Item]):
        self.waits:   Counter[Item] = Counter()   # how many items each still needs
        self.users:   dict[Item, list[Item]] = defaultdict(list)
        self.outside: Counter[Path] = Counter()   # how much a block needs from outside
        self.left:    Counter[Path] = Counter()   # items of a block, inner ones included
        self.ready:   dict[Path, list[tuple[int, int, Item]]] = defaultdict(list)
        self.inner:   dict[Path, dict[Path, None]] = defaultdict(dict)
        self.rank:    dict[Path, int] = {}        # of a block's first item
        self.number = {item: n for n, item in enumerate(items)}
        for item in items:
            item.needs = list(dict.fromkeys(item.needs))
            self.waits[item] = len(item.needs)
            for need in item.needs:
                self.users[need].append(item)
                self._count_outside(need, item, 1)
            for n in range(len(item.path) + 1):
                self.left[item.path[:n]] += 1
                self.rank[item.path[:n]] = max(self.rank.get(item.path[:n], item.rank), item.rank)
                if n:
                    self.inner[item.path[:n - 1]][item.path[:n]] = None
            if not item.needs:
                self._push(item)
        self.ready_below: Counter[Path] = Counter()
        for path, found in self.ready.items():
            for n in range(len(path) + 1):
                self.ready_below[path[:n]] += len(found)

    def _push(self, item: Item) -> None:
        heapq.heappush(self.ready[item.path], (item.rank, self.number[item], item))

    def _count_outside(self, need: Item, item: Item, by: int) -> None:
        for n in range(len(common(need.path, item.path)) + 1, len(item.path) + 1):
            self.outside[item.path[:n]] += by

    def schedule(self) -> Block:
        root = Block(None)
        while self.left[()]:
            before = self.left[()]
            self._fill(root, ())
            assert self.left[()] < before, "items wait for each other"
        return root

    def _fill(self, block: Block, path: Path) -> None:
        """Do all of a block that can be done now."""
        has_done = False
        while True:
            ready = self.ready[path]
            inner = [one for one in self.inner[path] if self.left[one]]
            whole = min((one for one in inner if not self.outside[one]),
                        key=lambda one: self.rank[one], default=None)
            if ready and (whole is None or ready[0][0] <= self.rank[whole]):
                self._do(block, heapq.heappop(ready)[-1])
            else:
                if whole is None and (not has_done or not self.outside[path]):
                    # Enter one twice: that which waits for the least.
                    whole = min((one for one in inner if self.ready_below[one]),
                                key=lambda one: self.outside[one], default=None)
                if whole is None:
                    return
                entered = Block(whole[-1])
                block.body.append(entered)
                self._fill(entered, whole)
            has_done = True

    def _do(self, block: Block, item: Item) -> None:
        block.body.append(item)
        for n in range(len(item.path) + 1):
            self.left[item.path[:n]] -= 1
            self.ready_below[item.path[:n]] -= 1
        for user in self.users[item]:
            self._count_outside(item, user, -1)
            self.waits[user] -= 1
            if not self.waits[user]:
                self._push(user)
                for n in range(len(user.path) + 1):
                    self.ready_below[user.path[:n]] += 1
