"""A profile in each of its forms: no cycle is lost on the way, and what is wrong is said."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from sim.machine import ImageError
from sim.profile.__main__ import main
from sim.profile.callgrind import callgrind
from sim.profile.output import FORMS, save
from sim.profile.page import page
from sim.profile.report import CAUSES, Call, Place, Profile, Row, read_profile, write_profile
from sim.profile.speedscope import speedscope
from sim.profile.table import comparison, tables

NAMES = list(CAUSES)


def cost(**cycles):
    return np.array([cycles.get(name, 0) for name in NAMES], np.uint64)


def example():
    """Two processes; `walk` calls itself; the kernel works for both."""
    main_at, walk_at = Place("sh", "main", "sh.qll", 3), Place("sh", "walk", "sh.qll", 9)
    trap_at, other = Place("kernel", "entry"), Place("ls", "main")
    return Profile("os", 190, 100, NAMES, rows=[
        Row(main_at, 0x1000, "nop", cost(USED=10)),
        Row(walk_at, 0x1010, "load r1 r2", cost(USED=50, DATA_TLB=30)),
        Row(walk_at._replace(line=10), 0x1011, "add r1 r1 r1", cost(USED=20, LOAD_USE=20)),
        Row(trap_at, 0x2000, "mov r1 r2", cost(USED=10, TRAP=40)),
        Row(other, 0x1000, "halt", cost(USED=10)),
    ], calls=[
        Call(-1, Place("sh", ""), "sh", "main", 0x1000, 1, cost(USED=10)),
        Call(0, main_at, "sh", "walk", 0x1010, 2, cost(USED=40, DATA_TLB=30)),
        Call(1, walk_at, "sh", "walk", 0x1010, 5, cost(USED=30, LOAD_USE=20)),
        Call(2, walk_at, "kernel", "entry", 0x2000, 3, cost(USED=10, TRAP=40)),
        Call(-1, Place("ls", ""), "ls", "main", 0x1000, 1, cost(USED=10)),
    ])


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "run.qprof"
    write_profile(example(), path)
    found = read_profile(path)
    assert list(tables(found)) == list(tables(example()))
    assert [call.caller for call in found.calls] == [-1, 0, 1, 2, -1]


def test_a_process_pays_for_what_the_kernel_does_for_it():
    processes = {name: int(found.sum()) for name, found in example().by_process().items()}
    assert processes == {"sh": 180, "ls": 10}


def test_each_table_has_all_cycles():
    text = "\n".join(tables(example()))
    blocks = text.split("\n\n")
    assert len(blocks) == 6  # heading, causes, processes, functions, lines, instructions
    for block in blocks[2:]:
        rows = block.split("\n")[1:]
        assert sum(int(row.split()[0].replace(",", "")) for row in rows) == 190


def test_a_line_too_many_is_summed_up():
    profile = example()
    profile.rows += [Row(Place("sh", f"f{n}"), n, "nop", cost(USED=5)) for n in range(50)]
    functions = next(block for block in "\n".join(tables(profile)).split("\n\n")
                     if block.split("\n")[0].endswith("function"))
    assert functions.split("\n")[-1].endswith("(34 more)")
    assert sum(int(row.split()[0].replace(",", "")) for row in functions.split("\n")[1:]) == 440


def test_speedscope_gets_chains_of_calls_and_what_each_cause_cost():
    text = json.loads(speedscope(example()))
    frames = [frame["name"] for frame in text["shared"]["frames"]]
    whole  = text["profiles"][0]
    assert sum(whole["weights"]) == whole["endValue"] == 190
    chains = {tuple(frames[n] for n in chain): weight
              for chain, weight in zip(whole["samples"], whole["weights"], strict=True)}
    assert chains["main", "walk", "walk", "entry"] == 50
    lost = {one["name"]: sum(one["weights"]) for one in text["profiles"]
            if one["name"].startswith("lost")}
    assert lost[f"lost: {CAUSES['TRAP'][1]}"] == 40
    assert sum(lost.values()) == 90


def test_callgrind_gets_own_costs_by_line_and_whole_costs_by_call():
    lines = list(callgrind(example()))
    events = next(line for line in lines if line.startswith("events:")).split()[1:]
    assert events[0] == "Cycles" and set(events[1:]) == {"Used", "LoadUse", "DataTlb", "Trap"}
    own = 0
    calls, is_call = {}, False
    function = callee = ""
    for line in lines:
        if line.startswith("fn="):
            function = line[3:]
        elif line.startswith("cfn="):
            callee = line[4:]
        elif line.startswith("calls="):
            is_call = True
        elif re.fullmatch(r"\d+( \d+)+", line):
            cycles = int(line.split()[1])
            if is_call:
                calls[function, callee] = cycles
            own += 0 if is_call else cycles
            is_call = False
    assert own == 190
    assert calls["main", "walk"] == 170          # and what it called
    assert calls["walk", "walk"] == 0            # once is enough
    assert calls["walk", "entry"] == 50


class Cells(HTMLParser):
    """Checks that tags are closed in order, and collects the text."""
    OPTIONAL = {"td", "th", "tr", "meta", "p", "html"}  # need no end

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_shows_each_line_with_its_cost():
    source = [f"line {n}" for n in range(1, 13)]
    source[8] = "a < b && c"
    cells = Cells()
    cells.feed("\n".join(page(example(), lambda file: source)))
    assert not cells.open
    assert "a < b && c" in cells.text
    dearest, inside = (at for at, text in enumerate(cells.text) if text == "a < b && c")
    for at in (dearest, inside):
        assert "80" in cells.text[at - 8:at]
    assert cells.text[dearest - 1] == "sh: sh.qll:9"
    # The dearest first, of all programs; what has no source is not among them.
    assert [text for text in cells.text if ".qll:" in text] == [
        "sh: sh.qll:9", "sh: sh.qll:10", "sh: sh.qll:3"]


def test_two_runs_are_compared_by_cause_function_and_line():
    after = example()
    after.rows[1] = after.rows[1]._replace(cost=cost(USED=50, DATA_TLB=5))
    text = "\n".join(comparison(example(), after))
    assert "-25 (-13.2%) cycles" in text
    assert re.search(r"30 +5 +-25 \(-83.3%\)  the page table is walked for a load or store", text)
    assert re.search(r"120 +95 +-25 \(-20.8%\)  walk", text)


def test_the_command_shows_compares_and_converts(tmp_path, capsys):
    path, other = tmp_path / "run.qprof", tmp_path / "page.html"
    write_profile(example(), path)
    assert main([str(path)]) == 0
    assert "190 cycles" in capsys.readouterr().out
    assert main([str(path), "--compare", str(path)]) == 0
    assert "nothing has changed" in capsys.readouterr().out
    assert main([str(path), "-o", str(other)]) == 0
    assert other.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("octets, message", [
    (b"", "this is no profile, or a damaged one"),
    (b"text", "this is no profile, or a damaged one"),
    (None, "No such file or directory"),
])
def test_what_is_no_profile_is_refused(octets, message, tmp_path, capsys):
    path = tmp_path / "run.qprof"
    if octets is not None:
        path.write_bytes(octets)
    assert main([str(path)]) == 1
    assert message in capsys.readouterr().err


def test_a_damaged_profile_is_refused(tmp_path):
    path = tmp_path / "run.qprof"
    write_profile(example(), path)
    octets = path.read_bytes()
    path.write_bytes(octets[:len(octets) // 2])
    with pytest.raises(ImageError, match="damaged"):
        read_profile(path)


@pytest.mark.parametrize("ending", FORMS)
def test_a_place_that_cannot_be_written_is_named(ending, tmp_path):
    with pytest.raises(ImageError, match="No such file or directory"):
        save(example(), str(tmp_path / "nowhere" / f"run{ending}"))
