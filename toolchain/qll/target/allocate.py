"""Registers for all values of a function.

Values are in SSA form, so that a walk down the dominator tree, giving each value a register that no
value alive at that point holds, needs no more registers than there are values alive at once, which
is nearly always far below the 60 that there are. What decides the quality of the code is which
register a value gets:

- phis and their operands like to share one, and arguments and results like to be where the calling
  convention wants them; then no move is needed (`_Colour`);
- a value that lives across a call needs a register that the callee leaves alone. Taking one of
  `r32`... costs saving and restoring it; keeping the value in the frame meanwhile costs a store and
  some loads; constants are best made again (`_keep_over_calls`).

If too many values are alive at once, some go to the frame in the same way (`_relieve`).
"""

from collections.abc import Iterable
from typing import Any

from toolchain.qll.middle.cfg import analyse, find_loops
from toolchain.qll.middle.ir import LEAVES, NO_RESULT, Block, Function, Ins, Slot

__all__ = ["LINK", "ONE", "PRESERVED", "SCRATCH", "STACK", "TEMPORARY", "TooManyPhis", "allocate",
           "clobbered"]

TEMPORARY = 30   # never given to a value: for moves and addresses that the emitter makes up
LINK      = 31   # where a function keeps its return address until it saves it
ONE       = 62
STACK     = 63

SCRATCH   = (1 << 30) - 1                 # r0 to r29
PRESERVED = ((1 << 30) - 1) << 32         # r32 to r61
USABLE    = SCRATCH | PRESERVED
CALL_CLOBBERS = SCRATCH | 1 << TEMPORARY | 1 << LINK

# In which order registers are tried: those of the arguments late, saved ones last.
_ORDER = [*range(8, 30), *range(7, -1, -1), *range(32, 62)]

SAVE_COST = 4.0  # instructions to save and restore a register


class TooManyPhis(Exception):
    """More phis in one block than there are registers: keep fewer locals in registers."""


def allocate(function: Function) -> int:
    """Set `reg` of every value; returns the mask of the registers used.

    May add `spill` and `reload` instructions, whose `value` is a `Slot`.
    """
    blocks = analyse(function)
    find_loops(blocks)
    for block in blocks:
        block.weight = 8 ** min(block.depth, 4)
    shape = _Shape(function, blocks)
    shape.liveness()
    if shape.calls and _keep_over_calls(shape):
        shape = _Shape(function, blocks)
        shape.liveness()
    for _ in range(60):
        crowded = shape.crowded()
        if not crowded:
            return _Colour(shape).run()
        _relieve(shape, crowded)
        shape = _Shape(function, blocks)
        shape.liveness()
    raise TooManyPhis(function.symbol)


class _Shape:
    """Numbers of the values, and which are alive where, as bits of integers."""

    def __init__(self, function: Function, blocks: list[Block]):
        self.function = function
        self.blocks = blocks
        self.values: list[Ins] = []
        self.live_in: list[int] = []
        self.live_out: list[int] = []
        self.calls: list[tuple[Block, int, Ins, int]] = []  # with what lives across
        self.edges: list[list[int]] = []

    def liveness(self) -> None:
        values = self.values
        # Operations without effect whose result nobody uses disappear here.
        for ins in self.function.params:
            ins.n = len(values)
            values.append(ins)
        for block in self.blocks:
            for ins in block.phis:
                ins.n = len(values)
                values.append(ins)
            for ins in block.body:
                if ins.op in NO_RESULT:
                    ins.n = -1
                else:
                    ins.n = len(values)
                    values.append(ins)
        count = len(self.blocks)
        gen, kill = [0] * count, [0] * count
        for block in self.blocks:
            live = 0
            killed = 0
            for arg in block.term.args:
                if arg.block is not None:
                    live |= 1 << arg.n
            for ins in reversed(block.body):
                if ins.n >= 0:
                    bit = 1 << ins.n
                    killed |= bit
                    if live & bit:
                        live ^= bit
                for arg in ins.args:
                    if arg.block is not None:
                        live |= 1 << arg.n
            for phi in block.phis:
                bit = 1 << phi.n
                killed |= bit
                live &= ~bit
            gen[block.n], kill[block.n] = live, killed
        through = [0] * count  # operands of phis, at the end of the predecessors
        for block in self.blocks:
            for phi in block.phis:
                for arg, pred in zip(phi.args, block.preds, strict=True):
                    if arg.block is not None:
                        through[pred.n] |= 1 << arg.n
        live_in = gen[:]
        live_out = through[:]
        succs = [[succ.n for succ in block.succs] for block in self.blocks]
        changed = True
        while changed:
            changed = False
            for number in range(count - 1, -1, -1):
                out = live_out[number]
                for succ in succs[number]:
                    out |= live_in[succ]
                live_out[number] = out
                new = gen[number] | out & ~kill[number]
                if new != live_in[number]:
                    live_in[number] = new
                    changed = True
        self.live_in, self.live_out = live_in, live_out
        for block in self.blocks:
            if any(ins.op == "call" for ins in block.body):
                self._cross(block)

    def _cross(self, block: Block) -> None:
        """Find what lives across each call of a block."""
        live = self.live_out[block.n]
        for arg in block.term.args:
            if arg.block is not None:
                live |= 1 << arg.n
        for index in range(len(block.body) - 1, -1, -1):
            ins = block.body[index]
            if ins.n >= 0:
                live &= ~(1 << ins.n)
            if ins.op == "call":
                self.calls.append((block, index, ins, live))
            for arg in ins.args:
                if arg.block is not None:
                    live |= 1 << arg.n

    def bits(self, mask: int) -> list[Ins]:
        values = self.values
        found = []
        while mask:
            low = mask & -mask
            found.append(values[low.bit_length() - 1])
            mask ^= low
        return found

    def crowded(self) -> list[tuple[Block, int, int]]:
        """Places where more values live than there are registers: block, index, values."""
        found: list[tuple[Block, int, int]] = []
        if len(self.values) <= 56:
            return found
        for block in self.blocks:
            live = self.live_out[block.n]
            # A quick bound first: no place has more than the end and all of the body together.
            if live.bit_count() + len(block.body) + len(block.phis) <= 56 and (
                    self.live_in[block.n].bit_count() + len(block.body) + len(block.phis) <= 56):
                continue
            for arg in block.term.args:
                if arg.block is not None:
                    live |= 1 << arg.n
            worst, place = (live, len(block.body)) if live.bit_count() > 56 else (0, -1)
            for index in range(len(block.body) - 1, -1, -1):
                ins = block.body[index]
                if ins.n >= 0:
                    live &= ~(1 << ins.n)
                for arg in ins.args:
                    if arg.block is not None:
                        live |= 1 << arg.n
                if live.bit_count() > max(56, worst.bit_count()):
                    worst, place = live, index
            entry = self.live_in[block.n]
            for phi in block.phis:
                entry |= 1 << phi.n
            if entry.bit_count() > max(56, worst.bit_count()):
                worst, place = entry, -1
            if worst:
                found.append((block, place, worst))
        return found


class _Uses:
    """Where each of some values is used."""

    def __init__(self, shape: _Shape, wanted: int):
        self.found: dict[Ins, list[tuple[Block, Ins]]] = {}
        self.phis: dict[Ins, list[tuple[Block, Ins, int]]] = {}
        for value in shape.bits(wanted):
            self.found[value] = []
            self.phis[value] = []
        found, phis = self.found, self.phis
        for block in shape.blocks:
            for ins in block.body:
                for arg in ins.args:
                    if arg in found:
                        found[arg].append((block, ins))
            for arg in block.term.args:
                if arg in found:
                    found[arg].append((block, block.term))
            for phi in block.phis:
                for index, arg in enumerate(phi.args):
                    if arg in phis:
                        phis[arg].append((block.preds[index], phi, index))


def clobbers_of(call: Ins) -> int:
    """Registers that a call may change, those of its arguments included."""
    mask = call.value.clobbers
    return CALL_CLOBBERS if mask < 0 else mask | (1 << len(call.args)) - 1


def clobbered(function: Function, used: int) -> int:
    """Registers that a call of the function may change."""
    mask = used & SCRATCH | 1 << TEMPORARY | 1 << LINK | 1 | _registers(function.pinned)
    for block in function.blocks:
        for ins in block.body:
            if ins.op == "call":
                mask |= clobbers_of(ins) & ~PRESERVED
    return mask


def _keep_over_calls(shape: _Shape) -> bool:
    """Decide for each value that lives across a call: a saved register, the frame, or remaking."""
    crossing = 0
    kept = 0  # live across a call that leaves no scratch register alone
    for _, _, call, live in shape.calls:
        crossing |= live
        if clobbers_of(call) & SCRATCH == SCRATCH:
            kept |= live
        elif (SCRATCH & ~clobbers_of(call)).bit_count() < 6:
            kept |= live
    if not kept or shape.function.interrupt:
        return False
    uses = _Uses(shape, kept)
    spilled: list[Ins] = []
    in_registers: list[tuple[float, Ins]] = []
    for value in shape.bits(kept):
        places = uses.found[value]
        edges = uses.phis[value]
        assert value.block is not None
        if value.op in LEAVES and not edges:
            loads = sum({block: block.weight for block, _ in places}.values())
            if loads <= 3 * value.block.weight or value.block.depth == 0 and loads < SAVE_COST:
                spilled.append(value)  # made again, see `_rewrite`
            else:
                in_registers.append((loads, value))
            continue
        cost = 1.3 * (value.block.weight + sum(
            block.weight for block in _reloading(value, places, edges)))
        if cost <= SAVE_COST * 1.2:
            spilled.append(value)
        else:
            in_registers.append((cost, value))
    if len(in_registers) > 26:
        # More than the preserved registers can surely hold: the cheapest go to the frame.
        busiest = max((live & _mask(value for _, value in in_registers)).bit_count()
                      for _, _, _, live in shape.calls)
        if busiest > 26:
            in_registers.sort(key=lambda one: one[0])
            spilled += [value for _, value in in_registers[:len(in_registers) - 26]]
            in_registers = in_registers[len(in_registers) - 26:]
    if spilled:
        _rewrite(shape, spilled)
    late = [value for _, value in in_registers if value.op == "param" and _start_late(
        shape, value, uses)]
    return bool(spilled or late)


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


def _start_late(shape: _Shape, param: Ins, uses: _Uses) -> bool:
    """Move a parameter to its preserved register no earlier than where the calls begin.

    What leaves the function before needs no frame then.
    """
    bit = 1 << param.n
    start = _lowest(param, [block for block, _, _, live in shape.calls if live & bit])
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


def _registers(values: Iterable[Ins]) -> int:
    mask = 0
    for value in values:
        mask |= 1 << value.reg
    return mask


def _mask(values: Iterable[Ins]) -> int:
    mask = 0
    for value in values:
        mask |= 1 << value.n
    return mask


def _relieve(shape: _Shape, crowded: list[tuple[Block, int, int]]) -> None:
    """Send values to the frame where too many are alive."""
    chosen = 0
    for block, index, live in crowded:
        excess = (live & ~chosen).bit_count() - 50
        if excess <= 0:
            continue
        # Those whose next use in this block is farthest, or that only pass through, go first.
        near: dict[Ins, int] = {}
        for distance, ins in enumerate([*block.body[max(index, 0):], block.term]):
            for arg in ins.args:
                near.setdefault(arg, distance)
        candidates = [value for value in shape.bits(live & ~chosen)
                      if value.op != "reload" and not value.is_short]
        if index < 0:
            candidates = [value for value in candidates if value not in block.phis]
        candidates.sort(key=lambda one: (-near.get(one, 1 << 20), one.n))
        if not candidates:
            raise TooManyPhis(shape.function.symbol)
        for value in candidates[:excess]:
            chosen |= 1 << value.n
    if not chosen:
        raise TooManyPhis(shape.function.symbol)
    _rewrite(shape, shape.bits(chosen), False)


def _rewrite(shape: _Shape, spilled: list[Ins], over_calls: bool = True) -> None:
    """Keep values in the frame: a store where they are made, loads where they are used.

    Leaves are made again instead. If the reason are calls, the value itself serves up to the first
    one, and one load serves all uses up to the next; else every use has its own.
    """
    wanted = _mask(spilled)
    uses = _Uses(shape, wanted)
    slots = _share_slots(shape, spilled, wanted, uses, over_calls)
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
            if over_calls and slot is not None and _undisturbed(value, block):
                current = value
            defined = value.block is not block or value.op in ("phi", "param")
            for ins in [*block.body, block.term]:
                if ins is value:
                    defined = True
                if ins in users:
                    if current is None or not over_calls:
                        current = _again(value, slot, ins.line, block)
                        inserted.setdefault(block, {}).setdefault(ins, []).append(current)
                        reloads.append(block)
                    if current is not value:
                        ins.args = [current if arg is value else arg for arg in ins.args]
                if ins.op == "call" and defined and ins is not value:
                    current = None
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
    at: Any = reloads[0]
    for block in reloads[1:]:
        other: Any = block
        while at is not other:
            if at.n > other.n:
                at = at.idom
            else:
                other = other.idom
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


def _share_slots(shape: _Shape, spilled: list[Ins], wanted: int, uses: _Uses,
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
        live = shape.live_out[block.n]
        for arg in block.term.args:
            if arg.block is not None:
                live |= 1 << arg.n
        for value in points.get(block.term, ()):
            conflicts[value] |= live & wanted & ~(1 << value.n)
        for ins in reversed(block.body):
            if ins.n >= 0:
                live &= ~(1 << ins.n)
            if ins in points:
                # Operands of the call itself are loaded already: what lives across it counts.
                for value in points[ins]:
                    conflicts[value] |= live & wanted & ~(1 << value.n)
            for arg in ins.args:
                if arg.block is not None:
                    live |= 1 << arg.n
        if block in heads:
            # All phis of a block, and all parameters, are made at once.
            for value in heads[block]:
                conflicts[value] |= (live & wanted | _mask(heads[block])) & ~(1 << value.n)
    order = sorted(conflicts, key=lambda one: (
        -sum(block.weight for block, _ in uses.found[one]), one.n))
    taken: list[tuple[Slot, list[Ins]]] = []
    slots: dict[Ins, Slot] = {}
    for value in order:
        for slot, holders in taken:
            if not any(conflicts[value] >> other.n & 1 or conflicts[other] >> value.n & 1
                       for other in holders):
                break
        else:
            slot = shape.function.new_slot(1, "", True)
            slot.name = "spill"
            holders = []
            taken.append((slot, holders))
        holders.append(value)
        slots[value] = slot
    return slots


class _Colour:
    """Gives registers, block by block down the dominator tree."""

    def __init__(self, shape: _Shape):
        self.shape = shape
        self.function = shape.function
        count = len(shape.values)
        self.forbidden = [0] * count
        self.phis: list[list[Ins] | None] = [None] * count  # that have the value as an operand
        self.wish = [-1] * count  # a register of the calling convention
        self.used = 0
        self.wanted = 0  # registers of the phis behind the current block: for their operands
        self.usable = USABLE & ~_registers(shape.function.pinned)

    def run(self) -> int:
        shape, forbidden, wish = self.shape, self.forbidden, self.wish
        for value in shape.values:
            value.reg = -1
        for block in shape.blocks:
            for phi in block.phis:
                for arg in phi.args:
                    if arg.block is not None:
                        users = self.phis[arg.n]
                        if users is None:
                            self.phis[arg.n] = [phi]
                        else:
                            users.append(phi)
            term = block.term
            if term.op == "ret" and term.args and term.args[0].block is not None:
                wish[term.args[0].n] = 0
        for _, _, call, live in shape.calls:
            mask = clobbers_of(call)
            while live:
                low = live & -live
                forbidden[low.bit_length() - 1] |= mask
                live ^= low
            if wish[call.n] < 0:
                wish[call.n] = 0
            if call.value.fast:
                for index, arg in enumerate(call.args):
                    if arg.block is not None and wish[arg.n] < 0:
                        wish[arg.n] = index
        for param in self.function.params:
            wish[param.n] = param.value
        stack = [shape.blocks[0]]
        while stack:
            block = stack.pop()
            self._block(block)
            stack.extend(reversed(block.kids))
        return self.used

    def _block(self, block: Block) -> None:
        shape = self.shape
        values = shape.values
        busy = 0
        mask = shape.live_in[block.n]
        params = self.function.params if block is shape.blocks[0] else []
        if not params:
            while mask:
                low = mask & -mask
                busy |= 1 << values[low.bit_length() - 1].reg
                mask ^= low
        block.live = busy
        # Last uses, found backwards.
        live = shape.live_out[block.n]
        for arg in block.term.args:
            if arg.block is not None:
                live |= 1 << arg.n
        body = block.body
        dying: list[list[Ins] | None] = [None] * len(body)
        dead: list[bool] = [False] * len(body)
        for index in range(len(body) - 1, -1, -1):
            ins = body[index]
            number = ins.n
            if number >= 0:
                bit = 1 << number
                if live & bit:
                    live ^= bit
                else:
                    dead[index] = True
            last = None
            for arg in ins.args:
                if arg.block is not None:
                    bit = 1 << arg.n
                    if not live & bit:
                        live |= bit
                        if last is None:
                            last = [arg]
                        else:
                            last.append(arg)
            dying[index] = last
        self.wanted = 0
        # `live` is now what is alive in front of the body, phis and parameters included.
        heads = params or block.phis
        for head in heads:
            if live >> head.n & 1:
                busy |= 1 << self._choose(head, busy)
            else:
                head.reg = -1
        for succ in block.succs if block.loop is None else [*block.succs, block.loop.header]:
            for phi in succ.phis:
                if phi.reg >= 0:
                    self.wanted |= 1 << phi.reg
        for index, ins in enumerate(body):
            last = dying[index]
            if last is not None:
                for arg in last:
                    busy &= ~(1 << arg.reg)
            if ins.n >= 0 and not dead[index]:
                busy |= 1 << self._choose(ins, busy)

    def _choose(self, value: Ins, busy: int) -> int:
        barred = busy | self.forbidden[value.n] | ~self.usable
        register = self._preferred(value, barred)
        if register < 0:
            free = self.usable & ~barred
            if not free:
                raise TooManyPhis(self.function.symbol)
            if free & ~self.wanted:
                free &= ~self.wanted
            known = free & self.used
            # A preserved register that is saved already costs nothing more.
            for pool in (free & SCRATCH, known, free):
                if pool:
                    free = pool
                    break
            for register in _ORDER:
                if free >> register & 1:
                    break
        value.reg = register
        self.used |= 1 << register
        return register

    def _preferred(self, value: Ins, barred: int) -> int:
        """A free register that saves a move, or -1."""
        number = value.n
        if value.op == "phi":
            for arg in value.args:
                if arg.block is not None and arg.reg >= 0 and not barred >> arg.reg & 1:
                    return arg.reg
        users = self.phis[number]
        if users is not None:
            for phi in users:
                if phi.reg >= 0 and not barred >> phi.reg & 1:
                    return phi.reg
            for phi in users:
                for arg in phi.args:
                    if arg.block is not None and arg.reg >= 0 and not barred >> arg.reg & 1:
                        return arg.reg
        wish = self.wish[number]
        if wish >= 0 and not barred >> wish & 1:
            return wish
        if users is not None:
            for phi in users:
                wish = self.wish[phi.n]
                if wish >= 0 and not barred >> wish & 1:
                    return wish
        if value.op == "add" or value.op == "sub":
            # What counts on in place needs no moves where several of its values meet.
            source, step = value.args
            if source.block is not None and not barred >> source.reg & 1 and (
                    step.op == "const" or not self.wanted >> source.reg & 1):
                return source.reg
        return -1
