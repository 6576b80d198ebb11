"""Values that go to the frame, or are made again, instead of staying in a register.

`keep_over_calls` decides for what lives across calls, `relieve` helps where more values are alive
than there are registers. Costs are in instructions, those in loops weighted (`Block.weight`).
"""

from functools import reduce

from toolchain.qll.abi import CALL_CLOBBERS, PRESERVED_REGISTERS, SCRATCH
from toolchain.qll.middle.cfg import meet
from toolchain.qll.middle.ir import LEAVES, Block, Ins, Slot
from toolchain.qll.target.liveness import Liveness, Uses, at_end, backward, mask

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
    kept = 0  # live across a call that leaves too few scratch registers alone
    for _, _, call, across in live.calls:
        if (SCRATCH & ~clobbers_of(call)).bit_count() < FEW_SCRATCH:
            kept |= across
    if not kept or live.function.interrupt:
        return False
    uses = Uses(live, kept)
    spilled: list[Ins] = []
    in_registers: list[tuple[float, Ins]] = []
    for value in live.bits(kept):
        cost = _cost_of_frame(value, uses)
        if cost is None:
            spilled.append(value)
        else:
            in_registers.append((cost, value))
    if len(in_registers) > MOST_KEPT:
        # More than the preserved registers can surely hold: the cheapest go to the frame.
        wanted = mask(value for _, value in in_registers)
        if max((across & wanted).bit_count() for _, _, _, across in live.calls) > MOST_KEPT:
            in_registers.sort(key=lambda one: one[0])
            spilled += [value for _, value in in_registers[:-MOST_KEPT]]
            in_registers = in_registers[-MOST_KEPT:]
    if spilled:
        _rewrite(live, spilled, over_calls=True)
    late = [value for _, value in in_registers if value.op == "param" and _start_late(
        live, value, uses)]
    return bool(spilled or late)


def _cost_of_frame(value: Ins, uses: Uses) -> float | None:
    """What not keeping a value in a register costs; None if that is cheaper than a register."""
    home = value.block
    assert home is not None
    places, edges = uses.found[value], uses.phis[value]
    if value.op in LEAVES and not edges:
        loads = sum({block: block.weight for block, _ in places}.values())
        again = loads <= REMAKE_RATIO * home.weight or home.depth == 0 and loads < SAVE_COST
        return None if again else loads
    cost = ACCESS_COST * (home.weight + sum(
        block.weight for block in _reloading(value, places, edges)))
    return None if cost <= SAVE_COST * SAVE_MARGIN else cost


def _reloading(value: Ins, places: list[tuple[Block, Ins]],
               edges: list[tuple[Block, Ins, int]]) -> list[Block]:
    """Blocks that would have to load a value that is kept in the frame over calls."""
    found = []
    by_block: dict[Block, list[Ins]] = {}
    for block, ins in places:
        by_block.setdefault(block, []).append(ins)
    for pred, _, _ in edges:
        by_block.setdefault(pred, []).append(pred.term)
    for block, users in by_block.items():
        if not _undisturbed(value, block):
            found.append(block)
            continue
        body = block.body
        calls = [index for index, ins in enumerate(body) if ins.op == "call"]
        if calls and block is value.block and value in body:
            start = body.index(value)
            calls = [index for index in calls if index > start]
        if calls and any(ins is block.term or body.index(ins) > calls[0] for ins in users):
            found.append(block)
    return found


def _start_late(live: Liveness, param: Ins, uses: Uses) -> bool:
    """Move a parameter to its preserved register no earlier than where the calls begin.

    What leaves the function before needs no frame then.
    """
    bit = 1 << param.n
    start = _lowest(param, [block for block, _, _, across in live.calls if across & bit])
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


def relieve(live: Liveness, crowded: list[tuple[Block, int, int]]) -> None:
    """Send values to the frame where too many are alive."""
    chosen = 0
    for block, index, alive in crowded:
        excess = (alive & ~chosen).bit_count() - RELIEVED
        if excess <= 0:
            continue
        # Those whose next use in this block is farthest, or that only pass through, go first.
        near: dict[Ins, int] = {}
        for distance, ins in enumerate([*block.body[max(index, 0):], block.term]):
            for arg in ins.args:
                near.setdefault(arg, distance)
        candidates = [value for value in live.bits(alive & ~chosen)
                      if value.op != "reload" and not value.is_short]
        if index < 0:
            candidates = [value for value in candidates if value not in block.phis]
        candidates.sort(key=lambda one: (-near.get(one, 1 << 20), one.n))
        if not candidates:
            raise TooManyPhis(live.function.symbol)
        for value in candidates[:excess]:
            chosen |= 1 << value.n
    if not chosen:
        raise TooManyPhis(live.function.symbol)
    _rewrite(live, live.bits(chosen), over_calls=False)


def _rewrite(live: Liveness, spilled: list[Ins], over_calls: bool) -> None:
    """Keep values in the frame: a store where they are made, loads where they are used.

    Leaves are made again instead. If the reason are calls, the value itself serves up to the first
    one, and one load serves all uses up to the next; else every use has its own.
    """
    wanted = mask(spilled)
    uses = Uses(live, wanted)
    slots = _share_slots(live, spilled, wanted, uses, over_calls)
    inserted: dict[Block, dict[Ins, list[Ins]]] = {}  # what goes in front of an instruction
    stores: dict[Block, dict[Ins, list[Ins]]] = {}
    layouts: dict[Block, tuple[dict[Ins, int], list[int]]] = {}
    for value in spilled:
        slot = slots.get(value)
        by_block: dict[Block, set[Ins]] = {}
        for block, ins in uses.found[value]:
            by_block.setdefault(block, set()).add(ins)
        reloads: list[Block] = []
        for block, users in by_block.items():
            current: Ins | None = None
            if over_calls and slot is not None and _undisturbed(value, block):
                current = value
            position, calls = layouts.get(block) or layouts.setdefault(block, _layout(block))
            last = position[value] + 1 if value in position else 0
            for ins in sorted(users, key=position.__getitem__):
                here = position[ins]
                if calls[here] > calls[last]:
                    current = None  # a call since
                if current is None or not over_calls:
                    current = _again(value, slot, ins.line, block)
                    inserted.setdefault(block, {}).setdefault(ins, []).append(current)
                    reloads.append(block)
                if current is not value:
                    ins.args = [current if arg is value else arg for arg in ins.args]
                last = here
        for pred, phi, index in uses.phis[value]:
            if over_calls and slot is not None and pred not in _reloading(
                    value, [], [(pred, phi, index)]):
                continue
            current = _again(value, slot, pred.term.line, pred)
            inserted.setdefault(pred, {}).setdefault(pred.term, []).append(current)
            reloads.append(pred)
            phi.args[index] = current
        value.is_short = True
        if slot is not None and reloads:
            store = Ins("spill", [value], slot, value.line)
            assert value.block is not None
            block = _lowest(value, reloads) if over_calls else value.block
            store.block = block
            if block is not value.block or value.op in ("phi", "param"):
                behind = (block.body or [block.term])[0]
            else:
                behind = _store_point(value) if over_calls else _behind(value)
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
        block.body = body
    for block in {value.block: True for value in remade if value.block is not None}:
        assert block is not None
        block.body = [ins for ins in block.body if ins not in remade]


def _layout(block: Block) -> tuple[dict[Ins, int], list[int]]:
    """Where each instruction of a block stands, and how many calls are in front of each place."""
    position: dict[Ins, int] = {}
    calls = [0]
    for index, ins in enumerate([*block.body, block.term]):
        position[ins] = index
        calls.append(calls[-1] + (ins.op == "call"))
    return position, calls


def _behind(value: Ins) -> Ins:
    """The instruction behind the one that makes a value."""
    block = value.block
    assert block is not None
    at = block.body.index(value) + 1
    return block.body[at] if at < len(block.body) else block.term


def _store_point(value: Ins) -> Ins:
    """In front of which instruction a value goes to the frame: the next call, if it is near.

    As late as possible, so that what is loaded for that call has left its own slot.
    """
    block = value.block
    assert block is not None
    at = block.body.index(value) + 1
    for ins in block.body[at:]:
        if ins.op == "call":
            return ins
    return block.body[at] if at < len(block.body) else block.term


def _undisturbed(value: Ins, block: Block) -> bool:
    """Whether `block` is reached from where `value` is made by one way, without a call on it."""
    home = value.block
    assert home is not None
    at = block
    while at is not home:
        if len(at.preds) != 1:
            return False
        at = at.preds[0]
        body = at.body
        if at is home and value.op not in ("phi", "param"):
            body = body[body.index(value) + 1:]
        if any(ins.op == "call" for ins in body):
            return False
    return True


def _lowest(value: Ins, reloads: list[Block]) -> Block:
    """The last block on the way to all reloads where the value is still in its register."""
    home = value.block
    assert home is not None
    at = reduce(meet, reloads)
    while at is not home and (at.depth > home.depth or not _undisturbed(value, at)):
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


def _share_slots(live: Liveness, spilled: list[Ins], wanted: int, uses: Uses,
                 over_calls: bool) -> dict[Ins, Slot]:
    """A slot for each value; values that are never alive at once may share one.

    Two values are in the frame at once only if one is alive where the other is stored.
    """
    conflicts: dict[Ins, int] = {value: 0 for value in spilled if value.op not in LEAVES}
    points: dict[Ins, list[Ins]] = {}  # what goes to the frame in front of an instruction
    blocks: dict[Block, None] = {}
    heads: dict[Block, list[Ins]] = {}
    for value in conflicts:
        assert value.block is not None
        blocks[value.block] = None
        if value.op == "phi" or value.op == "param":
            heads.setdefault(value.block, []).append(value)
        else:
            behind = _store_point(value) if over_calls else _behind(value)
            points.setdefault(behind, []).append(value)
    for block in blocks:
        front = at_end(block, live.live_out[block.n])
        for value in points.get(block.term, ()):
            conflicts[value] |= front & wanted & ~(1 << value.n)
        for _, ins, across, front in backward(block, front):
            # Operands of the call itself are loaded already: what lives across it counts.
            for value in points.get(ins, ()):
                conflicts[value] |= across & wanted & ~(1 << value.n)
        if block in heads:
            # All phis of a block, and all parameters, are made at once.
            made = mask(heads[block])
            for value in heads[block]:
                conflicts[value] |= (front & wanted | made) & ~(1 << value.n)
    order = sorted(conflicts, key=lambda one: (
        -sum(block.weight for block, _ in uses.found[one]), one.n))
    taken: list[_Shared] = []
    slots: dict[Ins, Slot] = {}
    for value in order:
        against, bit = conflicts[value], 1 << value.n
        for shared in taken:
            if not (against & shared.holders or shared.against & bit):
                break
        else:
            shared = _Shared(live.function.new_slot(1, SPILL_SLOT, private=True))
            taken.append(shared)
        shared.holders |= bit
        shared.against |= against
        slots[value] = shared.slot
    return slots


class _Shared:
    """A slot, the values in it, and those that conflict with one of them, as masks."""
    __slots__ = ("slot", "holders", "against")

    def __init__(self, slot: Slot):
        self.slot = slot
        self.holders = 0
        self.against = 0
