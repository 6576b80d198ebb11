"""Whole programs in QLL, with what they give in the comments at their top."""

from pathlib import Path

import pytest

from tests.support.qll import LEVELS, build, header, run
from tests.support.qll_interpreter import interpret
from tests.support.qll_measures import check_measures
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source

FOLDER = Path(__file__).parents[2] / "programs"
PROGRAMS = sorted(FOLDER.glob("*.qll"))


def test_there_are_programs():
    assert len(PROGRAMS) > 15


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path, level):
    text = path.read_text()
    outcome = run(build([text], header(text, "Target", "none"), level))
    output = header(text, "Output", '""')[1:-1].encode().decode("unicode_escape")
    assert (outcome.r0, outcome.output) == (int(header(text, "Result"), 0), output)
    check_measures(f"programs/{path.stem}", level, outcome)


@pytest.mark.parametrize("path", [path for path in PROGRAMS if "Target:" not in path.read_text()],
                         ids=lambda path: path.stem)
def test_the_interpreter_agrees(path):
    text = path.read_text()
    program, _ = with_deep_stack(lambda: analyse([Source(path.name, text)]))
    assert with_deep_stack(lambda: interpret(program)) == int(header(text, "Result"), 0)
