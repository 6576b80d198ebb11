"""Disks in Quinix's layout: the root in front of the data area, words of 0 for system sectors."""

import pytest

from tests.support.file_script import empty_quinix_disk
from toolchain.qfs import Image, check, repair
from toolchain.qfs.layout import CLEAN_MARK, SECTOR_WORDS, EntryFlag, SuperWord


def quinix_disk():
    return empty_quinix_disk(64)


def test_it_begins_as_quinix_has_it():
    assert quinix_disk().words[:10].tolist() == [0x51465332, 2, 128, 64, 1, 1, 2, 3, 61, 0]


def test_an_empty_one_is_sound():
    image = quinix_disk()
    assert check(image) == []
    assert list(image.entries(image.root)) == []


def test_it_takes_files_and_keeps_its_conventions(tmp_path):
    image = quinix_disk()
    image.make_directory("d")
    for number in range(9):
        image.write(f"f{number}", bytes([number]) * 700)
        image.write(f"d/g{number}", b"g")
    image.remove("f3")
    assert check(image) == []
    assert image.find("d").size == 0
    assert [image.fat(sector) for sector in (0, 1)] == [0, 0]
    assert image.fat(2) >= image.data_first  # the root has grown
    image.save(tmp_path / "disk")
    again = Image.load(tmp_path / "disk")
    assert again.words[9:SECTOR_WORDS].tolist() == [0] * (SECTOR_WORDS - 9)
    assert again.read("f8") == bytes([8]) * 700


def test_a_directory_may_say_any_size():
    image = quinix_disk()
    image.make_directory("d")
    entry = image.find("d")
    image.change_entry(entry, entry.flags, entry.first, 77)
    assert check(image) == []


@pytest.mark.parametrize("sector, word, text", [
    (0, 0xFFFFFFFE, "sector 0 holds the file system itself but is not 0 in the table"),
    (2, 5,          "/: sector 5 of the chain is marked free"),
    (60, 0xFFFFFFFF, "1 sectors are allocated but nothing reaches them"),
])
def test_damage_is_mended(sector, word, text):
    image = quinix_disk()
    image.set_fat(sector, word)
    assert text in [problem.text for problem in check(image)]
    repair(image)
    assert check(image) == []
    assert image.words.tolist() == quinix_disk().words.tolist()


def test_a_directory_that_leads_to_the_root_is_found():
    image = quinix_disk()
    image.set_entry(2, 0, "loop", EntryFlag.USED | EntryFlag.DIRECTORY, 2, 0)
    assert any(problem.kind == "damage" for problem in check(image))
    repair(image)
    assert check(image) == []


def test_ours_is_marked_in_order_and_otherwise_the_manuals():
    words = Image.format(64).words
    assert words[SuperWord.CLEAN] == CLEAN_MARK + words[SuperWord.FREE]
    assert words[SuperWord.RECORD:SECTOR_WORDS].tolist() == [0] * (SECTOR_WORDS - 10)
