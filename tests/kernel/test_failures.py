"""A call on files that fails for want of something changes nothing: each operation with each
resource used up at each step."""

from array import array

import pytest

from sim.host.error import HostError
from tests.support.file_script import (
    FileOperation,
    FileRuns,
    NewDisk,
    Oracle,
    answers_of,
    carry_out,
    fileops_disk,
    octets_of,
)
from tests.support.live import Live
from tests.support.system import boot, debug_kernel
from toolchain.qfs import Image, check, repair

SECTORS = 110
MOST_STEPS = 40


def operation(text):
    who, what, *words = text.split()
    return FileOperation(int(who), what,
                         tuple(int(word) if word.isdigit() else word for word in words))


# Lines before, the line that is to fail, lines behind it.
OPERATIONS = {
    "open anew":     ([], "0 o 0 /new 1", ["0 c 0"]),
    "open to replace": ([], "0 o 0 /keep 1", ["0 c 0"]),
    "open to append": ([], "0 o 0 /keep 2", ["0 c 0"]),
    "open to read":  ([], "0 o 0 /keep 0", ["0 c 0"]),
    "create":        ([], "0 t /new", []),
    "make directory": ([], "0 m /new", []),
    "rename":        ([], "0 n /keep /new", []),
    "move":          ([], "0 n /keep /d/new", []),
    "rename over":   ([], "0 n /keep /other", []),
    "destroy":       ([], "0 d /keep", []),
    "list":          ([], "0 l /d", []),
    "duplicate":     (["0 o 1 /keep 0"], "0 u 1 2", []),
}
WRITES = {
    "replace":       ["0 o 0 /keep 1", "0 w 0 3000 1", "0 c 0"],
    "append":        ["0 o 0 /keep 2", "0 w 0 3000 1", "0 c 0"],
    "replace packed": ["0 o 0 /keep 1", "0 p 0 3000 1", "0 c 0"],
    "append at once": ["0 o 0 /keep 2", "0 w 0 1 1", "0 y", "0 w 0 600 1", "0 c 0"],
}
FILES = {"keep": octets_of(1, 700), "other": octets_of(2, 10), "d/1": b"", "d/2": b"", "d/3": b"",
         "d/4": b""}  # the next in d needs a sector, and so does the next in the root


def disk():
    image = Image(array("I", fileops_disk(SECTORS)))
    image.make_directory("d")
    for path, data in FILES.items():
        image.write(path, data)
    return image


def files_of(image):
    return {path: None if entry.is_directory else image.read(path)
            for path, entry in image.walk("/") if path != "bin/sh"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_without_a_handle_nothing_happens(name):
    before, line, _ = OPERATIONS[name]
    image = disk()
    session = carry_out([*before, "0 h 20", line, "0 f"], image.words.tobytes())
    *_, taken, result, free = answers_of(session)
    assert taken[0] < 20
    if "new" in line or "open" in name or name in ("list", "duplicate"):
        needs_handle = line.split()[1] in "olu"
        assert (result[0] == -1) is needs_handle
    after = Image(array("I", session.disk))
    assert check(after) == []
    if result[0] == -1:
        assert files_of(after) == files_of(image)
        assert free == [image.free]


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_request_for_memory_may_fail(name):
    before, line, after = OPERATIONS[name]
    image = disk()
    live = Live(disk=image.words.tobytes(), kernel=debug_kernel())
    live.until(" $ ")
    for text in [*before, "0 s /keep", "0 l /", "0 l /d"]:
        live.command(text)
    states = [live.command(text) for text in ("0 f", "0 s /keep", "0 s /other", "0 s /new")]
    for step in range(1, MOST_STEPS):
        live.command(f"0 x {step}")
        answer = live.command(line)
        live.command("0 x 0")
        if "-1" not in answer:
            break
        assert states == [live.command(text)
                          for text in ("0 f", "0 s /keep", "0 s /other", "0 s /new")], step
    else:
        pytest.fail("it never succeeds")
    assert step > 1 or name == "duplicate"  # all others do need memory
    for text in after:
        live.command(text)
    session = live.finish()
    assert session.status == 0
    assert check(Image(array("I", session.disk))) == []


@pytest.mark.parametrize("free", range(5))
@pytest.mark.parametrize("name", [*OPERATIONS, *WRITES])
def test_each_free_sector_may_be_the_last(name, free):
    before, line, after = OPERATIONS[name] if name in OPERATIONS else ([], "0 f", WRITES[name])
    setup = [operation(text) for text in (
        "0 o 7 /keep 1", "0 w 7 700 1", "0 c 7", "0 t /other", "0 m /d", "0 t /d/1", "0 t /d/2",
        "0 t /d/3", "0 t /d/4")]
    oracle = Oracle(Image(array("I", fileops_disk(SECTORS))).free)
    for each in setup:
        oracle.answer(each)
    fill = [operation(text) for text in ("0 t /fill", "0 t /x1", "0 t /x2", "0 t /x3")]
    for each in fill:
        oracle.answer(each)
    fill += [operation(text) for text in
             ("0 o 7 /fill 2", f"0 w 7 {512 * (oracle.free() - free)} 3", "0 c 7")]
    lines = [operation(text) for text in (*before, line, *after, "0 f", "0 l /", "0 l /d",
                                          "0 s /keep", "0 s /new")]
    assert FileRuns().check([NewDisk(SECTORS), *setup, *fill, *lines]) is None


class Broken:
    """Lets one write or flush fail, counted from when the first line was asked for."""

    def __init__(self, what, number):
        self.what, self.left, self.is_on = what, number, False

    def __call__(self, event):
        if self.is_on and (event.sector is None) == (self.what == "flush"):
            self.left -= 1
            if self.left == 0:
                raise HostError("worn out")

    def start(self, count, golden):
        self.is_on = True

    def start_at(self, line):
        """What starts it when this line is asked for, the first being 1."""
        def started(count, golden):
            self.is_on = self.is_on or count >= line
        return started


@pytest.mark.parametrize("what", ["write", "flush"])
@pytest.mark.parametrize("name", [*OPERATIONS, *WRITES])
def test_an_error_of_the_disk_is_told_and_leaves_the_old_or_the_new(name, what):
    before, line, after = OPERATIONS[name] if name in OPERATIONS else ([], "0 f", WRITES[name])
    lines = [*before, line, *after]
    image = disk()
    whole = carry_out(lines, image.words.tobytes())
    allowed = [files_of(image), files_of(Image(array("I", whole.disk)))]
    for step in range(1, MOST_STEPS):
        broken = Broken(what, step)
        session = carry_out(lines, image.words.tobytes(), on_write=broken, on_prompt=broken.start)
        assert session.status == 0
        if broken.left > 0:
            break
        mounted = boot("0 f", disk=session.disk)
        found = Image(array("I", mounted.disk))
        assert check(found) == [], step
        files = files_of(found)
        assert files["other"] == FILES["other"] or "/other" in line
        assert files in [*allowed, {**allowed[0], "new": b""}] or "append" in name, (step, files)
        if name in WRITES:
            kept = files["keep"]
            assert kept in (FILES["keep"], allowed[1]["keep"]) or kept.startswith(FILES["keep"])
            if kept != allowed[1]["keep"]:
                assert [-1] in answers_of(session), step
    else:
        pytest.fail("it never succeeds")


@pytest.mark.parametrize("what", ["write", "flush"])
def test_what_is_appended_after_a_failure_goes_behind_what_is_there(what):
    """Of what could not be written as much as there was on the disk by then may be in between."""
    again = ["0 o 0 /keep 2", "0 w 0 600 9", "0 c 0"]
    between = set()
    for step in range(1, MOST_STEPS):
        broken = Broken(what, step)
        session = carry_out([*WRITES["append"], *again], disk().words.tobytes(), on_write=broken,
                            on_prompt=broken.start)
        *first, last = answers_of(session)
        if [-1] not in first:
            break
        assert last == [0], step
        kept = Image(array("I", session.disk)).read("keep")
        assert kept.startswith(FILES["keep"]) and kept.endswith(octets_of(9, 600)), step
        between.add(len(kept) - 1300)
    assert 0 in between and max(between) <= 3000


class Unreadable:
    """A sector that cannot be read while a line, the first being 1, is carried out."""

    def __init__(self, sector, line):
        self.sector, self.line, self.is_on = sector, line, False

    def __call__(self, sector):
        if self.is_on and sector == self.sector:
            raise HostError("scratched")

    def start(self, count, golden):
        self.is_on = count == self.line


def test_an_append_whose_entry_cannot_be_read_shares_no_sector_with_others():
    """What is linked by then belongs to the file, and to no other one until it is removed."""
    image = Image(array("I", fileops_disk(250)))
    image.write("keep", FILES["keep"])
    image.write("long", octets_of(5, 40_000))  # more sectors than the cache has
    lines = ["0 o 0 /keep 2", "0 w 0 600 1", "0 o 1 /long 0", "0 r 1 40000", "0 c 0",
             "0 o 0 /one 1", "0 w 0 500 2", "0 c 0", "0 d /keep", "0 o 0 /two 1", "0 w 0 500 3",
             "0 c 0"]
    unreadable = Unreadable(image.root, 1 + lines.index("0 c 0"))
    session = carry_out(lines, image.words.tobytes(), on_read=unreadable,
                        on_prompt=unreadable.start)
    assert [answers[0] for answers in answers_of(session)] \
        == [0, 600, 0, 40_000, -1, 0, 500, 0, 0, 0, 500, 0]
    after = Image(array("I", boot("0 f", disk=session.disk).disk))
    assert check(after) == []
    assert (after.read("one"), after.read("two")) == (octets_of(2, 500), octets_of(3, 500))


def test_sync_fails_as_long_as_the_table_cannot_be_written():
    """Of a file that was removed, whose sectors are free in memory alone."""
    image = disk()
    table = range(image.fat_first, image.fat_first + image.fat_sectors)
    lines = ["0 d /keep", "0 y", "0 y", "0 f"]

    def refuse(event):
        if event.sector in table and refuse.is_on:
            raise HostError("worn out")

    def until_the_last(count, golden):
        refuse.is_on = count < len(lines) - 1

    refuse.is_on = True
    session = carry_out(lines, image.words.tobytes(), on_write=refuse, on_prompt=until_the_last)
    assert answers_of(session) == [[0], [-1], [0], [image.free + 2]]


def test_what_a_removed_file_had_is_free_on_the_disk_at_once():
    image, states = disk(), []
    octets = bytearray(image.words.tobytes())

    def keep(event):
        if event.sector is not None:
            octets[event.sector * 512:(event.sector + 1) * 512] = event.octets

    carry_out(["0 d /keep", "0 f"], bytes(octets), on_write=keep,
              on_prompt=lambda count, golden: states.append(bytes(octets)))
    before, after = (Image(array("I", state)).table()[image.data_first:].count(0)
                     for state in states[:2])
    assert after == before + 2


def test_a_file_whose_chain_ends_too_soon_is_read_up_to_there():
    """On a disk that is marked as in order, so that nobody has looked."""
    image = disk()
    image.set_fat(image.find("keep").first, 0xFFFFFFFF)
    read, *_ = answers_of(carry_out(["0 o 0 /keep 0", *["0 r 0 2000"] * 2],
                                    image.words.tobytes()))[1:]
    assert read[0] == 512


def test_a_failed_writer_is_no_concern_of_others():
    lines = ["0 o 0 /keep 1", "0 w 0 30000 1", "0 w 0 1 1", "1 y", "1 o 0 /d/1 1", "0 y", "1 y",
             "1 c 0", "0 c 0", "0 y"]
    answers = answers_of(carry_out(lines, disk().words.tobytes()))
    assert answers[2:] == [[-1], [0], [0], [-1], [0], [0], [-1], [0]]


def test_a_failed_flush_is_told_to_whoever_closes():
    lines = ["0 o 0 /keep 1", "0 w 0 10 1", "1 o 0 /other 1", "1 w 0 10 2", "0 c 0", "1 c 0"]
    flushes = 0
    image = disk()
    counted = Broken("flush", 0)
    carry_out(lines[:4], image.words.tobytes(), on_write=counted, on_prompt=counted.start)
    results = set()
    for step in range(1, MOST_STEPS):
        broken = Broken("flush", step)
        session = carry_out(lines, image.words.tobytes(), on_write=broken, on_prompt=broken.start)
        if broken.left > 0:
            break
        *_, first, second = answers_of(session)
        results.add((first[0], second[0]))
        flushes += 1
    assert (-1, 0) in results and (0, -1) in results
    assert (-1, -1) not in results


@pytest.mark.parametrize("what", ["write", "flush"])
@pytest.mark.parametrize("name", ["destroy", "rename over", "open to replace"])
def test_an_error_while_all_is_written_is_told_once_and_nothing_is_lost(name, what):
    _, line, after = OPERATIONS[name]
    lines = ["0 s /keep", line, *after, "0 y", "0 y"]
    whole = files_of(Image(array("I", carry_out(lines, disk().words.tobytes()).disk)))
    told = 0
    for step in range(1, MOST_STEPS):
        broken = Broken(what, step)
        session = carry_out(lines, disk().words.tobytes(), on_write=broken,
                            on_prompt=broken.start_at(len(lines) - 1))
        if broken.left >= 0:
            break  # from the last one on: it marks the disk as the machine stops
        *_, first, second = answers_of(session)
        assert (first, second) in [([-1], [0]), ([0], [-1])], step
        assert first == [-1] or what == "flush"
        told += first == [-1]
        found = Image(array("I", session.disk))
        assert check(found) == [] and files_of(found) == whole, step
    assert told > 0


def test_what_a_crash_left_of_a_failed_write_is_mended_on_the_host():
    image = disk()
    broken = Broken("write", 4)
    session = carry_out(WRITES["replace"], image.words.tobytes(), on_write=broken,
                        on_prompt=broken.start)
    left = Image(array("I", session.disk))
    repair(left)
    assert check(left) == []
    assert left.read("other") == FILES["other"]
