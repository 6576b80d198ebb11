"""Disk images: contents by path, a full disk, bad input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.qfs import Image, QfsError, check
from toolchain.qfs.layout import SECTOR_WORDS


def test_superblock_is_the_manuals():
    image = Image.format(4096)
    assert image.words[:9].tolist() == [0x51465332, 2, 128, 4096, 1, 32, 33, 33, 4062]
    assert image.words[SECTOR_WORDS:SECTOR_WORDS + 35].tolist() == [0xFFFFFFFE] * 33 + [
        0xFFFFFFFF, 0]


def test_entry_is_the_manuals():
    image = Image.format(16)
    image.write("hi", b"abcde", executable=True)
    root = image.root * SECTOR_WORDS
    assert image.words[root:root + 8].tolist() == [5, 3, 5, 0, ord("h"), ord("i"), 0, 0]
    assert image.words[3 * SECTOR_WORDS:3 * SECTOR_WORDS + 2].tolist() == [0x64636261, 0x65]


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=2000),
                       max_size=9))
def test_reads_back_what_was_written(files):
    image = Image.format(200)
    for name, data in files.items():
        image.write(name, data)
    assert {e.name: image.read(e.name) for e in image.entries(image.root)} == files
    assert check(image) == []


@given(st.lists(st.tuples(st.sampled_from(["write", "remove", "mkdir", "rmdir"]),
                          st.sampled_from(["a", "b", "d/a", "d/b", "d", "d/e/f", "d/e"]),
                          st.integers(0, 3000)), max_size=30))
def test_any_history_leaves_a_sound_disk(history):
    image = Image.format(24)
    for job, path, size in history:
        before = image.words[:]
        try:
            if job == "write":
                image.write(path, bytes(size))
            elif job == "mkdir":
                image.make_directory(path)
            else:
                image.remove(path, recursive=job == "rmdir")
        except QfsError:
            if job != "rmdir":
                assert image.words == before
        assert check(image) == []


def test_full_disk_leaves_the_old_file():
    image = Image.format(8)
    image.write("a", b"old")
    with pytest.raises(QfsError, match="the disk is full: 9 sectors wanted, 4 free"):
        image.write("a", bytes(9 * 512))
    assert image.read("a") == b"old"


@pytest.mark.parametrize("path, message", [
    ("/",                    "/: is a directory"),
    ("no/file",              "no: no such directory"),
    ("file/below",           "file: not a directory"),
    ("abcdefghijklmnopqrstuvwxy", "has 25 octets of UTF-8; a name has at most 24"),
])
def test_bad_paths_are_explained(path, message):
    image = Image.format(16)
    image.write("file", b"")
    with pytest.raises(QfsError, match=message):
        image.write(path, b"")


def test_dots_in_paths_stop_at_the_root():
    image = Image.format(16)
    image.make_directory("d")
    image.write("/d/../../d/./x", b"1")
    assert image.read("d/x") == b"1"
