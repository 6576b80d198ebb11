"""Damaged disks: the machine mounts them or says why not; it never traps, and never loops."""

import pytest

from tests.support.damage import KINDS, session_of


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_disk_harms_nobody(kind):
    for seed in range(3):
        assert session_of(kind, seed)[1] is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_disks_harm_nobody(kind):
    for seed in range(3, 53):
        assert session_of(kind, seed)[1] is None
