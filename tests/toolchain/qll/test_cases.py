"""The language's published cases: programs with their results, at every level."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.qll import build, run

CASES = Path(__file__).parents[4] / "shared" / "cases" / "qll-cases.json"


def programs() -> list[dict[str, Any]]:
    """The cases that run; empty where the file is absent."""
    if not CASES.exists():
        return []
    return [case for case in json.loads(CASES.read_text())["cases"]
            if case["expected"]["kind"] == "run"]


@pytest.mark.skipif(not CASES.exists(), reason="the published cases are not beside the repository")
@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("case", programs(), ids=lambda case: case["name"])
def test_program_ends_as_published(case: dict[str, Any], level: int) -> None:
    sources = [case["source"], *case.get("more_sources", [])]
    outcome = run(build(sources, case["target"], level, case.get("asm", "")), case.get("stdin"))
    assert outcome.r0 == case["expected"]["r0"]
    assert outcome.output == case["expected"]["stdout"]
