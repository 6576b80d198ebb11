"""A register for each value, block by block down the dominator tree."""

from toolchain.qll.abi import PRESERVED, RESULT, SCRATCH
from toolchain.qll.middle.ir import Block, Ins
from toolchain.qll.target.liveness import Liveness, over_ranges
from toolchain.qll.target.spill import TooManyPhis, clobbers_of

__all__ = ["USABLE", "Colouring"]

USABLE = SCRATCH | PRESERVED

ARGUMENTS = 8  # registers that are often those of arguments

_FOR_ARGUMENTS = (1 << ARGUMENTS) - 1
_FIRST         = SCRATCH & ~_FOR_ARGUMENTS


def _first(free: int) -> int:
    """Which of some registers is tried: those of the arguments late, from the last to the first,
    preserved ones last."""
    lowest = free & _FIRST
    if not lowest:
        late = free & _FOR_ARGUMENTS
        if late:
            return late.bit_length() - 1
        lowest = free
    return (lowest & -lowest).bit_length() - 1


class Colouring:
    """Gives registers to the values of a function."""

    def __init__(self, live: Liveness):
        self.live = live
        self.function = live.function
        count = len(live.values)
        self.forbidden = [0] * count
        self.phis: list[list[Ins] | None] = [None] * count  # that have the value as an operand
        self.wish = [-1] * count  # a register of the calling convention
        self.masks = [0] * count  # that which has been chosen
        self.used = 0
        self.wanted = 0  # registers of the phis behind the current block: for their operands
        self.usable = USABLE
        for leaf in self.function.pinned:
            self.usable &= ~(1 << leaf.reg)

    def run(self) -> int:
        """Set `reg` of every value, -1 if nobody uses it; returns the mask of those used."""
        self._note_wishes()
        for value in self.live.values:
            value.reg = -1
        stack = [self.live.blocks[0]]
        while stack:
            block = stack.pop()
            self._block(block)
            stack.extend(reversed(block.kids))
        return self.used

    def _note_wishes(self) -> None:
        """Which registers a value must not have, and which would suit it."""
        forbidden, wish = self.forbidden, self.wish
        for block in self.live.blocks:
            for phi in block.phis:
                for arg in phi.args:
                    if arg.block is not None:
                        users = self.phis[arg.n]
                        if users is None:
                            self.phis[arg.n] = [phi]
                        else:
                            users.append(phi)
            term = block.term
            if term.op == "ret" and term.args and term.args[0].block is not None:
                wish[term.args[0].n] = RESULT
        for found in self.live.calls:
            clobbered = over_ranges([clobbers_of(call) for call in found.calls])
            for number, first, end in found.spans:
                forbidden[number] |= clobbered(first, end)
            for call in reversed(found.calls):  # what is an argument later rather wishes for that
                if wish[call.n] < 0:
                    wish[call.n] = RESULT
                if call.value.fast:
                    for index, arg in enumerate(call.args):
                        if arg.block is not None and wish[arg.n] < 0:
                            wish[arg.n] = index
        for param in self.function.params:
            wish[param.n] = param.value

    def _block(self, block: Block) -> None:
        live = self.live
        busy = 0
        params = self.function.params if block is live.blocks[0] else []
        if not params:
            masks = self.masks
            for number in live.live_in[block.n]:
                busy |= masks[number]
        block.live = busy
        ending, wanted, front = live.last_uses(block)
        self.wanted = 0
        for head in params or block.phis:
            if head.n in front:
                busy |= self._choose(head, busy)
            else:
                head.reg = -1
        for succ in block.succs if block.loop is None else [*block.succs, block.loop.header]:
            for phi in succ.phis:
                if phi.reg >= 0:
                    self.wanted |= 1 << phi.reg
        masks = self.masks
        for ins, last, is_wanted in zip(block.body, ending, wanted, strict=True):
            for arg in last:
                busy &= ~masks[arg.n]
            if is_wanted:
                busy |= self._choose(ins, busy)

    def _choose(self, value: Ins, busy: int) -> int:
        """Give a value a register; returns the mask of it."""
        barred = busy | self.forbidden[value.n]  # wishes are for registers that are usable
        register = self._preferred(value, barred)
        if register < 0:
            free = self.usable & ~barred
            if not free:
                raise TooManyPhis(self.function.symbol)
            if free & ~self.wanted:
                free &= ~self.wanted
            known = free & self.used
            # A preserved register that is saved already costs nothing more.
            for pool in (free & SCRATCH, known, free):
                if pool:
                    free = pool
                    break
            register = _first(free)
        value.reg = register
        mask = self.masks[value.n] = 1 << register
        self.used |= mask
        return mask

    def _preferred(self, value: Ins, barred: int) -> int:
        """A free register that saves a move, or -1."""
        number = value.n
        if value.op == "phi":
            for arg in value.args:
                if arg.block is not None and arg.reg >= 0 and not barred >> arg.reg & 1:
                    return arg.reg
        users = self.phis[number]
        if users is not None:
            for phi in users:
                if phi.reg >= 0 and not barred >> phi.reg & 1:
                    return phi.reg
            for phi in users:
                for arg in phi.args:
                    if arg.block is not None and arg.reg >= 0 and not barred >> arg.reg & 1:
                        return arg.reg
        wish = self.wish[number]
        if wish >= 0 and not barred >> wish & 1:
            return wish
        if users is not None:
            for phi in users:
                wish = self.wish[phi.n]
                if wish >= 0 and not barred >> wish & 1:
                    return wish
        if value.op == "add" or value.op == "sub":
            # What counts on in place needs no moves where several of its values meet.
            source, step = value.args
            if source.block is not None and not barred >> source.reg & 1 and (
                    step.op == "const" or not self.wanted >> source.reg & 1):
                return source.reg
        return -1
