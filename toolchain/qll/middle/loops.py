"""Loops: what stays the same moves out, what counts becomes a pointer.

`improve_loops` does two things, inner loops first.

**Hoisting.** Operations whose operands do not change in a loop go in front of it. Loads and checks
do so only from the part of the loop that every round begins with, and only if nothing that somebody
could observe comes before them.

**Counting.** In ``for (i = 0; i < n; i = i + 1) { ... a[i * 3 + k] ... }`` the address is a linear
function of `i`: it becomes a variable of its own, which starts as ``a + k`` and grows by 3. If that
leaves `i` with nothing to do but count, a counter that runs down to zero takes its place: testing
that one takes an instruction less.
"""

from toolchain.arithmetic import WORD_MASK
from toolchain.qll.middle.cfg import Loop, loops_of
from toolchain.qll.middle.fold import fold
from toolchain.qll.middle.ir import BINARY, UNARY, Block, Function, Ins, Memory, final
from toolchain.qll.middle.recall import may_alias, root_of
from toolchain.qll.middle.simplify import Ranges

__all__ = ["improve_loops", "trip_count"]

MAX_POINTERS = 8
NO_MEMORY_BEYOND = 1 << 30  # words; an object that has a label or a slot lies below

# coefficient of the counter, invariant terms with factors, constant
Linear = tuple[int, tuple[tuple[int, Ins], ...], int]


def improve_loops(function: Function, loops: list[Loop] | None = None) -> bool:
    """Hoist and reduce in all loops; whether that changed anything. `loops` are those of the
    function, if they are known."""
    if loops is None:
        loops = loops_of(function)
    hoists = False
    for loop in reversed(loops):
        if loop.preheader is not None and _hoist(loop, loop.preheader):
            hoists = True
    users = _Users(function)
    for loop in reversed(loops):
        if loop.preheader is not None and len(loop.latches) == 1:
            _Counting(function, users, loop, loop.preheader).run()
    return hoists or users.changed


def _invariant(value: Ins, inside: set[Block]) -> bool:
    return value.block is None or value.block not in inside


def _hoist(loop: Loop, preheader: Block) -> bool:
    """Move out what can be; whether there was anything."""
    inside = loop.blocks
    before = len(preheader.body)
    stores: list[tuple[str, tuple]] = []
    anything = False  # memory may change in ways that we cannot follow
    for block in inside:
        for ins in block.body:
            if ins.op == "call" or ins.op in ("load", "store") and ins.value is Memory.POINTER:
                anything = True
            elif ins.op == "store":
                stores.append((ins.value, root_of(ins.args[0])))

    def steady(load: Ins) -> bool:
        kind = load.value
        if kind is Memory.CONSTANT:
            return True
        if kind in (Memory.POINTER, Memory.GLOBAL) or anything and kind is not Memory.LOCAL:
            return False
        root = root_of(load.args[0])
        return not any((other is Memory.LOCAL) is (kind is Memory.LOCAL) and may_alias(root, where)
                       for other, where in stores)

    for block in sorted(inside, key=lambda one: one.n):
        first = block is loop.header  # nothing observable has happened in this round
        body = []
        for ins in block.body:
            op = ins.op
            if all(_invariant(arg, inside) for arg in ins.args):
                if op in BINARY or op in UNARY or first and op in ("guard", "guardnot") or (
                        op == "load" and steady(ins) and (
                            first or ins.value is Memory.CONSTANT)):
                    ins.block = preheader
                    ins.line = preheader.term.line
                    preheader.body.append(ins)
                    continue
            if op in ("guard", "guardnot", "store", "call") or (
                    op == "load" and ins.value is Memory.POINTER):
                first = False
            body.append(ins)
        block.body = body
    return len(preheader.body) > before


class _Users:
    """Who uses each value that stands in a block, and how often; kept up to date by whoever changes
    operands, so that a function with many loops is not looked through for each of them."""

    def __init__(self, function: Function):
        self._of: dict[Ins, dict[Ins, int]] = {}
        for ins in function.instructions():
            self.enter(ins)
        self.changed = False  # anything, since then

    def of(self, value: Ins) -> dict[Ins, int]:
        return self._of.get(value, {})

    def enter(self, ins: Ins) -> None:
        """Note the operands of an instruction that is new, or has new ones."""
        self.changed = True
        for arg in ins.args:
            if arg.block is not None:
                users = self._of.setdefault(arg, {})
                users[ins] = users.get(ins, 0) + 1

    def change(self, ins: Ins, args: list[Ins]) -> None:
        """Give an instruction other operands."""
        for arg in ins.args:
            if arg.block is not None:
                self._of[arg].pop(ins, None)
        ins.args = args
        self.enter(ins)

    def replace(self, value: Ins, other: Ins) -> None:
        """Use another value wherever one is used."""
        value.fwd = other
        for user in list(self.of(value)):
            self.change(user, [other if arg is value else arg for arg in user.args])


class _Test:
    """The test at the end of each round: `next op bound`, going back if it holds."""
    __slots__ = ("condition", "op", "bound")

    def __init__(self, condition: Ins):
        self.condition = condition
        self.op = condition.op
        self.bound = condition.args[1]


class _Counting:
    """Works on the counters of one loop."""

    def __init__(self, function: Function, users: _Users, loop: Loop, preheader: Block):
        self.function = function
        self.users = users
        self.loop = loop
        self.inside = loop.blocks
        self.preheader = preheader
        self.header = loop.header
        self.latch = loop.latches[0]
        self.entry = self.header.preds.index(preheader)
        self.back = self.header.preds.index(self.latch)

    def run(self) -> None:
        if len(self.header.preds) != 2:
            return
        for phi in list(self.header.phis):
            following = phi.args[self.back]
            if (following.op == "add" and following.args[0] is phi
                    and following.block in self.inside
                    and _invariant(following.args[1], self.inside)):
                self._reduce(phi, following)

    def _test(self, following: Ins) -> _Test | None:
        term = self.latch.term
        if term.op != "branch" or self.latch.succs[0] is not self.header:
            return None
        condition = term.args[0]
        if condition.op in ("lt", "slt", "neq") and condition.args[0] is following and (
                _invariant(condition.args[1], self.inside)) and (
                    sum(self.users.of(condition).values()) == 1):
            return _Test(condition)
        return None

    def _reduce(self, phi: Ins, following: Ins) -> None:
        linear = self._linear_values(phi, following)
        test = self._test(following)
        needed = []   # linear values that something else needs
        counts_only = True  # nobody wants the counter itself
        for value in linear:
            others = [user for user in self.users.of(value) if user not in linear
                      and user is not phi]
            if value is phi or value is following:
                if any(test is None or user is not test.condition for user in others):
                    counts_only = False
            elif others:
                needed.append(value)
        trips = None
        if counts_only and test is not None:
            trips = self._trips(phi, following, test)
            if trips is None and not self._pointer_test(phi, following, test, needed, linear):
                counts_only = False
        if test is None and not needed:
            return
        if not counts_only:
            # A variable of its own must be worth its step, which every round pays.
            needed = [value for value in needed if _expense(value, linear, following) > 1
                      and value.block is not None and self._always(value.block)]
        if not needed and trips is None or len(needed) > MAX_POINTERS:
            return
        groups: dict[tuple, list[Ins]] = {}
        for value in needed:
            coefficient, terms, _ = linear[value]
            groups.setdefault((coefficient, terms), []).append(value)
        for (coefficient, terms), values in groups.items():
            self._pointer(phi, following, coefficient, terms, values, linear,
                          test if counts_only and trips is None else None)
        if counts_only and trips is not None and test is not None:
            self._count_down(trips, following)

    def _always(self, block: Block) -> bool:
        """Whether every round comes through a block of the loop."""
        at: Block | None = self.latch
        while at is not None and at is not block:
            at = at.idom if at is not self.header else None
        return at is block

    def _linear_values(self, phi: Ins, following: Ins) -> dict[Ins, Linear]:
        """The values in the loop that are linear functions of a counter."""
        found: dict[Ins, Linear] = {phi: (1, (), 0)}
        inside = self.inside
        for block in sorted(inside, key=lambda one: one.n):
            for ins in block.body:
                if ins.op not in ("add", "sub", "mul", "shl"):
                    continue
                first = _linear(ins.args[0], found, inside)
                second = _linear(ins.args[1], found, inside)
                if first is None or second is None or not (first[0] or second[0]):
                    continue
                if ins.op == "add":
                    result = _sum(first, second, 1)
                elif ins.op == "sub":
                    result = _sum(first, second, -1)
                elif second[0] or second[1]:
                    if ins.op == "shl" or first[0] or first[1]:
                        continue
                    result = _times(second, first[2])
                else:
                    factor = second[2] if ins.op == "mul" else 1 << (second[2] & 31)
                    result = _times(first, factor)
                if result[0] and len(result[1]) <= 3:
                    found[ins] = result
        if following not in found:
            found[following] = (1, ((1, following.args[1]),), 0)
        return found

    def _trips(self, phi: Ins, following: Ins, test: _Test) -> Ins | None:
        """How many rounds there are, if that is easy to tell."""
        first, step = phi.args[self.entry], following.args[1]
        count = trip_count(first, step, test.op, test.bound)
        if count is not None:
            return self.function.const(count)
        if step.op != "const" or step.value != 1 or test.op == "neq":
            return None
        if not self._entered(first, test):
            return None
        return self._before("sub", test.bound, first)

    def _entered(self, first: Ins, test: _Test) -> bool:
        """Whether the loop is entered only if the first value passes the test too."""
        block = self.preheader
        for _ in range(8):
            if len(block.preds) != 1:
                return False
            pred = block.preds[0]
            if pred.term.op == "branch" and pred.succs[0] is block and (
                    pred.succs[1] is not block):
                condition = pred.term.args[0]
                if condition.op == test.op and condition.args == [first, test.bound]:
                    return True
                if test.op == "lt" and first.op == "const" and first.value == 0 and (
                        condition is test.bound):
                    return True
            block = pred
        return False

    def _pointer_test(self, phi: Ins, following: Ins, test: _Test, needed: list[Ins],
                      linear: dict[Ins, Linear]) -> bool:
        """Whether a pointer can be tested instead of the counter.

        It must point into an object, so that it cannot wrap around where the counter does not.
        """
        if test.op != "lt" or test.bound.op != "const" or not needed:
            return False
        ranges = Ranges()
        step = ranges.of(following.args[1])[1]
        if test.bound.value + step >= NO_MEMORY_BEYOND or (
                ranges.of(phi.args[self.entry])[1] >= NO_MEMORY_BEYOND):
            return False
        coefficient, terms, constant = linear[needed[0]]
        return (coefficient == 1 and len(terms) == 1 and terms[0][0] == 1
                and terms[0][1].op in ("label", "slot") and constant < NO_MEMORY_BEYOND)

    def _pointer(self, phi: Ins, following: Ins, coefficient: int,
                 terms: tuple[tuple[int, Ins], ...], values: list[Ins],
                 linear: dict[Ins, Linear], test: _Test | None) -> None:
        """Make linear values of one kind a variable of its own."""
        function = self.function
        constant = linear[values[0]][2]
        first = self._linear_in_front(phi.args[self.entry], coefficient, terms, constant)
        step = following.args[1]
        if step.op == "const":
            step = function.const(step.value * coefficient)
        elif coefficient != 1:
            step = self._before("mul", step, function.const(coefficient))
        pointer = Ins("phi", [first, first], None, phi.line)
        pointer.block = self.header
        moved = Ins("add", [pointer, step], None, following.line)
        assert following.block is not None
        moved.block = following.block
        pointer.args[self.back] = moved
        self.header.phis.append(pointer)
        self.users.enter(pointer)
        self.users.enter(moved)
        body = moved.block.body
        body.insert(body.index(following) + 1, moved)
        for value in values:
            distance = linear[value][2] - constant
            if distance == 0:
                self.users.replace(value, pointer)
            elif step.op == "const" and distance & WORD_MASK == step.value and (
                    value.block is moved.block and value in body[body.index(moved):]):
                self.users.replace(value, moved)
            else:
                value.op = "add"
                self.users.change(value, [pointer, function.const(distance)])
        if test is not None and values[0] is not None and (coefficient, len(terms)) == (1, 1):
            end = self._linear_in_front(test.bound, coefficient, terms, constant)
            if self.latch.term.args[0] is test.condition and moved.block is self.latch:
                condition = Ins("lt", [moved, end], None, test.condition.line)
                condition.block = self.latch
                self.latch.body.append(condition)
                self.users.enter(condition)
                self.users.change(self.latch.term, [condition])

    def _linear_in_front(self, start: Ins, coefficient: int, terms: tuple[tuple[int, Ins], ...],
                         constant: int) -> Ins:
        """Value of a linear function, computed in front of the loop."""
        function = self.function
        total = self._before("mul", start, function.const(coefficient))
        for factor, term in terms:
            scaled = self._before("mul", term, function.const(factor))
            total = self._before("add", scaled, total)
        return self._before("add", total, function.const(constant))

    def _before(self, op: str, a: Ins, b: Ins | None) -> Ins:
        """An operation at the end of the preheader."""
        while True:
            better = fold(self.function, op, a, b)
            if better is None:
                break
            if isinstance(better, Ins):
                return better
            op, a, b = better
        ins = Ins(op, [a] if b is None else [a, b], None, self.header.term.line)
        ins.block = self.preheader
        self.preheader.body.append(ins)
        self.users.enter(ins)
        return ins

    def _count_down(self, trips: Ins, following: Ins) -> None:
        """Test a counter of the rounds that are left."""
        function = self.function
        left = Ins("phi", [trips, trips], None, following.line)
        left.block = self.header
        fewer = Ins("add", [left, function.const(-1)], None, self.latch.term.line)
        fewer.block = self.latch
        left.args[self.back] = fewer
        self.header.phis.append(left)
        self.latch.body.append(fewer)
        self.users.enter(left)
        self.users.enter(fewer)
        self.users.change(self.latch.term, [fewer])


def trip_count(first: Ins, step: Ins, op: str, bound: Ins) -> int | None:
    """Rounds of a loop that goes back while `following op bound`, if all are constants."""
    if step.op != "const":
        return None
    by = step.value
    if op == "neq":
        (root, start), (other, end) = root_of(first), root_of(bound)
        if bound.op == "add" and bound.args[0] is first and bound.args[1].op == "const":
            distance = bound.args[1].value
        elif first.op == bound.op == "const":
            distance = (bound.value - first.value) & WORD_MASK
        elif first.op == bound.op and root is other and start is not None and end is not None:
            distance = (end - start) & WORD_MASK
        else:
            return None
        return distance // by if by and distance and distance % by == 0 else None
    if first.op != "const" or bound.op != "const":
        return None
    start, end = first.value, bound.value
    if op == "slt":
        start ^= 0x80000000
        end ^= 0x80000000
    if by == 0 or by >> 31 or start + by > WORD_MASK:
        return None
    count = max(1, -(-(end - start) // by))
    return count if start + count * by <= WORD_MASK else None


def _linear(value: Ins, found: dict[Ins, Linear], inside: set[Block]) -> Linear | None:
    known = found.get(value)
    if known is not None:
        return known
    if value.op == "const":
        return 0, (), value.value
    if _invariant(value, inside):
        return 0, ((1, value),), 0
    return None


def _sum(one: Linear, other: Linear, sign: int) -> Linear:
    factors: dict[Ins, int] = dict((term, factor) for factor, term in one[1])
    for factor, term in other[1]:
        factors[term] = (factors.get(term, 0) + sign * factor) & WORD_MASK
    terms = tuple((factor, term) for term, factor in factors.items() if factor)
    return (one[0] + sign * other[0]) & WORD_MASK, terms, (one[2] + sign * other[2]) & WORD_MASK


def _times(one: Linear, factor: int) -> Linear:
    terms = tuple((known * factor & WORD_MASK, term) for known, term in one[1])
    return one[0] * factor & WORD_MASK, terms, one[2] * factor & WORD_MASK


def _expense(value: Ins, linear: dict[Ins, Linear], following: Ins) -> int:
    """Instructions that computing a linear value from the counter takes."""
    total, stack = 0, [value]
    while stack:
        ins = final(stack.pop())
        if ins in linear and ins.op != "phi" and ins is not following:
            total += 2 if ins.op == "mul" else 1
            stack += ins.args
    return total
