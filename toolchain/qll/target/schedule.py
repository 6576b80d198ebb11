"""Order within a block, so that the pipeline does not wait.

The result of a load can be used one cycle late, that of a multiplication two. Between a call and
the next, instructions are put into an order that fills these gaps: among those that may come next,
the one with the longest way to the end of the block, but only from the next few of the old order,
so that values do not live much longer than before. Stores, checks and whatever an observer could
tell apart keep their order (see `ir` for the kinds of access).
"""

from bisect import insort

from toolchain.qll.middle.cfg import positions
from toolchain.qll.middle.ir import Function, Ins, Memory

__all__ = ["LATENCY", "schedule"]

LATENCY = {"load": 2, "mul": 3, "fadd": 4, "fsub": 4, "fmul": 4, "div": 8, "mod": 8, "sdiv": 8,
           "smod": 8, "fdiv": 8, "itof": 4, "utof": 4, "ftoi": 4}
WINDOW = 10


def schedule(function: Function) -> None:
    """Reorder the bodies of all blocks."""
    arriving = positions(function.blocks)
    for block in function.blocks:
        body = block.body
        if not any(ins.op in LATENCY for ins in body):
            continue
        result: list[Ins] = []
        start = 0
        for index, ins in enumerate(body):
            if ins.op == "call":
                result += _stretch(body[start:index], ins.args, {})
                result.append(ins)
                start = index + 1
        takes_over: dict[Ins, Ins] = {}
        for succ in block.succs:
            for phi in succ.phis:
                takes_over[phi.args[arriving[block, succ]]] = phi
        result += _stretch(body[start:], block.term.args, takes_over)
        block.body = result


def _stretch(body: list[Ins], users: list[Ins], takes_over: dict[Ins, Ins]) -> list[Ins]:
    """A new order for instructions without a call; `users` are needed right behind.

    `takes_over` are the values that go into phis: each stays behind the last use of its phi's old
    value, or else they could not share a register.
    """
    if not any(ins.op in LATENCY for ins in body):
        return body
    count = len(body)
    after, waits = _waiting(body, takes_over)
    needed = set(users)
    length = [0] * count
    for index in range(count - 1, -1, -1):
        ins = body[index]
        longest = 1 if ins in needed else 0
        for later in after[index]:
            if length[later] > longest:
                longest = length[later]
        length[index] = longest + LATENCY.get(ins.op, 1)
    start_at = [0] * count
    end = WINDOW  # only what is in front of it may come next
    ready = [index for index in range(min(end, count)) if not waits[index]]  # in order
    result = []
    cycle = 0
    while ready:
        best, early = ready[0], start_at[ready[0]]
        for index in ready:
            start = start_at[index]
            if start <= cycle:
                if early > cycle or length[index] > length[best]:
                    best, early = index, cycle
            elif early > cycle and start < early:
                best, early = index, start
        ready.remove(best)
        if end < count and not waits[end]:
            ready.append(end)
        end += 1
        cycle = max(cycle, early) + 1
        ins = body[best]
        result.append(ins)
        value_at = cycle - 1 + LATENCY.get(ins.op, 1)
        for later in after[best]:
            waits[later] -= 1
            if not waits[later] and later < end:
                insort(ready, later)
            # Only those that use the value wait for it.
            at = value_at if ins in body[later].args else cycle
            if at > start_at[later]:
                start_at[later] = at
    return result


def _waiting(body: list[Ins], takes_over: dict[Ins, Ins]) -> tuple[list[list[int]], list[int]]:
    """For each instruction, which ones wait for it, and for how many it waits itself."""
    after: list[list[int]] = [[] for _ in body]
    waits: list[int] = []
    index_of: dict[Ins, int] = {}
    used_by: dict[Ins, list[int]] = {}  # phis
    store = check = -1
    loads: list[int] = []
    for index, ins in enumerate(body):
        before = {index_of[arg] for arg in ins.args if arg in index_of}
        op = ins.op
        if op == "store" or op == "load" and ins.value is Memory.POINTER:
            before.update(loads)
            before.add(store)
            before.add(check)
            loads = []
            store = index
        elif op == "load":
            before.add(store)
            before.add(check)
            loads.append(index)
        elif op == "guard" or op == "guardnot":
            before.add(store)
            before.add(check)
            check = index
        if takes_over:
            old = takes_over.get(ins)
            if old is not None:
                before.update(used_by.get(old, ()))
            for arg in ins.args:
                if arg.op == "phi":
                    used_by.setdefault(arg, []).append(index)
        before.discard(-1)
        for source in before:
            after[source].append(index)
        waits.append(len(before))
        index_of[ins] = index
    return after, waits
