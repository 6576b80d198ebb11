"""A QFS disk image in memory: sectors, allocation table, directory entries."""

import heapq
import os
import stat
import sys
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from toolchain.qfs.layout import (
    CLEAN_MARK,
    DIRECTORY_ENTRIES,
    ENTRY_WORDS,
    FAT_END,
    FAT_FIRST,
    FAT_FREE,
    FAT_RESERVED,
    MAGIC,
    MAX_SECTORS,
    MIN_SECTORS,
    NAME_WORDS,
    RECORD_WORDS,
    SECTOR_OCTETS,
    SECTOR_WORDS,
    VERSION,
    EntryFlag,
    EntryWord,
    RecordWord,
    SuperWord,
    record_sum,
)
from toolchain.qfs.names import QfsError, decode_name, encode_name

__all__ = ["Entry", "Sectors"]


@dataclass(frozen=True)
class Entry:
    """A directory entry and where it stands (`sector`, and `slot` within it)."""
    name:   str
    flags:  EntryFlag
    first:  int
    size:   int
    sector: int
    slot:   int

    @property
    def is_directory(self) -> bool:
        return EntryFlag.DIRECTORY in self.flags

    @property
    def is_executable(self) -> bool:
        return EntryFlag.EXECUTABLE in self.flags

    @property
    def exists(self) -> bool:
        return EntryFlag.USED in self.flags and EntryFlag.DELETED not in self.flags


class Sectors:
    """A whole disk as an array of words, little-endian on the host's disk.

    A change of an entry that the machine had begun when its power failed is completed in memory.

    Parameters
    ----------
    words : array of unsigned 32-bit
        All sectors. The superblock is checked.
    name : str
        For messages.

    Members
    -------
    was_clean : bool
        Nothing is to be mended: `save` marks the image so, and the machine need not check it.
    was_completed : bool
        A change was completed.
    notes : list of str
        What was mended on the way, for people.

    Raises
    ------
    QfsError
        If this is no QFS disk, or its superblock contradicts itself.
    """

    def __init__(self, words: "array[int]", name: str = "disk"):
        self.words = words
        self.name = name
        self.notes: list[str] = []
        self._free_heap: list[int] | None = None
        self._check_superblock()
        self.was_clean = not self.root_is_apart \
            and self.words[SuperWord.CLEAN] == self._clean_mark()
        self.was_completed = not self.was_clean and self._complete()

    # --- whole images ----------------------------------------------------------------------------

    @classmethod
    def format(cls, sectors: int, name: str = "disk") -> Self:
        """Make an empty disk of so many sectors, at least `MIN_SECTORS`."""
        if not MIN_SECTORS <= sectors <= MAX_SECTORS:
            raise QfsError(f"a disk has from {MIN_SECTORS} to {MAX_SECTORS} sectors "
                           f"({MAX_SECTORS * SECTOR_OCTETS >> 30} GiB), not {sectors}")
        fat_sectors = -(-sectors // SECTOR_WORDS)
        data_first = FAT_FIRST + fat_sectors
        if data_first >= sectors:
            raise QfsError(f"{sectors} sectors leave no room behind the allocation table")
        words = array("I", bytes(SECTOR_OCTETS)) * sectors
        words[0:9] = array("I", [MAGIC, VERSION, SECTOR_WORDS, sectors, FAT_FIRST, fat_sectors,
                                 data_first, data_first, sectors - data_first - 1])
        words[SuperWord.CLEAN] = CLEAN_MARK + words[SuperWord.FREE]
        fat = FAT_FIRST * SECTOR_WORDS
        for sector in range(data_first):
            words[fat + sector] = FAT_RESERVED
        words[fat + data_first] = FAT_END  # the root directory: one sector, empty
        return cls(words, name)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an image file."""
        try:
            with open(path, "rb", opener=_open_at_once) as file:
                return cls(_read_words(file, str(path)), str(path))
        except OSError as error:
            raise QfsError(f"{path}: {error.strerror}") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the image file; a failure leaves an older file of that name as it was."""
        self._mark()
        words = self.words
        if sys.byteorder == "big":
            words = words[:]
            words.byteswap()
        target = Path(path).resolve()
        try:
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.",
                                             delete=False) as file:
                try:
                    words.tofile(file)
                    file.flush()
                    os.fsync(file.fileno())
                    os.fchmod(file.fileno(), mode)
                    os.replace(file.name, target)
                except BaseException:
                    os.unlink(file.name)
                    raise
        except OSError as error:
            raise QfsError(f"{path}: {error.strerror}") from error

    def _check_superblock(self) -> None:
        def wrong(what: str) -> QfsError:
            return QfsError(f"{self.name}: {what}")

        held = len(self.words) // SECTOR_WORDS
        _check_kind(self.words, self.name)
        if not MIN_SECTORS <= self.sectors <= held:
            raise wrong(f"the superblock says {self.sectors} sectors, the image has {held}")
        if self.fat_sectors * SECTOR_WORDS < self.sectors or self.fat_first < 1:
            raise wrong("the allocation table is too short for the disk")
        if not self.fat_first + self.fat_sectors <= min(self.data_first, self.root) \
                or self.root >= self.sectors or self.data_first > self.sectors:
            raise wrong("the superblock's areas overlap or lie outside the disk")

    # --- superblock and allocation table ---------------------------------------------------------

    @property
    def sectors(self) -> int:
        return self.words[SuperWord.SECTORS]

    @property
    def fat_first(self) -> int:
        return self.words[SuperWord.FAT_FIRST]

    @property
    def fat_sectors(self) -> int:
        return self.words[SuperWord.FAT_SECTORS]

    @property
    def root(self) -> int:
        return self.words[SuperWord.ROOT]

    @property
    def data_first(self) -> int:
        return self.words[SuperWord.DATA_FIRST]

    @property
    def free(self) -> int:
        return self.words[SuperWord.FREE]

    @property
    def root_is_apart(self) -> bool:
        """Quinix's layout: the root's first sector lies in front of the data area, system sectors
        have words of 0 in the table, and directories do not count their entries."""
        return self.root < self.data_first

    def set_free(self, count: int) -> None:
        """Store the superblock's count of free sectors, and with it the mark of a disk in order."""
        self.words[SuperWord.FREE] = count
        self._mark()

    def _clean_mark(self) -> int:
        """The mark of a disk in order; Quinix's disks keep their words of 0."""
        return 0 if self.root_is_apart else (CLEAN_MARK + self.free) & 0xFFFFFFFF

    def _mark(self) -> None:
        self.words[SuperWord.CLEAN] = self._clean_mark() if self.was_clean else 0

    def fat(self, sector: int) -> int:
        """Allocation table entry of a sector."""
        return self.words[self.fat_first * SECTOR_WORDS + sector]

    def set_fat(self, sector: int, value: int) -> None:
        """Store the allocation table entry of a sector."""
        self._free_heap = None
        self._put_fat(sector, value)

    def _put_fat(self, sector: int, value: int) -> None:
        self.words[self.fat_first * SECTOR_WORDS + sector] = value

    def table(self) -> "array[int]":
        """A copy of the allocation table's words, one a sector of the disk."""
        start = self.fat_first * SECTOR_WORDS
        return self.words[start:start + self.sectors]

    def chain(self, first: int) -> list[int]:
        """Sectors of a chain in order; empty for first = 0.

        Raises
        ------
        QfsError
            If it leaves the data area, runs into a free sector, or in a circle.
        """
        sectors: list[int] = []
        seen: set[int] = set()
        at = first
        while at not in (0, FAT_END):
            if not self.data_first <= at < self.sectors and (sectors or at != self.root):
                raise QfsError(f"{self.name}: the chain from sector {first} leaves the data area "
                               f"at {at:#x}")
            if at in seen:
                raise QfsError(f"{self.name}: the chain from sector {first} runs in a circle")
            seen.add(at)
            sectors.append(at)
            at = self.fat(at)
            if at == FAT_FREE and (sectors[-1] != self.root or not self.root_is_apart):
                raise QfsError(f"{self.name}: the chain from sector {first} runs into a free "
                               f"sector")
        return sectors

    def _free_sectors(self) -> list[int]:
        """The free sectors as a heap, lowest first; a wrong count of them is mended."""
        if self._free_heap is None:
            words = self.table()
            self._free_heap = [sector for sector in range(self.data_first, self.sectors)
                               if words[sector] == FAT_FREE]
            if len(self._free_heap) != self.free:
                self.notes.append(f"{self.name}: {len(self._free_heap)} sectors are free, not "
                                  f"{self.free}; the count is mended")
                self.set_free(len(self._free_heap))
        return self._free_heap

    def _allocate(self, count: int) -> list[int]:
        """Take the lowest `count` free sectors and link them; all or nothing."""
        heap = self._free_sectors()
        if len(heap) < count:
            raise QfsError(f"{self.name}: the disk is full: {count} sectors wanted, "
                           f"{len(heap)} free")
        found = [heapq.heappop(heap) for _ in range(count)]
        for sector, following in zip(found, [*found[1:], FAT_END], strict=True):
            self._put_fat(sector, following)
        self.set_free(len(heap))
        return found

    def _release(self, sectors: list[int]) -> None:
        heap = self._free_sectors()
        for sector in sectors:
            self._put_fat(sector, FAT_FREE)
            heapq.heappush(heap, sector)
        self.set_free(len(heap))

    # --- directory entries -----------------------------------------------------------------------

    def entries(self, first: int) -> Iterator[Entry]:
        """The existing entries of the directory whose chain begins at `first`, in disk order."""
        for sector in self.chain(first):
            for slot in range(DIRECTORY_ENTRIES):
                at = sector * SECTOR_WORDS + slot * ENTRY_WORDS
                if self.words[at] & (EntryFlag.USED | EntryFlag.DELETED) == EntryFlag.USED:
                    yield self.entry(sector, slot)

    def entry(self, sector: int, slot: int) -> Entry:
        """What stands in a slot, existing or not."""
        at = sector * SECTOR_WORDS + slot * ENTRY_WORDS
        codes = self.words[at + EntryWord.NAME:at + EntryWord.NAME + NAME_WORDS].tolist()
        return Entry(decode_name(codes), EntryFlag(self.words[at + EntryWord.FLAGS] & 0xFF),
                     self.words[at + EntryWord.FIRST], self.words[at + EntryWord.SIZE],
                     sector, slot)

    def set_entry(self, sector: int, slot: int, name: str, flags: EntryFlag, first: int,
                  size: int) -> None:
        """Fill a slot. Raises `QfsError` for a name that a disk cannot hold."""
        at = sector * SECTOR_WORDS + slot * ENTRY_WORDS
        self.words[at:at + ENTRY_WORDS] = array(
            "I", [flags, first, size, 0, *encode_name(name), 0, 0, 0, 0])

    def change_entry(self, entry: Entry, flags: EntryFlag, first: int, size: int) -> None:
        """Give an entry other flags, first sector and size; its name stays, whatever it is."""
        at = entry.sector * SECTOR_WORDS + entry.slot * ENTRY_WORDS
        self.words[at:at + 3] = array("I", [flags, first, size])

    # --- the record of the last change -----------------------------------------------------------

    def _complete(self) -> bool:
        """Complete the change that was under way when the power failed; whether there was one."""
        start = SuperWord.RECORD
        record = self.words[start:start + RECORD_WORDS].tolist()
        self.words[start:start + RECORD_WORDS] = array("I", bytes(RECORD_WORDS * 4))
        sector, slot = record[RecordWord.SECTOR], record[RecordWord.SLOT]
        if record[RecordWord.SUM] != record_sum(record[:RecordWord.SUM]) \
                or slot >= DIRECTORY_ENTRIES \
                or not self.fat_first + self.fat_sectors <= sector < self.sectors:
            return False
        at = sector * SECTOR_WORDS + slot * ENTRY_WORDS
        now = self.words[at:at + ENTRY_WORDS].tolist()
        before = record[RecordWord.BEFORE:RecordWord.BEFORE + ENTRY_WORDS]
        after = record[RecordWord.AFTER:RecordWord.AFTER + ENTRY_WORDS]
        torn = next((n for n in range(ENTRY_WORDS) if now[n] != after[n]), ENTRY_WORDS)
        if now[torn:] != before[torn:]:
            return False  # somebody who does not know the record has changed the entry since
        self.words[at:at + ENTRY_WORDS] = array("I", after)
        return self._complete_move(record, after) or torn != ENTRY_WORDS

    def _complete_move(self, record: list[int], after: list[int]) -> bool:
        sector, slot = record[RecordWord.OLD_SECTOR], record[RecordWord.OLD_SLOT]
        if not 0 < sector < self.sectors or slot >= DIRECTORY_ENTRIES:
            return False
        old = self.entry(sector, slot)
        if not old.exists or [old.first, old.size] != after[EntryWord.FIRST:EntryWord.SIZE + 1]:
            return False
        self.words[sector * SECTOR_WORDS + slot * ENTRY_WORDS] = EntryFlag.DELETED
        return True


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes must not hold us up."""
    return os.open(path, flags | os.O_NONBLOCK)


def _check_kind(words: "array[int]", name: str) -> None:
    """Refuse what does not begin as a QFS disk does."""
    if not words or words[SuperWord.MAGIC] != MAGIC:
        raise QfsError(f"{name}: not a QFS disk: the magic number is missing")
    if words[SuperWord.VERSION] != VERSION:
        raise QfsError(f"{name}: version {words[SuperWord.VERSION]} of QFS is not known, "
                       f"only {VERSION}")
    if words[SuperWord.SECTOR_WORDS] != SECTOR_WORDS:
        raise QfsError(f"{name}: sectors of {words[SuperWord.SECTOR_WORDS]} words are not "
                       f"supported")


def _read_words(file: BinaryIO, name: str) -> "array[int]":
    """The words of an image file, whose first sector is looked at before the rest is read."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise QfsError(f"{name}: not an ordinary file")
    if not status.st_size or status.st_size % SECTOR_OCTETS:
        raise QfsError(f"{name}: {status.st_size} octets are not a whole number of sectors "
                       f"({SECTOR_OCTETS} octets each)")
    if status.st_size > MAX_SECTORS * SECTOR_OCTETS:
        raise QfsError(f"{name}: {status.st_size} octets; these tools work on images of at most "
                       f"{MAX_SECTORS * SECTOR_OCTETS}")
    words = array("I")
    for count in (SECTOR_WORDS, status.st_size // 4 - SECTOR_WORDS):
        try:
            words.frombytes(file.read(count * 4))
        except MemoryError:
            raise QfsError(f"{name}: {status.st_size} octets do not fit into this computer's "
                           f"memory") from None
        if count == SECTOR_WORDS:
            first = words[:]
            if sys.byteorder == "big":
                first.byteswap()
            _check_kind(first, name)
    if sys.byteorder == "big":
        words.byteswap()
    if len(words) * 4 != status.st_size:
        raise QfsError(f"{name}: the image became shorter while it was read")
    return words
