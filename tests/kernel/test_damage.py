"""Damaged disks: the machine mounts them or says why not; it never traps, and never loops."""

import random

import pytest

from tests.support.crash import DISK_SECTORS, small_disk
from tests.support.system import boot

SECTOR_OCTETS = 512
CLEAN_WORD = 9
COMMANDS = ("echo a > /f", "cp /f /g", "mv /g /h", "rm /f", "mkdir /d", "echo x >> /d/y")
REFUSED, SHELL_DIED = 0xFF, 0x80
LIMIT_CYCLES = 30_000_000  # a session takes a tenth of it

VALUES = (0, 1, 2, 5, 6, 0xFFFFFFFF, 0xFFFFFFFE, 0x80000000, 0x7FFFFFFF, DISK_SECTORS - 1,
          DISK_SECTORS)
# Programs are left alone: what they do with damaged code is theirs, and may be to run for ever.
ROOT, BIN = 1 + DISK_SECTORS // 128, 2 + DISK_SECTORS // 128
METADATA = range(BIN + 1)  # superblock, table, the root and /bin
WORDS = {  # where a kind of damage puts its words
    "superblock": range(9),
    "table":      range(128, 128 + DISK_SECTORS),
    "root":       range(ROOT * 128, (BIN + 1) * 128),
    "entries":    [sector * 128 + slot * 32 + word
                   for sector in (ROOT, BIN) for slot in range(4) for word in range(4)],
    "anything":   range(len(METADATA) * 128),
}


def damaged(kind, seed):
    rng = random.Random(f"{kind} {seed}")
    disk = bytearray(small_disk())
    if rng.random() < 0.5:
        disk[4 * CLEAN_WORD:4 * CLEAN_WORD + 4] = bytes(4)  # the kernel checks it, or believes it
    if kind == "sectors":
        for _ in range(rng.choice([1, 3])):
            to, source = SECTOR_OCTETS * rng.choice(METADATA), SECTOR_OCTETS * rng.randrange(20)
            octets = rng.choice([rng.randbytes(SECTOR_OCTETS), bytes(SECTOR_OCTETS),
                                 disk[source:source + SECTOR_OCTETS]])
            disk[to:to + SECTOR_OCTETS] = octets
        return bytes(disk)
    for _ in range(rng.choice([1, 2, 5, 30])):
        value = rng.choice([*VALUES, rng.randrange(DISK_SECTORS), rng.getrandbits(32)])
        at = 4 * rng.choice(WORDS[kind])
        disk[at:at + 4] = value.to_bytes(4, "little")
    return bytes(disk)


def check_session(kind, seed):
    session = boot(*COMMANDS, disk=damaged(kind, seed), limit=LIMIT_CYCLES)
    where = f"{kind} {seed}: {session.status} {session.text[-300:]!r}"
    assert session.status is not None, where
    assert session.status < 0x100, where  # a trap of the kernel's own ends with 0xE000000n
    if session.status == REFUSED:
        assert "cannot start: the " in session.text or "/bin/sh" in session.text, where
    if session.status == SHELL_DIED:
        assert "process" in session.text, where


@pytest.mark.parametrize("kind", [*WORDS, "sectors"])
def test_a_damaged_disk_harms_nobody(kind):
    for seed in range(3):
        check_session(kind, seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*WORDS, "sectors"])
def test_many_damaged_disks_harm_nobody(kind):
    for seed in range(3, 53):
        check_session(kind, seed)
