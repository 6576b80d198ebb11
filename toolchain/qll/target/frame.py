"""What is where in a function's frame, which blocks need it, and where it can be made."""

from functools import reduce

from toolchain.qll.abi import FIRST_PRESERVED
from toolchain.qll.middle.cfg import meet
from toolchain.qll.middle.ir import Block, Function
from toolchain.qll.target.spill import SPILL_SLOT

__all__ = ["frame_start", "lay_out"]

# Operations that need the frame.
_IN_FRAME = frozenset(["call", "spill", "reload", "slot", "out", "arg"])


def lay_out(function: Function) -> int:
    """Set the offsets of the slots; returns the number of words below what is pushed."""
    offset = function.out_words
    for slot in function.slots:
        if slot.name == SPILL_SLOT:
            slot.offset = offset
            offset += slot.size
    for slot in sorted((slot for slot in function.slots if slot.name != SPILL_SLOT),
                       key=lambda one: one.size):
        slot.offset = offset
        offset += slot.size
    return offset


def frame_start(function: Function, arriving: dict[tuple[Block, Block], int]) -> Block:
    """The last block from which everything that needs the frame is reached; `arriving` are the
    function's `positions`."""
    entry = function.blocks[0]
    if function.interrupt or any(param.reg >= FIRST_PRESERVED for param in function.params):
        return entry
    needing = [block for block in function.blocks if _needs_frame(block, arriving)]
    if not needing or needing[0] is entry:
        return entry
    at = reduce(meet, needing)
    places = _may_start(entry)
    while at.idom is not None and at not in places:
        at = at.idom
    return at


def _needs_frame(block: Block, arriving: dict[tuple[Block, Block], int]) -> bool:
    """Whether code of a block, or on the way out of it, needs the frame."""
    for phi in block.phis:
        if phi.reg >= FIRST_PRESERVED:
            return True
    for ins in block.body:
        if ins.reg >= FIRST_PRESERVED or ins.op in _IN_FRAME:
            return True
    for succ in block.succs:
        for phi in succ.phis:
            if phi.reg >= FIRST_PRESERVED or phi.args[arriving[block, succ]].op in ("slot", "arg"):
                return True
    return block.term.op == "ret" and any(arg.op in ("slot", "arg") for arg in block.term.args)


def _may_start(entry: Block) -> set[Block]:
    """The blocks at whose start the frame can be made.

    No loop is around them, no value arrives there, and nothing that they dominate goes back to them
    or to what they do not dominate.
    """
    first: dict[Block, int] = {}  # of what each block dominates; in order, itself in front
    walk = [entry]
    stack = list(entry.kids)
    while stack:
        walk.append(stack.pop())
        stack += walk[-1].kids
    for number, block in enumerate(walk):
        first[block] = number
    found: set[Block] = set()
    last: dict[Block, int] = {}
    least: dict[Block, int] = {}   # and greatest, of what they go to
    greatest: dict[Block, int] = {}
    for block in reversed(walk):
        number = first[block]
        aims = [first[succ] for succ in block.succs]
        low, high, end = min(aims, default=number + 1), max(aims, default=0), number
        for kid in block.kids:
            low, high, end = (min(low, least[kid]), max(high, greatest[kid]), max(end, last[kid]))
        least[block], greatest[block], last[block] = low, high, end
        if low > number and high <= end and not block.depth and not any(
                phi.reg >= 0 for phi in block.phis):
            found.add(block)
    return found
