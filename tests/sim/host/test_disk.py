"""The disk: sectors of an image file."""

import os

import numpy as np
import pytest

from sim.host.disk import Disk, DiskEvent, make_image
from sim.host.error import HostError

WORDS = np.arange(128, dtype=np.uint32) + 0xFFFFFF00


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "disk.img"
    make_image(path, 4)
    return path


def test_a_new_image_is_zeros(image):
    disk = Disk(image)
    assert disk.total_sectors == 4 and not disk.read(3).any()
    disk.close()


def test_sectors_are_little_endian_words_in_their_places(image):
    disk = Disk(image)
    disk.write(2, WORDS)
    disk.flush()
    assert (disk.read(2) == WORDS).all() and not disk.read(1).any() and not disk.read(3).any()
    disk.close()
    assert image.read_bytes() == bytes(1024) + WORDS.astype("<u4").tobytes() + bytes(512)


def test_what_was_written_is_read_by_the_next_disk(image):
    first = Disk(image)
    first.write(0, WORDS)
    first.close()
    second = Disk(image)
    assert (second.read(0) == WORDS).all()
    second.close()


def test_an_ephemeral_disk_leaves_the_image_alone(image):
    before = image.read_bytes()
    disk = Disk(image, ephemeral=True)
    disk.write(1, WORDS)
    disk.flush()
    assert (disk.read(1) == WORDS).all()
    assert disk.octets() == bytes(512) + WORDS.astype("<u4").tobytes() + bytes(1024)
    disk.close()
    assert image.read_bytes() == before


def test_a_disk_in_memory_needs_no_file():
    disk = Disk(bytes(1024))
    disk.write(1, WORDS)
    disk.flush()
    assert disk.octets()[512:] == WORDS.astype("<u4").tobytes()


def test_an_observer_hears_of_writes_and_flushes_in_order(image):
    heard = []
    disk = Disk(image, observer=heard.append)
    disk.write(3, WORDS)
    disk.read(3)
    disk.flush()
    assert heard == [DiskEvent(3, WORDS.astype("<u4").tobytes()), DiskEvent()]
    disk.close()


def test_an_observer_can_make_an_operation_fail(image):
    def refuse(event):
        raise HostError("no more")

    disk = Disk(image, observer=refuse)
    with pytest.raises(HostError, match="no more"):
        disk.write(0, WORDS)
    assert not disk.read(0).any()
    disk.close()


@pytest.mark.parametrize("sector", [4, -1, 1 << 31])
def test_a_sector_that_is_not_there_is_an_error(image, sector):
    disk = Disk(image)
    for operation in (lambda: disk.read(sector), lambda: disk.write(sector, WORDS)):
        with pytest.raises(HostError, match=f"there is no sector {sector}"):
            operation()
    disk.close()


def test_a_missing_image_is_refused(tmp_path):
    with pytest.raises(HostError, match="none.img: cannot open the disk image: No such file"):
        Disk(tmp_path / "none.img")


@pytest.mark.parametrize("size_octets", [0, 1, 511, 513, 1000])
def test_an_odd_size_is_refused(tmp_path, size_octets):
    path = tmp_path / "odd.img"
    path.write_bytes(bytes(size_octets))
    with pytest.raises(HostError, match=f"{size_octets} octets are not a whole number of sectors"):
        Disk(path)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(HostError, match="not an ordinary file"):
        Disk(tmp_path)


def test_a_read_only_image_is_refused_but_for_ephemeral_use(image, monkeypatch):
    if os.geteuid() == 0:  # root may write anything: play the kernel's part
        real = os.open

        def refusing(path, flags, *rest):
            if flags & os.O_RDWR:
                raise PermissionError(13, "Permission denied")
            return real(path, flags, *rest)

        monkeypatch.setattr(os, "open", refusing)
    image.chmod(0o444)
    with pytest.raises(HostError, match="the disk image may not be written"):
        Disk(image)
    Disk(image, ephemeral=True).close()


def test_two_machines_do_not_share_an_image(image):
    first = Disk(image)
    for ephemeral in (False, True):
        with pytest.raises(HostError, match=rf"in use by .*\(pid {os.getpid()}\)"):
            Disk(image, ephemeral=ephemeral)
    first.close()
    second, third = Disk(image, ephemeral=True), Disk(image, ephemeral=True)
    second.close()
    third.close()


def test_an_image_that_shrinks_is_an_error(image):
    disk = Disk(image)
    os.truncate(image, 512)
    with pytest.raises(HostError, match="the image has become shorter"):
        disk.read(2)
    disk.close()


def test_make_image_does_not_replace(image):
    with pytest.raises(HostError, match="File exists"):
        make_image(image, 4)
