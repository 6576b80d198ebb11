"""Names: 1 to 24 octets of UTF-8, one a word; others are read, shown and mended, never made."""

import pytest

from toolchain.qfs import Image, QfsError, check, repair
from toolchain.qfs.layout import SECTOR_WORDS
from toolchain.qfs.names import decode_name, encode_name, shown


def test_a_letter_is_as_many_words_as_octets():
    image = Image.format(16)
    image.write("ü€", b"")
    at = image.root * SECTOR_WORDS + 4
    assert image.words[at:at + 6].tolist() == [0xC3, 0xBC, 0xE2, 0x82, 0xAC, 0]
    assert image.find("ü€") is not None


@pytest.mark.parametrize("name, message", [
    ("ü" * 13,     "has 26 octets of UTF-8; a name has at most 24"),
    ("\udcff",     "a name must be UTF-8"),
    ("a\0b",       "a name cannot contain a zero character"),
])
def test_names_that_no_disk_can_hold(name, message):
    for job in (lambda image: image.write(name, b""), lambda image: image.make_directory(name)):
        image = Image.format(16)
        before = image.words[:]
        with pytest.raises(QfsError, match=message):
            job(image)
        assert image.words == before


@pytest.mark.parametrize("words, name", [
    ([0x66, 0xFC, 0, 0x61], "f\udcfc"),   # an octet that is no UTF-8
    ([0x66, 0x20AC, 0],     "f€"),        # a character a word, as older disks have
    ([0xD800],              "\ufffd"),
    ([],                    ""),
])
def test_other_names_are_read(words, name):
    assert decode_name(words) == name


def test_encoding_and_reading_agree():
    assert decode_name(encode_name("naïve ☃")) == "naïve ☃"


@pytest.mark.parametrize("text, safe", [
    ("plain ü",            "plain ü"),
    ("\x1b]0;x\x07",       r"\x1b]0;x\x07"),
    ("a\nb\\",             r"a\nb\\"),
    ("\udcfc",             r"\xfc"),
    ("\u202e",             r"\u202e"),
])
def test_nothing_reaches_a_terminal_raw(text, safe):
    assert shown(text) == safe


def test_a_bad_name_is_mended_without_losing_the_file():
    image = Image.format(32)
    for name in ("one", "two"):
        image.write(name, name.encode())
    for slot, words in ((0, [0x66, 0xFC]), (1, [0x66, 0xFC])):
        at = image.root * SECTOR_WORDS + slot * 32 + 4
        for index in range(24):
            image.words[at + index] = words[index] if index < len(words) else 0
    assert [problem.kind for problem in check(image)] == ["name", "name"]
    repair(image)
    assert check(image) == []
    assert sorted(image.read(entry.name) for entry in image.entries(image.root)) == [b"one", b"two"]
