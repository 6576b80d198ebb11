"""Each pass on small functions, before and after."""

import random
from pathlib import Path
from unittest import mock

import pytest

from tests.support.qll import compile_text
from toolchain.qll.front import analyse
from toolchain.qll.middle import loops, optimise
from toolchain.qll.middle import simplify as simplification
from toolchain.qll.middle.cfg import shorten_latches, skip_empty, split_returns
from toolchain.qll.middle.inline import bottom_up, count_calls, inline_calls
from toolchain.qll.middle.ir import Memory, parse_function, print_function, verify
from toolchain.qll.middle.loops import improve_loops
from toolchain.qll.middle.lower import lower
from toolchain.qll.middle.module import Module
from toolchain.qll.middle.recall import Recall, may_alias, root_of
from toolchain.qll.middle.simplify import simplify
from toolchain.qll.middle.slots import promote_slots
from toolchain.qll.middle.unroll import LONG, unroll_loops
from toolchain.source import Source

ROOT = Path(__file__).parents[3]


def after(text, *passes):
    """The function's body when the passes have run, checked after each."""
    function = parse_function(text)
    verify(function)
    for one in passes:
        one(function)
        verify(function)
    return body(function)


def body(function):
    return [line.strip() for line in print_function(function).splitlines()[1:-1]]


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]


def test_simplify_folds_and_computes_once():
    assert after("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = add 3, 4
          %2 = mul %0, %1
          %3 = mul %0, %1
          %4 = sub %2, %3
          %5 = add %4, %2
          ret %5
        }""", simplify) == lines("""
        b0:
          %0 = param 0
          %1 = mul %0, 7
          ret %1""")


def test_simplify_drops_a_check_that_a_branch_has_decided():
    assert after("""
        function @f (2) {
        b0:
          %0 = param 0
          %1 = param 1
          %2 = lt %0, 10
          branch %2, b1, b2
        b1: <- b0
          %3 = lt %0, 20
          guard.1 %3
          %4 = add %1, %0
          %5 = load.e %4
          ret %5
        b2: <- b0
          ret 0
        }""", simplify) == lines("""
        b0:
          %0 = param 0
          %1 = param 1
          %2 = lt %0, 10
          branch %2, b1, b2
        b1: <- b0
          %3 = add %1, %0
          %4 = load.e %3
          ret %4
        b2: <- b0
          ret 0""")


def test_simplify_drops_checks_of_what_is_computed_from_a_bounded_value():
    assert after("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = lt %0, 10
          branch %1, b1, b2
        b1: <- b0
          %2 = add %0, 1
          %3 = lt %2, 11
          guard.1 %3
          %4 = mul %2, 3
          %5 = lt %4, 31
          guard.1 %5
          %6 = lt %2, 10
          guard.1 %6
          ret %4
        b2: <- b0
          ret 0
        }""", simplify) == lines("""
        b0:
          %0 = param 0
          %1 = lt %0, 10
          branch %1, b1, b2
        b1: <- b0
          %2 = add %0, 1
          %3 = mul %2, 3
          %4 = lt %2, 10
          guard.1 %4
          ret %3
        b2: <- b0
          ret 0""")


@pytest.mark.parametrize("made, guard, checked", [
    ("neq %0, 0", "guard", "guard.1 %0"), ("neq %0, 0", "guardnot", "guardnot.1 %0"),
    ("eq %0, 0", "guard", "guardnot.1 %0"), ("eq %0, 0", "guardnot", "guard.1 %0"),
])
def test_a_check_of_a_comparison_with_zero_is_one_of_the_value(made, guard, checked):
    assert after(f"""
        function @f (1) {{
        b0:
          %0 = param 0
          %1 = {made}
          {guard}.1 %1
          ret 7
        }}""", simplify) == ["b0:", "%0 = param 0", checked, "ret 7"]


def test_simplify_keeps_a_check_that_only_another_round_has_decided():
    # What is known of %4 in this round says nothing about the %4 of the round before, which is %1.
    text = """
        function @f (2) {
        b0:
          %0 = param 0
          %5 = param 1
          jump b1
        b1: <- b0, b3
          %1 = phi 0, %4
          %4 = load.p %0
          %6 = lt %4, %5
          branch %6, b2, b3
        b2: <- b1
          %2 = lt %1, %5
          guard.1 %2
          jump b3
        b3: <- b1, b2
          branch %4, b1, b4
        b4: <- b3
          ret
        }"""
    assert any(line.startswith("guard.1") for line in after(text, simplify))


def test_simplify_keeps_a_check_against_a_bound_of_each_round():
    # The test at the end of a round is against the bound of that round, not of the next one.
    text = """
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b2
          %1 = phi 0, %4
          jump b2
        b2: <- b1
          %2 = load.p %0
          guard.0 %2
          %3 = lt %1, %2
          guard.1 %3
          %4 = add %1, 1
          %5 = lt %4, %2
          branch %5, b1, b3
        b3: <- b2
          ret
        }"""
    assert any(line.startswith("guard.1") for line in after(text, simplify))


@pytest.mark.parametrize("ways", ["b1, b2", "b2, b1"])
def test_simplify_recalls_an_element_that_only_another_way_has_changed(ways):
    found = after(f"""
        function @f (2) {{
        b0:
          %0 = param 0
          %1 = param 1
          %2 = add @a, %0
          %3 = load.e %2
          branch %1, {ways}
        b1: <- b0
          store.e @a, 1
          ret
        b2: <- b0
          store.e @b, 1
          %4 = load.e %2
          ret %4
        }}""", simplify)
    assert [line for line in found if "load" in line] == ["%3 = load.e %2"]
    assert found.index("%3 = load.e %2") < found.index(f"branch %1, {ways}")


def test_simplify_forgets_a_global_at_a_pointer_access():
    assert after("""
        function @f (1) {
        b0:
          %0 = param 0
          store.g @x, 5
          %1 = load.g @x
          %2 = load.p %0
          %3 = load.g @x
          %4 = load.p %0
          %5 = add %1, %3
          ret %5
        }""", simplify) == lines("""
        b0:
          %0 = param 0
          store.g @`x`, 5
          %1 = load.p %0
          %2 = load.g @`x`
          %3 = load.p %0
          %4 = add %2, 5
          ret %4""")


def test_a_check_that_fails_ends_the_block():
    assert after("""
        function @f (0) {
        b0:
          store.g @x, 1
          guard.2 0
          store.g @x, 2
          ret
        }""", simplify) == lines("""
        b0:
          store.g @`x`, 1
          trap.2""")


COUNTED = """
        function @f (2) {
        b0:
          %0 = param 0
          %1 = param 1
          branch %1, b1, b2
        b1: <- b0
          jump b3
        b3: <- b1, b3
          %2 = phi 0, %7
          %3 = phi 0, %6
          %4 = lt %2, %1
          guard.1 %4
          %8 = mul %2, 3
          %9 = add %0, %8
          %5 = load.e %9
          %6 = add %3, %5
          %7 = add %2, 1
          %10 = lt %7, %1
          branch %10, b3, b4
        b4: <- b3
          ret %6
        b2: <- b0
          ret 0
        }"""


def test_a_counter_becomes_a_pointer_and_a_number_of_rounds():
    assert after(COUNTED, simplify, improve_loops, simplify) == lines("""
        b0:
          %0 = param 0
          %1 = param 1
          branch %1, b1, b4
        b1: <- b0
          jump b2
        b2: <- b1, b2
          %2 = phi 0, %6
          %3 = phi %0, %7
          %4 = phi %1, %8
          %5 = load.e %3
          %6 = add %2, %5
          %7 = add %3, 3
          %8 = add %4, 0xffffffff
          branch %8, b2, b3
        b3: <- b2
          ret %6
        b4: <- b0
          ret 0""")


def test_a_pointer_access_does_not_leave_a_loop():
    text = """
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = mul %0, 3
          %2 = load.p %0
          %3 = add %1, %2
          branch %3, b1, b2
        b2: <- b1
          ret
        }"""
    assert after(text, improve_loops) == lines("""
        b0:
          %0 = param 0
          %1 = mul %0, 3
          jump b1
        b1: <- b0, b1
          %2 = load.p %0
          %3 = add %1, %2
          branch %3, b1, b2
        b2: <- b1
          ret""")


def test_slots_become_values():
    assert after("""
        function @f (1) {
          slot $0 2
        b0:
          %0 = param 0
          store.e $0, %0
          store.e $0+1, 7
          branch %0, b1, b2
        b1: <- b0
          store.e $0+1, 9
          jump b2
        b2: <- b0, b1
          %1 = load.e $0+1
          %2 = load.e $0
          %3 = add %1, %2
          ret %3
        }""", promote_slots, simplify) == lines("""
          slot $0 2
        b0:
          %0 = param 0
          branch %0, b1, b2
        b1: <- b0
          jump b2
        b2: <- b0, b1
          %1 = phi 7, 9
          %2 = add %1, %0
          ret %2""")


def test_a_slot_whose_address_is_passed_on_stays():
    text = """
        function @f (0) {
          slot $0 1
        b0:
          store.e $0, 1
          %0 = call.fast @g($0)
          %1 = load.e $0
          ret %1
        }"""
    assert after(text, promote_slots, simplify) == after(text)


@pytest.mark.parametrize("stores, stays", [(LONG - 2, False), (LONG - 1, True)])
def test_in_a_long_function_a_loop_of_its_own_stays_as_it_is(stores, stays):
    straight = "".join(f"store.e {n}, {n}\n" for n in range(stores))
    text = f"""
        function @f (1) {{
        b0:
          %0 = param 0
          {straight}
          jump b1
        b1: <- b0, b1
          %1 = phi 3, %2
          %2 = add %1, 0xffffffff
          store.e %1, %0
          branch %2, b1, b2
        b2: <- b1
          ret %0
        }}"""
    assert (after(text, unroll_loops) == after(text)) is stays


def test_short_loops_are_written_out():
    assert after("""
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = phi 3, %3
          %2 = phi %0, %5
          %3 = add %1, 0xffffffff
          %4 = mul %2, %2
          %5 = add %4, %1
          branch %3, b1, b2
        b2: <- b1
          ret %5
        }""", unroll_loops, simplify) == lines("""
        b0:
          %0 = param 0
          %1 = mul %0, %0
          %2 = add %1, 3
          %3 = mul %2, %2
          %4 = add %3, 2
          %5 = mul %4, %4
          %6 = add %5, 1
          ret %6""")


def test_long_loops_get_several_rounds_in_one():
    # 1003 rounds: three in front, the others by eight.
    result = after("""
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = phi 1003, %3
          %2 = phi %0, %4
          store.e %2, 0
          %3 = add %1, 0xffffffff
          %4 = add %2, 1
          branch %3, b1, b2
        b2: <- b1
          ret
        }""", unroll_loops, simplify)
    assert sum(line.startswith("store.e") for line in result) == 11
    assert any(" = phi 1000, " in line for line in result)
    assert any(line.endswith("0xfffffff8") for line in result)


@pytest.mark.parametrize("stores, trips, copies", [
    (3, 20, 20),                          # 80 operations: written out
    (3, 21, 7), (3, 24, 8), (3, 32, 8),   # by eight, or seven if nothing is left over then
    (3, 23, 8 + 7), (3, 31, 8 + 7), (3, 33, 8 + 1), (3, 100, 5),
    (6, 12, 4), (6, 17, 4 + 1), (6, 33, 3), (9, 12, 4), (9, 24, 4), (9, 25, 4 + 1),
    (12, 16, 2), (12, 17, 2 + 1), (40, 100, 1),
])
def test_how_many_rounds_become_one(stores, trips, copies):
    body_of_loop = "".join(f"store.e {n}, %1\n" for n in range(stores))
    result = after(f"""
        function @f (1) {{
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = phi {trips}, %2
          %2 = add %1, 0xffffffff
          {body_of_loop}
          branch %2, b1, b2
        b2: <- b1
          ret %0
        }}""", unroll_loops)
    assert sum(line.startswith("store.e") for line in result) == stores * copies


def test_a_search_keeps_its_tests():
    result = after("""
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = phi %0, %3
          %2 = load.p %1
          %3 = add %1, 1
          branch %2, b1, b2
        b2: <- b1
          ret %1
        }""", unroll_loops, simplify)
    assert sum(line.startswith("branch") for line in result) == 4
    assert sum("load.p" in line for line in result) == 4


def test_each_loop_is_unrolled_once():
    """Also beside a loop that is written out, after which loops are looked for once more."""
    result = after("""
        function @f (2) {
        b0:
          %0 = param 0
          %1 = and %0, 0xff
          jump b1
        b1: <- b0, b1
          %2 = phi 3, %3
          %3 = add %2, 0xffffffff
          store.e 8, %2
          branch %3, b1, b2
        b2: <- b1
          jump b3
        b3: <- b2, b3
          %4 = phi 0, %5
          store.p %4, 7
          %5 = add %4, %1
          %6 = lt %5, 100
          branch %6, b3, b4
        b4: <- b3
          ret
        }""", unroll_loops, simplify)
    assert sum(line.startswith("store.e") for line in result) == 3
    assert sum(line.startswith("store.p") for line in result) == 5


def test_each_round_loads_a_global_again():
    result = after("""
        function @f (0) {
        b0:
          jump b1
        b1: <- b0, b1
          %1 = phi 4, %3
          %2 = load.g @x
          store.e %1, %2
          %3 = add %1, 0xffffffff
          branch %3, b1, b2
        b2: <- b1
          ret
        }""", unroll_loops, simplify)
    assert sum("load.g" in line for line in result) == 4


def test_rounds_run_ahead_while_there_are_enough():
    result = after("""
        function @f (2) {
        b0:
          %0 = param 0
          %1 = param 1
          branch %1, b1, b3
        b1: <- b0
          jump b2
        b2: <- b1, b2
          %2 = phi %1, %6
          %3 = phi %0, %7
          %4 = phi 0, %5
          %8 = load.e %3
          %5 = add %4, %8
          %6 = add %2, 0xffffffff
          %7 = add %3, 1
          branch %6, b2, b3
        b3: <- b0, b2
          %9 = phi 0, %5
          ret %9
        }""", unroll_loops, simplify)
    assert sum("load.e" in line for line in result) == 5
    assert sum(line.startswith("branch") for line in result) == 5


def test_rounds_ahead_ask_once_and_with_one_operation():
    """How far they go is taken off the bound in front of them, and whether any round is left is
    asked behind them."""
    result = after("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = and %0, 0xff
          %2 = lt 0, %1
          branch %2, b1, b3
        b1: <- b0
          jump b2
        b2: <- b1, b2
          %3 = phi 0, %4
          store.e %3, 7
          %4 = add %3, %1
          %5 = lt %4, 100
          branch %5, b2, b3
        b3: <- b0, b2
          ret
        }""", unroll_loops, simplify)
    stores = [index for index, line in enumerate(result) if line.startswith("store.e")]
    assert len(stores) == 5
    loop = result[stores[0]:next(index for index in range(stores[3], len(result))
                                 if result[index].startswith("branch"))]
    assert sum(" = lt " in line for line in loop) == 1
    assert len(loop) == 4 * 2 + 1


def test_inlining_replaces_parameters_and_results():
    caller = parse_function("""
        function @f (1) {
        b0:
          %0 = param 0
          %1 = call.fast @g(%0, 3)
          %2 = add %1, 1
          ret %2
        }""")
    callee = parse_function("""
        function @g (2) {
        b0:
          %0 = param 0
          %1 = param 1
          branch %0, b1, b2
        b1: <- b0
          ret %1
        b2: <- b0
          ret 5
        }""")
    assert bottom_up([caller, callee]) == [callee, caller]
    assert inline_calls(caller, {"f": caller, "g": callee}, count_calls([caller, callee]))
    verify(caller)
    simplify(caller)
    assert body(caller) == lines("""
        b0:
          %0 = param 0
          branch %0, b1, b2
        b1: <- b0
          jump b3
        b2: <- b0
          jump b3
        b3: <- b1, b2
          %1 = phi 3, 5
          %2 = add %1, 1
          ret %2""")


def test_what_is_put_in_place_keeps_its_lines():
    caller = parse_function("function @f (0) {\nb0:\n  %0 = call.fast @g()\n  ret %0\n}")
    callee = parse_function("""
        function @g (0) {
        b0:
          branch @a, b1, b2
        b1: <- b0
          ret 1
        b2: <- b0
          ret 5
        }""")
    for line, ins in enumerate(callee.instructions(), 1):
        ins.line = line
    caller.blocks[0].body[0].line = 9
    inline_calls(caller, {"f": caller, "g": callee}, count_calls([caller, callee]))
    assert [block.term.line for block in caller.blocks] == [9, 1, 2, 3, 0]


def test_functions_that_call_each_other_are_marked():
    one = parse_function("function @f (0) {\nb0:\n  %0 = call.fast @g()\n  ret\n}")
    other = parse_function("function @g (0) {\nb0:\n  %0 = call.fast @f()\n  ret\n}")
    bottom_up([one, other])
    assert one.recursive or other.recursive


def test_returns_and_empty_blocks_are_short_cut():
    assert after("""
        function @f (1) {
        b0:
          %0 = param 0
          branch %0, b1, b2
        b1: <- b0
          jump b3
        b2: <- b0
          store.g @x, 1
          jump b3
        b3: <- b1, b2
          %1 = phi 7, 8
          ret %1
        }""", skip_empty, split_returns) == lines("""
        b0:
          %0 = param 0
          branch %0, b2, b1
        b1: <- b0
          store.g @`x`, 1
          ret 8
        b2: <- b0
          ret 7""")


def test_the_end_of_a_round_moves_in_front_of_its_test():
    assert after("""
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b2
          %1 = phi %0, %3
          %2 = load.p %1
          branch %2, b2, b3
        b2: <- b1
          %3 = add %1, 1
          jump b1
        b3: <- b1
          ret %1
        }""", shorten_latches) == lines("""
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = phi %0, %3
          %2 = load.p %1
          %3 = add %1, 1
          branch %2, b1, b2
        b2: <- b1
          ret %1""")


def random_accesses(chance, count):
    """A function that loads and stores, and shows by `store.o` what each load was replaced by."""
    lines = ["%0 = param 0", "%1 = param 1", "%2 = add %0, 1", "%3 = add $0, %0"]
    for number in range(4, 4 + count):
        address = chance.choice(["@`x`", "@`x`+1", "$0", "$0+1", "%1", "%2", "%3"])
        kind = chance.choice("eeeegglp")
        op = chance.choice(["load"] * 6 + ["store"] * 6 + ["call", "round"])
        lines.append({"load": f"%{number} = load.{kind} {address}",
                      "store": f"store.{kind} {address}, {number}",
                      "call": f"%{number} = call.stack @f()", "round": "round"}[op])
        if op == "load":
            lines.append(f"store.o out+0, %{number}")
    return lines


class Plain:
    """What `Recall` does, by looking through all that is known."""

    def __init__(self):
        self.known = {}

    def keep(self, stays):
        self.known = {address: entry for address, entry in self.known.items()
                      if entry[0] is Memory.CONSTANT or stays(address, entry[0])}

    def note(self, kind, address, value):
        self.known[address] = kind, value

    def at(self, address):
        return self.known.get(address, (None, None))[1]

    def forget(self):
        self.keep(lambda _, kind: kind is Memory.LOCAL)

    def forget_globals(self):
        self.keep(lambda _, kind: kind is not Memory.GLOBAL)

    def forget_way(self):
        self.known = {}

    def events(self):
        return self.known

    def go_back(self, events):
        self.known = events

    def stored(self, kind, address, value):
        self.keep(lambda other, known: (known is Memory.LOCAL) is not (kind is Memory.LOCAL)
                  or not may_alias(root_of(address), root_of(other)))
        self.note(kind, address, value)


@pytest.mark.parametrize("seed", range(100))
def test_what_is_recalled_is_what_nothing_may_have_changed(seed):
    lines = random_accesses(random.Random(seed), 40)
    text = "function @f (2) {\nslot $0 4\nb0:\n" + "\n".join(lines) + "\nret\n}"
    results = []
    for recall in (Recall, lambda _: Plain()):
        with mock.patch.object(simplification, "Recall", recall):
            function = parse_function(text)
            simplification.simplify(function)
            results.append(print_function(function))
    assert results[0] == results[1]


@pytest.mark.parametrize("level, passes", [
    (1, ["simplify"]),
    (2, ["improve_loops", "inline_calls", "promote_slots", "shorten_latches", "simplify",
         "skip_empty", "split_returns", "unroll_loops"])])
def test_each_pass_that_changes_a_function_is_checked(monkeypatch, level, passes):
    told = []

    def noted(name):
        work = getattr(optimise, name)

        def run(function, *others):
            changed = work(function, *others)
            if changed is not False:
                told.append((name, function))
            return changed
        return run

    for name in passes:
        monkeypatch.setattr(optimise, name, noted(name))

    for path in ("bench/kernels/string.qll", "tests/programs/array_lengths.qll"):
        tree, _ = analyse([Source(path, (ROOT / path).read_text())])
        optimise.optimise(lower(tree, level), level, lambda function: told.append(("", function)))
    assert sorted({name for name, _ in told if name}) == passes
    unchecked = [one for one, following in zip(told, [*told[1:], None], strict=True)
                 if one[0] and following != ("", one[1])]
    assert unchecked == []


def test_what_no_pass_has_changed_is_not_simplified_again(monkeypatch):
    runs = []
    monkeypatch.setattr(optimise, "simplify",
                        lambda function: runs.append(function.symbol) or simplify(function))
    function = parse_function("""
        function @f (1) {
        b0:
          %0 = param 0
          jump b1
        b1: <- b0, b1
          %1 = call.fast @f(%0)
          branch %1, b1, b2
        b2: <- b1
          ret
        }""")
    optimise.optimise(Module(functions=[function]), 2)
    assert runs == ["f"]


def test_what_loops_know_of_users_stays_true(monkeypatch):
    users, made, checked = loops._Users, [], 0

    def checks(function, *others):
        nonlocal checked
        made.clear()
        changed = loops.improve_loops(function, *others)
        for one in made:
            kept = {value: of for value, of in one._of.items() if of}
            assert kept == users(function)._of
            checked += len(kept)
        return changed

    monkeypatch.setattr(optimise, "improve_loops", checks)
    monkeypatch.setattr(loops, "_Users", lambda function: made.append(users(function)) or made[-1])
    for name in ("kernels/crc32", "kernels/sieve", "workloads/matmul"):
        compile_text([(ROOT / "bench" / f"{name}.qll").read_text()])
    assert checked > 100
