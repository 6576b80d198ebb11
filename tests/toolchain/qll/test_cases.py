"""The language's published cases: programs with their results, or with what is wrong with them."""

import json
from pathlib import Path

import pytest

from tests.support.qll import LEVELS, build, reject, run

CASES = Path(__file__).parents[4] / "shared" / "cases" / "qll-cases.json"
if not CASES.exists():
    pytest.skip("there is no ../shared/cases/qll-cases.json beside the repository",
                allow_module_level=True)

PROGRAMS = {case["name"]: case for case in json.loads(CASES.read_text())["cases"]}

# What the language has grown beyond: a length may be the name of a constant, and a literal must fit
# in a word.
CONTRADICTED = {"gram-array-length-is-a-literal", "lex-int-wraps-mod-2-32"}

RUNS = [name for name, case in PROGRAMS.items()
        if case["expected"]["kind"] == "run" and name not in CONTRADICTED]
ERRORS = [name for name, case in PROGRAMS.items()
          if case["expected"]["kind"] == "error" and name not in CONTRADICTED]


def sources_of(case):
    return [case["source"], *case.get("more_sources", [])]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", RUNS)
def test_program_ends_as_published(name, level):
    case = PROGRAMS[name]
    words = build(sources_of(case), case["target"], level, case.get("asm", ""))
    outcome = run(words, case.get("stdin"))
    assert (outcome.r0, outcome.output) == (case["expected"]["r0"], case["expected"]["stdout"])


@pytest.mark.parametrize("name", ERRORS)
def test_program_is_rejected_as_published(name):
    case = PROGRAMS[name]
    found = reject(sources_of(case), case["target"], case.get("asm", ""))
    assert found.kinds == [case["expected"]["error"]]


def test_all_programs_are_tested():
    assert len(RUNS) + len(ERRORS) + len(CONTRADICTED) == len(PROGRAMS) >= 325
