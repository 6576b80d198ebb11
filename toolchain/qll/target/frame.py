"""Which blocks need a function's frame, and where it can be made."""

from toolchain.qll.abi import FIRST_PRESERVED
from toolchain.qll.middle.ir import Block

__all__ = ["may_start", "needs_frame"]

# Operations that need the frame.
_IN_FRAME = frozenset(["call", "spill", "reload", "slot", "out", "arg"])


def needs_frame(block: Block) -> bool:
    """Whether code of a block, or on the way out of it, needs the frame."""
    for phi in block.phis:
        if phi.reg >= FIRST_PRESERVED:
            return True
    for ins in block.body:
        if ins.reg >= FIRST_PRESERVED or ins.op in _IN_FRAME:
            return True
    for phi_block in block.succs:
        index = phi_block.preds.index(block)
        for phi in phi_block.phis:
            if phi.args[index].op in ("slot", "arg") or phi.reg >= FIRST_PRESERVED:
                return True
    return block.term.op == "ret" and any(arg.op in ("slot", "arg") for arg in block.term.args)


def may_start(block: Block) -> bool:
    """Whether the frame can be made at the start of a block."""
    if block.depth or any(phi.reg >= 0 for phi in block.phis):
        return False
    region = set()
    stack = [block]
    while stack:
        at = stack.pop()
        region.add(at)
        stack.extend(at.kids)
    return all(succ in region for at in region for succ in at.succs) and not any(
        succ is block for at in region for succ in at.succs)
