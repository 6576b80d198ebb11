"""The disk tool on rubbish: every job on damaged images, endless sources, loops and depths."""

import os
import subprocess
import sys
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolchain.qfs import Image, check
from toolchain.qfs.cli import main
from toolchain.qfs.layout import (
    MAX_SECTORS,
    SECTOR_OCTETS,
    SECTOR_WORDS,
    EntryFlag,
    SuperWord,
)

SECTORS = 48
DIRECTORY = EntryFlag.USED | EntryFlag.DIRECTORY
JOBS = {
    "list":     ["list", "{disk}", "-r"],
    "list one": ["list", "{disk}", "d/e"],
    "add":      ["add", "{disk}", "{file}", "d/new"],
    "replace":  ["add", "{disk}", "{file}", "two"],
    "extract":  ["extract", "{disk}", "d/one", "{out}"],
    "mkdir":    ["mkdir", "{disk}", "d/m"],
    "remove":   ["remove", "{disk}", "-r", "d"],
    "check":    ["check", "{disk}"],
    "repair":   ["repair", "{disk}"],
}


def small_disk():
    image = Image.format(SECTORS)
    image.make_directory("d")
    image.make_directory("d/e")
    image.write("d/one", bytes(range(256)) * 5)
    image.write("two", b"two" * 600)
    return image


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rubbish")
    (folder / "file").write_bytes(b"new" * 300)
    return folder


def run(place, job, words):
    disk = place / "disk"
    disk.write_bytes(words.tobytes())
    arguments = [text.format(disk=disk, file=place / "file", out=place / "out")
                 for text in JOBS[job]]
    status = main(arguments)
    assert status in (0, 1)
    return status, Image.load(disk) if status == 0 else None


WORDS = st.one_of(st.sampled_from([0, 1, 2, 3, 5, 0x80, 0xFF, SECTORS, 0xFFFFFFFF, 0xFFFFFFFE]),
                  st.integers(0, SECTORS), st.integers(0, 0xFFFFFFFF))
PLACES = st.one_of(st.integers(0, 80), st.integers(SECTOR_WORDS, SECTOR_WORDS + SECTORS),
                   st.integers(2 * SECTOR_WORDS, 5 * SECTOR_WORDS),
                   st.integers(0, SECTORS * SECTOR_WORDS - 1))


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
@settings(max_examples=60, deadline=None)
@given(damage=st.lists(st.tuples(PLACES, WORDS), min_size=1, max_size=12))
def test_a_damaged_image_is_no_traceback(job, damage, place):
    image = small_disk()
    for at, word in damage:
        image.words[at] = word
    status, after = run(place, job, image.words)
    if job == "repair" and status == 0:
        assert check(after) == []


@pytest.mark.parametrize("job", JOBS)
@settings(max_examples=20, deadline=None)
@given(octets=st.binary(max_size=2000))
def test_a_file_that_is_no_image_is_refused(job, octets, place):
    (place / "disk").write_bytes(octets)
    arguments = [text.format(disk=place / "disk", file=place / "file", out=place / "out")
                 for text in JOBS[job]]
    assert main(arguments) == 1


@pytest.mark.parametrize("job", JOBS)
@settings(max_examples=20, deadline=None)
@given(kept=st.integers(0, SECTORS * SECTOR_OCTETS - 1))
def test_an_image_that_ends_early_is_refused(job, kept, place):
    disk = place / "disk"
    disk.write_bytes(small_disk().words.tobytes()[:kept])
    assert main([text.format(disk=disk, file=place / "file", out=place / "out")
                 for text in JOBS[job]]) == 1


def test_a_loop_of_directories_is_named(place, capsys):
    image = small_disk()
    image.set_entry(image.directory("d/e"), 0, "loop", DIRECTORY, image.root, 0)
    assert run(place, "list", image.words)[0] == 1
    assert "'d/e/loop' leads back to '/'" in capsys.readouterr().err
    assert run(place, "remove", image.words)[0] == 1
    assert "/d/e/loop: shares sector" in capsys.readouterr().err
    assert (place / "disk").read_bytes() == image.words.tobytes()


def test_depth_is_no_limit():
    depth = 1100
    image = Image.format(2 * depth)
    image.make_directory("d")
    for _ in range(depth - 1):
        # Each is put around the one before: so no path gets long while they are made.
        inner = image.find("d")
        image.make_directory("e")
        outer = image.find("e")
        image.set_entry(outer.first, 0, "d", DIRECTORY, inner.first, inner.size)
        image.change_entry(inner, EntryFlag.DELETED, 0, 0)
        image.set_entry(outer.sector, outer.slot, "d", DIRECTORY, outer.first, 1)
    assert check(image) == []
    assert sum(1 for _ in image.walk("/")) == depth
    image.remove("d", recursive=True)
    assert check(image) == []
    assert list(image.entries(image.root)) == []


def test_a_directory_without_a_sector_is_told(place, capsys):
    image = small_disk()
    entry = image.find("d/e")
    image.change_entry(entry, entry.flags, 0, 0)
    (place / "disk").write_bytes(image.words.tobytes())
    assert main(["add", str(place / "disk"), str(place / "file"), "d/e/x"]) == 1
    assert "the disk is damaged and stays as it is" in capsys.readouterr().err


def test_a_wrong_free_count_is_mended_and_said(place, capsys):
    image = Image.format(64)
    image.words[SuperWord.FREE] = 0
    status, after = run(place, "add", image.words)
    assert status == 1  # there is no directory d
    (place / "disk").write_bytes(image.words.tobytes())
    assert main(["add", str(place / "disk"), str(place / "file")]) == 0
    assert "61 sectors are free, not 0; the count is mended" in capsys.readouterr().err
    assert check(Image.load(place / "disk")) == []


def test_a_disk_too_large_is_refused(place, capsys):
    assert main(["create", str(place / "big"), "--sectors", "4000000000"]) == 1
    assert f"from 3 to {MAX_SECTORS} sectors" in capsys.readouterr().err
    assert not (place / "big").exists()


def test_an_image_too_large_is_refused(place, capsys):
    with open(place / "sparse", "wb") as file:
        file.truncate(5 << 30)
    assert main(["check", str(place / "sparse")]) == 1
    assert "work on images of at most" in capsys.readouterr().err
    os.unlink(place / "sparse")


@pytest.mark.parametrize("name", ["/dev/zero", "fifo"])
def test_endless_sources_are_refused(place, tmp_path, capsys, name):
    if name == "fifo":
        (tmp_path / "tree").mkdir()
        os.mkfifo(tmp_path / "tree" / "fifo")
        name = str(tmp_path / "tree" / "fifo")
        assert main(["create", str(place / "new"), "--from", str(tmp_path / "tree")]) == 1
        assert f"{name}: not an ordinary file" in capsys.readouterr().err
    (place / "disk").write_bytes(small_disk().words.tobytes())
    assert main(["add", str(place / "disk"), name]) == 1
    assert f"{name}: not an ordinary file" in capsys.readouterr().err
    assert main(["list", name]) == 1
    assert "not an ordinary file" in capsys.readouterr().err


def test_names_reach_an_ascii_terminal_escaped(place):
    image = small_disk()
    image.write("\x1b]0;x\x07", b"")
    image.write("ü\n", b"")
    (place / "disk").write_bytes(image.words.tobytes())
    done = subprocess.run(
        [sys.executable, "-m", "toolchain.qfs", "list", place / "disk", "-r"],
        capture_output=True, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert rb"\x1b]0;x\x07" in done.stdout
    assert rb"\xfc\n" in done.stdout
    assert b"\x1b" not in done.stdout


def test_ten_thousand_files_stay_linear():
    """Each file costs a bounded number of looks at the table and the directory."""
    image = Image.format(8000)
    looks = 0
    entry = image.entry

    def counted(sector, slot):
        nonlocal looks
        looks += 1
        return entry(sector, slot)

    image.entry = counted
    for number in range(2000):
        image.write(f"f{number}", b"x")
    assert looks < 20 * 2000
    assert check(Image(array("I", image.words))) == []


def test_a_running_machines_disk_is_not_written(place, capsys):
    from sim.host.disk import Disk
    (place / "disk").write_bytes(small_disk().words.tobytes())
    running = Disk(place / "disk")
    before = (place / "disk").read_bytes()
    for arguments in (["add", "{disk}", "{file}"], ["mkdir", "{disk}", "x"], ["repair", "{disk}"],
                      ["remove", "{disk}", "two"], ["create", "{disk}", "--sectors", "9"]):
        assert main([text.format(disk=place / "disk", file=place / "file")
                     for text in arguments]) == 1
        assert f"(pid {os.getpid()})" in capsys.readouterr().err
    assert (place / "disk").read_bytes() == before
    assert main(["list", str(place / "disk")]) == 0
    assert "what is read may be half written" in capsys.readouterr().err
    running.close()
