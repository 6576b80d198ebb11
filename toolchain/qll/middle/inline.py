"""Calls replaced by the callee's body.

Callees come before callers, so that a body is in its final, simplified form when it is copied. A
function is worth copying if it is about as small as the call itself, or if there is only one call
of it and nobody else needs it.
"""

from toolchain.qll.middle.ir import LEAVES, Block, CallInfo, Function, Ins, Slot, final, link

__all__ = ["bottom_up", "inline_calls"]

SMALL = 14        # operations of a body that is copied wherever it is called
ONCE = 60         # the same for a function with a single call
GROWTH = 400      # operations that a function may gain


def cost(function: Function) -> int:
    """Size of a body as a copy: about the number of instructions it becomes."""
    total = 0
    for block in function.blocks:
        total += len(block.phis) // 2 + len(block.body) + 1
        for ins in block.body:
            if ins.op == "call":
                total += 3 + len(ins.args)
    return total


def bottom_up(functions: list[Function]) -> list[Function]:
    """The functions, callees first; marks those that may call themselves."""
    by_symbol = {function.symbol: function for function in functions}
    callees: dict[Function, list[Function]] = {}
    for function in functions:
        found: dict[Function, None] = {}
        for block in function.blocks:
            for ins in block.body:
                if ins.op == "call" and ins.value.symbol in by_symbol:
                    found[by_symbol[ins.value.symbol]] = None
        callees[function] = list(found)
        function.recursive = function in found
    ordered: list[Function] = []
    done: dict[Function, bool] = {}  # False while its callees are being visited
    for start in functions:
        if start in done:
            continue
        done[start] = False
        stack = [(start, iter(callees[start]))]
        while stack:
            function, below = stack[-1]
            for callee in below:
                if callee not in done:
                    done[callee] = False
                    stack.append((callee, iter(callees[callee])))
                    break
                if not done[callee]:
                    callee.recursive = True  # a cycle goes through it
            else:
                stack.pop()
                done[function] = True
                ordered.append(function)
    return ordered


def count_calls(functions: list[Function]) -> dict[str, int]:
    """How often each function is mentioned."""
    counts: dict[str, int] = {}
    for function in functions:
        for block in function.blocks:
            for ins in [*block.phis, *block.body, block.term]:
                if ins.op == "call" and ins.value.symbol is not None:
                    counts[ins.value.symbol] = counts.get(ins.value.symbol, 0) + 1
                for arg in ins.args:
                    if arg.op == "label":
                        counts[arg.value[0]] = counts.get(arg.value[0], 0) + 2
    return counts


def inline_calls(function: Function, bodies: dict[str, Function], counts: dict[str, int]) -> bool:
    """Copy the bodies of suitable callees into `function`; whether there were any."""
    budget = GROWTH
    changed = False
    waiting = function.blocks[::-1]
    result: list[Block] = []
    while waiting:
        block = waiting.pop()
        result.append(block)
        for index, ins in enumerate(block.body):
            if ins.op != "call" or not ins.value.fast:
                continue
            callee = bodies.get(ins.value.symbol)
            if callee is None or callee.recursive:
                continue
            if callee.inline_cost < 0:
                callee.inline_cost = cost(callee)
            size = callee.inline_cost
            # Loads, stores and moves for the arguments are saved.
            limit = ONCE if counts.get(callee.symbol, 0) == 1 else SMALL + len(ins.args)
            if size > limit or size > budget:
                continue
            budget -= size
            rest = _splice(function, block, index, ins, callee, result)
            waiting.append(rest)
            changed = True
            break
    if changed:
        function.blocks = result
        function.resolve()
    return changed


def _splice(function: Function, block: Block, index: int, call: Ins, callee: Function,
            result: list[Block]) -> Block:
    """Put a copy of `callee` in place of a call; returns the block with what follows."""
    rest = Block("after")
    rest.body = block.body[index + 1:]
    for ins in rest.body:
        ins.block = rest
    rest.term = block.term
    rest.term.block = rest
    rest.succs = block.succs
    for succ in rest.succs:
        succ.replace_pred(block, rest)
    block.body = block.body[:index]

    slots: dict[Slot, Slot] = {}
    values: dict[Ins, Ins] = dict(zip(
        callee.params, [final(arg) for arg in call.args], strict=True))
    blocks: dict[Block, Block] = {}
    for old in callee.blocks:
        blocks[old] = Block(old.name)

    def value(old: Ins) -> Ins:
        found = values.get(old)
        if found is None:
            assert old.op in LEAVES, old
            if old.op == "slot":
                slot, offset = old.value
                if slot not in slots:
                    slots[slot] = function.new_slot(slot.size, slot.name, slot.private)
                found = function.slot(slots[slot], offset)
            else:
                found = function.leaf(old.op, old.value)
            values[old] = found
        return found

    line = call.line
    for old in callee.blocks:
        new = blocks[old]
        for source, copies in ((old.phis, new.phis), (old.body, new.body)):
            for ins in source:
                copy = values[ins] = Ins(ins.op, [], ins.value, ins.line or line)
                copy.block = new
                if ins.op == "call":
                    info: CallInfo = ins.value
                    copy.value = CallInfo(info.symbol, info.fast, info.words)
                    function.out_words = max(function.out_words, info.words)
                copies.append(copy)
    results: list[tuple[Block, Ins]] = []
    zero = function.const(0)
    for old in callee.blocks:
        new = blocks[old]
        for source, copies in ((old.phis, new.phis), (old.body, new.body)):
            for ins, copy in zip(source, copies, strict=True):
                copy.args = [values.get(arg) or value(arg) for arg in ins.args]
        new.preds = [blocks[pred] for pred in old.preds]
        new.succs = [blocks[succ] for succ in old.succs]
        term = old.term
        if term.op == "ret":
            results.append((new, value(term.args[0]) if term.args else zero))
            link(new, Ins("jump", [], None, term.line or line), [rest])
        else:
            new.term = Ins(term.op, [value(arg) for arg in term.args], term.value,
                           term.line or line)
            new.term.block = new
        result.append(new)
    if function.marks is not None:
        _mark(function, [blocks[old] for old in callee.blocks], call.line, values, slots)
        for ins in [*rest.body, rest.term]:
            if ins.line == call.line:
                ins.line = function.marks.rest(call.line)
    link(block, Ins("jump", [], None, call.line), [blocks[callee.blocks[0]]])
    if len(results) == 1:
        call.fwd = results[0][1]
    elif results:
        phi = Ins("phi", [one for _, one in results], None, call.line)
        phi.block = rest
        rest.phis.append(phi)
        call.fwd = phi
    else:
        call.fwd = zero  # never returns
    return rest


def _mark(function: Function, blocks: list[Block], call: int, values: dict[Ins, Ins],
          slots: dict[Slot, Slot]) -> None:
    """Say of a body that has been copied in place of a call that it is that."""
    known: dict[object, object] = {0: call, call: call}
    for block in blocks:
        for ins in [*block.phis, *block.body, block.term]:
            ins.line = function.marks.put_in_place(ins.line, call, values, slots, known)
