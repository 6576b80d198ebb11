"""Check and repair: each kind of damage is found, and mended without losing the rest."""

import random

import pytest

from toolchain.qfs import Image, QfsError, check, repair
from toolchain.qfs.layout import ENTRY_WORDS, FAT_END, SECTOR_WORDS, EntryFlag


def disk():
    image = Image.format(64)
    image.make_directory("d")
    image.write("d/one", bytes(range(256)) * 5)
    image.write("two", b"two" * 600)
    return image


def slot(image, path):
    entry = image.find(path)
    return entry.sector * SECTOR_WORDS + entry.slot * ENTRY_WORDS


def break_lost(image):
    image.set_fat(60, FAT_END)


def break_free_count(image):
    image.set_free(1)


def break_rename(image):
    entry = image.find("two")
    image.set_entry(image.directory("d"), 3, "new", EntryFlag.USED, entry.first, entry.size)


def break_count(image):
    image.words[slot(image, "d") + 2] = 7


def break_tail(image):
    image.words[slot(image, "two") + 2] = 100


def break_circle(image):
    first = image.find("two").first
    image.set_fat(image.fat(first), first)


def break_outside(image):
    image.set_fat(image.find("two").first, 1000)


def break_cross(image):
    image.set_fat(image.find("two").first, image.fat(image.find("d/one").first))


def break_reserved(image):
    image.set_fat(0, 0)


def break_name(image):
    image.words[slot(image, "two") + 4] = ord("/")


@pytest.mark.parametrize("break_it, kind, text", [
    (break_lost,       "crash",  "1 sectors are allocated but nothing reaches them"),
    (break_free_count, "crash",  "sectors are free, the superblock says 1"),
    (break_rename,     "crash",  "by an interrupted rename"),
    (break_count,      "crash",  "/d: has 1 entries, its size says 7"),
    (break_tail,       "crash",  "/two: sectors behind the end of the file"),
    (break_circle,     "damage", "shares sector"),
    (break_outside,    "damage", "is 0x3e8, outside the data area"),
    (break_cross,      "damage", "shares sector"),
    (break_reserved,   "damage", "sector 0 holds the file system itself"),
    (break_name,       "name",   "//wo: bad or repeated name"),
])
def test_damage_is_found_and_mended(break_it, kind, text):
    image = disk()
    break_it(image)
    problems = check(image)
    assert any(p.kind == kind and text in p.text for p in problems), problems
    repair(image)
    assert check(image) == []
    assert image.read("d/one") == bytes(range(256)) * 5


def test_check_changes_nothing():
    image = disk()
    break_circle(image)
    before = image.words[:]
    check(image)
    assert image.words == before


@pytest.mark.parametrize("seed", range(200))
def test_any_damage_can_be_mended_or_is_refused(seed):
    rng = random.Random(seed)
    image = disk()
    for _ in range(rng.randint(1, 12)):
        at = rng.choice([rng.randrange(len(image.words)), rng.randrange(SECTOR_WORDS * 7)])
        image.words[at] = rng.choice([0, 1, 5, 33, 0xFFFFFFFF, 0xFFFFFFFE, rng.getrandbits(32),
                                      rng.randrange(64)])
    try:
        image = Image(image.words)
    except QfsError:
        return
    repair(image)
    assert check(image) == []
