# amaranth: UnusedElaboratable=no
"""Two users of one memory of lines each get theirs, and neither waits for long."""

import random

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from rtl.memory.line_arbiter import LineArbiter
from tests.support.dvi import LineMemory

LINES = 16


class Shared(wiring.Component):
    def __init__(self):
        self.arbiter = LineArbiter(line_words=8)
        self.lines   = LineMemory(first_line=0, lines=LINES)
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.arbiter, m.submodules.lines = self.arbiter, self.lines
        wiring.connect(m, self.arbiter.memory, self.lines.port)
        return m


async def access(ctx, port, line, words=None, limit=400):
    """Write these words, or read some; and the cycles it took."""
    ctx.set(port.request.payload, {"line": line, "write": words is not None})
    ctx.set(port.request.valid, 1)
    ctx.set(port.written.valid, words is not None)
    ctx.set(port.read.ready, 1)
    found, sent, is_taken = [], 0, False
    for cycle in range(limit):
        if words is not None:
            ctx.set(port.written.payload, words[min(sent, 7)])
        _, _, taken, accepts, valid, word = await ctx.tick().sample(
            port.request.ready, port.written.ready, port.read.valid, port.read.payload)
        if taken:
            is_taken = True
            ctx.set(port.request.valid, 0)
        if words is not None:
            sent += accepts
            if sent == 8:
                ctx.set(port.written.valid, 0)
        elif valid:
            found.append(word)
        if is_taken and (sent == 8 or len(found) == 8):
            return found, cycle
    raise AssertionError("it waits without end")


def simulate(*benches):
    shared = Shared()
    simulator = Simulator(shared)
    simulator.add_clock(1e-6)
    for bench in benches:
        async def run(ctx, bench=bench):
            await bench(ctx, shared)
        simulator.add_testbench(run)
    simulator.run()


@pytest.mark.parametrize("seed", range(2))
def test_each_reads_what_it_wrote(seed):
    def user(name, lines):
        async def bench(ctx, shared):
            chance, model = random.Random(f"{seed}{name}"), {}
            port = getattr(shared.arbiter, name)
            for _ in range(60):
                line = chance.choice(lines)
                if line not in model or chance.random() < 0.5:
                    model[line] = [chance.getrandbits(32) for _ in range(8)]
                    await access(ctx, port, line, model[line])
                else:
                    assert (await access(ctx, port, line))[0] == model[line]
                await ctx.tick().repeat(chance.choice((1, 1, 2, 9)))
                ctx.set(shared.arbiter.other_is_urgent, chance.random() < 0.5)
        return bench

    simulate(user("cache", range(8)), user("other", range(8, LINES)))


def waits(is_urgent, count=40):
    """The longest that each waits while both want all the time."""
    longest = {}

    def user(name, line):
        async def bench(ctx, shared):
            ctx.set(shared.arbiter.other_is_urgent, is_urgent)
            port = getattr(shared.arbiter, name)
            for n in range(count):
                _, cycles = await access(ctx, port, line)
                longest[name] = max(longest.get(name, 0), cycles)
                await ctx.tick()
                if name == "other" and len(longest) == 2 and n > 10:
                    break
        return bench

    simulate(user("cache", 0), user("other", 1))
    return longest["cache"], longest["other"]


def test_one_who_is_urgent_has_every_second_line_and_the_cache_the_others():
    cache, other = waits(True)
    assert cache <= 22 and other <= 22  # a line takes 10 cycles here


def test_the_cache_is_served_at_once_when_the_other_one_rests():
    async def bench(ctx, shared):
        _, cycles = await access(ctx, shared.arbiter.cache, 0)
        assert cycles <= 9

    simulate(bench)
