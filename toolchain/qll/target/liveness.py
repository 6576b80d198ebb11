"""Which values are alive where: sets of their numbers."""

from bisect import bisect_right
from collections.abc import Callable, Iterable

from toolchain.qll.middle.ir import NO_RESULT, Block, Function, Ins
from toolchain.qll.node import node

__all__ = ["Calls", "Layout", "Liveness", "Uses", "over_ranges"]


def _at_end(block: Block, live_out: set[int]) -> set[int]:
    """What is alive behind the last instruction of a block's body."""
    alive = live_out.copy()
    for arg in block.term.args:
        if arg.block is not None:
            alive.add(arg.n)
    return alive


@node
class Calls:
    """The calls of a block, and what lives across which of them: a value's number, the first of
    them and the one behind the last."""
    block: Block
    calls: list[Ins]
    spans: list[tuple[int, int, int]]


class Liveness:
    """Numbers the values of a function, and finds which are alive where.

    The cost grows with the operands, and with the number of blocks that each value lives through.

    Attributes
    ----------
    values : list[Ins]
        By number: parameters, then by block, in reverse postorder, phis and body.
    live_in, live_out : list[set[int]]
        For each block, by its number, what is alive at its start (without the phis) and at its end
        (without what only the terminator uses).
    calls : list[Calls]
        Of the blocks that have some.
    """

    def __init__(self, function: Function, blocks: list[Block]):
        self.function = function
        self.blocks = blocks
        self.values: list[Ins] = []
        self.live_in: list[set[int]] = [set() for _ in blocks]
        self.live_out: list[set[int]] = [set() for _ in blocks]
        self._home: list[int] = []  # by a value's number, that of its block; -1 for parameters
        self.calls: list[Calls] = []
        calling = self._number()
        self._flow()
        for block in calling:
            self.calls.append(self._across(block))

    def _number(self) -> list[Block]:
        """Number the values; returns the blocks with calls."""
        values, home = self.values, self._home
        for ins in self.function.params:
            ins.n = len(values)
            values.append(ins)
            home.append(-1)
        calling = []
        for number, block in enumerate(self.blocks):
            calls = False
            for ins in block.phis:
                ins.n = len(values)
                values.append(ins)
            for ins in block.body:
                op = ins.op
                if op in NO_RESULT:
                    ins.n = -1
                else:
                    ins.n = len(values)
                    values.append(ins)
                    if op == "call":
                        calls = True
            home += [number] * (len(values) - len(home))
            if calls:
                calling.append(block)
        return calling

    def _flow(self) -> None:
        """From each use up all ways to where the value is made."""
        home, live_in, live_out = self._home, self.live_in, self.live_out
        for number, block in enumerate(self.blocks):
            needed = live_in[number]
            for ins in block.body:
                for arg in ins.args:
                    if arg.block is not None:
                        value = arg.n
                        if home[value] != number and value not in needed:
                            self._enter(value, block)
            for arg in block.term.args:
                if arg.block is not None:
                    value = arg.n
                    if home[value] != number and value not in needed:
                        self._enter(value, block)
            for phi in block.phis:  # its operands live to the end of the predecessors
                for arg, pred in zip(phi.args, block.preds, strict=True):
                    if arg.block is not None and arg.n not in live_out[pred.n]:
                        live_out[pred.n].add(arg.n)
                        if home[arg.n] != pred.n:
                            self._enter(arg.n, pred)

    def _enter(self, value: int, block: Block) -> None:
        """A value that is made elsewhere is alive at the start of a block."""
        home, live_in, live_out = self._home[value], self.live_in, self.live_out
        live_in[block.n].add(value)
        stack = [block]
        while stack:
            for pred in stack.pop().preds:
                number = pred.n
                live_out[number].add(value)
                if number != home and value not in live_in[number]:
                    live_in[number].add(value)
                    stack.append(pred)

    def _across(self, block: Block) -> Calls:
        body = block.body
        calls = [ins for ins in body if ins.op == "call"]
        behind = len(calls)  # as many calls are in front of this place
        alive = dict.fromkeys(_at_end(block, self.live_out[block.n]), behind)  # until there
        spans = []
        for ins in reversed(body):
            until = alive.pop(ins.n, behind) if ins.n >= 0 else behind
            if until > behind:
                spans.append((ins.n, behind, until))
            if ins.op == "call":
                behind -= 1
            for arg in ins.args:
                if arg.block is not None:
                    alive.setdefault(arg.n, behind)
        spans += [(value, 0, until) for value, until in alive.items() if until]
        return Calls(block, calls, spans)

    def bits(self, live: Iterable[int]) -> list[Ins]:
        """The values with these numbers, in their order."""
        values = self.values
        return [values[number] for number in sorted(live)]

    def last_uses(self, block: Block) -> tuple[list[list[Ins]], list[bool], set[int]]:
        """For each instruction of a body, operands that end there, and whether anybody wants its
        value; then what is alive in front of the body."""
        alive = _at_end(block, self.live_out[block.n])
        ending: list[list[Ins]] = []
        wanted: list[bool] = []
        for ins in reversed(block.body):
            number = ins.n
            if number in alive:
                alive.remove(number)
                wanted.append(True)
            else:
                wanted.append(False)
            last: list[Ins] = []
            for arg in ins.args:
                if arg.block is not None:
                    number = arg.n
                    if number not in alive:
                        alive.add(number)
                        last.append(arg)
            ending.append(last)
        ending.reverse()
        wanted.reverse()
        return ending, wanted, alive

    def in_front(self, block: Block, place: int) -> set[int]:
        """What is alive in front of an instruction of a body, or at its end."""
        alive = _at_end(block, self.live_out[block.n])
        for ins in reversed(block.body[place:]):
            alive.discard(ins.n)
            alive.update([arg.n for arg in ins.args if arg.block is not None])
        return alive

    def crowded(self, most: int) -> list[tuple[Block, int, set[int]]]:
        """The worst place of each block where more than `most` values are alive: block, index of
        the instruction behind it (-1 for the phis), the values."""
        found: list[tuple[Block, int, set[int]]] = []
        if len(self.values) <= most:
            return found
        for block in self.blocks:
            # A quick bound first: no place has more than the end and all of the body together.
            own = len(block.body) + len(block.phis)
            live_in, live_out = self.live_in[block.n], self.live_out[block.n]
            if max(len(live_in), len(live_out)) + own <= most:
                continue
            place, count = self._most_crowded(block, most)
            entry = live_in.union([phi.n for phi in block.phis])
            if len(entry) > count:
                found.append((block, -1, entry))
            elif count > most:
                found.append((block, place, self.in_front(block, place)))
        return found

    def _most_crowded(self, block: Block, most: int) -> tuple[int, int]:
        """The last of the places with more alive than anywhere else in the body, and how many."""
        alive = _at_end(block, self.live_out[block.n])
        place, count = len(block.body), max(most, len(alive))
        for index in range(len(block.body) - 1, -1, -1):
            ins = block.body[index]
            alive.discard(ins.n)
            for arg in ins.args:
                if arg.block is not None:
                    alive.add(arg.n)
            if len(alive) > count:
                place, count = index, len(alive)
        return place, count


class Uses:
    """Where each of some values is used: by instructions, and by phis on an edge."""

    def __init__(self, live: Liveness, wanted: Iterable[int]):
        self.found: dict[Ins, list[tuple[Block, Ins]]] = {}
        self.phis: dict[Ins, list[tuple[Block, Ins, int]]] = {}  # predecessor, phi, its operand
        for value in live.bits(wanted):
            self.found[value] = []
            self.phis[value] = []
        found, phis = self.found, self.phis
        for block in live.blocks:
            for ins in block.body:
                for arg in ins.args:
                    if arg in found:
                        found[arg].append((block, ins))
            for arg in block.term.args:
                if arg in found:
                    found[arg].append((block, block.term))
            for phi in block.phis:
                for index, arg in enumerate(phi.args):
                    if arg in phis:
                        phis[arg].append((block.preds[index], phi, index))


class Layout:
    """Where the instructions of a block stand, its terminator at the end, and where its calls."""
    __slots__ = ("position", "calls")

    def __init__(self, block: Block):
        order = [*block.body, block.term]
        self.position = {ins: index for index, ins in enumerate(order)}
        self.calls = [index for index, ins in enumerate(order) if ins.op == "call"]

    def behind(self, value: Ins) -> int:
        """The place behind the instruction that makes a value; the start if that is elsewhere."""
        return self.position.get(value, -1) + 1

    def calls_before(self, place: int) -> int:
        """How many calls are in front of a place."""
        return bisect_right(self.calls, place - 1)


def over_ranges(masks: list[int]) -> Callable[[int, int], int]:
    """A function that gives all bits of the masks from one index to in front of another."""
    rows = [masks]  # of 1, 2, 4, 8 ... masks together
    size = 1
    while 2 * size <= len(masks):
        row = rows[-1]
        rows.append([row[at] | row[at + size] for at in range(len(row) - size)])
        size *= 2

    def bits(first: int, end: int) -> int:
        row = rows[(end - first).bit_length() - 1]
        return row[first] | row[end - (1 << (end - first).bit_length() - 1)]

    return bits
