"""Files on the machine: random operations against an oracle, on disks in both layouts;
`python -m tests.stress --kind files` tries more."""

import random
import re

import pytest

from isa.config import MachineConfig
from tests.support.file_script import FileOperation, FileRuns, NewDisk, carry_out, fileops_disk
from tests.support.system import boot

COUNTING = MachineConfig().fit("display", "keyboard", "block", "serial", "counters")
SEEDS = 6


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_random_operations_do_as_the_manual_says(seed):
    runs = FileRuns()
    parts = runs.generate(seed)
    assert runs.check(parts) is None, [str(part) for part in parts]


def some(what, *rows):
    return [FileOperation(0, what, row) for row in rows]


def test_a_chain_that_begins_where_another_began_is_walked_anew():
    """First two files whose sectors alternate, then one in the first sectors, side by side."""
    parts = [NewDisk(330), *some("o", (0, "/a", 1), (1, "/b", 1))]
    for n in range(80):
        parts += some("w", (0, 512, n), (1, 512, 100 - n))
    parts += some("c", (0,), (1,)) + some("o", (0, "/a", 0)) \
        + some("k", (0, 39_500)) + some("r", (0, 400)) + some("c", (0,))
    # The disk becomes full, so that the search for free sectors begins at its first one again.
    parts += some("o", (0, "/c", 1)) + some("w", *[(0, 40_000, 1)] * 5) + some("c", (0,))
    parts += some("d", ("/c",), ("/a",), ("/b",))
    parts += some("o", (0, "/d", 1)) + some("w", (0, 40_000, 7)) + some("c", (0,))
    parts += some("o", (0, "/d", 0)) + some("k", (0, 39_500)) + some("r", (0, 400))
    assert FileRuns().check(parts) is None


def test_a_name_is_found_where_it_stands_now():
    """Its place is known from before: it was removed or moved, or its directory is another one."""
    parts = [NewDisk(200), *some("m", ("/d",)), *some("t", ("/d/a",), ("/d/b",), ("/d/c",))]
    parts += some("s", ("/d/a",), ("/d/b",), ("/d/c",))
    parts += some("d", ("/d/a",)) + some("s", ("/d/a",)) + some("t", ("/d/e",))
    parts += some("n", ("/d/b", "/d/a"), ("/d/c", "/b"))
    parts += some("s", ("/d/a",), ("/d/b",), ("/d/c",))
    parts += some("n", ("/b", "/d/c")) + some("s", ("/b",), ("/d/c",), ("/d/e",))
    parts += some("d", ("/d/a",), ("/d/c",), ("/d/e",), ("/d",)) + some("s", ("/d",), ("/d/c",))
    # A directory of two sectors, the name in the second; then two directories in these two, and the
    # name in the other one. The disk becomes full before, so that the first free sectors are taken.
    names = [(f"/d/{name}",) for name in "vwxyc"]
    parts += some("m", ("/d",)) + some("t", *names) + some("s", ("/d/c",))
    parts += some("o", (0, "/f", 1)) + some("w", *[(0, 40_000, 1)] * 3) + some("c", (0,))
    parts += some("d", ("/f",), *names, ("/d",)) + some("m", ("/d",), ("/e",))
    parts += some("t", ("/e/c",)) + some("s", ("/d/c",), ("/e/c",))
    assert FileRuns().check(parts) is None


def test_an_empty_file_grows_while_it_is_read():
    """Its first sector comes with what is written first: all who have it open learn of that."""
    parts = [NewDisk(200), *some("t", ("/a",)), *some("o", (1, "/a", 0), (0, "/a", 2))]
    for octets in (700, 1000):
        parts += some("w", (0, octets, 3)) + [FileOperation(0, "y")] + some("r", (1, 2000))
    parts += some("c", (0,)) + some("k", (1, 0)) + some("r", (1, 2000)) + some("c", (1,))
    assert FileRuns().check(parts) is None


def test_what_has_not_changed_is_not_written_again():
    """By a second `sync`, with a file that is still open."""
    writes, prompts = [], []
    carry_out(some("o", (0, "/a", 1)) + some("w", (0, 700, 1)) + [FileOperation(0, "y")] * 2,
              fileops_disk(200), on_write=lambda event: writes.append(event.sector),
              on_prompt=lambda count, golden: prompts.append(len(writes)))
    first, second, end = prompts[2:5]
    assert set(writes[first:second]) > {None} and set(writes[second:end]) <= {None}


def test_the_name_that_was_asked_for_last_is_found_at_once():
    """Otherwise all that come before it in /bin are looked at: 7,200 instructions."""
    session = boot("/test/measure open /bin/wc", config=COUNTING)
    assert int(re.search(r"(\d+) instructions", session.text)[1]) <= 5_500


def test_whole_sectors_are_written_from_where_they_lie():
    """4 KiB by one call, four octets a word: copied on the way they cost 8,700 instructions."""
    session = boot("/test/measure pack /tmp/packed", config=COUNTING)
    assert int(re.search(r"(\d+) instructions", session.text)[1]) <= 5_000


@pytest.mark.parametrize("layout", ["ours", "quinix"])
def test_in_long_files_each_place_is_found(layout):
    """Their chains have landmarks, which must go with the chains that others then are made of."""
    chance, parts = random.Random(layout), [NewDisk(1400, layout)]
    for _ in range(12):
        path, mode = chance.choice(["/a", "/b"]), chance.choice([1, 2, 2])
        if chance.random() < 0.3:
            parts.append(FileOperation(0, "d", (path,)))
        parts.append(FileOperation(0, "o", (0, path, mode)))
        for _ in range(chance.choice([1, 2])):
            parts.append(FileOperation(0, "w", (0, chance.choice([700, 20_000, 40_000]),
                                                chance.randrange(100))))
        parts.append(FileOperation(0, "c", (0,)))
        parts.append(FileOperation(0, "o", (1, chance.choice(["/a", "/b"]), 0)))
        for _ in range(5):
            parts.append(FileOperation(0, "k", (1, chance.choice([0, 36_000, 50_000, 5_000]))))
            parts.append(FileOperation(0, "r", (1, chance.choice([1, 600]))))
        parts.append(FileOperation(0, "c", (1,)))
    assert FileRuns().check(parts) is None, [str(part) for part in parts]
