"""Give constants, labels and frame addresses a place in the code.

The machine has no immediate operands: each constant, each address and each jump target must be put
into a register by an instruction, and until now all of them were leaves that belong to no block.
Here every operand that needs a register gets one:

- in a loop, in the preheader of the outermost loop that has room for it, once for all rounds;
- else where it is first used, and what that block dominates uses it again as long as no call lies
  between.

The number 1 needs none (`r62`), nor do operands that are moved rather than computed with: phi
operands, arguments and results are loaded straight into the register where they belong.

Targets of jumps become operands too, which is why this pass must know the final layout: the
terminators get the address of the block that is not the next one as an operand of their own.
"""

from collections.abc import Callable

from toolchain.qll.middle.cfg import Loop, analyse, find_loops
from toolchain.qll.middle.ir import LEAVES, Block, Function, Ins

__all__ = ["MOVED", "TRAPS", "jump_targets", "place", "trap_label"]

TRAPS = ("null", "bounds", "capacity")
HELD_IN_LOOP = 26       # leaves that may occupy a register through a loop
HELD_OVER_CALLS = 10    # the same where the loop calls: they take registers that must be saved
PASSED_ON = 5           # parameters, likewise; all stay above those for arguments
PINNED = 12             # leaves that a recursive function keeps in registers
NEAR = 14               # leaves kept for later use in straight code

# Operations whose operands are moved into place: leaves among them need no register of their own.
MOVED = frozenset(["phi", "ret"])


def trap_label(function: Function, trap: int, line: int) -> str:
    """Where a failed check of a line goes: its address says which line it was."""
    return f"{function.symbol}${TRAPS[trap]}{line}"


def place(function: Function, level: int,
          line_of: Callable[[int], int] = int) -> list[Block] | None:
    """Afterwards only phis, `ret` and arguments of fast calls have leaves as operands.

    `line_of` says which line an `Ins.line` stands for. Returns the blocks in reverse postorder,
    with dominators and loops, if that had to be found out.
    """
    _targets(function, line_of)
    if level == 0:
        _at_each_use(function)
        return None
    blocks = analyse(function)
    _neighbours(function, blocks[0])
    loops = find_loops(blocks)
    if level > 1:
        _pin(function)
    _Placer(function, blocks, loops).run()
    return blocks


def _targets(function: Function, line_of: Callable[[int], int]) -> None:
    """Make the addresses that jumps go to operands of the terminators and guards."""
    for block, after in zip(function.blocks, [*function.blocks[1:], None], strict=True):
        has_rounds = False
        for ins in block.body:
            op = ins.op
            if op == "guard" or op == "guardnot":
                ins.args.append(function.label(
                    trap_label(function, ins.value, line_of(ins.line))))
            elif op == "round":
                has_rounds = True
        if has_rounds:
            block.body = [ins for ins in block.body if ins.op != "round"]
        for target in jump_targets(block, after):
            block.term.args.append(function.leaf("block", target))


def jump_targets(block: Block, after: Block | None) -> list[Block]:
    """The successors that need a jump when `after` follows in the layout."""
    if block.term.op == "jump":
        return [succ for succ in block.succs if succ is not after]
    if block.term.op == "branch":
        first, second = block.succs
        if second is after:
            return [first]
        if first is after:
            return [second]
        return [first, second]
    return []


Sums = dict[tuple[Ins, int], Ins]  # what `x + k` is, for those that the way to a place has made


def _neighbours(function: Function, entry: Block) -> None:
    """Make `x + k` from `x + (k - 1)` or `x + (k + 1)`, which saves the constant."""
    one = function.const(1)
    # Blocks with the sums on the way to them, then the same when all behind them is done, with what
    # they have added or changed there.
    stack: list[tuple[Block, Sums, list[tuple[tuple[Ins, int], Ins | None]] | None]] = [
        (entry, {}, None)]
    while stack:
        block, sums, undo = stack.pop()
        if undo is not None:
            for key, old in reversed(undo):
                if old is None:
                    del sums[key]
                else:
                    sums[key] = old
            continue
        undo = []
        stack.append((block, sums, undo))
        for ins in block.body:
            if ins.op == "call":
                sums, undo = {}, []  # nothing is left of them, and nothing to take back
            elif ins.op == "add" and ins.args[1].op == "const":
                key = ins.args[0], ins.args[1].value
                _from_neighbour(ins, sums, one)
                undo.append((key, sums.get(key)))
                sums[key] = ins
        for kid in block.kids:
            stack.append((kid, sums if len(kid.preds) == 1 else {}, None))


def _from_neighbour(ins: Ins, sums: Sums, one: Ins) -> None:
    base, offset = ins.args[0], ins.args[1].value
    if offset == 1:
        return
    below = sums.get((base, (offset - 1) & 0xFFFFFFFF))
    above = sums.get((base, (offset + 1) & 0xFFFFFFFF))
    if below is not None:
        ins.args = [below, one]
    elif offset == 0xFFFFFFFF:
        ins.op, ins.args = "sub", [base, one]
    elif above is not None:
        ins.op, ins.args = "sub", [above, one]


def _pin(function: Function) -> None:
    """Keep leaves in registers through all of a recursion.

    If a function calls itself and nothing else, registers that it never writes hold the same values
    in all activations: its outermost call sets them, see `Function.pinned`.
    """
    calls = [ins for block in function.blocks for ins in block.body if ins.op == "call"]
    if not function.fast or not calls or any(
            call.value.symbol != function.symbol or not call.value.fast for call in calls):
        return
    one = function.const(1)
    uses: dict[Ins, list[tuple[Ins, int]]] = {}
    weights: dict[Ins, int] = {}
    for block in function.blocks:
        weight = 8 ** block.depth
        for ins in [*block.body, block.term]:
            for index in _operands(ins):
                leaf = ins.args[index]
                if leaf.op in ("const", "label", "block") and leaf is not one:
                    uses.setdefault(leaf, []).append((ins, index))
                    weights[leaf] = weights.get(leaf, 0) + weight
    # Parameters that every inner call passes on as they are.
    register = 29
    for param in list(function.params):
        if register > 29 - PASSED_ON and all(
                call.args[param.value] is param for call in calls):
            function.params.remove(param)
            param.block = None
            param.reg = register
            function.pinned.append(param)
            register -= 1
    itself = function.label(f"{function.symbol}$self")
    weights[itself] = len(calls)
    chosen = sorted(weights, key=lambda leaf: -weights[leaf])[:PINNED]
    for leaf in chosen:
        pinned = Ins(leaf.op, [], leaf.value)
        pinned.reg = register
        register -= 1
        function.pinned.append(pinned)
        for ins, index in uses.get(leaf, ()):
            ins.args[index] = pinned


# Positions of operands, by how many there are.
_POSITIONS = tuple(range(count) for count in range(5))


def _operands(ins: Ins) -> range:
    """Positions of the operands that must be in registers."""
    op = ins.op
    if op == "ret" or op == "call" and (ins.value.fast or ins.value.symbol is not None):
        return _POSITIONS[0]
    count = len(ins.args)
    return _POSITIONS[count] if count < len(_POSITIONS) else range(count)


def _at_each_use(function: Function) -> None:
    one = function.const(1)
    for block in function.blocks:
        body: list[Ins] = []
        for ins in [*block.body, block.term]:
            args = ins.args
            for index in _operands(ins):
                leaf = args[index]
                if leaf.block is None and leaf.reg < 0 and leaf is not one:
                    placed = Ins(leaf.op, [], leaf.value, ins.line)
                    placed.block = block
                    body.append(placed)
                    args[index] = placed
            body.append(ins)
        body.pop()
        block.body = body


class _Placer:
    """Places the leaves of one function."""

    def __init__(self, function: Function, blocks: list[Block], loops: list[Loop]):
        self.function = function
        self.blocks = blocks
        self.one = function.const(1)
        self.replaced = False
        self.hoisted: dict[tuple[Loop, Ins], Ins] = {}
        self.has_calls = any(ins.op == "call" for block in blocks for ins in block.body)
        self.inner: dict[Loop, list[Loop]] = {loop: [] for loop in loops}
        for loop in loops:
            at = loop.parent
            while at is not None:
                self.inner[at].append(loop)
                at = at.parent

    def run(self) -> None:
        # Deepest blocks first, so that they get the registers if there are not enough.
        if self.inner:
            for block in sorted(self.blocks, key=lambda one: -one.depth):
                if block.depth:
                    self._hoist(block)
        stack: list[tuple[Block, dict[Ins, Ins]]] = [(self.blocks[0], {})]
        while stack:
            block, near = stack.pop()
            near = self._straight(block, dict(near))
            for kid in block.kids:
                if not self.has_calls or (len(kid.preds) == 1 and kid.preds[0] is block):
                    stack.append((kid, near))
                else:
                    stack.append((kid, {}))
        if self.replaced:
            self.function.resolve()

    def _hoist(self, block: Block) -> None:
        """Replace leaves in a block of a loop by values made in front of a loop."""
        for ins in [*block.body, block.term]:
            args = ins.args
            for index in _operands(ins):
                leaf = args[index]
                if leaf.block is None and leaf.reg < 0 and leaf is not self.one:
                    placed = self._before_loop(block, leaf)
                    if placed is not None:
                        args[index] = placed

    def _before_loop(self, block: Block, leaf: Ins) -> Ins | None:
        loop = block.loop
        best = None
        while isinstance(loop, Loop):
            found = self.hoisted.get((loop, leaf))
            if found is not None:
                return found
            if loop.preheader is not None:
                limit = HELD_OVER_CALLS if loop.calls else HELD_IN_LOOP
                if loop.held < limit:  # as many at most are held in the loops within
                    best = loop
            loop = loop.parent
        if best is None:
            return None
        best.held += 1
        for inner in self.inner[best]:
            inner.held += 1
        assert best.preheader is not None
        placed = Ins(leaf.op, [], leaf.value, best.preheader.term.line)
        placed.block = best.preheader
        best.preheader.body.append(placed)
        self.hoisted[best, leaf] = placed
        return placed

    def _straight(self, block: Block, near: dict[Ins, Ins]) -> dict[Ins, Ins]:
        """Place what is left in a block; `near` are the leaves that registers hold already."""
        body: list[Ins] = []
        one = self.one
        for ins in [*block.body, block.term]:
            args = ins.args
            if ins.op in LEAVES:
                # Made here for a loop behind; it may be at hand already.
                leaf = self.function.leaf(ins.op, ins.value)
                known = near.get(leaf)
                if known is not None:
                    ins.fwd = known
                    self.replaced = True
                    continue
                if len(near) < NEAR:
                    near[leaf] = ins
            for index in _operands(ins):
                leaf = args[index]
                if leaf.block is None and leaf.reg < 0 and leaf is not one:
                    placed = near.get(leaf)
                    if placed is None:
                        placed = self._make(leaf, near, ins.line)
                        placed.block = block
                        body.append(placed)
                        if len(near) >= NEAR:
                            near.pop(next(iter(near)))
                        near[leaf] = placed
                    args[index] = placed
            if ins.op == "call":
                near.clear()
            body.append(ins)
        body.pop()
        block.body = body
        return near

    def _make(self, leaf: Ins, near: dict[Ins, Ins], line: int) -> Ins:
        """The instruction that puts a leaf into a register."""
        if leaf.op == "slot":
            slot, offset = leaf.value
            below = near.get(self.function.slot(slot, offset - 1)) if offset else None
            if below is not None:
                return Ins("add", [below, self.one], None, line)
        elif leaf.op in ("arg", "out") and leaf.value:
            below = near.get(self.function.leaf(leaf.op, leaf.value - 1))
            if below is not None:
                return Ins("add", [below, self.one], None, line)
        return Ins(leaf.op, [], leaf.value, line)
