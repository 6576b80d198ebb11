"""Control flow: order of blocks, dominators, loops, and tidying up."""

from toolchain.qll.middle.ir import BINARY, UNARY, Block, Function, Ins, final

__all__ = ["Loop", "analyse", "find_loops", "meet", "order", "prune", "shorten_latches",
           "skip_empty", "split_returns", "tidy"]


class Loop:
    """A natural loop: all blocks between a header and the edges back to it."""
    __slots__ = ("header", "blocks", "parent", "depth", "latches", "preheader", "calls", "held")

    def __init__(self, header: Block):
        self.header = header
        self.blocks: set[Block] = set()
        self.latches: list[Block] = []
        self.parent: Loop | None = None
        self.depth = 1
        self.preheader: Block | None = None  # goes to the header and nowhere else
        self.calls = False
        self.held = 0                        # constants kept in registers through the loop


def order(function: Function) -> list[Block]:
    """Reachable blocks in reverse postorder; numbers them in `n`, unreachable ones are -1."""
    for block in function.blocks:
        block.n = -1
    entry = function.blocks[0]
    postorder: list[Block] = []
    stack = [(entry, 0)]
    entry.n = 0
    while stack:
        block, index = stack.pop()
        succs = block.succs
        # Last successor first, so that the first one comes right behind its block.
        if index < len(succs):
            stack.append((block, index + 1))
            succ = succs[len(succs) - 1 - index]
            if succ.n < 0:
                succ.n = 0
                stack.append((succ, 0))
        else:
            postorder.append(block)
    postorder.reverse()
    for number, block in enumerate(postorder):
        block.n = number
    return postorder


def analyse(function: Function) -> list[Block]:
    """Reverse postorder, with `idom` and `kids` set in each block."""
    blocks = order(function)
    for block in blocks:
        block.idom = None
        block.kids = []
    entry = blocks[0]
    entry.idom = entry
    changed = True
    while changed:
        changed = False
        for block in blocks[1:]:
            new = None
            for pred in block.preds:
                if pred.idom is None or pred.n < 0:
                    continue
                if new is None:
                    new = pred
                    continue
                new = meet(new, pred)
            if new is not block.idom:
                block.idom = new
                changed = True
        if all(pred.n < block.n for block in blocks[1:] for pred in block.preds):
            break  # no loops: one round is enough
    entry.idom = None
    for block in blocks[1:]:
        block.idom.kids.append(block)
    return blocks


def meet(one: Block, other: Block) -> Block:
    """The last block that dominates both, by `n` and `idom`."""
    while one is not other:
        if one.n > other.n:
            one = one.idom
        else:
            other = other.idom
    return one


def find_loops(blocks: list[Block]) -> list[Loop]:
    """Natural loops, outer ones first; sets `loop` and `depth` of the blocks. Needs `analyse`."""
    for block in blocks:
        block.loop = None
        block.depth = 0
    loops = []
    for header in blocks:
        latches = []
        for pred in header.preds:
            if pred.n >= header.n and _dominates(header, pred):
                latches.append(pred)
        if not latches:
            continue
        loop = Loop(header)
        loop.latches = latches
        inside = loop.blocks
        inside.add(header)
        stack = list(latches)
        while stack:
            block = stack.pop()
            if block not in inside:
                inside.add(block)
                stack.extend(block.preds)
        outer = header.loop
        if isinstance(outer, Loop):
            loop.parent = outer
            loop.depth = outer.depth + 1
        for block in inside:
            block.loop = loop
            block.depth = loop.depth
        entries = [pred for pred in header.preds if pred not in inside]
        if len(entries) == 1 and len(entries[0].succs) == 1:
            loop.preheader = entries[0]
        loop.calls = any(ins.op == "call" for block in inside for ins in block.body)
        loops.append(loop)
    return loops


def _dominates(above: Block, block: Block) -> bool:
    at: Block | None = block
    while at is not None and at.n > above.n:
        at = at.idom
    return at is above


def prune(function: Function) -> None:
    """Drop blocks that cannot be reached, and the phi operands for their edges."""
    reached = set(order(function))
    if len(reached) == len(function.blocks):
        return
    for block in function.blocks:
        if block not in reached:
            for succ in block.succs:
                if succ in reached:
                    succ.remove_pred(block)
    function.blocks = [block for block in function.blocks if block in reached]


def tidy(function: Function) -> bool:
    """Replace phis of a single value, and join blocks that always follow each other."""
    changed = False
    for block in function.blocks:
        if block.phis:
            kept = []
            for phi in block.phis:
                value = _only_value(phi)
                if value is None:
                    kept.append(phi)
                else:
                    phi.fwd = value
                    changed = True
            block.phis = kept
    if changed:
        function.resolve()
    merged: set[Block] = set()
    for block in function.blocks:
        if block in merged:
            continue
        while block.term.op == "jump":
            succ = block.succs[0]
            if len(succ.preds) != 1 or succ is block or succ is function.blocks[0]:
                break
            merged.add(succ)
            for ins in succ.body:
                ins.block = block
            block.body += succ.body
            block.term = succ.term
            block.term.block = block
            block.succs = succ.succs
            for after in dict.fromkeys(succ.succs):
                after.preds = [block if pred is succ else pred for pred in after.preds]
    if merged:
        function.blocks = [block for block in function.blocks if block not in merged]
        changed = True
    return changed


def shorten_latches(function: Function) -> bool:
    """Do the last bit of a round before the test in front of it; whether anything changed.

    ``while (true) { ...; if (x) { break; } i = i + 1; }`` then has its test at the bottom, where it
    takes one jump a round instead of two. On the way out the bit is done in vain, once.
    """
    changed = False
    for loop in find_loops(analyse(function)):
        for latch in loop.latches:
            if latch.phis or latch.term.op != "jump" or len(latch.preds) != 1 or (
                    latch is loop.header or len(latch.body) > 3):
                continue
            pred = latch.preds[0]
            if pred.term.op != "branch" or pred in loop.header.preds or (
                    pred.succs[0] is pred.succs[1]) or any(
                    ins.op not in BINARY and ins.op not in UNARY for ins in latch.body):
                continue
            for ins in latch.body:
                ins.block = pred
                ins.line = pred.term.line
            pred.body += latch.body
            pred.succs[pred.succs.index(latch)] = loop.header
            loop.header.replace_pred(latch, pred)
            latch.preds = []
            latch.succs = []
            function.blocks.remove(latch)
            changed = True
    return changed


def skip_empty(function: Function) -> None:
    """Let edges to a block that only jumps on go to where that one goes.

    Blocks in front of loops stay, as the place for what is needed in all rounds.
    """
    blocks = analyse(function)
    find_loops(blocks)
    for block in blocks[1:]:
        if block.phis or block.body or block.term.op != "jump":
            continue
        target = block.succs[0]
        if target is block or target.depth > block.depth:
            continue
        for pred in list(block.preds):
            if pred in target.preds or pred.succs.count(block) != 1:
                continue  # two edges between the same blocks could not be told apart
            index = target.preds.index(block)
            for phi in target.phis:
                phi.args.append(phi.args[index])
            target.preds.append(pred)
            pred.succs[pred.succs.index(block)] = target
            block.preds.remove(pred)
    prune(function)
    tidy(function)


def split_returns(function: Function) -> None:
    """Return at once where now a jump leads to a block that only returns."""
    for block in list(function.blocks):
        if block.term.op != "ret" or block.body or len(block.preds) < 2:
            continue
        result = block.term.args[0] if block.term.args else None
        if result is not None and block.phis and block.phis != [result]:
            continue
        if block.phis and result is None:
            block.phis = []
        for pred in list(block.preds):
            if pred.term.op != "jump":
                continue
            value = result
            if result is not None and block.phis:
                value = result.args[block.preds.index(pred)]
            block.remove_pred(pred)
            pred.succs = []
            pred.term = Ins("ret", [] if value is None else [value], None, block.term.line)
            pred.term.block = pred
    prune(function)
    tidy(function)


def _only_value(phi: Ins) -> Ins | None:
    """The one value that a phi can have, if there is only one."""
    found = None
    for arg in phi.args:
        arg = final(arg)
        if arg is phi or arg is found:
            continue
        if found is not None:
            return None
        found = arg
    return found
