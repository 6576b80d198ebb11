"""Damaged disks: the machine mounts them or says why not; it never traps, and never loops."""

from array import array

import pytest

from sim.host.error import HostError
from tests.support.crash import small_disk
from tests.support.damage import KINDS, session_of
from tests.support.system import boot
from toolchain.qfs import Image
from toolchain.qfs.layout import (
    ENTRY_WORDS,
    RECORD_WORDS,
    EntryFlag,
    SuperWord,
    record_sum,
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_disk_harms_nobody(kind):
    for seed in range(3):
        assert session_of(kind, seed)[1] is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_damaged_disks_harm_nobody(kind):
    for seed in range(3, 53):
        assert session_of(kind, seed)[1] is None


def disk_with_a_record(where):
    """A disk that is to be mended, with a last change that tells of these places, and fits what is
    there; behind its last sector the device has two more."""
    words = array("I", small_disk())
    image = Image(words)
    total, root, table = image.sectors, image.root, image.fat_first
    entry = array("I", words[root * 128:root * 128 + ENTRY_WORDS])
    words.extend(entry)
    words.extend([0] * (256 - ENTRY_WORDS))
    place = {"sector": root, "slot": 0, "old_sector": 0, "old_slot": 0} | where(total, root, table)
    at = place["sector"] * 128 + place["slot"] % 4 * ENTRY_WORDS
    before = array("I", words[at:at + ENTRY_WORDS])
    after = array("I", before)
    if not place["old_sector"]:
        after[1] ^= 1
    record = array("I", place.values()) + before + after
    record.append(record_sum(record.tolist()))
    words[SuperWord.RECORD:SuperWord.RECORD + RECORD_WORDS] = record
    words[SuperWord.CLEAN] = 0
    return words


@pytest.mark.parametrize("where", [
    lambda total, root, table: {"sector": total},
    lambda total, root, table: {"sector": table},
    lambda total, root, table: {"slot": 1 << 24},
    lambda total, root, table: {"old_sector": total},
    lambda total, root, table: {"old_sector": root, "old_slot": 1 << 24},
], ids=["behind the disk", "in the table", "behind memory", "old behind the disk",
        "old behind memory"])
def test_a_last_change_of_what_is_no_entry_is_not_made(where):
    words = disk_with_a_record(where)
    session = boot(disk=words.tobytes(), limit=30_000_000)
    assert session.status == 0, session.text
    assert array("I", session.disk)[128:] == words[128:]


def test_a_last_change_of_an_entry_that_cannot_be_read_is_not_made():
    words = disk_with_a_record(lambda total, root, table: {"sector": total - 1})
    last = words[SuperWord.SECTORS] - 1

    def unreadable(sector):
        if sector == last:
            raise HostError("scratched")

    session = boot(disk=words.tobytes(), limit=30_000_000, on_read=unreadable)
    assert session.status == 0, session.text
    assert array("I", session.disk)[128:] == words[128:]


def test_a_last_change_is_made_where_it_was_not():
    words = disk_with_a_record(lambda total, root, table: {"old_sector": root, "old_slot": 1})
    at = Image(words).root * 128
    words[at + ENTRY_WORDS:at + 2 * ENTRY_WORDS] = words[at:at + ENTRY_WORDS]
    session = boot(disk=words.tobytes(), limit=30_000_000)
    assert session.status == 0, session.text
    assert array("I", session.disk)[at + ENTRY_WORDS] == EntryFlag.DELETED
