"""A QFS disk image in memory: files and directories by path."""

import os
import sys
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolchain.qfs.layout import (
    DIRECTORY_ENTRIES,
    ENTRY_WORDS,
    FAT_END,
    FAT_FIRST,
    FAT_FREE,
    FAT_RESERVED,
    MAGIC,
    MIN_SECTORS,
    NAME_WORDS,
    OCTETS,
    SECTOR_OCTETS,
    SECTOR_WORDS,
    VERSION,
    EntryFlag,
    EntryWord,
    SuperWord,
)

__all__ = ["Entry", "Image", "QfsError", "split_path"]


class QfsError(Exception):
    """What a user got wrong, or a disk that is damaged; the message names the place."""


def split_path(path: str) -> list[str]:
    """Names on the way from the root; ``.`` and ``..`` are resolved, ``..`` stops at the root.

    Raises
    ------
    QfsError
        For a name that a disk cannot hold.
    """
    names: list[str] = []
    for name in path.split("/"):
        if name in ("", "."):
            continue
        if name == "..":
            del names[-1:]
            continue
        if len(name) > NAME_WORDS:
            raise QfsError(f"{path}: '{name}' has {len(name)} characters; "
                           f"a name has at most {NAME_WORDS}")
        if "\0" in name:
            raise QfsError(f"{path}: a name cannot contain a zero character")
        names.append(name)
    return names


@dataclass(frozen=True)
class Entry:
    """A directory entry and where it stands (`sector`, and `slot` within it)."""
    name:   str
    flags:  EntryFlag
    first:  int
    size:   int
    sector: int
    slot:   int
    moves:  int = 0

    @property
    def is_directory(self) -> bool:
        return EntryFlag.DIRECTORY in self.flags

    @property
    def is_executable(self) -> bool:
        return EntryFlag.EXECUTABLE in self.flags


class Image:
    """A whole disk as an array of words, little-endian on the host's disk.

    Parameters
    ----------
    words : array of unsigned 32-bit
        All sectors. The superblock is checked.
    name : str
        For messages.

    Raises
    ------
    QfsError
        If this is no QFS disk, or its superblock contradicts itself.
    """

    def __init__(self, words: "array[int]", name: str = "disk"):
        self.words = words
        self.name = name
        self._check_superblock()

    # --- whole images ----------------------------------------------------------------------------

    @classmethod
    def format(cls, sectors: int, name: str = "disk") -> "Image":
        """Make an empty disk of so many sectors, at least `MIN_SECTORS`."""
        if not MIN_SECTORS <= sectors < FAT_RESERVED:
            raise QfsError(f"a disk has from {MIN_SECTORS} to {FAT_RESERVED - 1} sectors, "
                           f"not {sectors}")
        fat_sectors = -(-sectors // SECTOR_WORDS)
        data_first = FAT_FIRST + fat_sectors
        if data_first >= sectors:
            raise QfsError(f"{sectors} sectors leave no room behind the allocation table")
        words = array("I", bytes(sectors * SECTOR_OCTETS))
        words[0:9] = array("I", [MAGIC, VERSION, SECTOR_WORDS, sectors, FAT_FIRST, fat_sectors,
                                 data_first, data_first, sectors - data_first - 1])
        fat = FAT_FIRST * SECTOR_WORDS
        for sector in range(data_first):
            words[fat + sector] = FAT_RESERVED
        words[fat + data_first] = FAT_END  # the root directory: one sector, empty
        return cls(words, name)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Image":
        """Read an image file."""
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise QfsError(f"{path}: {error.strerror}") from error
        if not data or len(data) % SECTOR_OCTETS:
            raise QfsError(f"{path}: {len(data)} octets are not a whole number of sectors "
                           f"({SECTOR_OCTETS} octets each)")
        words = array("I", data)
        if sys.byteorder == "big":
            words.byteswap()
        return cls(words, str(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the image file; a failure leaves an older file of that name as it was."""
        words = self.words
        if sys.byteorder == "big":
            words = words[:]
            words.byteswap()
        target = Path(path)
        try:
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.",
                                             delete=False) as file:
                try:
                    words.tofile(file)
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
        if not held or self.words[SuperWord.MAGIC] != MAGIC:
            raise wrong("not a QFS disk: the magic number is missing")
        if self.words[SuperWord.VERSION] != VERSION:
            raise wrong(f"version {self.words[SuperWord.VERSION]} of QFS is not known, "
                        f"only {VERSION}")
        if self.words[SuperWord.SECTOR_WORDS] != SECTOR_WORDS:
            raise wrong(f"sectors of {self.words[SuperWord.SECTOR_WORDS]} words are not supported")
        if not MIN_SECTORS <= self.sectors <= held:
            raise wrong(f"the superblock says {self.sectors} sectors, the image has {held}")
        if self.fat_sectors * SECTOR_WORDS < self.sectors or self.fat_first < 1:
            raise wrong("the allocation table is too short for the disk")
        if not self.fat_first + self.fat_sectors <= self.data_first <= self.root < self.sectors:
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

    def set_free(self, count: int) -> None:
        """Store the superblock's count of free sectors."""
        self.words[SuperWord.FREE] = count

    def fat(self, sector: int) -> int:
        """Allocation table entry of a sector."""
        return self.words[self.fat_first * SECTOR_WORDS + sector]

    def set_fat(self, sector: int, value: int) -> None:
        """Store the allocation table entry of a sector."""
        self.words[self.fat_first * SECTOR_WORDS + sector] = value

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
            if not self.data_first <= at < self.sectors:
                raise QfsError(f"{self.name}: the chain from sector {first} leaves the data area "
                               f"at {at:#x}")
            if at in seen:
                raise QfsError(f"{self.name}: the chain from sector {first} runs in a circle")
            seen.add(at)
            sectors.append(at)
            at = self.fat(at)
            if at == FAT_FREE:
                raise QfsError(f"{self.name}: the chain from sector {first} runs into a free "
                               f"sector")
        return sectors

    def _allocate(self, count: int) -> list[int]:
        """Take the lowest `count` free sectors and link them; all or nothing."""
        found = [s for s in range(self.data_first, self.sectors) if self.fat(s) == FAT_FREE][:count]
        if len(found) < count:
            raise QfsError(f"{self.name}: the disk is full: {count} sectors wanted, "
                           f"{len(found)} free")
        for sector, following in zip(found, [*found[1:], FAT_END], strict=True):
            self.set_fat(sector, following)
        self.set_free(self.free - count)
        return found

    def _release(self, sectors: list[int]) -> None:
        for sector in sectors:
            self.set_fat(sector, FAT_FREE)
        self.set_free(self.free + len(sectors))

    # --- directories -----------------------------------------------------------------------------

    def entries(self, first: int) -> Iterator[Entry]:
        """The existing entries of the directory whose chain begins at `first`, in disk order."""
        for sector in self.chain(first):
            for slot in range(DIRECTORY_ENTRIES):
                entry = self.entry(sector, slot)
                if EntryFlag.USED in entry.flags and EntryFlag.DELETED not in entry.flags:
                    yield entry

    def entry(self, sector: int, slot: int) -> Entry:
        """What stands in a slot, existing or not."""
        at = sector * SECTOR_WORDS + slot * ENTRY_WORDS
        codes = self.words[at + EntryWord.NAME:at + EntryWord.NAME + NAME_WORDS].tolist()
        length = codes.index(0) if 0 in codes else NAME_WORDS
        name = "".join(chr(c) if c < 0x110000 and not 0xD800 <= c < 0xE000 else "\ufffd"
                       for c in codes[:length])
        return Entry(name, EntryFlag(self.words[at + EntryWord.FLAGS] & 0xFF),
                     self.words[at + EntryWord.FIRST], self.words[at + EntryWord.SIZE],
                     sector, slot, self.words[at + EntryWord.MOVES])

    def set_entry(self, sector: int, slot: int, name: str, flags: EntryFlag, first: int,
                  size: int, moves: int = 0) -> None:
        """Fill a slot."""
        at = sector * SECTOR_WORDS + slot * ENTRY_WORDS
        codes = [ord(char) for char in name] + [0] * (NAME_WORDS - len(name))
        self.words[at:at + ENTRY_WORDS] = array("I", [flags, first, size, moves, *codes,
                                                       0, 0, 0, 0])

    def find(self, path: str) -> Entry | None:
        """The entry of a path, None if there is none. The root has no entry of its own."""
        names = split_path(path)
        entry: Entry | None = None
        first = self.root
        for depth, name in enumerate(names):
            entry = next((e for e in self.entries(first) if e.name == name), None)
            if entry is None:
                return None
            if depth < len(names) - 1:
                if not entry.is_directory:
                    raise QfsError(f"{path}: '{name}' is not a directory")
                first = entry.first
        return entry

    def directory(self, path: str) -> int:
        """First sector of the directory at `path`."""
        if not split_path(path):
            return self.root
        entry = self.find(path)
        if entry is None:
            raise QfsError(f"{path}: no such directory")
        if not entry.is_directory:
            raise QfsError(f"{path}: not a directory")
        return entry.first

    def _free_slot(self, first: int) -> tuple[int, int]:
        """An unused slot of a directory, which grows if need be."""
        chain = self.chain(first)
        for sector in chain:
            for slot in range(DIRECTORY_ENTRIES):
                flags = self.entry(sector, slot).flags
                if EntryFlag.USED not in flags or EntryFlag.DELETED in flags:
                    return sector, slot
        (sector,) = self._allocate(1)
        self._clear(sector)
        self.set_fat(chain[-1], sector)
        return sector, 0

    def _clear(self, sector: int) -> None:
        at = sector * SECTOR_WORDS
        self.words[at:at + SECTOR_WORDS] = array("I", bytes(SECTOR_OCTETS))

    def _count_entries(self, names: list[str]) -> None:
        """Bring the size of a directory's entry up to date; the root has none."""
        entry = self.find("/".join(names)) if names else None
        if entry is not None:
            count = sum(1 for _ in self.entries(entry.first))
            self.set_entry(entry.sector, entry.slot, entry.name, entry.flags, entry.first, count)

    # --- files -----------------------------------------------------------------------------------

    def read(self, path: str) -> bytes:
        """Contents of a file."""
        entry = self.find(path)
        if entry is None:
            raise QfsError(f"{path}: no such file")
        if entry.is_directory:
            raise QfsError(f"{path}: is a directory")
        words = array("I")
        for sector in self.chain(entry.first):
            words.extend(self.words[sector * SECTOR_WORDS:(sector + 1) * SECTOR_WORDS])
        if entry.size > len(words) * OCTETS:
            raise QfsError(f"{path}: {entry.size} octets are promised, its sectors hold "
                           f"{len(words) * OCTETS}")
        if sys.byteorder == "big":
            words.byteswap()
        return words.tobytes()[:entry.size]

    def write(self, path: str, data: bytes, executable: bool = False) -> None:
        """Make a file or replace its contents; a full disk leaves everything as it was."""
        names = split_path(path)
        if not names:
            raise QfsError(f"{path}: is a directory")
        first_of_parent = self.directory("/".join(names[:-1]))
        old = self.find(path)
        if old is not None and old.is_directory:
            raise QfsError(f"{path}: is a directory")
        chain = self._allocate(-(-len(data) // SECTOR_OCTETS)) if data else []
        words = array("I", data + bytes(-len(data) % SECTOR_OCTETS))
        if sys.byteorder == "big":
            words.byteswap()
        for index, sector in enumerate(chain):
            self.words[sector * SECTOR_WORDS:(sector + 1) * SECTOR_WORDS] = \
                words[index * SECTOR_WORDS:(index + 1) * SECTOR_WORDS]
        flags = EntryFlag.USED | (EntryFlag.EXECUTABLE if executable else EntryFlag(0))
        if old is not None:
            sector, slot = old.sector, old.slot
        else:
            try:
                sector, slot = self._free_slot(first_of_parent)
            except QfsError:
                self._release(chain)
                raise
        self.set_entry(sector, slot, names[-1], flags, chain[0] if chain else 0, len(data))
        if old is not None:
            self._release(self.chain(old.first))
        self._count_entries(names[:-1])

    def make_directory(self, path: str) -> None:
        """Make a directory; its parent must exist."""
        names = split_path(path)
        if not names or self.find(path) is not None:
            raise QfsError(f"{path}: exists already")
        parent = self.directory("/".join(names[:-1]))
        (first,) = self._allocate(1)
        self._clear(first)
        try:
            sector, slot = self._free_slot(parent)
        except QfsError:
            self._release([first])
            raise
        self.set_entry(sector, slot, names[-1], EntryFlag.USED | EntryFlag.DIRECTORY, first, 0)
        self._count_entries(names[:-1])

    def remove(self, path: str, recursive: bool = False) -> None:
        """Remove a file or an empty directory, with `recursive` a full one too."""
        names = split_path(path)
        if not names:
            raise QfsError(f"{path}: the root cannot be removed")
        entry = self.find(path)
        if entry is None:
            raise QfsError(f"{path}: no such file or directory")
        if entry.is_directory:
            inside = list(self.entries(entry.first))
            if inside and not recursive:
                raise QfsError(f"{path}: the directory is not empty")
            for child in inside:
                self.remove("/".join([*names, child.name]), recursive=True)
        chain = self.chain(entry.first)
        self.set_entry(entry.sector, entry.slot, entry.name, EntryFlag.DELETED, 0, 0)
        self._release(chain)
        self._count_entries(names[:-1])
