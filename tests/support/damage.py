"""Damaged disks and damaged programs, and what the machine makes of a damaged disk."""

import random

from tests.support.crash import DISK_SECTORS, small_disk
from tests.support.system import boot

__all__ = ["KINDS", "LIMIT_CYCLES", "damaged", "damaged_program", "session_of"]

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


KINDS = (*WORDS, "sectors")


def damaged(kind: str, seed: int) -> bytes:
    """A small disk with a kind of damage."""
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


def session_of(kind: str, seed: int) -> tuple[str, str | None]:
    """Boot from a damaged disk and give some commands: how it ended, and what is wrong with that,
    or None."""
    session = boot(*COMMANDS, disk=damaged(kind, seed), limit=LIMIT_CYCLES)
    where = f"{kind} {seed}: {session.status} {session.text[-300:]!r}"
    if session.status is None:
        return "hung", f"it does not end: {where}"
    if session.status >= 0x100:  # a trap of the kernel's own ends with 0xE000000n
        return "trap", f"the kernel trapped: {where}"
    if session.status == REFUSED:
        says_why = "cannot start: the " in session.text or "/bin/sh" in session.text
        return "refused", None if says_why else f"it does not say why not: {where}"
    if "\ncannot start: " in f"\n{session.text}":  # the shell says so of programs, behind its name
        return "refused", f"its status does not say so: {where}"
    if session.status == SHELL_DIED:
        return "the shell died", None if "process" in session.text else f"without a word: {where}"
    return "mounted", None


def damaged_program(rng: random.Random, octets: bytes) -> bytes:
    """An executable with wrong words, most of them in its first ones, or of a wrong length."""
    damaged = bytearray(octets)
    if rng.random() < 0.2:
        return bytes(damaged[:rng.randrange(len(damaged))])
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        words = len(damaged) // 4
        at = 4 * rng.randrange(min(words, rng.choice([16, 40, 40, words])))
        value = rng.choice([*VALUES, rng.randrange(words), rng.getrandbits(32)])
        damaged[at:at + 4] = value.to_bytes(4, "little")
    return bytes(damaged)
