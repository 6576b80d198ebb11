"""Pictures of the pipeline: each instruction of the trace, in its stages, once."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from isa.trace import Kind, Word
from sim.machine import Status
from sim.pipeline.konata import konata
from sim.pipeline.lives import Lives
from sim.pipeline.page import page
from sim.pipeline.picture import text_of
from sim.waves.machine import WatchedMachine
from sim.waves.rows import Row
from tests.support.watched import CONFIG, assembled


@pytest.fixture(scope="module")
def run():
    """The lives of all instructions, and the trace's records of them."""
    words, _ = assembled()
    records, changes = [], []
    machine = WatchedMachine(CONFIG, first=0, last=None, hear=changes.append,
                             observe=lambda rows: records.append(rows.copy()))
    try:
        machine.load(words)
        while machine.run(300) is Status.RUNNING:
            pass
        lives = Lives([Row(("soc", *signal.scope), signal.name, signal.number, signal.width,
                           signal.enum, signal.members)
                       for signal in machine.simulation.design.signals_watched])
        for piece in changes:
            lives.add(piece)
        lives.finish(machine.cycles)
    finally:
        machine.close()
    rows = np.concatenate(records)
    return lives, rows[rows[:, Word.KIND] == Kind.INSN].astype(int).tolist()


def retired(lives):
    return [insn for insn in lives.insns if insn.retired and insn.stages[-1][0] == "R"]


def test_what_retires_is_what_the_trace_tells_of(run):
    lives, rows = run
    assert [(insn.ip, insn.word) for insn in retired(lives)] == \
           [(row[Word.IP], row[Word.INSN]) for row in rows]
    assert [insn.end - 1 for insn in retired(lives)] == [row[Word.CYCLE] for row in rows]


def test_each_goes_through_the_stages_in_order(run):
    lives, _ = run
    for insn in retired(lives):
        letters = "".join(stage for stage, _ in insn.stages)
        assert re.fullmatch("FQ?DXR", letters), letters
        cycles = [cycle for _, cycle in insn.stages]
        assert cycles == sorted(set(cycles)) and cycles[-1] < insn.end


def test_no_stage_has_two_instructions_at_a_time(run):
    lives, _ = run
    for stage in "XR":
        taken = [cycle for insn in lives.insns
                 for (name, begin), end in zip(
                     insn.stages, [*(at for _, at in insn.stages[1:]), insn.end], strict=True)
                 if name == stage for cycle in range(begin, end)]
        assert len(taken) == len(set(taken))


def test_what_follows_a_mispredicted_jump_is_squashed(run):
    lives, _ = run
    gone = [insn for insn in lives.insns if not insn.retired]
    assert gone
    assert all(insn.stages[-1][0] in "DX" for insn in gone)


def test_waiting_has_its_causes(run):
    lives, _ = run
    causes = {cause for insn in lives.insns for _, cause in insn.stalls}
    assert {"DIVIDER", "LOAD_USE"} <= causes


def test_konata_gets_each_instruction_with_a_beginning_and_an_end(run):
    lives, _ = run
    lines = [line.split("\t") for line in konata(lives, text_of)]
    assert lines[0] == ["Kanata", "0004"] and lines[1][0] == "C="
    open_stages, begun, ended = set(), [], []
    for line in lines[2:]:
        if line[0] == "I":
            begun.append(line[1])
        elif line[0] == "S":
            assert line[1] in begun
            assert (line[1], line[2], line[3]) not in open_stages
            open_stages.add((line[1], line[2], line[3]))
        elif line[0] == "E":
            open_stages.remove((line[1], line[2], line[3]))
        elif line[0] == "R":
            ended.append((line[1], line[3]))
    assert not open_stages
    assert sorted(begun, key=int) == [str(n) for n in range(len(lives.insns))]
    assert dict(ended) == {str(n): str(int(not insn.retired))
                           for n, insn in enumerate(lives.insns)}


class Cells(HTMLParser):
    """Counts cells of each row."""
    def __init__(self):
        super().__init__()
        self.rows = []

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append(0)
        elif tag == "td":
            self.rows[-1] += int(dict(attrs).get("colspan") or 1)


def test_the_page_has_a_row_for_each_and_columns_for_cycles(run):
    lives, _ = run
    cells = Cells()
    cells.feed("\n".join(page(lives, text_of, "a < b")))
    first = min(insn.begin for insn in lives.insns)
    assert cells.rows[1:] == [1 + insn.end - first for insn in lives.insns]
