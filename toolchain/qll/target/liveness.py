"""Which values are alive where, as bits of integers."""

from collections.abc import Iterable, Iterator

from toolchain.qll.middle.ir import NO_RESULT, Block, Function, Ins

__all__ = ["Call", "Liveness", "Uses", "at_end", "backward", "mask"]

Call = tuple[Block, int, Ins, int]  # a call: its block, its place there, and what lives across it


def mask(values: Iterable[Ins]) -> int:
    """Their numbers as bits."""
    found = 0
    for value in values:
        found |= 1 << value.n
    return found


def at_end(block: Block, live_out: int) -> int:
    """What is alive behind the last instruction of a block's body."""
    for arg in block.term.args:
        if arg.block is not None:
            live_out |= 1 << arg.n
    return live_out


def backward(block: Block, live: int) -> Iterator[tuple[int, Ins, int, int]]:
    """Go through a body from its end, where `live` is alive.

    Yields the index, the instruction, what is alive across it (behind it, without its own value),
    and what is alive in front of it.
    """
    body = block.body
    for index in range(len(body) - 1, -1, -1):
        ins = body[index]
        across = live
        if ins.n >= 0:
            bit = 1 << ins.n
            if across & bit:
                across ^= bit
        live = across
        for arg in ins.args:
            if arg.block is not None:
                live |= 1 << arg.n
        yield index, ins, across, live


class Liveness:
    """Numbers the values of a function, and finds which are alive where.

    Attributes
    ----------
    values : list[Ins]
        By number: parameters, then by block, in reverse postorder, phis and body.
    live_in, live_out : list[int]
        For each block, by its number, what is alive at its start (without the phis) and at its end
        (without what only the terminator uses).
    calls : list[Call]
        All calls.
    """

    def __init__(self, function: Function, blocks: list[Block]):
        self.function = function
        self.blocks = blocks
        self.values: list[Ins] = []
        self.live_in: list[int] = []
        self.live_out: list[int] = []
        self.calls: list[Call] = []
        self._flow(self._number())
        for block in blocks:
            if any(ins.op == "call" for ins in block.body):
                end = at_end(block, self.live_out[block.n])
                self.calls += [(block, index, ins, across) for index, ins, across, _
                               in backward(block, end) if ins.op == "call"]

    def _number(self) -> list[int]:
        """Number the values; returns which of them each block makes, as masks."""
        values = self.values
        for ins in self.function.params:
            ins.n = len(values)
            values.append(ins)
        made = []
        for block in self.blocks:
            first = len(values)
            for ins in block.phis:
                ins.n = len(values)
                values.append(ins)
            for ins in block.body:
                if ins.op in NO_RESULT:
                    ins.n = -1
                else:
                    ins.n = len(values)
                    values.append(ins)
            made.append((1 << len(values)) - (1 << first))
        return made

    def _flow(self, made: list[int]) -> None:
        """Solve the equations between the blocks' starts and ends."""
        needed = []                          # from above, by the block itself
        live_out = [0] * len(self.blocks)
        for block in self.blocks:
            live = at_end(block, 0)
            for _, _, _, live in backward(block, live):
                pass
            needed.append(live & ~mask(block.phis))
            for phi in block.phis:           # its operands live to the end of the predecessors
                for arg, pred in zip(phi.args, block.preds, strict=True):
                    if arg.block is not None:
                        live_out[pred.n] |= 1 << arg.n
        live_in = needed[:]
        succs = [[succ.n for succ in block.succs] for block in self.blocks]
        changed = True
        while changed:
            changed = False
            for number in range(len(self.blocks) - 1, -1, -1):
                out = live_out[number]
                for succ in succs[number]:
                    out |= live_in[succ]
                live_out[number] = out
                new = needed[number] | out & ~made[number]
                if new != live_in[number]:
                    live_in[number] = new
                    changed = True
        self.live_in, self.live_out = live_in, live_out

    def bits(self, live: int) -> list[Ins]:
        """The values of a mask, by number."""
        values = self.values
        found = []
        while live:
            low = live & -live
            found.append(values[low.bit_length() - 1])
            live ^= low
        return found

    def crowded(self, most: int) -> list[tuple[Block, int, int]]:
        """The worst place of each block where more than `most` values are alive: block, index of
        the instruction behind it (-1 for the phis), the values."""
        found: list[tuple[Block, int, int]] = []
        if len(self.values) <= most:
            return found
        for block in self.blocks:
            # A quick bound first: no place has more than the end and all of the body together.
            own = len(block.body) + len(block.phis)
            live_in, live_out = self.live_in[block.n], self.live_out[block.n]
            if max(live_in.bit_count(), live_out.bit_count()) + own <= most:
                continue
            end = at_end(block, live_out)
            worst, place, count = 0, -1, most
            if end.bit_count() > count:
                worst, place, count = end, len(block.body), end.bit_count()
            for index, _, _, front in backward(block, end):
                if front.bit_count() > count:
                    worst, place, count = front, index, front.bit_count()
            entry = live_in | mask(block.phis)
            if entry.bit_count() > count:
                worst, place = entry, -1
            if worst:
                found.append((block, place, worst))
        return found


class Uses:
    """Where each of some values is used: by instructions, and by phis on an edge."""

    def __init__(self, live: Liveness, wanted: int):
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
