"""The predictor's parts against models in plain Python, with all that fetch and execute may say."""

import random

from rtl.core.predictor import TAG_BITS, BranchTargets, ReturnStack
from tests.support.unit import simulate

ENTRIES = 4
GROUPS  = (0x1000, 0x1001, 0x1004, 0x1040, 0x3_1001)  # some share a row, a counter or a tag


class Targets:
    """What the buffer has learnt, by row; a counter for an address and what the last jumps did."""

    def __init__(self):
        self.rows     = [{"is_gone": 1}] * ENTRIES
        self.counters = [2] * 256
        self.history  = self.executed = 0  # of fetch, and of execute
        self.update   = {"valid": 0}       # of the last cycle

    def prediction(self, group):
        row   = self.rows[group % ENTRIES]
        index = (group ^ self.history << 2) % 256
        hit   = not row["is_gone"] and (row["group"] ^ group) // ENTRIES % (1 << TAG_BITS) == 0
        if not hit:
            return {"hit": 0, "taken": 0, "index": index}
        counter = self.counters[index]
        return {"hit": 1, "taken": row["always"] or counter >= 2, "index": index,
                "counter": counter, "target": row["target"],
                **{name: row[name] for name in ("pos", "calls", "returns")}}

    def tick(self, group, moves, follows, restart, update):
        def after(history, taken):
            return (history << 1 | taken) % 64

        def counts(jump):
            return not jump["calls"] and not jump["returns"]

        known = self.prediction(group)
        if update["valid"] and counts(update):
            self.executed = after(self.executed, update["taken"])
        if moves and known["hit"] and counts(known):
            self.history = after(self.history, follows)
        if restart:
            self.history = self.executed
        if self.update["valid"]:
            self.rows[self.update["group"] % ENTRIES] = self.update
            if not self.update["always"] and not self.update["is_gone"]:
                self.counters[self.update["index"]] = self.update["counter"]
        self.update = update


def test_what_execute_finds_is_what_is_predicted_from_the_second_cycle_on():
    dut, model, rng = BranchTargets(entries=ENTRIES), Targets(), random.Random(1)

    def one_in(many):
        return int(rng.randrange(many) == 0)

    async def bench(ctx):
        for _ in range(500):
            group  = rng.choice(GROUPS)
            update = {"valid": 1 - one_in(3), "group": rng.choice(GROUPS), "pos": one_in(2),
                      "is_gone": one_in(8), "always": one_in(4), "taken": one_in(2),
                      "index": model.prediction(rng.choice(GROUPS))["index"],
                      "counter": rng.getrandbits(2), "calls": one_in(4), "returns": one_in(4),
                      "target": rng.getrandbits(32)}
            moves, follows, restart = one_in(2), one_in(2), one_in(6)
            for name, value in (("group", group), ("update", update), ("moves", moves),
                                ("follows", follows), ("restart", restart)):
                ctx.set(getattr(dut, name), value)
            expected = model.prediction(group)
            said = {name: ctx.get(dut.target if name == "target"
                                  else getattr(dut.prediction, name)) for name in expected}
            assert said == expected
            model.tick(group, moves, follows, restart, update)
            await ctx.tick()

    simulate(dut, bench)


class Stack:
    """Fetch runs ahead of execute through calls and returns; where it errs, execute finds out."""

    def __init__(self, ctx, dut, rng):
        self.ctx, self.dut, self.rng = ctx, dut, rng
        self.fetched, self.executed = [], []  # return addresses, the latest behind
        self.under_way = []                   # what fetch did that execute has not yet seen

    async def cycle(self, fetch=None, execute=None, **more):
        """`fetch` and `execute` are addresses that are pushed, or -1 for a return. What they say as
        long as they do nothing does not count."""
        ctx, dut = self.ctx, self.dut
        said = self.rng.choice((-1, 1))
        ctx.set(dut.moves, fetch is not None)
        ctx.set(dut.push, (fetch or said) != -1)
        ctx.set(dut.may_push, fetch not in (None, -1))
        ctx.set(dut.pop, (fetch or said) == -1)
        ctx.set(dut.address, (fetch or 0) % (1 << 32))
        ctx.set(dut.executed, {
            "moves": execute is not None, "push": (execute or said) != -1,
            "pop": (execute or said) == -1, "address": (execute or 0) % (1 << 32),
            "is_new": more.get("is_new", execute in (None, -1))})
        ctx.set(dut.restart, more.get("restart", 0))
        await ctx.tick()
        for stack, what in ((self.fetched, fetch), (self.executed, execute)):
            if what == -1:
                stack.pop()
            elif what is not None:
                stack.append(what)
        if more.get("restart"):
            self.fetched = list(self.executed)

    def check(self):
        if self.fetched:
            assert self.ctx.get(self.dut.top) == self.fetched[-1]
        if self.executed and not self.under_way:
            assert self.ctx.get(self.dut.executed_top) == self.executed[-1]

    def any_step(self):
        """A call, as long as there is room for its address, or a return, if there is one."""
        depth = len(self.fetched)
        calls = depth == 0 or (depth < self.dut.entries - 1 and self.rng.random() < 0.5)
        return self.rng.getrandbits(32) if calls else -1

    async def go_on(self):
        """Fetch does something, or execute what fetch did first, or both."""
        does     = self.any_step() if self.rng.random() < 0.6 else None
        executes = self.under_way.pop(0) if self.under_way and self.rng.random() < 0.6 else None
        await self.cycle(does, executes)
        if does is not None:
            self.under_way.append(does)

    async def err(self):
        """All is executed; then comes a call that fetch did not know, or from which it went
        elsewhere, over a return and another call."""
        while self.under_way:
            await self.cycle(execute=self.under_way.pop(0))
        self.check()
        if len(self.fetched) >= self.dut.entries - 1:
            return
        address, is_known = self.rng.getrandbits(32), self.rng.random() < 0.5
        if is_known:
            for step in (address, -1, self.rng.getrandbits(32)):
                await self.cycle(step)
            await self.cycle(execute=address, restart=1)
        else:
            is_late = self.rng.random() < 0.5
            await self.cycle(execute=address, is_new=1, restart=not is_late)
            await self.cycle(restart=is_late)
        self.fetched = list(self.executed)
        await self.cycle()


def test_fetch_finds_the_way_back_from_every_call_whatever_it_did_wrong():
    dut, rng = ReturnStack(entries=4), random.Random(1)

    async def bench(ctx):
        stack = Stack(ctx, dut, rng)
        for _ in range(400):
            await (stack.err() if rng.random() < 0.1 else stack.go_on())
            stack.check()

    simulate(dut, bench)
