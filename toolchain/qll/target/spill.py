"""Values that go to the frame, or are made again, instead of staying in a register.

`keep_over_calls` decides for what lives across calls, `relieve` helps where more values are alive
than there are registers. Costs are in instructions, those in loops weighted (`Block.weight`).
"""

from functools import reduce
from heapq import heappop, heappush
from itertools import accumulate

from toolchain.qll.abi import CALL_CLOBBERS, PRESERVED_REGISTERS, SCRATCH
from toolchain.qll.middle.cfg import meet
from toolchain.qll.middle.ir import LEAVES, Block, Ins, Slot
from toolchain.qll.target.liveness import Layout, Liveness, Uses
from toolchain.qll.target.schedule import LATENCY

__all__ = ["SPILL_SLOT", "TooManyPhis", "clobbers_of", "keep_over_calls", "relieve"]

SPILL_SLOT = "spill"  # name of the slots made here

SAVE_COST    = 4.0    # to save and restore a preserved register
SAVE_MARGIN  = 1.2    # how much dearer the frame may be: a register less helps everything else
ACCESS_COST  = 1.3    # to store a value to the frame or load it: its address takes some, too
REMAKE_RATIO = 3      # a constant is made again unless that runs so much more often than making it
FEW_SCRATCH  = 6      # with fewer scratch registers left alone by a callee, count on none
MOST_KEPT    = len(PRESERVED_REGISTERS) - 4  # values in preserved registers; more might not fit
RELIEVED     = 50     # values alive at once that `relieve` aims at


class TooManyPhis(Exception):
    """More phis in one block than there are registers: keep fewer locals in registers."""


def clobbers_of(call: Ins) -> int:
    """Registers that a call may change, those of its arguments included."""
    mask = call.value.clobbers
    return CALL_CLOBBERS if mask < 0 else mask | (1 << len(call.args)) - 1


def keep_over_calls(live: Liveness) -> bool:
    """Decide for each value that lives across a call: a preserved register, the frame, or making
    it again. Returns whether anything changed."""
    kept: set[int] = set()  # live across a call that leaves too few scratch registers alone
    for found in live.calls:
        hard = list(accumulate(
            ((SCRATCH & ~clobbers_of(call)).bit_count() < FEW_SCRATCH for call in found.calls),
            initial=0))
        kept.update(number for number, first, end in found.spans if hard[end] > hard[first])
    if not kept or live.function.interrupt:
        return False
    uses = Uses(live, kept)
    ways = _Ways(live.blocks)
    spilled: list[Ins] = []
    in_registers: list[tuple[float, Ins]] = []
    for value in live.bits(kept):
        cost = _cost_of_frame(value, uses, ways)
        if cost is None:
            spilled.append(value)
        else:
            in_registers.append((cost, value))
    if len(in_registers) > MOST_KEPT:
        # More than the preserved registers can surely hold: the cheapest go to the frame.
        if _most_across(live, {value.n for _, value in in_registers}) > MOST_KEPT:
            in_registers.sort(key=lambda one: one[0])
            spilled += [value for _, value in in_registers[:-MOST_KEPT]]
            in_registers = in_registers[-MOST_KEPT:]
    if spilled:
        _rewrite(live, spilled, ways, over_calls=True)
    late = [value for _, value in in_registers if value.op == "param" and _start_late(
        live, value, uses, ways)]
    return bool(spilled or late)


def _most_across(live: Liveness, wanted: set[int]) -> int:
    """How many of these values live across some call, at most."""
    most = 0
    for found in live.calls:
        change = [0] * (len(found.calls) + 1)
        for number, first, end in found.spans:
            if number in wanted:
                change[first] += 1
                change[end] -= 1
        most = max(most, *accumulate(change))
    return most


class _Ways:
    """Where the calls of a function are: within blocks, and on ways without a choice.

    Blocks with one predecessor hang together with that one. It is true of the code as it was when
    this was made.
    """

    def __init__(self, blocks: list[Block]):
        self.layouts: dict[Block, Layout] = {}
        self.top: dict[Block, Block] = {}    # where the way without a choice to a block begins
        self.calls: dict[Block, int] = {}    # on that way
        for block in blocks:
            above = block.preds[0] if len(block.preds) == 1 else block
            if above.n < block.n:
                self.top[block] = self.top[above]
                self.calls[block] = self.calls[above] + len(self.layout(above).calls)
            else:
                self.top[block] = block
                self.calls[block] = 0

    def layout(self, block: Block) -> Layout:
        found = self.layouts.get(block)
        if found is None:
            found = self.layouts[block] = Layout(block)
        return found

    def is_undisturbed(self, value: Ins, block: Block) -> bool:
        """Whether `block` is reached from where `value` is made by one way, without a call."""
        home = value.block
        assert home is not None
        if block is home:
            return True
        if self.top[block] is not self.top[home]:
            return False
        layout = self.layout(home)
        return self.calls[block] - self.calls[home] == layout.calls_before(layout.behind(value))

    def behind(self, value: Ins, next_call: bool = False) -> Ins:
        """The instruction behind the one that makes a value, or the next call, if there is one.

        From there on the value has its slot in the frame: what is loaded for that call has left
        its own. The store may come before it, if the slot is free (`_stored_early`).
        """
        block = value.block
        assert block is not None
        layout = self.layout(block)
        at = layout.behind(value)
        if next_call:
            calls = layout.calls_before(at)
            if calls < len(layout.calls):
                at = layout.calls[calls]
        return block.body[at] if at < len(block.body) else block.term


def _cost_of_frame(value: Ins, uses: Uses, ways: _Ways) -> float | None:
    """What not keeping a value in a register costs; None if that is cheaper than a register."""
    home = value.block
    assert home is not None
    places, edges = uses.found[value], uses.phis[value]
    if value.op in LEAVES and not edges:
        loads = sum({block: block.weight for block, _ in places}.values())
        again = loads <= REMAKE_RATIO * home.weight or home.depth == 0 and loads < SAVE_COST
        return None if again else loads
    cost = ACCESS_COST * (home.weight + sum(
        block.weight for block in _reloading(value, places, edges, ways)))
    return None if cost <= SAVE_COST * SAVE_MARGIN else cost


def _reloading(value: Ins, places: list[tuple[Block, Ins]],
               edges: list[tuple[Block, Ins, int]], ways: _Ways) -> list[Block]:
    """Blocks that would have to load a value that is kept in the frame over calls."""
    found = []
    by_block: dict[Block, list[Ins]] = {}
    for block, ins in places:
        by_block.setdefault(block, []).append(ins)
    for pred, _, _ in edges:
        by_block.setdefault(pred, []).append(pred.term)
    for block, users in by_block.items():
        layout = ways.layout(block)
        last = max(layout.position[ins] for ins in users)
        if not ways.is_undisturbed(value, block) or (
                layout.calls_before(last) > layout.calls_before(layout.behind(value))):
            found.append(block)
    return found


def _start_late(live: Liveness, param: Ins, uses: Uses, ways: _Ways) -> bool:
    """Move a parameter to its preserved register no earlier than where the calls begin.

    What leaves the function before needs no frame then.
    """
    start = _lowest(param, [found.block for found in live.calls
                            if any(number == param.n for number, _, _ in found.spans)], ways)
    if start is param.block:
        return False
    copy = Ins("mov", [param], None, start.term.line)
    copy.block = start
    region = set()
    stack = [start]
    while stack:
        block = stack.pop()
        region.add(block)
        stack.extend(block.kids)
    for block, ins in uses.found[param]:
        if block in region:
            ins.args = [copy if arg is param else arg for arg in ins.args]
    for pred, phi, index in uses.phis[param]:
        if pred in region:
            phi.args[index] = copy
    start.body.insert(0, copy)
    return True


def relieve(live: Liveness, crowded: list[tuple[Block, int, set[int]]]) -> None:
    """Send values to the frame where too many are alive."""
    chosen: set[int] = set()
    for block, index, alive in crowded:
        alive -= chosen
        excess = len(alive) - RELIEVED
        if excess <= 0:
            continue
        # Those whose next use in this block is farthest, or that only pass through, go first.
        near: dict[Ins, int] = {}
        for distance, ins in enumerate([*block.body[max(index, 0):], block.term]):
            for arg in ins.args:
                near.setdefault(arg, distance)
        candidates = [value for value in live.bits(alive)
                      if value.op != "reload" and not value.is_short]
        if index < 0:
            candidates = [value for value in candidates if value not in block.phis]
        candidates.sort(key=lambda one: (-near.get(one, 1 << 20), one.n))
        if not candidates:
            raise TooManyPhis(live.function.symbol)
        chosen.update(value.n for value in candidates[:excess])
    if not chosen:
        raise TooManyPhis(live.function.symbol)
    _rewrite(live, live.bits(chosen), _Ways(live.blocks), over_calls=False)


def _rewrite(live: Liveness, spilled: list[Ins], ways: _Ways, over_calls: bool) -> None:
    """Keep values in the frame: a store where they are made, loads where they are used.

    Leaves are made again instead. If the reason are calls, the value itself serves up to the first
    one, and one load serves all uses up to the next; else every use has its own.
    """
    uses = Uses(live, [value.n for value in spilled])
    slots = _share_slots(live, spilled, uses, ways, over_calls)
    inserted: dict[Block, dict[Ins, list[Ins]]] = {}  # what goes in front of an instruction
    stores: dict[Block, dict[Ins, list[Ins]]] = {}
    for value in spilled:
        slot = slots.get(value)
        by_block: dict[Block, set[Ins]] = {}
        for block, ins in uses.found[value]:
            by_block.setdefault(block, set()).add(ins)
        reloads: list[Block] = []
        for block, users in by_block.items():
            current: Ins | None = None
            if over_calls and slot is not None and ways.is_undisturbed(value, block):
                current = value
            layout = ways.layout(block)
            calls = layout.calls_before(layout.behind(value))
            for ins in sorted(users, key=layout.position.__getitem__):
                before = layout.calls_before(layout.position[ins])
                if before > calls:
                    current = None  # a call since
                if current is None or not over_calls:
                    current = _again(value, slot, ins.line, block)
                    inserted.setdefault(block, {}).setdefault(ins, []).append(current)
                    reloads.append(block)
                if current is not value:
                    ins.args = [current if arg is value else arg for arg in ins.args]
                calls = before
        for pred, phi, index in uses.phis[value]:
            if over_calls and slot is not None and pred not in _reloading(
                    value, [], [(pred, phi, index)], ways):
                continue
            current = _again(value, slot, pred.term.line, pred)
            inserted.setdefault(pred, {}).setdefault(pred.term, []).append(current)
            reloads.append(pred)
            phi.args[index] = current
        value.is_short = True
        if slot is not None and reloads:
            store = Ins("spill", [value], slot, value.line)
            assert value.block is not None
            block = _lowest(value, reloads, ways) if over_calls else value.block
            store.block = block
            if block is not value.block or value.op in ("phi", "param"):
                behind = (block.body or [block.term])[0]
            else:
                behind = ways.behind(value, next_call=over_calls)
            stores.setdefault(block, {}).setdefault(behind, []).append(store)
    remade = {value for value in spilled if value not in slots}
    # Where a call is the reason, what is stored may take the slot of what was loaded for it.
    first, second = (inserted, stores) if over_calls else (stores, inserted)
    for block in {**inserted, **stores}:
        body: list[Ins] = []
        one, other = first.get(block, {}), second.get(block, {})
        for ins in [*block.body, block.term]:
            body += one.get(ins, ())
            body += other.get(ins, ())
            body.append(ins)
        body.pop()
        block.body = _stored_early(body) if over_calls and block in stores else body
    for block in {value.block: True for value in remade if value.block is not None}:
        assert block is not None
        block.body = [ins for ins in block.body if ins not in remade]


def _stored_early(body: list[Ins]) -> list[Ins]:
    """The body with its stores to the frame as early as they may be.

    What is stored may be dead then, and what is computed for the next call have its register. A
    store comes behind what makes its value, not at once if the value is late, and behind the last
    load of what was in its slot before.
    """
    made: dict[Ins, int] = {}
    touched: dict[Slot, int] = {}
    behind: dict[int, list[Ins]] = {}
    for at, ins in enumerate(body):
        if ins.op == "spill":
            value = ins.args[0]
            first = made.get(value, -1)
            if value.op in LATENCY and value in made:
                first = min(first + 1, at - 1)
            behind.setdefault(max(first, touched.get(ins.value, -1)), []).append(ins)
        if ins.op in ("spill", "reload"):
            touched[ins.value] = at
        made[ins] = at
    result = behind.get(-1, [])
    for at, ins in enumerate(body):
        if ins.op != "spill":
            result.append(ins)
        result += behind.get(at, ())
    return result


def _lowest(value: Ins, reloads: list[Block], ways: _Ways) -> Block:
    """The last block on the way to all reloads where the value is still in its register."""
    home = value.block
    assert home is not None
    at = reduce(meet, reloads)
    while not ways.is_undisturbed(value, at):
        is_far = at.jump.level > home.level and not ways.is_undisturbed(value, at.jump)
        at = at.jump if is_far else at.idom
    while at is not home and at.depth > home.depth:
        at = at.idom
    return at


def _again(value: Ins, slot: Slot | None, line: int, block: Block) -> Ins:
    if slot is None:
        made = Ins(value.op, [], value.value, line)
    else:
        made = Ins("reload", [], slot, line)
    made.block = block
    made.is_short = True
    return made


def _share_slots(live: Liveness, spilled: list[Ins], uses: Uses, ways: _Ways,
                 over_calls: bool) -> dict[Ins, Slot]:
    """A slot for each value; values that are never in the frame at once may share one.

    Down the function, each value gets the first slot that nothing holds where it is stored. Those
    that are used most are the nearest.
    """
    placed: dict[Ins, int] = {}
    stored: dict[Block, dict[Ins, list[Ins]]] = {}  # in front of an instruction, or as a head
    for value in spilled:
        if value.op not in LEAVES:
            assert value.block is not None
            at = value if value.op in ("phi", "param") else ways.behind(value, over_calls)
            stored.setdefault(value.block, {}).setdefault(at, []).append(value)
    for block in live.blocks:
        if block in stored:
            _place(live, block, stored[block], placed, over_calls)
    weights: dict[int, float] = {}
    for value, number in placed.items():
        weight = sum(block.weight for block, _ in uses.found[value])
        weights[number] = weights.get(number, 0) + weight
    slots = {number: live.function.new_slot(1, SPILL_SLOT, private=True)
             for number in sorted(weights, key=lambda one: (-weights[one], one))}
    return {value: slots[number] for value, number in placed.items()}


def _place(live: Liveness, block: Block, stored: dict[Ins, list[Ins]], placed: dict[Ins, int],
           over_calls: bool) -> None:
    """Give slots, by number, to the values that go to the frame in a block."""
    values = live.values
    taken = {placed[values[number]] for number in live.live_in[block.n]
             if values[number] in placed}
    left: list[int] = []  # slots that were given up, a heap
    following = 0         # no slot below it was free, but for those in `left`

    def take(value: Ins) -> None:
        nonlocal following
        if left:
            placed[value] = heappop(left)
            return
        while following in taken:
            following += 1
        placed[value] = following
        following += 1

    def give_up(operands: list[Ins]) -> None:
        for value in operands:
            if value in placed:
                heappush(left, placed[value])

    for head in live.function.params if block is live.blocks[0] else block.phis:
        if head in stored:
            take(head)
    ending, _, _ = live.last_uses(block)
    for ins, last in zip([*block.body, block.term], [*ending, []], strict=True):
        # Operands of a call are loaded already when others go to the frame for it.
        if over_calls:
            give_up(last)
        for value in stored.get(ins, ()):
            take(value)
        if not over_calls:
            give_up(last)
