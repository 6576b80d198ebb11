"""Control flow: order of blocks, dominators, loops, and tidying up.

Each block knows its parent in the dominator tree (`idom`), how many blocks are above it (`level`)
and one of these, `jump`, so chosen that a way up of n blocks takes about log n jumps: the tree of a
long function is as deep as the function is long.
"""

from functools import reduce

from toolchain.qll.middle.ir import BINARY, UNARY, Block, Function, Ins, final

__all__ = ["Loop", "analyse", "dominates", "find_loops", "goes_back", "loops_of", "meet", "order",
           "positions", "prune", "shorten_latches", "skip_empty", "split_returns", "tidy"]


# Numbers of blocks while they are put in order; those that cannot be reached keep the first.
_UNSEEN, _OPEN, _DONE = -1, -2, -3


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
        block.n = _UNSEEN
    postorder: list[Block] = []
    stack = [function.blocks[0]]
    while stack:
        block = stack[-1]
        state = block.n
        if state == _UNSEEN:
            block.n = _OPEN
            # The last successor is on top, so that the first one comes right behind its block.
            for succ in block.succs:
                if succ.n == _UNSEEN:
                    stack.append(succ)
        else:
            stack.pop()
            if state == _OPEN:
                block.n = _DONE  # it may be farther down, too
                postorder.append(block)
    postorder.reverse()
    for number, block in enumerate(postorder):
        block.n = number
    return postorder


def goes_back(function: Function) -> bool:
    """Whether there is any loop."""
    return any(succ.n <= block.n for block in order(function) for succ in block.succs)


def analyse(function: Function) -> list[Block]:
    """Reverse postorder, with the dominator tree set in each block."""
    blocks = order(function)
    entry = blocks[0]
    entry.idom, entry.jump, entry.level, entry.kids = None, entry, 0, []
    backward: list[tuple[Block, Block]] = []
    for block in blocks[1:]:
        above: Block | None = None
        number = block.n
        for pred in block.preds:
            if 0 <= pred.n < number:
                above = pred if above is None or above is pred else meet(above, pred)
            elif pred.n >= 0:
                backward.append((pred, block))
        assert above is not None
        _hang(block, above)
    # Where all edges back lead to what dominates them, they change nothing.
    if backward and not all(dominates(block, pred) for pred, block in backward):
        _settle(blocks)
    for block in blocks[1:]:
        block.idom.kids.append(block)
    return blocks


def _hang(block: Block, above: Block) -> None:
    """Put a block below another one in the dominator tree."""
    level, far = above.level, above.jump
    block.idom, block.level, block.kids = above, level + 1, []
    block.jump = far.jump if level - far.level == far.level - far.jump.level else above


def _settle(blocks: list[Block]) -> None:
    """Dominators where a loop has several entries: again and again, until nothing changes."""
    def both(one: Block, other: Block) -> Block:
        while one is not other:
            if one.n > other.n:
                one = one.idom
            else:
                other = other.idom
        return one

    changed = True
    while changed:
        changed = False
        for block in blocks[1:]:
            above = reduce(both, [pred for pred in block.preds if pred.n >= 0])
            changed |= above is not block.idom
            block.idom = above
    for block in blocks[1:]:
        _hang(block, block.idom)


def meet(one: Block, other: Block) -> Block:
    """The last block that dominates both."""
    if one.level < other.level:
        one, other = other, one
    level = other.level
    while one.level > level:
        one = one.jump if one.jump.level >= level else one.idom
    while one is not other:
        if one.jump is other.jump:
            one, other = one.idom, other.idom
        else:
            one, other = one.jump, other.jump
    return one


def positions(blocks: list[Block]) -> dict[tuple[Block, Block], int]:
    """For each edge to a block with phis, from and to, which of their operands belongs to it."""
    found: dict[tuple[Block, Block], int] = {}
    for block in blocks:
        if block.phis:
            for index, pred in enumerate(block.preds):
                found.setdefault((pred, block), index)
    return found


def find_loops(blocks: list[Block]) -> list[Loop]:
    """Natural loops, outer ones first; sets `loop` and `depth` of the blocks. Needs `analyse`."""
    for block in blocks:
        block.loop = None
        block.depth = 0
    loops = []
    for header in blocks:
        number = header.n
        latches = None
        for pred in header.preds:
            if pred.n >= number and dominates(header, pred):
                latches = [*(latches or ()), pred]
        if latches is None:
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


def dominates(above: Block, block: Block) -> bool:
    """Whether every way to a block leads through another one, or is the same one."""
    level = above.level
    while block.level > level:
        block = block.jump if block.jump.level >= level else block.idom
    return block is above


def prune(function: Function) -> None:
    """Drop blocks that cannot be reached, and the phi operands for their edges."""
    reached = set(order(function))
    if len(reached) == len(function.blocks):
        return
    for block in reached:
        preds = block.preds
        kept = [index for index, pred in enumerate(preds) if pred in reached]
        if len(kept) < len(preds):
            block.preds = [preds[index] for index in kept]
            for phi in block.phis:
                phi.args = [phi.args[index] for index in kept]
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
            for after in succ.succs:
                after.replace_pred(succ, block)
    if merged:
        function.blocks = [block for block in function.blocks if block not in merged]
        changed = True
    return changed


def loops_of(function: Function) -> list[Loop]:
    """All loops; without any it is found out soon."""
    return find_loops(analyse(function)) if goes_back(function) else []


def shorten_latches(function: Function, loops: list[Loop] | None = None) -> bool:
    """Do the last bit of a round before the test in front of it; whether anything changed.
    `loops` are those of the function, if they are known.

    ``while (true) { ...; if (x) { break; } i = i + 1; }`` then has its test at the bottom, where it
    takes one jump a round instead of two. On the way out the bit is done in vain, once.
    """
    gone: set[Block] = set()
    for loop in loops_of(function) if loops is None else loops:
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
            gone.add(latch)
    if gone:
        function.blocks = [block for block in function.blocks if block not in gone]
    return bool(gone)


def skip_empty(function: Function) -> None:
    """Let edges to a block that only jumps on go to where that one goes.

    Blocks in front of loops stay, as the place for what is needed in all rounds.
    """
    if any(not (block.body or block.phis) and block.term.op == "jump"
           for block in function.blocks):
        blocks = analyse(function)
        find_loops(blocks)
        _skip(blocks)
        prune(function)
    tidy(function)


def _skip(blocks: list[Block]) -> None:
    arriving: dict[Block, dict[Block, int]] = {}  # at a target, the position of each predecessor
    for block in blocks[1:]:
        if block.phis or block.body or block.term.op != "jump":
            continue
        target = block.succs[0]
        if target is block or target.depth > block.depth:
            continue
        known = arriving.get(target)
        if known is None:
            known = arriving[target] = {pred: at for at, pred in enumerate(target.preds)}
        index = known[block]
        staying = []
        for pred in block.preds:
            if pred in known or pred.succs.count(block) != 1:
                staying.append(pred)  # two edges between the same blocks could not be told apart
                continue
            for phi in target.phis:
                phi.args.append(phi.args[index])
            known[pred] = len(target.preds)
            target.preds.append(pred)
            pred.succs[pred.succs.index(block)] = target
        block.preds = staying
        arriving.pop(block, None)


def split_returns(function: Function) -> None:
    """Return at once where now a jump leads to a block that only returns."""
    changed = False
    for block in function.blocks:
        if block.term.op != "ret" or block.body or len(block.preds) < 2:
            continue
        result = block.term.args[0] if block.term.args else None
        if result is not None and block.phis and block.phis != [result]:
            continue
        if block.phis and result is None:
            block.phis = []
        staying = []
        for index, pred in enumerate(block.preds):
            if pred.term.op != "jump":
                staying.append(index)
                continue
            value = result.args[index] if result in block.phis else result
            pred.succs = []
            pred.term = Ins("ret", [] if value is None else [value], None, block.term.line)
            pred.term.block = pred
        block.preds = [block.preds[index] for index in staying]
        for phi in block.phis:
            phi.args = [phi.args[index] for index in staying]
        changed = True
    if changed:
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
