"""What a mount mends, and what it leaves: afterwards the disk has nothing wrong."""

from array import array

import pytest

from tests.support.file_script import empty_quinix_disk
from tests.support.system import boot, system
from toolchain.qfs import Image, check
from toolchain.qfs.layout import CLEAN_MARK, SuperWord

END = 0xFFFFFFFF
BEYOND = 1000      # no sector of the disk
WHOLE = {"a": b"a" * 1300, "b": b"b" * 512, "c": b"", "d/e": b"e" * 513}


def small_disk(sectors=700):
    """The shell and some files, on a disk that was not stopped in order."""
    fresh, image = Image(array("I", system().disk.read_bytes())), Image.format(sectors)
    for folder in ("bin", "d"):
        image.make_directory(folder)
    image.write("bin/sh", fresh.read("bin/sh"), executable=True)
    for name, octets in WHOLE.items():
        image.write(name, octets)
    return image


def mounted(image, *commands):
    """What is there after a session on a disk that is checked first: octets by name, directories by
    the number of their entries."""
    image.words[SuperWord.CLEAN] = 0
    session = boot(*commands, disk=image.words.tobytes())
    assert session.status == 0, session.text
    after = Image(array("I", session.disk))
    assert check(after) == []
    return after, {path: entry.size if entry.is_directory else after.read(path)
                   for path, entry in after.walk("/") if not path.startswith("bin")}


def change(image, path, *, first=None, size=None):
    entry = image.find(path)
    image.change_entry(entry, entry.flags, entry.first if first is None else first,
                       entry.size if size is None else size)


def chain(image, path):
    return image.chain(image.find(path).first)


def cut_short(image):
    image.set_fat(chain(image, "a")[1], END)


def lead_out(image):
    image.set_fat(chain(image, "a")[0], BEYOND)


def lead_to_what_is_free(image):
    image.set_fat(chain(image, "a")[1], 0)


def be_too_long(image):
    change(image, "a", size=600)


def begin_nowhere(image):
    change(image, "b", first=BEYOND)


def begin_in_the_table(image):
    change(image, "b", first=1)


def have_no_beginning(image):
    change(image, "b", first=0)


def have_no_octets(image):
    change(image, "b", size=0)


def share(image):
    change(image, "b", first=chain(image, "a")[0])


def meet(image):
    image.set_fat(chain(image, "a")[0], chain(image, "d/e")[1])


def go_round(image):
    sectors = chain(image, "a")
    image.set_fat(sectors[2], sectors[0])


def count_wrongly(image):
    change(image, "d", size=7)


def lose_a_directory(image):
    change(image, "d", first=BEYOND)


def lose_sectors(image):
    image.set_fat(600, 601)
    image.set_fat(601, END)


THERE = WHOLE | {"d": 1}
MENDED = [
    (cut_short,            {"a": b"a" * 1024}),
    (lead_out,             {"a": b"a" * 512}),
    (lead_to_what_is_free, {"a": b"a" * 512}),
    (be_too_long,          {"a": b"a" * 600}),
    (begin_nowhere,        {"b": b""}),
    (begin_in_the_table,   {"b": b""}),
    (have_no_beginning,    {"b": b""}),
    (have_no_octets,       {"b": b""}),
    (share,                {"b": None}),
    (meet,                 {"a": b"a" * 512 + b"e" + bytes(511), "d/e": b"e" * 512}),
    (go_round,             {}),
    (count_wrongly,        {}),
    (lose_a_directory,     {"d": None, "d/e": None}),
    (lose_sectors,         {}),
]


@pytest.mark.parametrize("damage, changed", [pytest.param(*row, id=row[0].__name__)
                                             for row in MENDED])
def test_what_is_wrong_is_mended_and_the_rest_stays(damage, changed):
    image = small_disk()
    damage(image)
    after, there = mounted(image)
    assert there == {name: what for name, what in (THERE | changed).items() if what is not None}
    assert after.free == after.sectors - after.data_first - sum(
        len(after.chain(entry.first)) if entry.first else 0 for _, entry in after.walk("/")) \
        - len(after.chain(after.root))


def test_more_directories_than_the_list_holds_are_all_walked():
    image = small_disk(4000)
    for number in range(1100):
        image.make_directory(f"n{number}")
        image.write(f"n{number}/f", b"x")
    before = image.free
    after, there = mounted(image)
    assert [there[f"n{number}/f"] for number in range(1100)] == [b"x"] * 1100
    assert after.free == before


@pytest.mark.parametrize("word", [0, END])
def test_a_root_that_is_in_order_stays_as_it_is_in_front_of_the_data(word):
    """Quinix's: a chain of one sector, for which it has 0."""
    image = empty_quinix_disk(200)
    image.make_directory("bin")
    image.write("bin/sh", (system().folder / "tests" / "fileops.qbin").read_bytes(),
                executable=True)
    image.set_fat(image.root, word)
    after = Image(array("I", boot("0 f", disk=image.words.tobytes()).disk))
    assert after.table() == image.table()


def test_new_sectors_are_found_behind_those_in_use():
    image = small_disk()
    before = image.free
    after, there = mounted(image, "pwd > new")
    assert there == THERE | {"new": b"/\n"}
    assert after.free == before - 1


def test_a_disk_that_another_system_has_changed_is_checked_and_marked_again():
    image = small_disk()
    image.words[SuperWord.CLEAN] = CLEAN_MARK  # of a disk without free sectors
    after = Image(array("I", boot(disk=image.words.tobytes()).disk))
    assert after.words[SuperWord.CLEAN] == CLEAN_MARK + after.free


DAMAGED = "the superblock is damaged"


@pytest.mark.parametrize("word, value, why", [
    (SuperWord.MAGIC,        1,   "the disk holds no QFS"),
    (SuperWord.VERSION,      3,   "the disk holds a QFS of another kind"),
    (SuperWord.SECTOR_WORDS, 64,  "the disk holds a QFS of another kind"),
    (SuperWord.SECTORS,      701, DAMAGED),
    (SuperWord.SECTORS,      0,   DAMAGED),
    (SuperWord.FAT_FIRST,    0,   DAMAGED),
    (SuperWord.FAT_FIRST,    8,   DAMAGED),
    (SuperWord.FAT_SECTORS,  5,   DAMAGED),
    (SuperWord.FAT_SECTORS,  7,   DAMAGED),
    (SuperWord.ROOT,         700, DAMAGED),
    (SuperWord.ROOT,         0,   DAMAGED),
    (SuperWord.DATA_FIRST,   701, DAMAGED),
    (SuperWord.DATA_FIRST,   1,   DAMAGED),
])
def test_a_superblock_that_cannot_be_is_refused(word, value, why):
    image = small_disk()
    assert (image.sectors, image.fat_sectors, image.root, image.data_first) == (700, 6, 7, 7)
    image.words[word] = value
    session = boot(disk=image.words.tobytes())
    assert (session.text, session.status) == (f"cannot start: {why}\n", 0xFF)
