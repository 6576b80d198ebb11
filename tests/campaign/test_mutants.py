"""Mutants: what changes there are, that a change is really planted, and which are equivalent."""

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest
from amaranth.hdl import Signal
from amaranth.hdl._ast import Statement

from campaign.mutants import forked
from campaign.mutants.areas import AREAS, mutants, named
from campaign.mutants.change import Mutant, equivalents, source
from campaign.mutants.judge import KILLED, NOT_JUDGED, SURVIVES, at_most, judge, related_tests
from campaign.mutants.kind import mutant_kinds
from campaign.mutants.model import MACHINES, Pair
from campaign.mutants.python import python_mutants
from campaign.mutants.qasm import qasm_mutants
from campaign.mutants.qll import qll_mutants
from campaign.mutants.together import differences
from sim.golden import state
from sim.golden.interpreted import new_namespace

CHANGES = {".py": python_mutants, ".qll": qll_mutants, ".qasm": qasm_mutants}


def put(monkeypatch, text):
    """Let every source be this text."""
    for module in ("change", "python", "qasm", "qll"):
        monkeypatch.setattr(f"campaign.mutants.{module}.source", lambda path: text)


@pytest.mark.parametrize("line, kind, expected", [
    ("return a & ~b",               "dropped term",        ["return (a)", "return (~b)"]),
    ("return a & ~b",               "inverted",            ["return a & (b)"]),
    ("return a | b",                "another operator",    ["return ((a) & (b))"]),
    ("return a - b",                "swapped operands",    ["return ((b) - (a))"]),
    ("return Mux(c, a, b)",         "swapped operands",    ["return Mux(c, b, a)"]),
    ("return a < b",                "another comparison",  ["return ((a) <= (b))"]),
    ("return a[3]",                 "off by one",          ["return a[4]"]),
    ("s = Signal(4, init=1)",       "wrong reset",         ["s = Signal(4, init=0)"]),
    ("s = Signal()",                "wrong reset",         ["s = Signal(init=1)"]),
    ("m.d.sync += a.eq(b)",         "dropped assignment",  ["pass"]),
    ("m.d.comb += [a.eq(b), c.eq(d)]", "dropped assignment",
     ["m.d.comb += [*[], c.eq(d)]", "m.d.comb += [a.eq(b), *[]]"]),
    ("ä = 'ö' if a and b else c",   "dropped term",        ["ä = 'ö' if ((b)) else c",
                                                            "ä = 'ö' if ((a)) else c"]),
])
def test_hardware_and_python_are_changed_at_single_points(monkeypatch, line, kind, expected):
    put(monkeypatch, f"def elaborate(self):\n    {line}\n")
    made = [mutant.text.split("\n")[1].strip() for mutant in python_mutants("rtl/x.py")
            if mutant.kind == kind]
    assert made == expected


def test_enables_are_inverted_and_messages_stay(monkeypatch):
    text = 'def f(m):\n    with m.If(a):\n        raise ValueError(f"not {1 + 2}")\n'
    put(monkeypatch, text)
    mutant, = python_mutants("rtl/x.py")
    assert mutant.kind == "inverted enable" and "with m.If(~(a).any()):" in mutant.text


@pytest.mark.parametrize("line, kind, expected", [
    ("return a && !b;",      "dropped term",       ["return (a);", "return (!b);"]),
    ("return a && !b;",      "inverted",           ["return a && b;"]),
    ("return a < b;",        "another operator",   ["return a <= b;"]),
    ("return a - 7;",        "off by one",         ["return a - 8;"]),
    ("if (a) { return b; }", "inverted condition", ["if (!(a)) { return b; }"]),
    ("a = b;",               "dropped assignment", ["0;"]),
    ("f(b);",                "dropped call",       ["0;"]),
])
def test_qll_is_changed_at_single_points(monkeypatch, line, kind, expected):
    text = f"function f(a: byte, b: byte): byte {{\n{line}\n}}"
    put(monkeypatch, text)
    made = [mutant.text.split("\n")[1] for mutant in qll_mutants("kernel/x.qll")
            if mutant.kind == kind]
    assert made == expected


@pytest.mark.parametrize("line, kind, expected", [
    ("  sub r1 r2 r3  ; less", "dropped instruction", ["; less"]),
    ("  sub r1 r2 r3  ; less", "another instruction", ["add r1 r2 r3  ; less"]),
    ("  sub r1 r2 r3  ; less", "swapped operands",    ["sub r1 r3 r2  ; less"]),
    ("  store r1 r1",          "swapped operands",    []),
    ("  repeat n 2 63",        "off by one",          ["repeat n 3 63", "repeat n 2 64"]),
    ("@here: sub r1",          "dropped instruction", []),
    ("; sub r1 r2 r3",         "dropped instruction", []),
])
def test_qasm_is_changed_at_single_points(monkeypatch, line, kind, expected):
    put(monkeypatch, f"@here:\n{line}\n")
    made = [mutant.text.split("\n")[1].strip() for mutant in qasm_mutants("kernel/x.qasm")
            if mutant.kind == kind]
    assert made == expected


@pytest.mark.parametrize("area", AREAS)
def test_each_area_has_many_changes_and_all_of_them_are_programs(area):
    every = mutants(area)
    assert len(every) > 500
    for mutant in every[:40]:
        before, after = mutant.lines()
        assert before != after
        if mutant.path.endswith(".py"):
            ast.parse(mutant.text)
            assert related_tests(mutant.path) or area == "golden"


def test_a_change_keeps_its_name_and_its_place_as_others_come(monkeypatch):
    def put_lines(*lines):
        put(monkeypatch, "\n    ".join(["def f(a, b):", *lines]))
        named.cache_clear()
        return list(named("golden"))

    monkeypatch.setattr("campaign.mutants.areas.Area.files", lambda area: ["sim/golden/x.py"])
    try:
        before = put_lines("a = a - 1", "a = a - 1")
        after = put_lines("b = b + 2", "a = a - 1", "a = a - 1")
    finally:
        named.cache_clear()
    assert len(before) == 6 < len(after) and [name for name in after if name in before] == before


def test_each_change_that_is_listed_as_equivalent_is_one_and_has_a_reason():
    there = {(mutant.path, *mutant.lines()) for path in {path for path, *_ in equivalents()}
             for mutant in CHANGES[Path(path).suffix](path)}
    assert [known for known in equivalents() if known not in there] == []
    assert all(len(reason) > 20 for reason in equivalents().values())


def die_by(number):
    def judged(mutant):
        os.kill(os.getpid(), number)
    return judged


@pytest.mark.parametrize("judged, expected", [
    (lambda mutant: ("survives", mutant.path[:12]), ("survives", "sim/golden/t")),
    (die_by(signal.SIGTRAP),                        (KILLED, f"signal {signal.SIGTRAP}")),
    (die_by(signal.SIGKILL),                        (NOT_JUDGED, f"signal {signal.SIGKILL}")),
    (die_by(signal.SIGXCPU),                        (KILLED, "time")),
])
def test_what_a_change_does_to_its_fork_is_its_verdict(monkeypatch, judged, expected):
    mutant = Mutant("sim/golden/traps.py", "a kind", 0, 1, "x")
    monkeypatch.setattr(forked, "mutants", lambda area: [mutant])
    monkeypatch.setattr(forked, "judge", judged)
    assert forked.judge_in_fork("golden", 0) == expected


def test_what_takes_too_long_of_the_processor_s_time_ends():
    with pytest.raises(TimeoutError), at_most(0.01):
        while True:
            pass


@pytest.mark.parametrize("kept", ["a.eq(1)", "[a.eq(1), b.eq(c)]"])
def test_of_hardware_only_the_statement_that_changes_stands_twice(kept):
    a, b, c = Signal(name="a"), Signal(name="b"), Signal(name="c")
    scope = {"a": a, "b": b, "c": c}
    original = list(Statement.cast([eval(kept, scope), c.eq(a)]))
    changed  = list(Statement.cast([eval(kept, scope), c.eq(~a)]))
    assert list(differences(original, changed)) == [len(original) - 1]
    assert differences(original, original[:-1]) == {len(original) - 1: []}
    assert differences(original, [*changed, b.eq(a)]) == {}


def test_a_judge_that_fails_says_so(monkeypatch):
    monkeypatch.setattr(forked, "mutants", lambda area: [])
    with pytest.raises(RuntimeError, match="IndexError"):
        forked.judge_in_fork("golden", 0)


@pytest.mark.slow
def test_all_variants_of_the_golden_model_s_loop_are_compared():
    pairs = [Pair(machine, new_namespace()) for machine in MACHINES]
    assert [pairs[seed % 3].difference(seed) for seed in (1, 2, 3, 6, 7)] == [None] * 5
    for variant, seed in (("RECORD", 2), ("FOLLOW", 3), ("RUN", 6)):
        space = new_namespace()
        made, wrong = space["make_run"], new_namespace()
        exec("def compute(op, a, b): return a", wrong)
        space["make_run"] = lambda mode, made=made, wrong=wrong, variant=variant: \
            (FunctionType(made.__code__, wrong)(mode) if mode == getattr(state, variant)
             else made(mode))
        assert Pair(MACHINES[seed % 3], space).difference(seed) is not None, variant


@pytest.mark.slow
def test_a_change_of_the_golden_model_is_found():
    number = next(number for number, mutant in enumerate(mutants("golden"))
                  if mutant.lines()[0] == "elif op == OP_EQ:")
    verdict, by = judge(mutants("golden")[number])
    assert verdict == KILLED and by.startswith("program ")


@pytest.mark.slow
def test_a_change_of_what_follows_is_found_though_it_is_imported_already():
    number = next(number for number, mutant in enumerate(mutants("lockstep"))
                  if mutant.lines()[1] == "cpu[state.AT] += 2")
    verdict, by = forked.judge_in_fork("lockstep", number)
    assert verdict == KILLED and by.startswith("tests/sim/")


@pytest.mark.slow
@pytest.mark.parametrize("area, path", [("kernel", "kernel/fs.qll"),
                                        ("assembly", "kernel/support.qasm")])
def test_the_kernel_that_is_judged_has_the_change(monkeypatch, area, path):
    number = next(number for number, mutant in enumerate(mutants(area)) if mutant.path == path)
    monkeypatch.setattr("campaign.mutants.judge._short_session", lambda: "a session")
    assert forked.judge_in_fork(area, number) == (KILLED, "a session")


@pytest.mark.long
@pytest.mark.parametrize("area, path", [("rtl", "rtl/fpu/rounder.py"),
                                        ("kernel", "kernel/names.qll")])
def test_a_change_that_changes_nothing_survives_all_that_judges(area, path):
    """Otherwise the judges would kill by mistakes of their own."""
    number = next(number for number, mutant in enumerate(mutants(area)) if mutant.path == path
                  and (path, *mutant.lines()) in equivalents())
    next(kind for kind in mutant_kinds() if kind.name == f"mutants-{area}").prepare(print)
    done = subprocess.run([sys.executable, "-m", "campaign.mutants.judge", area, str(number)],
                          capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == {"verdict": SURVIVES, "by": ""}


def test_a_change_says_where_it_is():
    text = source("rtl/fpu/rounder.py")
    start = text.index("goes_left = self")
    mutant = Mutant("rtl/fpu/rounder.py", "a kind", start, start + 9, "goes_right")
    line = text.count("\n", 0, start) + 1
    assert str(mutant).startswith(f"rtl/fpu/rounder.py:{line}: a kind\n- goes_left = self")
