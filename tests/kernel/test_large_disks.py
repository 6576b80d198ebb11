"""Disks larger than the machine's memory: a clean one mounts at once, another is checked in bounded
memory or refused in a sentence."""

import io
import os
from array import array

import numpy as np
import pytest

from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from tests.support.file_script import fileops_disk
from tests.support.system import SYSTEM, system
from toolchain.qfs import Image, check
from toolchain.qfs.layout import CLEAN_MARK, SECTOR_OCTETS, SECTOR_WORDS, SuperWord

GIB = 2 << 20                # sectors
MOST_AT_ONCE = 2_000_000     # instructions of a whole session with a disk that needs no check
LIMIT_CYCLES = 4_000_000_000


def large_image(path, sectors, *, clean):
    """A sparse image with the program alone on it, of any number of sectors."""
    small = Image(array("I", fileops_disk(110)))
    fat_sectors = -(-sectors // SECTOR_WORDS)
    shift = 1 + fat_sectors - small.data_first
    for first in (small.root, small.find("bin").first):
        entry = next(small.entries(first))
        small.change_entry(entry, entry.flags, entry.first + shift, entry.size)
    free = sectors - 1 - fat_sectors - (small.sectors - small.data_first - small.free)
    table = array("I", [word + shift if 0 < word < 0xFFFFFFFE else word
                        for word in small.table()[small.data_first:]])
    head = array("I", [0] * SECTOR_WORDS)
    head[:9] = array("I", [*small.words[:3], sectors, 1, fat_sectors, 1 + fat_sectors,
                           1 + fat_sectors, free])
    head[SuperWord.CLEAN] = CLEAN_MARK + free & 0xFFFFFFFF if clean else 0
    with open(path, "wb") as file:
        file.write(head.tobytes())
        file.seek(SECTOR_OCTETS + 4 * (1 + fat_sectors))
        file.write(table.tobytes())
        file.seek((1 + fat_sectors) * SECTOR_OCTETS)
        file.write(small.words[small.data_first * SECTOR_WORDS:].tobytes())
        file.truncate(sectors * SECTOR_OCTETS)
    return path, free


def session(path, *lines, keeps=False):
    """What was said, the exit code and the number of instructions; `keeps` what is written, else
    the image stays as it is."""
    sink = io.BytesIO()
    terminal = Terminal("".join(f"{line}\r" for line in lines).encode(), sink)
    disk = Disk(path, ephemeral=not keeps)
    golden = Golden(SYSTEM, Hosts(terminal, disk=disk, serial=Serial(terminal, end_octet=4),
                                  keyboard=Keyboard()))
    golden.load(np.frombuffer(system().kernel.read_bytes(), dtype="<u4"))
    golden.run(LIMIT_CYCLES)
    disk.close()
    text = sink.getvalue().decode().replace("\r", "")
    return text, golden.stop and golden.stop.exit_code, golden.instructions


LINES = ("0 o 0 /a 1", "0 w 0 2000 1", "0 c 0", "0 s /a", "0 f")


@pytest.mark.parametrize("sectors", [GIB, 400 * GIB])
def test_a_clean_disk_mounts_whatever_its_size(tmp_path, sectors):
    path, free = large_image(tmp_path / "disk", sectors, clean=True)
    text, status, instructions = session(path, *LINES)
    assert status == 0, text
    assert f"= 1 2000\n $ 0 f\n= {free - 4}\n" in text
    assert instructions < MOST_AT_ONCE
    os.unlink(path)


def test_a_card_larger_than_its_disk_keeps_what_is_behind_it(tmp_path):
    """As `dd` leaves a card: the disk is its beginning. All of the disk is filled, and no more."""
    disk, rest = array("I", fileops_disk(110)).tobytes(), b"\xA5" * (SECTOR_OCTETS * 200)
    path = tmp_path / "card"
    path.write_bytes(disk + rest)
    image = Image.load(path)
    assert image.sectors * SECTOR_OCTETS == len(disk)
    times, left = divmod(image.free * SECTOR_OCTETS, 2000)
    text, status, _ = session(path, "0 o 0 /a 1", *["0 w 0 2000 1"] * times, f"0 w 0 {left} 1",
                              "0 c 0", "0 o 0 /b 1", "0 w 0 600 1", keeps=True)
    assert status == 0 and f"= {left}\n $ 0 c 0\n= 0\n" in text and "= 600" not in text, text
    after = path.read_bytes()
    assert after[len(disk):] == rest and after[:len(disk)] != disk
    image = Image.load(path)
    assert check(image) == [] and image.free == 0, text


@pytest.mark.slow
def test_a_disk_of_a_gigabyte_is_checked(tmp_path):
    path, free = large_image(tmp_path / "disk", GIB, clean=False)
    text, status, _ = session(path, *LINES)
    assert status == 0, text
    assert f"= 1 2000\n $ 0 f\n= {free - 4}\n" in text
    os.unlink(path)


def test_a_disk_too_large_to_check_is_refused_in_a_sentence(tmp_path):
    path, _ = large_image(tmp_path / "disk", 400 * GIB, clean=False)
    text, status, _ = session(path, *LINES)
    assert text == ("cannot start: the disk is too large to be checked in this memory, and was not "
                    "stopped in order\n")
    assert status == 0xFF
    os.unlink(path)
