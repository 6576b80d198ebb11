"""`elaborate` fits a screen, two at the most; a file holds about one component."""

import ast
from pathlib import Path
from statistics import median

RTL = Path(__file__).parents[2] / "rtl"

SCREEN_LINES = 60


def functions():
    """Each function's place and length."""
    for path in sorted(RTL.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield (f"{path.relative_to(RTL)}:{node.name}",
                       node.end_lineno - node.lineno + 1)


def test_no_elaborate_is_longer_than_two_screens():
    assert {place: lines for place, lines in functions()
            if lines > (2 * SCREEN_LINES if place.endswith(":elaborate") else 100)} == {}


def test_most_fit_on_one():
    lengths = [lines for place, lines in functions() if place.endswith(":elaborate")]
    assert median(lengths) <= SCREEN_LINES
    assert sum(length <= SCREEN_LINES for length in lengths) >= 0.7 * len(lengths)


def test_no_file_is_longer_than_three_hundred_and_fifty_lines():
    assert {path.name for path in RTL.rglob("*.py")
            if len(path.read_text().splitlines()) > 350} == set()
