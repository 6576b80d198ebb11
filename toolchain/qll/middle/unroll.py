"""Several rounds of a short loop in one.

Only loops of a single block are considered; inner loops that disappear leave such blocks behind.
If the number of rounds is known, short loops are written out in full, longer ones get a few rounds
between two tests; rounds that do not fit come first. A loop whose number of rounds shows only as it
runs keeps its test in each copy, which still saves most of the jumps back.
"""

from collections.abc import Iterable

from toolchain.arithmetic import WORD_MASK
from toolchain.qll.middle.cfg import Loop, loops_of
from toolchain.qll.middle.ir import Block, Function, Ins, Memory, link
from toolchain.qll.middle.loops import NO_MEMORY_BEYOND, trip_count
from toolchain.qll.middle.marks import relabel
from toolchain.qll.middle.simplify import Ranges, simplify
from toolchain.qll.node import node

__all__ = ["unroll_loops"]

WHOLE = 80        # operations of a loop that is written out in full
ROUND = 40        # operations of several rounds in one
SEARCH = 10       # operations of a round that keeps its test
GROWTH = 320      # operations that a function may gain
LONG = 60         # operations of a function in which only loops within loops are worth the room
AHEAD = 4         # rounds without a test, while there are that many


def unroll_loops(function: Function, loops: list[Loop] | None = None) -> bool:
    """Unroll where it pays; whether anything changed. `loops` are those of the function, if they
    are known."""
    changed = False
    budget = GROWTH
    is_long = sum(len(block.body) for block in function.blocks) > LONG
    for _ in range(3):  # an inner loop that is gone may leave another behind
        any_whole = False
        for loop in loops_of(function) if loops is None else loops:
            block = loop.header
            if len(loop.blocks) > 1 or loop.preheader is None or block.hint:
                continue
            block.hint = 1  # each once
            if block.term.op != "branch" or block.succs[0] is not block or (
                    block.succs[1] is block or any(ins.op == "call" for ins in block.body)):
                continue
            if is_long and loop.depth == 1:
                continue
            trips = _trips(loop)
            size = len(block.body)
            if trips is None:
                gain = 0
                if size <= SEARCH and budget > 0:
                    gain = _unroll_ahead(function, loop) or _unroll_search(function, loop)
            elif trips * size <= min(WHOLE, budget):
                gain = trips * size
                _unroll_whole(function, loop, trips)
                any_whole = True
            else:
                gain = _unroll_counted(function, loop, trips) if budget > 0 else 0
            if gain:
                budget -= gain
                changed = True
        if not any_whole:
            break
        function.resolve()
        simplify(function)
        loops = None
    if changed:
        function.resolve()
    return changed


def _trips(loop: Loop) -> int | None:
    """The number of rounds, if it is a known constant."""
    block = loop.header
    condition = block.term.args[0]
    back = block.preds.index(block)
    for phi in block.phis:
        following = phi.args[back]
        if following.op != "add" or following.args[0] is not phi:
            continue
        first, step = phi.args[1 - back], following.args[1]
        if condition is following:
            if first.op == "const" and step.op == "const" and step.value == WORD_MASK:
                return first.value or None
        elif condition.op in ("lt", "slt", "neq") and condition.args[0] is following:
            return trip_count(first, step, condition.op, condition.args[1])
    return None


def _copy_round(function: Function, block: Block, body: list[Ins], values: dict[Ins, Ins],
                out: Block) -> dict[Ins, Ins]:
    """Append a round, whose phis have these values, to `out.body`; returns all its values.

    A global that each round loads must be loaded by each copy too, since others may change it: a
    mark in front tells the passes that a new round begins.
    """
    values = dict(values)
    if any(ins.op == "load" and ins.value is Memory.GLOBAL and ins.args[0].block is not block
           for ins in body):
        mark = Ins("round", [], None, block.term.line)
        mark.block = out
        out.body.append(mark)
    copies = []
    for ins in body:
        copy = Ins(ins.op, [values.get(arg, arg) for arg in ins.args], ins.value, ins.line)
        copy.block = out
        copies.append(copy)
        values[ins] = copy
    out.body += copies
    relabel(function, copies, values, is_copy=True)
    return values


def _rename_outside(function: Function, block: Block, values: dict[Ins, Ins],
                    made: Iterable[Ins] = ()) -> None:
    """Values of the block's last round take the place of its own, outside of it; of what else the
    block has `made` there is nothing left outside."""
    for other in function.blocks:
        for phi in other.phis:
            if other is block:
                continue
            phi.args = [values.get(arg, arg) for arg in phi.args]
        if other is block:
            continue
        for ins in [*other.body, other.term]:
            args = ins.args
            for index, arg in enumerate(args):
                found = values.get(arg)
                if found is not None:
                    args[index] = found
    if function.marks is not None:
        _mark_outside(function, block, values, made or values)


def _mark_outside(function: Function, block: Block, values: dict[Ins, Ins],
                  made: Iterable[Ins]) -> None:
    """Variables hold outside what the last round has `made`, as far as that is known there."""
    known: dict[Ins, Ins | None] = {value: None for value in made}
    relabel(function, [ins for other in function.blocks if other is not block
                       for ins in [*other.phis, *other.body, other.term]], known | values,
            is_copy=False)


def _unroll_whole(function: Function, loop: Loop, trips: int) -> None:
    block, preheader = loop.header, loop.preheader
    assert preheader is not None
    entry, back = block.preds.index(preheader), block.preds.index(block)
    body, phis = block.body, block.phis
    values = {phi: phi.args[entry] for phi in phis}
    following = {phi: phi.args[back] for phi in phis}
    block.body, block.phis = [], []
    for turn in range(trips):
        done = _copy_round(function, block, body, values, block)
        if turn < trips - 1:
            values = {phi: done.get(following[phi], following[phi]) for phi in phis}
    exit_ = block.succs[1]
    block.term = Ins("jump", [], None, block.term.line)
    block.term.block = block
    block.succs = [exit_]
    block.preds = [preheader]
    _rename_outside(function, block, done)
    for phi in exit_.phis:
        phi.args = [done.get(arg, arg) for arg in phi.args]


def _unroll_counted(function: Function, loop: Loop, trips: int) -> int:
    """Some rounds in one; returns by how many operations the function grew."""
    block, preheader = loop.header, loop.preheader
    assert preheader is not None
    size = len(block.body)
    rounds = 8 if size <= 5 else 4 if size <= 10 else 2
    while rounds > 1 and (trips < 2 * rounds or size * rounds > ROUND):
        rounds //= 2
    if rounds < 2:
        return 0
    for better in range(rounds, max(2, rounds // 2) - 1, -1):
        if trips % better == 0:
            rounds = better
            break
    entry, back = block.preds.index(preheader), block.preds.index(block)
    phis, body = block.phis, list(block.body)
    rest = trips % rounds
    if rest:
        values = {phi: phi.args[entry] for phi in phis}
        for _ in range(rest):
            done = _copy_round(function, block, body, values, preheader)
            values = {phi: done.get(phi.args[back], phi.args[back]) for phi in phis}
        for phi in phis:
            phi.args[entry] = values[phi]
    following = {phi: phi.args[back] for phi in phis}
    condition = block.term.args[0]
    values = {}
    done = {}
    for _ in range(rounds - 1):
        values = {phi: done.get(following[phi], following[phi]) for phi in phis}
        done = _copy_round(function, block, body, values, block)
    for phi in phis:
        phi.args[back] = done.get(following[phi], following[phi])
    block.term.args = [done.get(condition, condition)]
    _rename_outside(function, block, done)
    return size * (rounds + rest - 1)


def _leave_by_phis(function: Function, block: Block) -> tuple[Block, dict[Ins, Ins]]:
    """Give a loop of one block an exit of its own, where phis take what is used outside.

    Returns that exit and the phis, which have one operand so far.
    """
    exit_ = block.succs[1]
    made = {*block.phis, *block.body}
    if len(exit_.preds) != 1 or exit_.phis:
        # A block of its own for leaving the loop.
        middle = Block("leave")
        index = exit_.preds.index(block)
        exit_.preds[index] = middle
        link(middle, Ins("jump", [], None, block.term.line))
        middle.succs = [exit_]
        block.succs[1] = middle
        middle.preds = [block]
        function.blocks.insert(function.blocks.index(block) + 1, middle)
        exit_ = middle
    # What is used outside arrives there from each copy.
    outside: dict[Ins, Ins] = {}
    for other in function.blocks:
        if other is block:
            continue
        for ins in [*other.phis, *other.body, other.term]:
            for arg in ins.args:
                if arg in made and arg not in outside:
                    phi = outside[arg] = Ins("phi", [arg], None, block.term.line)
                    phi.block = exit_
    _rename_outside(function, block, outside, made)
    exit_.phis = list(outside.values())
    return exit_, outside


@node
class _Counter:
    """What decides how many rounds a loop goes on: a phi, and the step that is added to it. The
    loop ends when it reaches `bound`, or, counting down by 1, zero if that is None."""
    phi:   Ins
    step:  Ins
    bound: Ins | None


def _counter(block: Block, back: int) -> _Counter | None:
    """The counter of a loop of one block, if it is certain that it does not wrap around."""
    condition = block.term.args[0]
    tested = condition if condition.op == "add" else (condition.args or [None])[0]
    phi = next((phi for phi in block.phis if phi.args[back] is tested), None)
    if phi is None or tested is None or tested.op != "add" or tested.args[0] is not phi:
        return None
    step = tested.args[1]
    if condition is tested:
        counts_down = step.op == "const" and step.value == WORD_MASK
        return _Counter(phi, step, None) if counts_down else None
    bound = condition.args[1]
    if condition.op != "lt" or step.block is block or bound.block is block or (
            not _is_far_from_the_end(bound, step, AHEAD)):
        return None
    return _Counter(phi, step, bound)


class _Room:
    """Makes the question whether `AHEAD` rounds are left when the counter has some value.

    It is asked twice: before the first of them (`first`), and again after each (`again`), in blocks
    that are reached only if the first answer was yes. A loop that asks at its end alone may begin
    with a counter that is past its bound: the question is not whether the counter is below the
    bound after these rounds, where it may have wrapped around, but whether it is below the bound
    less these rounds, where the bound is no less.
    """

    def __init__(self, function: Function, counter: _Counter, preheader: Block, line: int):
        self.line = line
        self.last = function.const(AHEAD - 1)
        self.near: Ins | None = None     # a counter below it has these rounds left
        self.reaches: Ins | None = None  # whether the bound is as far as that, if it may not be
        if counter.bound is not None:
            far = self._make(preheader, "mul", counter.step, self.last)
            self.near = self._make(preheader, "sub", counter.bound, far)
            ranges = Ranges()
            if ranges.of(counter.bound)[0] < ranges.of(far)[1]:
                self.reaches = self._make(preheader, "lt", far, counter.bound)

    def _make(self, block: Block, op: str, a: Ins, b: Ins) -> Ins:
        made = Ins(op, [a, b], None, self.line)
        made.block = block
        block.body.append(made)
        return made

    def first(self, value: Ins, block: Block) -> Ins:
        answer = self.again(value, block)
        return answer if self.reaches is None else self._make(block, "and", answer, self.reaches)

    def again(self, value: Ins, block: Block) -> Ins:
        if self.near is None:
            return self._make(block, "lt", self.last, value)
        return self._make(block, "lt", value, self.near)


def _unroll_ahead(function: Function, loop: Loop) -> int:
    """As long as there are enough rounds left, several without a test; then one at a time.

    Returns by how many operations the function grew; 0 if the test is not of the right kind.
    """
    block, preheader = loop.header, loop.preheader
    assert preheader is not None
    line = block.term.line
    entry, back = block.preds.index(preheader), block.preds.index(block)
    counter = _counter(block, back)
    if counter is None:
        return 0
    room = _Room(function, counter, preheader, line)
    exit_, outside = _leave_by_phis(function, block)
    phis, body, condition = block.phis, list(block.body), block.term.args[0]
    # The main loop, and behind it the question whether anything is left for the old one.
    before, main, rest = Block("enter"), Block("several"), Block("rest")
    enough = room.first(counter.phi.args[entry], preheader)
    values: dict[Ins, Ins] = {}
    for phi in phis:
        copy = values[phi] = Ins("phi", [phi.args[entry]], None, phi.line)
        copy.block = main
        main.phis.append(copy)
    for _ in range(AHEAD):
        done = _copy_round(function, block, body, values, main)
        values = {phi: done.get(phi.args[back], phi.args[back]) for phi in phis}
    for phi, copy in zip(phis, main.phis, strict=True):
        copy.args.append(values[phi])
    again = room.again(values[counter.phi], main)
    link(preheader, Ins("branch", [enough], None, line), [before])
    preheader.succs.append(block)  # which knows
    link(before, Ins("jump", [], None, line), [main])
    link(main, Ins("branch", [again], None, line), [main, rest])
    left = done.get(condition, condition)
    if left in main.body and not any(condition in ins.args for ins in (*body, *phis)) and (
            condition not in outside):
        main.body.remove(left)  # nobody asks it but behind this loop
        rest.body.append(left)
        left.block = rest
    link(rest, Ins("branch", [left], None, line), [block, exit_])
    for phi in phis:
        phi.args.append(values[phi])
    for value, phi in outside.items():
        phi.args.append(done.get(value, value))
    main.hint = rest.hint = 1
    position = function.blocks.index(block)
    function.blocks[position:position] = [before, main, rest]
    return len(body) * AHEAD


def _is_far_from_the_end(bound: Ins, step: Ins, rounds: int) -> bool:
    """Whether a value below the bound cannot wrap around within some rounds."""
    ranges = Ranges()
    if bound.op == "add" and bound.args[0].op in ("label", "slot") and (
            bound.args[1].op == "const"):
        high = bound.args[1].value + NO_MEMORY_BEYOND
    elif bound.op in ("label", "slot"):
        high = NO_MEMORY_BEYOND
    else:
        high = ranges.of(bound)[1]
    return high + ranges.of(step)[1] * (rounds + 1) <= WORD_MASK


def _unroll_search(function: Function, loop: Loop) -> int:
    """Copies that each keep their test; returns by how many operations the function grew."""
    block = loop.header
    rounds = 4 if len(block.body) <= 6 else 2
    back = block.preds.index(block)
    exit_, outside = _leave_by_phis(function, block)
    phis, body, condition = block.phis, list(block.body), block.term.args[0]
    following = {phi: phi.args[back] for phi in phis}
    done: dict[Ins, Ins] = {}
    at = block
    position = function.blocks.index(block)
    for turn in range(rounds - 1):
        values = {phi: done.get(following[phi], following[phi]) for phi in phis}
        copy = Block("again")
        function.blocks.insert(position + turn + 1, copy)
        done = _copy_round(function, block, body, values, copy)
        at.succs[0] = copy
        copy.preds = [at]
        copy.term = Ins("branch", [done.get(condition, condition)], None, block.term.line)
        copy.term.block = copy
        copy.succs = [block, exit_]
        exit_.preds.append(copy)
        for value, phi in outside.items():
            phi.args.append(done.get(value, value))
        at = copy
    block.preds[back] = at
    for phi in phis:
        phi.args[back] = done.get(following[phi], following[phi])
    return len(body) * (rounds - 1)
