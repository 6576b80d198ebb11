"""What must be computed before an edge, under which conditions, and in what order.

Most of a computer is idle in most cycles: a register keeps its value, a multiplexer throws away
what comes from the other side. So the value behind a multiplexer's input is computed only if it is
selected, and what a register becomes only if it changes. In terms of a compiler: each operation
sinks into the innermost conditional block that holds all of its users, where a conditional block is
one side of a multiplexer.

A block that would spare too little is dissolved: its multiplexers are computed without a branch.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from sim.engine.netlist import Memory, Netlist, Node, Part, Word, Write, const, width_of

__all__ = ["Block", "Change", "Compute", "Drive", "Item", "Plan", "Rest", "Select", "Store",
           "bits_of", "make_plan"]

# A block stays if it spares so many operations. Less, and a branch that the host's processor
# predicts wrongly costs more than it spares.
WORTHWHILE = 4

Branch = tuple[Part, bool]   # a bit and what it is
Path   = tuple[Branch, ...]  # of a block: all that has been decided, outermost first


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


Action = Compute | Select | Change | Store | Drive  # `words` are what it computes with


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
    stirs : set of Node
        The registers that all of it comes from.
    """
    kept:  list[Node] = field(default_factory=list)
    stirs: set[Node]  = field(default_factory=set)


@dataclass
class Plan:
    """All of a cycle.

    Members
    -------
    root : Block
    nodes : list of Node
        All that have to be computed somewhere in it.
    conditions : list of Part
        Bits that decide about blocks.
    rest : Rest
    """
    root:       Block
    nodes:      list[Node]
    conditions: list[Part]
    rest:       Rest


def make_plan(netlist: Netlist, guards: dict[str, Word],
              put_to_rest: Callable[[list[Item]], Rest] | None = None) -> Plan:
    """Plan a cycle; `guards` says of outputs when they are looked at, if not always. What
    `put_to_rest` moves is done in some cycles only."""
    everything = _Placement(netlist, guards, lambda path, bit: True)
    costs = everything.costs()

    def is_worthwhile(path: Path, bit: Part) -> bool:
        return (costs[(*path, (bit, False))] + costs[(*path, (bit, True))]) >= WORTHWHILE

    placement = _Placement(netlist, guards, is_worthwhile)
    items = placement.items
    rest  = put_to_rest(items) if put_to_rest is not None else Rest()
    placement.link()
    return Plan(_Scheduler(items).schedule(),
                list(dict.fromkeys(item.made for item in items if item.made is not None)),
                list(dict.fromkeys(bit for item in items for bit, _ in item.path)), rest)


def condition_of(part: Part) -> Branch:
    """The bit behind inverters, and what it is when `part` is 1."""
    value = True
    while (part.node is not None and part.node.kind == "not" and part.width == 1
           and part.node.width == 1 and width_of(part.node.args[0]) == 1):
        part, value = part.node.args[0][0], not value
    return part, value


def cost_of(node: Node) -> int:
    """About how many of the host's instructions an operation takes."""
    return 1 + sum(2 * len(word) - 1 - (word[0].low == 0 and word[0].node is not None
                                        and word[0].width == word[0].node.width)
                   for word in node.args if word)


class _Placement:
    """Where everything is done, if `keeps` says which blocks there are."""

    def __init__(self, netlist: Netlist, guards: dict[str, Word],
                 keeps: Callable[[Path, Part], bool]):
        self.netlist = netlist
        self.keeps   = keeps
        self.items: list[Item] = []
        self.paths: dict[Node, Path] = {}  # the innermost block around all users
        self.order   = netlist.operations()
        self.rotates = _rotating(netlist)
        self.users   = Counter(part.node for word in
                               (*netlist.roots(), *(word for node in self.order
                                                    for word in node.args))
                               for part in word)

        for name, word in netlist.outputs.items():
            path: Path = ()
            if name in guards and guards[name][0].node is not None:
                path = self._inside((), condition_of(guards[name][0]))
                self._use(guards[name], ())
            self._add(path, Drive(name, word))
        for register, word in netlist.nexts.items():
            self._place_register(register, word, ())
        for memory, writes in netlist.writes.items():
            for write in writes:
                self._place_write(memory, write)
        for node in reversed(self.order):
            if node in self.paths:
                self._place(node, self.paths[node])

    # --- blocks ----------------------------------------------------------------------------------

    def _inside(self, path: Path, branch: Branch) -> Path:
        """The block of a branch, or the same one if there is none."""
        return (*path, branch) if self.keeps(path, branch[0]) else path

    def _add(self, path: Path, action: Action) -> None:
        self.items.append(Item(path, action))
        for word in action.words():
            self._use(word, path)

    def _use(self, word: Word, path: Path) -> None:
        for part in word:
            node = part.node
            if node is None or node.kind in ("input", "register"):
                continue
            known = self.paths.get(node)
            self.paths[node] = path if known is None else _common(known, path)

    def _sides(self, node: Node, path: Path) -> tuple[list[tuple[Branch, Word]], Word | None]:
        """A multiplexer's values that have blocks of their own, with the branch to each, and its
        value in all other cases, if there are any."""
        if node.kind == "mux":
            bit, value = condition_of(node.args[0][0])
            sides = ((bit, not value), node.args[1]), ((bit, value), node.args[2])
            for branch, word in sides:
                if branch in path:
                    return [], word
            return (list(sides), None) if self.keeps(path, bit) else ([], node.word)
        default, selects, *values = node.args
        kept: list[tuple[Branch, Word]] = []
        left: list[tuple[Part, Word]]   = []
        for part, word in zip(bits_of(selects), values, strict=True):
            bit, is_one = condition_of(part)
            if is_one and self.keeps(path, bit):
                kept.append(((bit, True), word))
            else:
                left.append((part, word))
        if not kept:
            return [], node.word
        rest = default
        if left:
            rest = self._add_node(path, "pmux", default, tuple(part for part, _ in left),
                                  *(word for _, word in left))
        return kept, rest

    # --- what is where ---------------------------------------------------------------------------

    def _place(self, node: Node, path: Path) -> None:
        if node.kind not in ("mux", "pmux"):
            self._add(path, Compute(node))
            return
        kept, rest = self._sides(node, path)
        if not kept and rest == node.word:
            self._add(path, Compute(node))
            return
        if rest is not None:
            self._add(path, Select(node, rest))
        for branch, word in kept:
            self._use((branch[0],), path)
            self._add((*path, branch), Select(node, word))

    def _add_node(self, path: Path, kind: str, *args: Word) -> Word:
        """Compute something that the netlist does not have, as wide as its first operand."""
        node = Node(kind, width_of(args[0]), args)
        self._add(path, Compute(node))
        return node.word

    def _place_register(self, register: Node, word: Word, path: Path) -> None:
        """A register's change sinks into its multiplexer, down to where it holds its value."""
        if word == register.word:
            return
        node = word[0].node
        if (len(word) == 1 and node is not None and node.kind in ("mux", "pmux")
                and word == node.word and self.users[node] == 1):
            sides = self._changes(register, node, path)
            if sides is not None:
                for branch, side in sides:
                    self._use((branch[0],), path)
                    self._place_register(register, side, (*path, branch))
                return
        if register in self.rotates and any(part.node in self.rotates for part in word):
            word = self._add_node(path, "pos", word)
        self._add(path, Change(register, word))

    def _changes(self, register: Node, node: Node, path: Path) -> list[tuple[Branch, Word]] | None:
        """The blocks in which a register changes, if it changes in no other case."""
        if node.kind == "pmux" and node.args[0] != register.word:
            return None
        if node.kind == "pmux" and not all(self.keeps(path, bit) and is_one for bit, is_one in
                                           map(condition_of, bits_of(node.args[1]))):
            return None
        kept, rest = self._sides(node, path)
        return kept if kept and (rest is None or rest == register.word) else None

    def _place_write(self, memory: Memory, write: Write) -> None:
        bits = set(bits_of(write.enable))
        path: Path = ()
        if len(bits) == 1:
            bit = bits.pop()
            if bit.node is None and bit.low == 0:
                return
            if bit.node is not None:
                branch = condition_of(bit)
                path = self._inside((), branch)
                self._use((branch[0],), ())
        if path:  # which says of the enable all there is to say
            write = replace(write, enable=const(1, 1))
        self._add(path, Store(memory, write))

    def costs(self) -> Counter[Path]:
        """What each block costs, inner ones included."""
        costs: Counter[Path] = Counter()
        for item in self.items:
            cost = cost_of(item.action.node) if isinstance(item.action, Compute) else 1
            for n in range(len(item.path) + 1):
                costs[item.path[:n]] += cost
        return costs

    # --- what comes before what ------------------------------------------------------------------

    def link(self) -> None:
        """Give each item those that must be done before it, and its rank: soon behind its operands,
        so that few values wait for their users at a time."""
        index = {node: n for n, node in enumerate(self.order)}
        for item in self.items:
            if item.made in index:
                item.rank = index[item.made]
            else:
                item.rank = max((index.get(node, 0) for node in self._reads(item)), default=0)
        makers:  dict[Node, list[Item]] = defaultdict(list)
        readers: dict[Node | Memory, list[Item]] = defaultdict(list)
        writers: dict[Node | Memory, list[Item]] = defaultdict(list)
        for item in self.items:
            if item.made is not None:
                makers[item.made].append(item)
        for item in self.items:
            for node in self._reads(item):
                if node.kind == "register":
                    readers[node].append(item)
                elif node.kind != "input":
                    item.needs += makers[node]
            if item.made is not None and item.made.memory is not None:
                readers[item.made.memory].append(item)
            if item.changed is not None:
                writers[item.changed].append(item)
        for items in makers.values():
            _after_first(items)
        for target, items in writers.items():
            for item in items:
                # Of a register's changes one is done in a cycle: two that read it do not mind each
                # other.
                item.needs += [reader for reader in readers[target] if reader is not item
                               and not (reader.changed is target and item in readers[target])]
            if isinstance(target, Memory):
                for n, item in enumerate(items):
                    item.needs += items[:n]
            else:
                _after_first(items)

    def _reads(self, item: Item) -> Iterator[Node]:
        for word in item.action.words():
            yield from (part.node for part in word if part.node is not None)
        # Conditions that are registers have copies, made before everything.
        yield from (bit.node for bit, _ in item.path
                    if bit.node is not None and bit.node.kind != "register")


def _rotating(netlist: Netlist) -> set[Node]:
    """Registers that take each other's values, so that none can change first; and some others."""
    takes: dict[Node, set[Node]] = {}
    for register, word in netlist.nexts.items():
        found: set[Node] = set()
        seen:  set[Node] = set()
        stack = [word]
        while stack:
            for part in stack.pop():
                node = part.node
                if node is None or node in seen:
                    continue
                seen.add(node)
                if node.kind == "register":
                    found.add(node)
                elif node.kind in ("mux", "pmux"):
                    stack.extend(node.args)
        takes[register] = found - {register}
    while True:
        taken = {node for found in takes.values() for node in found}
        rest  = {register: found & takes.keys() for register, found in takes.items()
                 if register in taken and found & takes.keys()}
        if rest == takes:
            return set(rest)
        takes = rest


def _after_first(items: list[Item]) -> None:
    """What is done in any case comes before what is done in a block instead."""
    for item in items:
        item.needs += [other for other in items
                       if other is not item and len(other.path) < len(item.path)
                       and item.path[:len(other.path)] == other.path]


def bits_of(word: Word) -> Iterator[Part]:
    """Its bits, one by one."""
    for part in word:
        for n in range(part.width):
            if part.node is None:
                yield const(part.low >> n, 1)[0]
            else:
                yield Part(part.node, part.low + n, 1)


def _common(left: Path, right: Path) -> Path:
    n = 0
    while n < len(left) and n < len(right) and left[n] == right[n]:
        n += 1
    return left[:n]


class _Scheduler:
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
        for n in range(len(_common(need.path, item.path)) + 1, len(item.path) + 1):
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
