"""The person's disk: the system's files follow the sources, the person's own stay."""

from types import SimpleNamespace

import pytest

from system.disk import keep_disk, make_disk
from toolchain.lock import InUseError, exclusive
from toolchain.qfs import Image, check


class System:
    """A fresh disk of a few files, as a build makes it, and the person's disk beside it."""

    def __init__(self, folder):
        self.paths = SimpleNamespace(disk=folder / "fresh.qfs")
        self.disk = folder / "disk.qfs"
        self.build(date=b"date 1", readme=b"hello")

    def build(self, **files):
        image = Image.format(64)
        image.make_directory("bin")
        for name, data in files.items():
            image.write(f"bin/{name}", data, executable=True)
        image.save(self.paths.disk)

    def start(self):
        keep_disk(self.paths, self.disk)
        assert check(Image.load(self.disk)) == []
        return Image.load(self.disk)

    def save(self, path, data):
        image = Image.load(self.disk)
        image.write(path, data)
        image.save(self.disk)


@pytest.fixture
def system(tmp_path):
    made = System(tmp_path)
    made.start()
    return made


def test_what_the_sources_change_comes_to_the_disk(system, capsys):
    system.save("mine", b"my own")
    system.build(date=b"date 2", readme=b"hello", new=b"new")
    image = system.start()
    assert image.read("bin/date") == b"date 2"
    assert image.find("bin/date").is_executable
    assert image.read("bin/new") == b"new"
    assert image.read("mine") == b"my own"
    assert "brought up to date on the disk: bin/date, bin/new" in capsys.readouterr().err


def test_what_the_person_changed_stays_and_is_told_once(system, capsys):
    system.save("bin/date", b"my date")
    system.build(date=b"date 2", readme=b"hello")
    assert system.start().read("bin/date") == b"my date"
    assert "bin/date: changed on the disk, and new in the sources" in capsys.readouterr().err
    assert system.start().read("bin/date") == b"my date"
    assert capsys.readouterr().err == ""


def test_what_the_person_removed_stays_removed(system):
    image = Image.load(system.disk)
    image.remove("bin/date")
    image.save(system.disk)
    system.build(date=b"date 1", readme=b"hello 2")
    image = system.start()
    assert image.find("bin/date") is None
    assert image.read("bin/readme") == b"hello 2"


def test_what_the_system_has_no_more_goes_unless_it_was_changed(system):
    system.save("bin/readme", b"my notes")
    system.build()
    image = system.start()
    assert image.find("bin/date") is None
    assert image.read("bin/readme") == b"my notes"


def test_a_disk_without_a_manifest_keeps_what_differs(system, capsys):
    system.disk.with_name("disk.qfs.manifest").unlink()
    system.save("bin/date", b"from before")
    image = system.start()
    assert image.read("bin/date") == b"from before"
    assert "bin/date: changed" in capsys.readouterr().err


def test_nothing_is_written_when_nothing_changed(system):
    before = system.disk.stat().st_mtime_ns, system.disk.stat().st_ino
    system.start()
    assert (system.disk.stat().st_mtime_ns, system.disk.stat().st_ino) == before


@pytest.mark.parametrize("what", ["full", "damaged", "in use"])
def test_what_cannot_be_brought_up_to_date_is_told_and_left(system, capsys, what):
    image = Image.load(system.disk)
    if what == "full":
        image.write("big", bytes(512 * image.free))
    if what == "damaged":
        image.set_fat(image.find("bin/date").first, 0)
    image.save(system.disk)
    before = system.disk.read_bytes()
    system.build(date=bytes(2000))
    if what == "in use":
        with exclusive(system.disk):
            keep_disk(system.paths, system.disk)
    else:
        keep_disk(system.paths, system.disk)
    assert system.disk.read_bytes() == before
    assert "the system's files on it are not brought up to date" in capsys.readouterr().err


def test_a_new_disk_is_not_made_under_a_running_machine(system):
    before = system.disk.read_bytes()
    with exclusive(system.disk), pytest.raises(InUseError, match=r"in use by .*\(pid \d+\)"):
        make_disk(system.disk, system.paths)
    assert system.disk.read_bytes() == before
    make_disk(system.disk, system.paths)
