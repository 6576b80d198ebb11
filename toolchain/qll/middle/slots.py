"""Frame slots that turn out to be known to nobody else.

Lowering keeps every variable whose address is taken, every aggregate of more than a few words and
every result of a call that is an aggregate in a slot. After inlining many of these are only loaded
and stored at fixed offsets: their words become SSA values. Others are indexed, but their address
goes nowhere: accesses to them get the kind `l`, which calls and stores through pointers leave
alone.
"""

from toolchain.qll.middle.cfg import order
from toolchain.qll.middle.ir import Block, Function, Ins, Memory, Slot, final

__all__ = ["promote_slots"]

MAX_PROMOTED = 16  # words of a slot that become values

Word = tuple[Slot, int]


def promote_slots(function: Function) -> bool:
    """Make values of the slots where that is possible; whether anything changed."""
    if not function.slots:
        return False
    order(function)
    escaped, indexed, touched, loaded = _survey(function)
    changed = False
    wanted: set[Slot] = set()
    for slot in function.slots:
        if slot in escaped or slot not in touched:
            continue
        if slot not in indexed and slot.size <= MAX_PROMOTED:
            wanted.add(slot)
        elif not slot.private:
            slot.private = True
            changed = True
    if changed or wanted:
        changed |= _mark_private(function, loaded)
    if wanted:
        for slot in wanted:
            slot.stale = True
        _Promoter(function, wanted).run()
        changed = True
    return changed


def _survey(function: Function) -> tuple[set[Slot], set[Slot], set[Slot], set[Slot]]:
    """Slots whose address goes somewhere; that are indexed; accessed; loaded from."""
    escaped: set[Slot] = set()
    indexed: set[Slot] = set()
    touched: set[Slot] = set()
    loaded: set[Slot] = set()
    sums: dict[Ins, Slot] = {}  # addresses inside a slot that are computed
    for block in function.blocks:
        for ins in block.body:
            if ins.op == "add" and ins.args[0].op == "slot":
                slot = ins.args[0].value[0]
                sums[ins] = slot
                indexed.add(slot)
                if ins.args[1].op == "slot":
                    escaped.add(slot)
                    escaped.add(ins.args[1].value[0])
    changed = bool(sums)
    while changed:
        changed = False
        for block in function.blocks:
            for ins in block.body:
                if ins.op == "add" and ins not in sums and ins.args[0] in sums:
                    sums[ins] = sums[ins.args[0]]
                    changed = True
    for block in function.blocks:
        for ins in [*block.phis, *block.body, block.term]:
            op = ins.op
            for index, arg in enumerate(ins.args):
                slot = arg.value[0] if arg.op == "slot" else sums.get(arg)
                if slot is None:
                    continue
                if index == 0 and (op == "load" or op == "store"):
                    touched.add(slot)
                    if op == "load":
                        loaded.add(slot)
                elif index != 0 or ins not in sums:
                    escaped.add(slot)
    return escaped, indexed, touched, loaded


def _mark_private(function: Function, loaded: set[Slot]) -> bool:
    """Give accesses to private slots their kind; drop stores to what is never loaded."""
    changed = False
    sums: dict[Ins, Slot] = {}
    for block in function.blocks:
        body = []
        for ins in block.body:
            first = ins.args[0] if ins.args else None
            if first is not None:
                slot = first.value[0] if first.op == "slot" else sums.get(first)
                if slot is not None and slot.private:
                    if ins.op == "add":
                        sums[ins] = slot
                    elif ins.op == "load":
                        ins.value = Memory.LOCAL
                    elif ins.op == "store":
                        ins.value = Memory.LOCAL
                        if slot not in loaded:
                            slot.stale = changed = True
                            continue
            body.append(ins)
        block.body = body
    return changed


class _Promoter:
    """Replaces loads and stores of some slots by values and phis."""

    def __init__(self, function: Function, wanted: set[Slot]):
        self.function = function
        self.wanted = wanted
        self.at_end: dict[tuple[Block, Word], Ins] = {}
        self.at_start: dict[tuple[Block, Word], Ins] = {}
        self.unfilled: list[tuple[Ins, Block, Word]] = []

    def run(self) -> None:
        waiting: list[tuple[Ins, Block, Word]] = []
        for block in self.function.blocks:
            current: dict[Word, Ins] = {}
            body = []
            for ins in block.body:
                if ins.op in ("load", "store") and ins.args[0].op == "slot":
                    word: Word = ins.args[0].value
                    if word[0] in self.wanted:
                        if ins.op == "store":
                            current[word] = ins.args[1]
                        elif word in current:
                            ins.fwd = current[word]
                        else:
                            waiting.append((ins, block, word))
                            current[word] = ins
                        continue
                body.append(ins)
            block.body = body
            for word, value in current.items():
                self.at_end[block, word] = value
        for ins, block, word in waiting:
            # A load that starts a chain stands for the value on entry to its block.
            ins.fwd = self._enter(block, word)
        while self.unfilled:
            phi, block, word = self.unfilled.pop()
            phi.args = [self._leave(pred, word) for pred in block.preds]
        self.function.resolve()

    def _leave(self, block: Block, word: Word) -> Ins:
        """The word's value at the end of a block."""
        found = self.at_end.get((block, word))
        if found is None:
            found = self.at_end[block, word] = self._enter(block, word)
        return final(found)

    def _enter(self, block: Block, word: Word) -> Ins:
        """The word's value at the start of a block."""
        path = []
        while True:
            found = self.at_start.get((block, word))
            if found is not None:
                break
            path.append(block)
            if len(block.preds) != 1 or block is self.function.blocks[0]:
                if not block.preds:
                    found = self.function.const(0)  # never set
                else:
                    found = Ins("phi", [], None)
                    found.block = block
                    block.phis.append(found)
                    self.unfilled.append((found, block, word))
                break
            block = block.preds[0]
            end = self.at_end.get((block, word))
            if end is not None:
                found = end
                break
        for one in path:
            self.at_start[one, word] = found
        return final(found)
