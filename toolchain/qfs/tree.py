"""Files and directories of a disk image, by path."""

import heapq
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from toolchain.qfs.image import Entry, Sectors
from toolchain.qfs.layout import (
    DIRECTORY_ENTRIES,
    OCTETS,
    SECTOR_OCTETS,
    SECTOR_WORDS,
    EntryFlag,
)
from toolchain.qfs.names import QfsError, encode_name, split_path

__all__ = ["Image"]


@dataclass
class _Folder:
    """What is known of a directory: where each name stands, and which slots are unused."""
    chain:  list[int]
    places: dict[str, tuple[int, int]]    # name -> sector and slot
    unused: list[tuple[int, int, int]]    # a heap: index in the chain, sector, slot
    count:  int


class Image(Sectors):
    """A disk whose files and directories are found, made and removed by path."""

    def __init__(self, words: "array[int]", name: str = "disk"):
        self._folders: dict[int, _Folder] = {}
        super().__init__(words, name)

    # What others change by hand, the directories that are known do not follow.

    def set_fat(self, sector: int, value: int) -> None:
        self._folders.clear()
        super().set_fat(sector, value)

    def set_entry(self, sector: int, slot: int, name: str, flags: EntryFlag, first: int,
                  size: int) -> None:
        self._folders.clear()
        super().set_entry(sector, slot, name, flags, first, size)

    def change_entry(self, entry: Entry, flags: EntryFlag, first: int, size: int) -> None:
        self._folders.clear()
        super().change_entry(entry, flags, first, size)

    # --- directories -----------------------------------------------------------------------------

    def _folder(self, first: int) -> _Folder:
        folder = self._folders.get(first)
        if folder is None:
            folder = _Folder(self.chain(first), {}, [], 0)
            for index, sector in enumerate(folder.chain):
                for slot in range(DIRECTORY_ENTRIES):
                    entry = self.entry(sector, slot)
                    if entry.exists:
                        folder.places.setdefault(entry.name, (sector, slot))
                        folder.count += 1
                    else:
                        folder.unused.append((index, sector, slot))
            self._folders[first] = folder
        return folder

    def find(self, path: str) -> Entry | None:
        """The entry of a path, None if there is none. The root has no entry of its own."""
        return self._find(split_path(path), path)

    def _find(self, names: list[str], path: str) -> Entry | None:
        entry: Entry | None = None
        first = self.root
        for depth, name in enumerate(names):
            place = self._folder(first).places.get(name)
            if place is None:
                return None
            entry = self.entry(*place)
            if depth < len(names) - 1:
                if not entry.is_directory:
                    raise QfsError(f"{path}: '{name}' is not a directory")
                first = entry.first
        return entry

    def directory(self, path: str) -> int:
        """First sector of the directory at `path`."""
        return self._directory(split_path(path), path)[1]

    def _directory(self, names: list[str], path: str) -> tuple[Entry | None, int]:
        """The entry of a directory (None for the root) and its first sector."""
        if not names:
            return None, self.root
        entry = self._find(names, path)
        if entry is None:
            raise QfsError(f"{path}: no such directory")
        if not entry.is_directory:
            raise QfsError(f"{path}: not a directory")
        return entry, entry.first

    def walk(self, path: str, deep: bool = True) -> Iterator[tuple[str, Entry]]:
        """What is in a directory, and with `deep` below it, in the order of names: each entry with
        its path from there.

        Raises
        ------
        QfsError
            If a directory leads to one that was met before.
        """
        first = self.directory(path)
        seen = {self.root: "/", first: path}
        stack = [("", iter(sorted(self.entries(first), key=lambda e: e.name)))]
        while stack:
            prefix, rest = stack[-1]
            entry = next(rest, None)
            if entry is None:
                stack.pop()
                continue
            where = prefix + entry.name
            yield where, entry
            if deep and entry.is_directory:
                if entry.first in seen:
                    raise QfsError(f"{self.name}: the directory '{where}' leads back to "
                                   f"'{seen[entry.first]}'; 'qfs repair' mends that")
                seen[entry.first] = where
                inside = sorted(self.entries(entry.first), key=lambda e: e.name)
                stack.append((f"{where}/", iter(inside)))

    def _take_slot(self, first: int) -> tuple[int, int]:
        """An unused slot of a directory, which grows if need be."""
        folder = self._folder(first)
        if not folder.unused:
            if not folder.chain:
                raise QfsError(f"{self.name}: a directory has no sector; 'qfs repair' mends that")
            (sector,) = self._allocate(1)
            self._clear(sector)
            self._put_fat(folder.chain[-1], sector)
            folder.unused = [(len(folder.chain), sector, slot)
                             for slot in range(DIRECTORY_ENTRIES)]
            folder.chain.append(sector)
        _, sector, slot = heapq.heappop(folder.unused)
        return sector, slot

    def _clear(self, sector: int) -> None:
        at = sector * SECTOR_WORDS
        self.words[at:at + SECTOR_WORDS] = array("I", bytes(SECTOR_OCTETS))

    def _link(self, parent: Entry | None, name: str, flags: EntryFlag, first: int,
              size: int) -> None:
        """Add an entry to a directory (None for the root)."""
        folder_first = parent.first if parent else self.root
        sector, slot = self._take_slot(folder_first)
        super().set_entry(sector, slot, name, flags, first, size)
        folder = self._folder(folder_first)
        folder.places[name] = sector, slot
        folder.count += 1
        self._count(parent, folder)

    def _unlink(self, parent: Entry | None, entry: Entry) -> None:
        """Take an entry away from its directory."""
        folder = self._folder(parent.first if parent else self.root)
        super().change_entry(entry, EntryFlag.DELETED, 0, 0)
        folder.places.pop(entry.name, None)
        folder.count -= 1
        heapq.heappush(folder.unused,
                       (folder.chain.index(entry.sector), entry.sector, entry.slot))
        self._count(parent, folder)

    def _count(self, parent: Entry | None, folder: _Folder) -> None:
        if parent is not None and not self.root_is_apart:
            super().change_entry(parent, parent.flags, parent.first, folder.count)

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
        parent, _ = self._directory(names[:-1], "/".join(names[:-1]))
        old = self._find(names, path)
        if old is not None and old.is_directory:
            raise QfsError(f"{path}: is a directory")
        if old is None:
            encode_name(names[-1])  # refuse it before anything is taken
        replaced = self.chain(old.first) if old is not None else []
        chain = self._allocate(-(-len(data) // SECTOR_OCTETS)) if data else []
        flags = EntryFlag.USED | (EntryFlag.EXECUTABLE if executable else EntryFlag(0))
        first = chain[0] if chain else 0
        if old is not None:
            super().change_entry(old, flags, first, len(data))
            self._release(replaced)
        else:
            try:
                self._link(parent, names[-1], flags, first, len(data))
            except QfsError:
                self._release(chain)
                raise
        self._fill(chain, data)

    def _fill(self, chain: list[int], data: bytes) -> None:
        words = array("I", data + bytes(-len(data) % SECTOR_OCTETS))
        if sys.byteorder == "big":
            words.byteswap()
        for index, sector in enumerate(chain):
            self.words[sector * SECTOR_WORDS:(sector + 1) * SECTOR_WORDS] = \
                words[index * SECTOR_WORDS:(index + 1) * SECTOR_WORDS]

    def make_directory(self, path: str) -> None:
        """Make a directory; its parent must exist."""
        names = split_path(path)
        if not names or self._find(names, path) is not None:
            raise QfsError(f"{path}: exists already")
        parent, _ = self._directory(names[:-1], "/".join(names[:-1]))
        encode_name(names[-1])
        (first,) = self._allocate(1)
        try:
            self._link(parent, names[-1], EntryFlag.USED | EntryFlag.DIRECTORY, first, 0)
        except QfsError:
            self._release([first])
            raise
        self._clear(first)

    def remove(self, path: str, recursive: bool = False) -> None:
        """Remove a file or an empty directory, with `recursive` a full one too."""
        names = split_path(path)
        if not names:
            raise QfsError(f"{path}: the root cannot be removed")
        entry = self._find(names, path)
        if entry is None:
            raise QfsError(f"{path}: no such file or directory")
        firsts = [entry.first]
        if entry.is_directory:
            inside = [child.first for _, child in self.walk(path)] if recursive else \
                [child.first for child in self.entries(entry.first)]
            if inside and not recursive:
                raise QfsError(f"{path}: the directory is not empty")
            firsts += inside
        sectors = [sector for first in firsts for sector in self.chain(first)]
        parent, _ = self._directory(names[:-1], path)
        self._unlink(parent, entry)
        self._release(sectors)
        for first in firsts:
            self._folders.pop(first, None)
