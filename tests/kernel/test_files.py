"""Files on the machine: random operations against an oracle, on disks in both layouts;
`python -m tests.stress --kind files` tries more."""

import pytest

from tests.support.file_script import FileRuns

SEEDS = 6


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_random_operations_do_as_the_manual_says(seed):
    runs = FileRuns()
    parts = runs.generate(seed)
    assert runs.check(parts) is None, [str(part) for part in parts]
