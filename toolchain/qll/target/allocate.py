"""Registers for all values of a function.

Values are in SSA form, so that a walk down the dominator tree, giving each value a register that no
value alive at that point holds, needs no more registers than there are values alive at once, which
is nearly always far below the 60 that there are. What decides the quality of the code is which
register a value gets:

- phis and their operands like to share one, and arguments and results like to be where the calling
  convention wants them; then no move is needed (`colour`);
- a value that lives across a call needs a register that the callee leaves alone. Taking one of
  `r32`... costs saving and restoring it; keeping the value in the frame meanwhile costs a store and
  some loads; constants are best made again (`spill.keep_over_calls`).

If too many values are alive at once, some go to the frame in the same way (`spill.relieve`).
"""

from toolchain.qll.abi import LINK, PRESERVED, RESULT, SCRATCH, TEMPORARY
from toolchain.qll.middle.cfg import analyse, find_loops
from toolchain.qll.middle.ir import Block, Function
from toolchain.qll.target.colour import USABLE, Colouring
from toolchain.qll.target.liveness import Liveness
from toolchain.qll.target.spill import TooManyPhis, clobbers_of, keep_over_calls, relieve

__all__ = ["TooManyPhis", "allocate", "clobbered"]

ROUNDS_OF_LOOP = 8   # how often a loop is taken to run
DEEPEST        = 4   # loops within each other that count
MOST_ALIVE     = USABLE.bit_count() - 4  # values at once that `Colouring` surely finds room for
TRIES          = 60  # of `relieve`, before giving up

_WEIGHTS = [ROUNDS_OF_LOOP ** depth for depth in range(DEEPEST + 1)]  # by how many are around


def allocate(function: Function, blocks: list[Block] | None = None) -> int:
    """Set `reg` of every value; returns the mask of the registers used.

    May add `spill` and `reload` instructions, whose `value` is a `Slot`. `blocks` are what `place`
    returned.

    Raises
    ------
    TooManyPhis
        If that did not help.
    """
    if blocks is None:
        blocks = analyse(function)
        find_loops(blocks)
    for block in blocks:
        block.weight = _WEIGHTS[min(block.depth, DEEPEST)]
    live = Liveness(function, blocks)
    if live.calls and keep_over_calls(live):
        live = Liveness(function, blocks)
    for _ in range(TRIES):
        crowded = live.crowded(MOST_ALIVE)
        if not crowded:
            return Colouring(live).run()
        relieve(live, crowded)
        live = Liveness(function, blocks)
    raise TooManyPhis(function.symbol)


def clobbered(function: Function, used: int) -> int:
    """Registers that a call of the function may change."""
    changed = used & SCRATCH | 1 << TEMPORARY | 1 << LINK | 1 << RESULT
    for leaf in function.pinned:
        changed |= 1 << leaf.reg
    for block in function.blocks:
        for ins in block.body:
            if ins.op == "call":
                changed |= clobbers_of(ins) & ~PRESERVED
    return changed
