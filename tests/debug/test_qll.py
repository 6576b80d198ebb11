"""A program in QLL, looked into by lines and variables, forwards and backwards."""

import pytest

from tests.debug.dialogue import dialogue
from toolchain.places import ROOT

QUEENS = ROOT / "tests/programs/queens.qll"
LEDGER = """type entry = struct { name: string; amount: int; next: * entry; };

global entries: * entry = null;
global count: byte = 0;

function add(name: string, amount: int): void {
  var made = new entry;
  *made = entry { name = name, amount = amount, next = entries };
  entries = made;
  count = count + 1;
}

function total(): int {
  var sum: int = 0;
  for (var e = entries; e != null; e = e->next) {
    sum = sum + e->amount;
  }
  return sum;
}

function main(): byte {
  var scale = 1.5f;
  add("bread", 3);
  add("coffee", -5);
  var flags = [true, false, true];
  var sum = total();
  return <unsafe byte>sum + count;
}
"""


@pytest.fixture(scope="module", params=["model", "rtl"])
def queens(request):
    with dialogue(QUEENS, "--engine", request.param) as talk:
        yield talk


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    path = tmp_path_factory.mktemp("ledger") / "ledger.qll"
    path.write_text(LEDGER)
    with dialogue(path, "--engine", "model") as talk:
        yield talk


@pytest.fixture(autouse=True)
def fresh(request):
    for name in ("queens", "ledger"):
        if name in request.fixturenames:
            talk = request.getfixturevalue(name)
            talk("delete")
            talk("goto start")


def test_a_recursion_is_seen_with_its_arguments(queens):
    queens("break place if row == 4")
    assert queens.lines("continue")[1:] == [
        "place (row=4) at tests/programs/queens.qll:8", "8\t  if (row == 8) { return 1; }"]
    calls = queens.lines("backtrace")
    assert [call.split(" at ")[0] for call in calls[:6]] == [
        *(f"#{n}  place (row={4 - n})" for n in range(5)), "#5  main ()"]
    assert queens("up").split("\n")[0] == "#1  place (row=3) at tests/programs/queens.qll:13"
    assert queens("print row") == "3"


def test_finish_tells_the_result_and_its_call_can_be_found_again(queens):
    queens("break place if row == 7")
    queens("continue")
    call = queens("print $cycle")
    queens("delete")
    assert queens.lines("finish")[-1].startswith("It returned 0x")
    assert queens("print row") == "6"
    queens("break place if row == 7")
    queens("reverse-continue")
    assert queens("print $cycle") == call
    queens("delete")
    queens("reverse-finish")
    assert queens("print row") == "6"
    assert queens.lines("info frame")[0] == "#0  place (row=6) at tests/programs/queens.qll:13"


def test_lines_are_stepped_over_calls_in_both_directions(queens):
    queens("break place if row == 5")
    queens("continue")
    queens("delete")
    lines = []
    for _ in range(12):
        lines.append((queens("print row"), queens.session.frames()[0].place.line))
        queens("next")
    assert {row for row, _ in lines} == {"5"}
    assert [line for _, line in lines[:4]] == [8, 9, 10, 11]
    for before in reversed(lines):
        queens("reverse-next")
        assert (queens("print row"), queens.session.frames()[0].place.line) == before


def test_lines_are_stepped_into_calls_in_both_directions(queens):
    queens("break queens.qll:13 if row == 2")
    queens("continue")
    queens("delete")
    lines = []
    for _ in range(8):
        lines.append((queens("print row"), queens.session.frames()[0].place.line))
        queens("step")
    assert {"2", "3"} <= {row for row, _ in lines}
    for before in reversed(lines):
        queens("reverse-step")
        assert (queens("print row"), queens.session.frames()[0].place.line) == before


def test_values_are_shown_by_their_types(ledger):
    ledger("break total")
    ledger("continue")
    assert ledger("print entries->name") == '"coffee"'
    assert ledger("print entries->amount") == "-5"
    assert ledger("print entries->next->name") == '"bread"'
    assert ledger("print entries->next->next") == "null"
    assert ledger("print *entries").startswith('{name = "coffee", amount = -5, next = 0x')
    assert ledger("print len entries->name + 1") == "7"
    assert ledger("ptype entries") == "* entry"
    assert ledger("print/x entries->amount") == "0xfffffffb"
    assert ledger("print entries->name[1]") == "111"
    assert ledger("print entries->name[9]") == "refused: index 9 is not below the length, 6"
    ledger("up")
    assert ledger("print scale") == "1.5"
    assert ledger("print flags") == "[true, false, true]"
    assert ledger("print entries->nmae") == (
        "refused: entry has no member 'nmae'; there are name, amount, next")


def test_a_global_is_watched_to_where_it_was_changed(ledger):
    ledger("break total")
    ledger("continue")
    ledger("watch count")
    first = ledger.lines("reverse-continue")
    assert first[0].endswith("count: now 1, then 2")
    assert first[1].startswith('add (name="coffee", amount=-5) at ')
    assert ledger.lines("reverse-continue")[0].endswith("count: now 0, then 1")
    assert ledger("print name") == '"bread"'


def test_a_breakpoint_can_be_passed_over_and_switched_off(ledger):
    number = ledger("break add").split()[1]
    ledger(f"ignore {number} 1")
    ledger("continue")
    assert ledger("print name") == '"coffee"'
    ledger("goto start")
    ledger(f"disable {number}")
    assert "halted" in ledger("continue")
    assert "add" in ledger("info breakpoints")


def test_a_temporary_breakpoint_goes_once_it_is_met(ledger):
    ledger("tbreak add")
    assert ledger("continue").startswith("Temporary breakpoint")
    assert ledger("info breakpoints") == "no breakpoints"
    ledger("until total")
    assert ledger.session.frames()[0].place.function.endswith("total")


def test_a_condition_names_only_what_is_there(ledger):
    assert ledger("break ledger.qll:17 if summ == 1") == (
        "refused: there is no variable or function 'summ' here; did you mean 'sum'?")
    assert ledger("break ledger.qll:17 if sum == 1").startswith("Breakpoint")
    assert ledger("break ledger.qll:400").startswith("refused: there is no code at line 400")
    assert ledger("break leger.qll:4") == (
        "refused: there is no code of a file 'leger.qll' in kernel; did you mean 'ledger.qll'?")
