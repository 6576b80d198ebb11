"""In which block each thing is done: the innermost one around all that needs it.

A block that would spare too little is dissolved: its multiplexers are computed without a branch.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace
from functools import partial, reduce

from sim.engine.blocks import (
    Action,
    Branch,
    Change,
    Compute,
    Drive,
    Item,
    Path,
    Select,
    Settle,
    Store,
    bits_of,
    common,
    condition_of,
)
from sim.engine.conditions import Conditions, is_free, is_gate
from sim.engine.netlist import Memory, Netlist, Node, Part, Word, Write, const

__all__ = ["Placement"]

Side = tuple[Path, Word]  # a value that is selected, and the blocks in which it is, outermost first


class Placement:
    """Where everything is done, if `keeps` says which blocks there are. Nodes of `resting` are not
    computed in most cycles: they are never inside a block that something else decides about."""

    def __init__(self, netlist: Netlist, keeps: Callable[[Path, Part], bool], resting: Set[Node]):
        self.netlist = netlist
        self.keeps   = keeps
        self.resting = resting
        self.items: list[Item] = []
        self.paths: dict[Node, Path] = {}  # the innermost block around all users
        self.order   = netlist.operations()
        self.rotates = _rotating(netlist)
        self.conditions = Conditions(netlist, self.order, resting)

        for name, word in netlist.outputs.items():
            path: Path = ()
            guard = netlist.guards.get(name)
            if guard is not None and guard[0].node is not None:
                path, _ = self._entered((), self.conditions.taken_apart(guard[0], True))
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

    def _entered(self, path: Path, branches: list[Branch]) -> tuple[Path, list[Branch]]:
        """The block in which all of these hold, and those of them that have no block."""
        left = []
        for branch in branches:
            if branch in path:
                continue
            if self.keeps(path, branch[0]):
                self._use((branch[0],), path)
                path = (*path, branch)
            else:
                left.append(branch)
        return path, left

    def _add(self, path: Path, action: Action) -> None:
        self.items.append(Item(path, action))
        for word in action.words():
            self._use(word, path)

    def _use(self, word: Word, path: Path) -> None:
        for part in word:
            node = part.node
            if node is None or node.kind in ("input", "register"):
                continue
            inside = path if node not in self.resting else self._resting_part(path)
            known  = self.paths.get(node)
            self.paths[node] = inside if known is None else common(known, inside)

    def _resting_part(self, path: Path) -> Path:
        for n, (bit, _) in enumerate(path):
            if bit.node is not None and bit.node not in self.resting:
                return path[:n]
        return path

    def _sides(self, node: Node, path: Path) -> tuple[list[Side], Word | None]:
        """A node's values that have blocks of their own, and its value in all other cases, if
        there are any."""
        if node.kind == "pmux":
            return self._cases(node, path)
        if node.kind != "mux":
            return self._gate(node, path)
        select, low, high = node.args
        bit, value = condition_of(select[0])
        for word, is_one in ((low, not value), (high, value)):
            if (bit, is_one) in path:
                return [], word
        if is_free(low):
            return self._one_side(node, path, self.conditions.taken_apart(select[0], True),
                                  high, low)
        if is_free(high):
            return self._one_side(node, path, self.conditions.taken_apart(select[0], False),
                                  low, high)
        if not self.keeps(path, bit):
            return [], node.word
        self._use((bit,), path)
        return [((*path, (bit, not value)), low), ((*path, (bit, value)), high)], None

    def _one_side(self, node: Node, path: Path, branches: list[Branch], word: Word,
                  otherwise: Word) -> tuple[list[Side], Word]:
        """A node has the value `word` if all of these hold."""
        if any((bit, not value) in path for bit, value in branches):
            return [], otherwise
        inside, left = self._entered(path, branches)
        if not left:
            return ([(inside, word)], otherwise) if inside != path else ([], word)
        if inside == path:
            return [], node.word
        chosen = self._add_node(inside, "mux", node.width, self._joined(inside, "and", left),
                                otherwise, word)
        return [(inside, chosen)], otherwise

    def _joined(self, path: Path, kind: str, branches: Iterable[Branch]) -> Word:
        """Whether all of these hold, as a bit, or any of them: by `and` or `or`."""
        return reduce(partial(self._add_node, path, kind, 1),
                      (self._bit(path, branch) for branch in branches))

    def _bit(self, path: Path, branch: Branch) -> Word:
        bit, value = branch
        return (bit,) if value else self._add_node(path, "not", 1, (bit,))

    def _gate(self, node: Node, path: Path) -> tuple[list[Side], Word]:
        """An `and` is its last operand if all others are 1; an `or`, if they are 0."""
        is_and = node.kind == "and"
        *others, (bit, value) = self.conditions.operands(node)
        if not others:
            return [], node.word
        if (bit, value) in path or (bit, not value) in path:
            return [], node.word
        if any((one, not holds) in path for one, holds in others):
            return [], const(not is_and, 1)
        inside, left = self._entered(path, others)
        if inside == path:
            return [], node.word
        last = self._bit(inside, (bit, value == is_and))
        if left:
            rest = self._joined(inside, node.kind, ((one, holds == is_and) for one, holds in left))
            last = self._add_node(inside, node.kind, 1, rest, last)
        return [(inside, last)], const(not is_and, 1)

    def _cases(self, node: Node, path: Path) -> tuple[list[Side], Word | None]:
        """Of a multiplexer with many selects."""
        default, selects, *values = node.args
        kept: list[Side] = []
        left: list[tuple[Part, Word]] = []
        for part, word in zip(bits_of(selects), values, strict=True):
            bit, is_one = condition_of(part)
            if is_one and self.keeps(path, bit):
                self._use((bit,), path)
                kept.append(((*path, (bit, True)), word))
            else:
                left.append((part, word))
        if not kept:
            return [], node.word
        rest = default
        if left:
            rest = self._add_node(path, "pmux", node.width, default,
                                  tuple(part for part, _ in left), *(word for _, word in left))
        return kept, rest

    # --- what is where ---------------------------------------------------------------------------

    def _place(self, node: Node, path: Path) -> None:
        if node.kind not in ("mux", "pmux") and not is_gate(node, "and", "or"):
            self._add(path, Compute(node))
            return
        kept, rest = self._sides(node, path)
        if not kept and rest == node.word:
            self._add(path, Compute(node))
            return
        if rest is not None:
            self._add(path, Select(node, rest))
        for inside, word in kept:
            self._add(inside, Select(node, word))

    def _add_node(self, path: Path, kind: str, width: int, *args: Word) -> Word:
        """Compute something that the netlist does not have."""
        node = Node(kind, width, args)
        self._add(path, Compute(node))
        return node.word

    def _place_register(self, register: Node, word: Word, path: Path) -> None:
        """A register's change sinks into its multiplexer, down to where it holds its value."""
        if word == register.word:
            return
        node = word[0].node
        if (len(word) == 1 and node is not None and node.kind in ("mux", "pmux")
                and word == node.word and self.conditions.users[node] == 1):
            sides = self._changes(register, node, path)
            if sides is not None:
                for inside, side in sides:
                    self._place_register(register, side, inside)
                return
        if register in self.rotates and any(part.node in self.rotates for part in word):
            word = self._add_node(path, "pos", register.width, word)
        self._add(path, Change(register, word))

    def _changes(self, register: Node, node: Node, path: Path) -> list[Side] | None:
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
        left: list[Branch] = []
        if len(bits) == 1:
            bit = bits.pop()
            if bit.node is None and bit.low == 0:
                return
            if bit.node is not None:
                path, left = self._entered((), self.conditions.taken_apart(bit, True))
        if path and not left:  # which says of the enable all there is to say
            write = replace(write, enable=const(1, 1))
        self._add(path, Store(memory, write))

    def hold_conditions(self) -> None:
        """Let a register that decides about blocks have its old value to the end: a block may be
        entered after it has changed."""
        held: dict[Part, Part] = {}
        for item in self.items:
            for bit, _ in item.path:
                if bit.node is not None and bit.node.kind == "register" and bit not in held:
                    held[bit] = Node("pos", 1, ((bit,),)).word[0]
        for item in self.items:
            item.path = tuple((held.get(bit, bit), value) for bit, value in item.path)
        self.items += [Item((), Compute(new.node)) for new in held.values() if new.node is not None]

    def costs(self) -> Counter[Path]:
        """What each block costs, inner ones included."""
        costs: Counter[Path] = Counter()
        for item in self.items:
            cost = _cost_of(item.action.node) if isinstance(item.action, Compute) else 1
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
        settles: dict[Node, Item] = {}
        for item in self.items:
            if item.made is not None:
                makers[item.made].append(item)
            elif isinstance(item.action, Settle):
                settles[item.action.node] = item
        for item in self.items:
            for node in self._reads(item):
                last = settles.get(node, item)
                if node.kind == "register":
                    readers[node].append(item)
                elif node.kind != "input":
                    item.needs += makers[node] if last is item else [last]
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
        yield from (bit.node for bit, _ in item.path if bit.node is not None)


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


def _cost_of(node: Node) -> int:
    """About how many of the host's instructions an operation takes."""
    return 1 + sum(2 * len(word) - 1 - (word[0].low == 0 and word[0].node is not None
                                        and word[0].width == word[0].node.width)
                   for word in node.args if word)
