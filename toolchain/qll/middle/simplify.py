"""Simplification: one walk down the dominator tree that does all that needs no more than that.

- operations are folded, and each is computed once where a dominating block has it already;
- conditions that a dominating branch or guard has decided are known, and so are bounds that follow
  from the way a loop counts (`_Ranges`): checks that cannot fail disappear, decided branches too;
- a load is replaced by what an earlier load or store of the same word in straight code shows,
  as far as the kinds of access allow (see `ir`);
- what nobody uses is dropped.

Nothing moves here.
"""

from collections.abc import Callable
from typing import Any

from toolchain.arithmetic import WORD_MASK
from toolchain.qll.middle.cfg import analyse, dominates, prune, tidy
from toolchain.qll.middle.fold import BOOLEAN, fold
from toolchain.qll.middle.ir import OPERATIONS, Block, Function, Ins, Memory, final
from toolchain.qll.middle.recall import Recall

__all__ = ["remove_unused", "simplify"]

# A load of kind K may be dropped if nobody uses it.
_DROPPABLE = frozenset([Memory.ELEMENT, Memory.GLOBAL, Memory.LOCAL, Memory.CONSTANT])

_POINTER, _OUT = Memory.POINTER, Memory.OUT

# Operations whose bounds follow from those of their operands.
_ARITHMETIC = frozenset(["add", "sub", "mul", "and", "div", "mod", "shr", "shl", "or"])


def simplify(function: Function) -> int:
    """Simplify a function in place; how many ways were cut off: if any, once more may find more."""
    simplifier = _Simplifier(function)
    if not simplifier.run():
        prune(function)
    tidy(function)
    remove_unused(function)
    return simplifier.cuts


def remove_unused(function: Function) -> None:
    """Drop operations without effect whose result nobody uses."""
    doubtful: list[Ins] = []
    used: set[Ins] = set()
    stack: list[Ins] = []
    for block in function.blocks:
        doubtful += block.phis
        stack += block.term.args
        for ins in block.body:
            op = ins.op
            if op in OPERATIONS or op == "load" and ins.value in _DROPPABLE:
                doubtful.append(ins)
            else:
                stack += ins.args
    while stack:
        ins = stack.pop()
        if ins not in used:
            used.add(ins)
            stack += ins.args
    unused = {ins for ins in doubtful if ins not in used}
    for changed in {ins.block: True for ins in unused}:
        assert changed is not None
        changed.phis = [phi for phi in changed.phis if phi not in unused]
        changed.body = [ins for ins in changed.body if ins not in unused]


def _is_older(value: Ins, block: Block) -> bool:
    """Whether a value is made before a block is entered, so that all rounds see the same."""
    if value.block is None or value.op == "param":
        return True
    return value.block is not block and dominates(value.block, block)


class _Simplifier:
    """The walk."""

    def __init__(self, function: Function):
        self.function = function
        # By what they compute, values that have been met; those count whose blocks are on `path`.
        self.table: dict[tuple, Ins] = {}
        self.path: list[Block] = []       # down the dominator tree to where the walk is
        self.truth: dict[Ins, bool] = {}
        self.below: dict[Ins, int] = {}   # known upper bounds, exclusive
        self.equal: dict[Ins, Ins] = {}   # another value that is known to be the same number
        self.undo: list[tuple[dict, Any, Any]] = []
        self.ranges = Ranges(self)
        self.memory = Recall(self.undo)
        self.cuts = 0                     # of edges

    def run(self) -> bool:
        """Go through all blocks; whether all of the function's blocks are surely reached still."""
        function, memory, undo = self.function, self.memory, self.undo
        blocks = analyse(function)
        # Blocks, with what was known at the end of the one above: so much of `undo`, and of memory.
        stack: list[tuple[Block, int, Any]] = [(blocks[0], 0, memory.events())]
        while stack:
            block, known, then = stack.pop()
            if len(undo) > known:
                self._rewind(known)
            self.path[block.level:] = [block]
            if len(block.preds) != 1 or block.preds[0] is not block.idom:
                memory.forget_way()
            else:
                memory.go_back(then)
            self._block(block)
            if block.kids:
                known, then = len(undo), memory.events()
                stack += [(kid, known, then) for kid in reversed(block.kids)]
        for block in blocks:  # what the walk met later only these use
            for phi in block.phis:
                phi.args = [final(arg) for arg in phi.args]
        return not self.cuts and len(blocks) == len(function.blocks)

    def _rewind(self, mark: int) -> None:
        undo = self.undo
        for table, key, old in reversed(undo[mark:]):
            if old is None:
                del table[key]
            else:
                table[key] = old
        del undo[mark:]

    def _set(self, table: dict, key: Any, value: Any) -> None:
        self.undo.append((table, key, table.get(key)))
        table[key] = value

    def _learn(self, condition: Ins, truth: bool) -> None:
        """From here on the condition is known."""
        self._set(self.truth, condition, truth)
        op = condition.op
        if op == "lt":
            left, right = condition.args
            if truth:
                if right.op == "const":
                    if right.value < self.below.get(left, 1 << 32):
                        self._set(self.below, left, right.value)
                elif right in self.below and self.below[right] - 1 < self.below.get(left, 1 << 32):
                    self._set(self.below, left, self.below[right] - 1)
                self._set(self.truth, right, True)  # more than something, so not zero
            elif left.op == "const" and left.value + 1 < self.below.get(right, 1 << 32):
                self._set(self.below, right, left.value + 1)
        elif op == "eq" and truth or op == "neq" and not truth:
            left, right = condition.args
            if right.op == "const":
                self._set(self.below, left, right.value + 1)
                self._set(self.truth, left, right.value != 0)
            else:
                self._set(self.equal, left, right)
                self._set(self.equal, right, left)

    def _block(self, block: Block) -> None:
        if len(block.preds) == 1:
            pred = block.preds[0]
            term = pred.term
            if term.op == "branch" and pred.succs[0] is not pred.succs[1]:
                self._learn(final(term.args[0]), pred.succs[0] is block)
        if block.phis:
            self._phis(block)
        memory = self.memory
        body: list[Ins] = []
        for ins in block.body:
            op = ins.op
            args = ins.args
            for index, arg in enumerate(args):
                if arg.fwd is not None:
                    args[index] = final(arg)
            if op in OPERATIONS:
                value = self._operation(ins)
                if value is not None:
                    ins.fwd = value
                    continue
            elif op == "load":
                if self._load(ins):
                    continue
            elif op == "store":
                kind = ins.value
                if kind is _POINTER:
                    memory.forget()
                elif kind is not _OUT:
                    memory.stored(kind, args[0], args[1])
            elif op == "guard" or op == "guardnot":
                kept_guard = self._guard(ins)
                if kept_guard is False:
                    continue
                if kept_guard is None:
                    self._cut(block, ins)
                    block.body = body
                    return
            elif op == "call":
                memory.forget()
            elif op == "round":
                memory.forget_globals()
            body.append(ins)
        block.body = body
        args = block.term.args
        for index, arg in enumerate(args):
            if arg.fwd is not None:
                args[index] = final(arg)
        if block.term.op == "branch":
            self._branch(block)

    def _phis(self, block: Block) -> None:
        """Drop phis of a single value, and those that are the same as another one."""
        kept: list[Ins] = []
        table = self.table
        for phi in block.phis:
            args = phi.args = [final(arg) for arg in phi.args]
            found = None
            for arg in args:
                if arg is phi or arg is found:
                    continue
                if found is not None:
                    break
                found = arg
            else:
                phi.fwd = found
                continue
            key = (block, *args)
            same = table.setdefault(key, phi)
            if same is phi:
                kept.append(phi)
            else:
                phi.fwd = same
        block.phis = kept

    def _operation(self, ins: Ins) -> Ins | None:
        """The value that an operation has already; None if it must be computed."""
        op, args = ins.op, ins.args
        function = self.function
        a, b = args[0], args[1] if len(args) > 1 else None
        while True:
            better = fold(function, op, a, b)
            if better is None:
                break
            if type(better) is Ins:
                return better
            op, a, b = better  # type: ignore[misc]
            ins.op = op
            ins.args = [a] if b is None else [a, b]
        key = (op, a, b)
        found = self.table.get(key)
        if found is not None and self._is_above(found.block):
            return found
        if op in BOOLEAN:
            if op == "lt":
                assert b is not None
                bound = self.below.get(a)
                if bound is not None and b.op == "const" and bound <= b.value:
                    return function.const(1)
            elif (op == "eq" or op == "neq") and b is function.const(0):
                truth = self.truth.get(a)
                if truth is not None:
                    return function.const(truth is (op == "neq"))
        self.table[key] = ins
        return None

    def _is_above(self, block: Block | None) -> bool:
        """Whether the walk is in a block or below it."""
        assert block is not None
        path, level = self.path, block.level
        return level < len(path) and path[level] is block

    def _decided(self, condition: Ins) -> bool | None:
        """Whether a condition is known to hold or not to hold."""
        if condition.op == "const":
            return condition.value != 0
        if condition.op in ("label", "slot"):
            return True
        truth = self.truth.get(condition)
        if truth is not None:
            return truth
        if condition.op == "lt":
            left, right = condition.args
            same = self.equal.get(right)
            if self.ranges.is_below(left, right) or (
                    same is not None and self.ranges.is_below(left, same)):
                return True
        elif condition.op == "phi" and condition.block is not None:
            for arg, pred in zip(condition.args, condition.block.preds, strict=True):
                arg = final(arg)
                known = arg.op in ("label", "slot") or (
                    self.truth.get(arg) is True and _is_older(arg, condition.block))
                if not known and not (
                        pred.term.op == "branch" and pred.succs[0] is condition.block
                        and pred.succs[1] is not condition.block
                        and final(pred.term.args[0]) is arg):
                    return None
            return True
        return None

    def _guard(self, ins: Ins) -> bool | None:
        """True to keep a guard, False to drop it, None if it always traps."""
        zero = self.function.const(0)
        while ins.args[0].op in ("eq", "neq") and ins.args[0].args[1] is zero:
            if ins.args[0].op == "eq":
                ins.op = "guardnot" if ins.op == "guard" else "guard"
            ins.args = [final(ins.args[0].args[0])]
        wanted = ins.op == "guard"
        decided = self._decided(ins.args[0])
        if decided is None:
            self._learn(ins.args[0], wanted)
            return True
        return False if decided is wanted else None

    def _cut(self, block: Block, guard: Ins) -> None:
        """End a block with a trap."""
        self.cuts += 1
        for succ in block.succs:
            succ.remove_pred(block)
        block.succs = []
        block.term = Ins("trap", [], guard.value, guard.line)
        block.term.block = block

    def _branch(self, block: Block) -> None:
        term = block.term
        zero = self.function.const(0)
        while term.args[0].op in ("eq", "neq") and term.args[0].args[1] is zero:
            if term.args[0].op == "eq":
                block.succs.reverse()
            term.args = [final(term.args[0].args[0])]
        decided = self._decided(term.args[0])
        if decided is not None:
            self.cuts += 1
            going, leaving = block.succs if decided else reversed(block.succs)
            term.op, term.args = "jump", []
            leaving.remove_pred(block)
            block.succs = [going]

    # --- memory ---

    def _load(self, ins: Ins) -> bool:
        """Whether the load is replaced by a value."""
        if ins.value is _POINTER:
            self.memory.forget()
            return False
        address = ins.args[0]
        known = self.memory.at(address)
        if known is not None:
            ins.fwd = known
            return True
        self.memory.note(ins.value, address, ins)
        return False


class Ranges:
    """Bounds of values as unsigned numbers, from operations and from how loops count."""

    def __init__(self, simplifier: _Simplifier | None = None):
        self.simplifier = simplifier
        self.known: dict[Ins, tuple[int, int]] = {}

    def is_below(self, left: Ins, right: Ins) -> bool:
        """Whether `left < right` always holds."""
        if right.op == "const":
            bound = right.value
        else:
            bound = self.of(right)[0]
        if bound and self.of(left)[1] < bound:
            return True
        state = self.simplifier
        if state is None:
            return False
        if left.op == "mod" and left.args[1] is right:
            return state.truth.get(right) is True
        return left.op == "phi" and self._on_all_edges(left, right)

    def _on_all_edges(self, phi: Ins, bound: Ins) -> bool:
        """Whether every way into the phi has tested the value that it brings against the bound."""
        state = self.simplifier
        assert state is not None
        block = phi.block
        assert block is not None
        if not _is_older(bound, block):
            return False  # what was tested may have been another round's bound
        for arg, pred in zip(phi.args, block.preds, strict=True):
            arg = final(arg)
            term = pred.term
            if term.op == "branch" and pred.succs[0] is block and pred.succs[1] is not block:
                test = final(term.args[0])
                if test.op == "lt" and final(test.args[0]) is arg and (
                        final(test.args[1]) is bound):
                    continue
            if arg.op == "const" and arg.value == 0 and state.truth.get(bound) is True:
                continue
            known = state.table.get(("lt", arg, bound))
            if known is not None and state.truth.get(known) is True and _is_older(arg, block):
                continue
            return False
        return True

    def of(self, value: Ins, depth: int = 3) -> tuple[int, int]:
        """Least and greatest value, here: with what dominating conditions tell."""
        low, high = self._anywhere(value)
        state = self.simplifier
        if state is None or not state.below:
            return low, high
        if depth and value.op in _ARITHMETIC:
            here = self._find(value, lambda one: self.of(one, depth - 1))
            low, high = max(low, here[0]), min(high, here[1])
        bound = state.below.get(value)
        if bound is not None and low < bound <= high:
            high = bound - 1
        return low, high

    def _anywhere(self, value: Ins) -> tuple[int, int]:
        """Least and greatest value wherever it is used."""
        if value.op == "const":
            return value.value, value.value
        found = self.known.get(value)
        if found is None:
            self.known[value] = (0, WORD_MASK)  # for a value that depends on itself
            found = self.known[value] = self._find(value, self._anywhere)
        return found

    def _find(self, value: Ins, of: Callable[[Ins], tuple[int, int]]) -> tuple[int, int]:
        op = value.op
        if op in BOOLEAN:
            return 0, 1
        if op == "phi":
            return self._phi(value)
        if op in _ARITHMETIC:
            low, high = of(final(value.args[0]))
            second = final(value.args[1])
            if op == "add" and second.op == "const" and second.value >> 31:
                down = 0x100000000 - second.value
                return (low - down, high - down) if low >= down else (0, WORD_MASK)
            other_low, other_high = of(second)
            if op == "add":
                total = low + other_low, high + other_high
                return total if total[1] <= WORD_MASK else (0, WORD_MASK)
            if op == "sub":
                return (low - other_high, high - other_low) if low >= other_high else (0, WORD_MASK)
            if op == "mul":
                total = low * other_low, high * other_high
                return total if total[1] <= WORD_MASK else (0, WORD_MASK)
            if op == "and":
                return 0, min(high, other_high)
            if op == "mod":
                return 0, min(high, other_high - 1) if other_high else 0
            if op == "div":
                return (0, high) if other_low == 0 else (low // other_high, high // other_low)
            if op == "or":
                return max(low, other_low), (1 << max(high, other_high).bit_length()) - 1
            if second.op == "const":
                shift = second.value & 31
                if op == "shr":
                    return low >> shift, high >> shift
                if high << shift <= WORD_MASK:
                    return low << shift, high << shift
        return 0, WORD_MASK

    def _phi(self, phi: Ins) -> tuple[int, int]:
        """A value that counts up to a bound tested on the way back, or is one of several."""
        block = phi.block
        assert block is not None
        low, high = WORD_MASK, 0
        steps = []
        for arg, pred in zip(phi.args, block.preds, strict=True):
            arg = final(arg)
            if arg.op == "add" and final(arg.args[0]) is phi:
                step = self._anywhere(final(arg.args[1]))[1]
                term = pred.term
                if step >= 1 << 30 or term.op != "branch" or pred.succs[0] is not block:
                    return 0, WORD_MASK
                test = final(term.args[0])
                if test.op not in ("lt", "slt") or final(test.args[0]) is not arg:
                    return 0, WORD_MASK
                steps.append((step, test.op, final(test.args[1])))
            else:
                this = self._anywhere(arg)
                low, high = min(low, this[0]), max(high, this[1])
        for step, op, bound in steps:
            limit = self._anywhere(bound)[1]
            if op == "slt" and limit >> 31 or limit == 0:
                return 0, WORD_MASK
            high = max(high, limit - 1)
        for step, op, _ in steps:
            if high + step > (WORD_MASK if op == "lt" else WORD_MASK >> 1):
                return 0, WORD_MASK
        return (low, high) if low <= high else (0, WORD_MASK)


