"""Which blocks need a function's frame, and where it can be made."""

from toolchain.qll.abi import FIRST_PRESERVED
from toolchain.qll.middle.ir import Block

__all__ = ["may_start", "needs_frame"]

# Operations that need the frame.
_IN_FRAME = frozenset(["call", "spill", "reload", "slot", "out", "arg"])


def needs_frame(block: Block, arriving: dict[tuple[Block, Block], int]) -> bool:
    """Whether code of a block, or on the way out of it, needs the frame; `arriving` are the
    function's `positions`."""
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


def may_start(entry: Block) -> set[Block]:
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
