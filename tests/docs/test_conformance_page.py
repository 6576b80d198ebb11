"""Each statement of docs/machine.md has tests, of the hardware and of the golden model, and
docs/conformance.md lists them. Write it anew with `python -m tests.docs.test_conformance_page`.

A statement is a number in bold, a step of a numbered list behind one, or a row of a table: its
number is that of the statement before the table and the row's first cell. A test says which it is
about by the marker `manual`.
"""

import contextlib
import io
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT   = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "machine.md"
PAGE   = ROOT / "docs" / "conformance.md"

# Where the tests of the whole machine are, of the hardware, and of the golden model. What runs in
# lockstep is about both.
HARDWARE = ("tests/manual/", "tests/rtl/")
MODEL    = ("tests/manual/", "tests/rtl/core/test_traps.py", "tests/sim/golden/")

HEAD = """\
# Where each statement of the manual is tested

Of each numbered statement of [machine.md](machine.md), and of each row of its tables, the tests
that check it, on the hardware and on the golden model. Those in `tests/manual` run whole programs
on both at once: a record or a register in which they differ fails the test, besides what it expects
by the manual. `(n)` is a number of cases. The page is made by
`make docs`; a test fails if a statement has none.
"""


def statements(text):
    """Number and first words of each statement, by section."""
    found, number, section = {}, "", ""
    is_head = False
    for line in text.split("\n"):
        title = re.match(r"## (\d+\. .*)", line)
        if title:
            section = title[1]
        bold = re.match(r"\*\*(\d+\.\d+)\*\* (.*)", line)
        step = re.match(r"(\d+)\. (.*)", line)
        if bold:
            number = bold[1]
            found[number] = (section, bold[2])
        elif step and number:
            found[f"{number}.{step[1]}"] = (section, step[2])
        elif line.startswith("<!-- table"):
            is_head = True
        elif line.startswith("|---"):
            is_head = False
        elif line.startswith("|") and not is_head:
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            cell = re.sub(r"`| \(optional\)", "", cells[0])
            found[f"{number} {cell}"] = (section, " ".join(cells[1:]).replace(" | ", " \\| "))
    return found


class _Collected:
    """A pytest plugin: which tests are marked with which numbers."""

    def __init__(self):
        self.tests = defaultdict(lambda: defaultdict(int))

    def pytest_collection_finish(self, session):
        for item in session.items:
            path = item.path.relative_to(ROOT).as_posix()
            for marker in item.iter_markers("manual"):
                for number in marker.args:
                    self.tests[number][path, item.originalname] += 1


def marked():
    """The tests of each number: how many cases of which function of which file."""
    collected = _Collected()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-n", "0",
                              str(ROOT / "tests" / "manual"), str(ROOT / "tests" / "rtl"),
                              str(ROOT / "tests" / "sim" / "golden")], plugins=[collected])
    assert status == 0, said.getvalue()
    return collected.tests


def page(found, tests):
    lines, at = [HEAD.rstrip()], None
    for number, (section, words) in found.items():
        if section != at:
            at = section
            lines += ["", f"## {section}", "", "| statement | | tests |", "|---|---|---|"]
        if not tests[number]:
            continue  # words before a table
        names = defaultdict(list)
        for (path, name), count in sorted(tests[number].items()):
            names[path].append(name.removeprefix("test_") + (f" ({count})" if count > 1 else ""))
        listed = "; ".join(f"`{path.removeprefix('tests/')}`: {', '.join(these)}"
                           for path, these in names.items())
        lines.append(f"| {number} | {_short(words)} | {listed} |")
    return "\n".join(lines) + "\n"


def _short(words):
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    return words if len(words) < 60 else words[:words.rindex(" ", 0, 60)] + " …"


@pytest.fixture(scope="module")
def found():
    return statements(MANUAL.read_text())


@pytest.fixture(scope="module")
def tests():
    return marked()


def test_statements_are_found(found):
    assert {"1.1", "1.6 42", "3.3.5", "3.8 3", "5.9", "6.1 mmu", "6.22"} <= set(found)
    assert len(found) > 130


@pytest.mark.slow
@pytest.mark.parametrize("where", [HARDWARE, MODEL], ids=["hardware", "model"])
def test_every_statement_has_a_test(found, tests, where):
    heads = {re.sub(r" .*|\.\d+$", "", number) for number in found
             if " " in number or number.count(".") == 2}  # whose rows or steps have tests
    without = [number for number in found if number not in heads
               and not any(path.startswith(where) for path, _ in tests[number])]
    assert without == []


@pytest.mark.slow
def test_no_marker_names_what_is_not_there(found, tests):
    assert {number for number in tests if tests[number]} - set(found) == set()


@pytest.mark.slow
def test_the_page_is_up_to_date(found, tests):
    assert PAGE.read_text() == page(found, tests)


if __name__ == "__main__":
    PAGE.write_text(page(statements(MANUAL.read_text()), marked()))
