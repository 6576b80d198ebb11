"""What the campaign over the netlist needs besides the netlist, which takes minutes to make."""

import numpy as np
import pytest

from isa import encode
from isa.machine import PROGRAM
from isa.trace import RECORD_WORDS, Kind, Word
from sim.fuzz.program import constant
from sim.golden import Golden
from tests.gates.machine import (
    EXACT,
    MACHINE,
    PROGRAM_WORDS,
    SCRATCH,
    SCRATCH_HERE,
    SILENCE_CYCLES,
    Judge,
    Run,
    difference,
    program_of,
    ram_words,
)


def records(*changes):
    """Three records of the engine, and the same as the gates make them, with changes in these:
    record, word, value."""
    expected = np.zeros((3, RECORD_WORDS), dtype=np.uint32)
    expected[:, Word.CYCLE] = 5, 6, 9
    expected[:, Word.KIND]  = Kind.INSN
    expected[:, Word.IP]    = 0x1000, 0x1001, 0x1002
    seen = np.column_stack((expected[:, Word.CYCLE], expected))
    seen[:, 1 + Word.CYCLE] = 0
    for record, column, value in changes:
        seen[record, column] = value
    return expected, seen


def test_the_first_record_that_differs_is_shown_with_its_cycle():
    assert difference(*records()) is None
    wrong = difference(*records((1, 1 + Word.VALUE, 0x2A), (2, 1 + Word.IP, 0)))
    assert wrong.startswith("in cycle 6, record 1: the engine has ")
    assert "value=0x2a" in wrong
    assert "in cycle 9" in difference(*records((2, 0, 10)))


def test_records_that_one_of_both_lacks_are_shown():
    expected, seen = records()
    assert difference(expected, seen[:2]).startswith(
        "in cycle 9, the engine has a record that the other has not: ")
    assert difference(expected[:2], seen).startswith(
        "in cycle 9, the gates have a record that the other has not: ")


def test_programs_fit_in_front_of_their_scratch_area():
    images = [image for image in map(program_of, range(4)) if image is not None]
    assert images
    for image in images:
        assert len(image) <= PROGRAM_WORDS
        assert not set(image) & set(range(SCRATCH, SCRATCH + 16))
    assert any(SCRATCH_HERE in image for image in images)
    words = ram_words(images[0])
    assert len(words) == MACHINE.ram_words
    assert words[PROGRAM:PROGRAM + len(images[0])].tolist() == images[0]


@pytest.fixture(scope="module")
def judge():
    return Judge()


def a_run(image, length=None):
    """Rows of a lane that does what the model does, or of its first records."""
    trace = np.zeros((100, RECORD_WORDS), dtype=np.uint32)
    model = Golden(MACHINE)
    model.load(image)
    _, used = model.record(trace)
    trace[:used, Word.CYCLE] = range(used)
    return np.column_stack((trace[:used, Word.CYCLE], trace[:used]))[:length]


def test_a_lane_at_other_times_is_judged_by_the_manual(judge):
    image = [*constant(1, 5), encode("add", d=2, s0=1, s1=1), *constant(3, 9), encode("halt")]
    rows  = a_run(image)
    assert judge.complaint(image, rows, has_stopped=True, cycles=10) is None
    wrong = rows.copy()
    wrong[1, 1 + Word.VALUE] += 1
    assert judge.complaint(image, wrong, has_stopped=True, cycles=10).startswith(
        "record 1: the field VALUE differs")


def test_a_lane_that_hangs_is_wrong(judge):
    image = [*constant(1, 5), encode("add", d=2, s0=1, s1=1), encode("wait")]
    rows  = a_run(image, 1)
    assert judge.complaint(image, rows, has_stopped=False, cycles=SILENCE_CYCLES + 10).startswith(
        "nothing happens in its last 10,010 cycles")
    assert judge.complaint(image, rows, has_stopped=False, cycles=SILENCE_CYCLES - 10) is None
    asleep = a_run(image, 2)
    assert judge.complaint(image, asleep, has_stopped=False, cycles=SILENCE_CYCLES + 10) is None


def test_only_lanes_with_other_guesses_may_be_at_other_times(judge):
    image = [*constant(1, 5), encode("halt")]
    rows  = a_run(image)
    run   = Run(rows, {3: 7, 40: 9}, {3: rows, 40: rows}, {3, 40}, 20)
    assert judge.complaints(image, run) == {3: "it makes another record than lane 0 in cycle 7"}
    assert 3 in EXACT
    assert 40 not in EXACT
