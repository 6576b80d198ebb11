"""Power cuts at every sector write: the promises of the file system, checked on the host and by
mounting again."""

import random
from functools import cache

import pytest

from tests.support.crash import (
    allowed_states,
    cut_points,
    disk_at,
    mounted,
    record,
    verify,
    workload,
)
from tests.support.torn import mount_torn, torn_states, triples, verify_torn

SEED = 2026
COMMANDS = 520
LEAST_CUTS = 2000
MOUNTS = 25  # cuts after which the machine itself mounts the disk; `make crash` does all


TRIPLES = 4  # whose every write is torn at every word; `make crash` does all
TORN_MOUNTS = 100  # of so many torn disks the machine mounts one


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
    wrong = mounted(disk_at(recording(), writes), allowed_states(recording(), writes))
    assert wrong is None, wrong


@pytest.mark.parametrize("layout", ["ours", "quinix"])
@pytest.mark.parametrize("names", random.Random(SEED).sample(triples(), TRIPLES), ids=", ".join)
def test_a_torn_sector_harms_nothing_that_was_closed(names, layout):
    for number, (place, disk, allowed) in enumerate(torn_states(names, layout)):
        wrong = verify_torn(disk, allowed)
        if wrong is None and number % TORN_MOUNTS == 0:
            wrong = mount_torn(disk, allowed)
        assert wrong is None, f"{place}: {wrong}"
