"""Power cuts at every sector write: the promises of the file system, checked on the host and by
mounting again."""

import random
from array import array
from functools import cache

import pytest

from tests.support.crash import (
    allowed_states,
    cut_points,
    disk_at,
    files_of,
    record,
    summary,
    verify,
    workload,
)
from tests.support.system import boot
from toolchain.qfs import check
from toolchain.qfs.image import Image

SEED = 2026
COMMANDS = 520
LEAST_CUTS = 2000
MOUNTS = 25  # cuts after which the machine itself mounts the disk; `make crash` does all


@cache
def recording():
    return record(workload(SEED, COMMANDS))


@pytest.mark.slow
def test_every_cut_leaves_a_sound_disk():
    points = cut_points(recording())
    assert len(points) >= LEAST_CUTS
    for writes in points:
        wrong = verify(disk_at(recording(), writes), allowed_states(recording(), writes))
        assert wrong is None, f"cut behind write {writes} of {len(points) - 1}: {wrong}"


@pytest.mark.slow
def test_writes_lost_since_the_last_flush_do_no_harm():
    rng = random.Random(SEED)
    for writes in cut_points(recording()):
        wrong = verify(disk_at(recording(), writes, rng), allowed_states(recording(), writes))
        assert wrong is None, f"cut behind write {writes}: {wrong}"


@pytest.mark.slow
@pytest.mark.parametrize("writes", random.Random(SEED).sample(range(LEAST_CUTS), MOUNTS))
def test_the_machine_mounts_a_cut_disk_and_mends_it(writes):
    session = boot("sync", disk=disk_at(recording(), writes))
    image = Image(array("I", session.disk))
    assert session.status == 0
    assert check(image) == []
    states = allowed_states(recording(), writes)
    found = files_of(image)
    assert found in states, f"{summary(found)} not in {[summary(state) for state in states]}"
