# amaranth: UnusedElaboratable=no
"""Many changes of hardware side by side: each behaves as it does alone."""

import ast

import pytest
from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from campaign.mutants.python import python_mutants
from campaign.mutants.together import CHOSEN, NAME, Chooser, Together, rewritten

PATH = "rtl/x.py"
TEXT = """
def rest(a, b):
    return a[:4] - b, a & ~b

def elaborate(a, b, o, total):
    m = Module()
    less, only_a = rest(a, b)
    half = (total + 1) >> 1
    m.d.comb += [o.eq(less), o[4:].eq(only_a | b)]
    with m.If(a == 3):
        m.d.sync += total.eq(total + b)
    with m.Elif((a > b) & (b != 0)):
        m.d.sync += total.eq(half)
    with m.Else():
        m.d.sync += [total.eq(total ^ 5), total[7].eq(a[0])]
    for bit in range(2):
        m.d.comb += o[6 + bit].eq(b[bit])
    return m
"""


@pytest.fixture
def mutants(monkeypatch):
    for module in ("change", "python", "together"):
        monkeypatch.setattr(f"campaign.mutants.{module}.source", lambda path: TEXT)
    return dict(enumerate(python_mutants(PATH)))


def seen(program, chosen, **names):
    """What comes out of the hardware that a program makes."""
    space = {"Module": Module, **names}
    exec(program, space)
    a, b, o, total = Signal(4), Signal(4), Signal(8), Signal(8, init=1)
    simulator = Simulator(space["elaborate"](a, b, o, total))
    simulator.add_clock(1e-6)
    outputs = []

    async def bench(ctx):
        if NAME in names:
            ctx.set(CHOSEN, chosen)
        for step in range(64):
            ctx.set(a, step * 7 & 15)
            ctx.set(b, step * 5 >> 2 & 15)
            await ctx.tick()
            outputs.append((ctx.get(o), ctx.get(total)))

    simulator.add_testbench(bench)
    simulator.run()
    return outputs


def test_each_change_does_what_it_does_alone(mutants):
    together = Together(mutants)
    program = compile(rewritten(PATH, mutants, together.left_over), PATH, "exec")
    clean = seen(TEXT, 0)
    assert seen(program, 0, **{NAME: together}) == clean
    there = [number for number in mutants if number not in together.left_over]
    found = {number: seen(program, number + 1, **{NAME: together}) for number in there}
    assert found == {number: seen(mutants[number].text, 0) for number in there}
    assert sum(outputs != clean for outputs in found.values()) > len(there) * 3 // 4


def test_what_shapes_the_hardware_is_left_over(mutants):
    together = Together(mutants)
    program = compile(rewritten(PATH, mutants, together.left_over), PATH, "exec")
    seen(program, 0, **{NAME: together})
    left_over = {mutants[number].lines()[0] for number in together.left_over}
    assert left_over >= {"for bit in range(2):"}
    assert len(together.left_over) < len(mutants) // 4


def test_changes_of_one_statement_do_not_nest(mutants):
    tree = rewritten(PATH, mutants, {})
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)
             and isinstance(node.value, ast.Name) and node.value.id == NAME]
    assert {call.attr for call in calls} == {"assign", "test", "value"}
    assert len(calls) < len(mutants)


class Counter(wiring.Component):
    def __init__(self):
        super().__init__({"add": In(4), "tokens": Out(stream.Signature(4))})

    def elaborate(self, platform):
        m = Module()
        with m.If(CHOSEN == 2):
            m.d.sync += self.tokens.payload.eq(self.tokens.payload + self.add)
        return m


def test_a_token_chooses_a_change():
    counter = Counter()
    chooser = Chooser(counter)
    simulator = Simulator(chooser)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        ctx.set(chooser.add, 3)
        await ctx.tick().repeat(3)
        assert ctx.get(chooser.tokens.payload) == 0
        ctx.set(chooser.mutant.payload, 2)
        ctx.set(chooser.mutant.valid, 1)
        assert ctx.get(chooser.mutant.ready) == 1
        await ctx.tick()
        ctx.set(chooser.mutant.valid, 0)
        await ctx.tick().repeat(2)
        assert ctx.get(chooser.tokens.payload) == 6

    simulator.add_testbench(bench)
    simulator.run()
