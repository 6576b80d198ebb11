"""Check and repair: what a QFS disk must satisfy, and how damage is mended.

A crash of the machine can leave sectors that nothing reaches, a wrong count (of free sectors, of a
directory's entries), and a change of an entry that its record completes: problems of kind "crash".
A "name" that no file may have comes from an older or another system; all else ("damage") from a bad
disk or a bad program.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from toolchain.qfs.image import Entry
from toolchain.qfs.layout import (
    FAT_END,
    FAT_FREE,
    FAT_RESERVED,
    SECTOR_OCTETS,
    SECTOR_WORDS,
    EntryFlag,
)
from toolchain.qfs.names import QfsError, is_name
from toolchain.qfs.tree import Image

__all__ = ["Problem", "check", "refuse_damage", "repair"]


@dataclass(frozen=True)
class Problem:
    """Something wrong on a disk: `kind` is "crash" (harmless), "name" or "damage"."""
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class _Walk:
    """One pass over a disk. Collects problems, and with `mend` corrects them on the way."""

    def __init__(self, image: Image, mend: bool):
        self.image = image
        self.mend = mend
        self.problems: list[Problem] = []
        self.owner: dict[int, str] = {}  # sector -> path that reaches it
        self.heads: dict[int, str] = {}  # first sector -> path of the entry that leads there

    def damage(self, text: str) -> None:
        self.problems.append(Problem("damage", text))

    def crash(self, text: str) -> None:
        self.problems.append(Problem("crash", text))

    def claim(self, path: str, first: int, limit: int | None) -> int:
        """Follow a chain, claiming its sectors for `path`; returns how many are sound.

        A chain is cut in front of the first bad sector, and behind `limit` sectors (None: never).
        """
        image, previous, at, count = self.image, 0, first, 0
        table, owner, begin, end = image.words, self.owner, image.data_first, image.sectors
        table_first = image.fat_first * SECTOR_WORDS
        while at != FAT_END:
            if limit is not None and count == limit:
                self.crash(f"{path}: sectors behind the end of the file")
                break
            if not begin <= at < end:
                self.damage(f"{path}: sector {count} of the chain is {at:#x}, "
                            f"outside the data area")
                break
            if at in owner:
                where = "itself" if owner[at] == path else owner[at]
                self.damage(f"{path}: shares sector {at} with {where}")
                break
            following = table[table_first + at]
            if following == FAT_FREE:
                self.damage(f"{path}: sector {at} of the chain is marked free")
                break
            owner[at] = path
            previous, at, count = at, following, count + 1
        if at != FAT_END and self.mend and previous:
            image.set_fat(previous, FAT_END)
        return count

    def claim_root(self) -> bool:
        """Claim the root's sectors; says whether there are any."""
        image = self.image
        if not image.root_is_apart:
            return self.claim("/", image.root, None) != 0
        self.owner[image.root] = "/"
        following = image.fat(image.root)
        if following not in (FAT_FREE, FAT_END) and not self.claim("/", following, None) \
                and self.mend:
            image.set_fat(image.root, FAT_FREE)
        return True

    def directories(self) -> None:
        """Walk all directories.

        Written with a stack of its own: nothing limits how deep directories go.
        """
        image = self.image
        stack: list[tuple[str, Iterator[Entry], set[str]]] = [
            ("/", iter(list(image.entries(image.root))), set())]
        while stack:
            where, entries, names = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
                continue
            full = f"{where}{entry.name}"
            if not is_name(entry.name) or entry.name in names:
                self.problems.append(Problem("name", f"{full}: bad or repeated name"))
                if self.mend:
                    entry = self._rename(entry, names)
            names.add(entry.name)
            if entry.first in self.heads:
                self.crash(f"{full}: the same file as {self.heads[entry.first]}, by an "
                           f"interrupted rename")
                if self.mend:
                    self._drop(entry)
                continue
            if entry.first:
                self.heads[entry.first] = full
            if entry.is_directory:
                if self._directory_entry(full, entry):
                    stack.append((f"{full}/", iter(list(image.entries(entry.first))), set()))
            else:
                self._file_entry(full, entry)

    def _rename(self, entry: Entry, names: set[str]) -> Entry:
        """Give an entry a name that is good, free, and as near to its own as can be."""
        taken = names | {other.name for other in self._siblings(entry)}
        stem = entry.name.encode("utf-8", "replace").decode()
        stem = "".join("_" if char in "/\0\ufffd" else char for char in stem) or "_"
        number = 0
        while True:
            end = f"~{number}" if number else ""
            name = stem.encode()[:24 - len(end)].decode("utf-8", "ignore") + end
            if is_name(name) and name not in taken:
                break
            number += 1
        self.image.set_entry(entry.sector, entry.slot, name, entry.flags, entry.first, entry.size)
        return self.image.entry(entry.sector, entry.slot)

    def _siblings(self, entry: Entry) -> Iterator[Entry]:
        """All entries of the directory sector's owner, by the chain that was claimed."""
        owner = self.owner.get(entry.sector)
        for sector in [s for s, path in self.owner.items() if path == owner]:
            for slot in range(4):
                other = self.image.entry(sector, slot)
                if other.exists and (sector, slot) != (entry.sector, entry.slot):
                    yield other

    def _drop(self, entry: Entry) -> None:
        self.image.change_entry(entry, EntryFlag.DELETED, 0, 0)

    def _directory_entry(self, full: str, entry: Entry) -> bool:
        """Claim a directory's sectors; says whether it can be walked."""
        if not self.claim(full, entry.first or FAT_RESERVED, None):
            if self.mend:
                self._drop(entry)
            return False
        try:
            count = sum(1 for _ in self.image.entries(entry.first))
        except QfsError:  # damage that was reported above, and that a check does not mend
            return False
        if count != entry.size and not self.image.root_is_apart:
            self.crash(f"{full}: has {count} entries, its size says {entry.size}")
            if self.mend:
                self.image.change_entry(entry, entry.flags, entry.first, count)
        return True

    def _file_entry(self, full: str, entry: Entry) -> None:
        need = -(-entry.size // SECTOR_OCTETS)
        have = 0
        if entry.first:
            have = self.claim(full, entry.first, need)
        if have < need:
            self.damage(f"{full}: {entry.size} octets need {need} sectors, {have} are sound")
        if self.mend and (have < need or (entry.first and not have)):
            size = min(entry.size, have * SECTOR_OCTETS)
            self.image.change_entry(entry, entry.flags, entry.first if have else 0, size)

    def _system_sectors(self) -> None:
        """Words of the table for the sectors in front of root and data."""
        image = self.image
        word = FAT_FREE if image.root_is_apart else FAT_RESERVED
        for sector in range(min(image.root, image.data_first)):
            if image.fat(sector) != word:
                self.damage(f"sector {sector} holds the file system itself but is not "
                            f"{'0 in the table' if image.root_is_apart else 'reserved'}")
                if self.mend:
                    image.set_fat(sector, word)

    def run(self) -> list[Problem]:
        image = self.image
        if image.was_completed:
            self.crash("the last change of an entry was not complete")
            image.was_completed = not self.mend
        self._system_sectors()
        if self.claim_root():
            self._walk_root()
        else:
            self.damage("the root directory is lost")
            if self.mend:
                image.set_fat(image.root, FAT_END)
                self.owner[image.root] = "/"
                self._walk_root()
        self._count_sectors()
        return self.problems

    def _count_sectors(self) -> None:
        image, table = self.image, self.image.table()
        lost = [s for s in range(image.data_first, image.sectors)
                if table[s] not in (FAT_FREE, FAT_RESERVED) and s not in self.owner]
        free = table[image.data_first:].count(FAT_FREE)
        if lost:
            self.crash(f"{len(lost)} sectors are allocated but nothing reaches them")
            if self.mend:
                free += len(lost)
                for sector in lost:
                    image.set_fat(sector, FAT_FREE)
        if free != image.free:
            self.crash(f"{free} sectors are free, the superblock says {image.free}")
            if self.mend:
                image.set_free(free)

    def _walk_root(self) -> None:
        try:
            self.directories()
        except QfsError as error:
            self.damage(str(error))


def check(image: Image) -> list[Problem]:
    """Everything that is wrong with a disk, in the order found; the image stays as it is."""
    return _Walk(image, mend=False).run()


def refuse_damage(image: Image) -> None:
    """Refuse to change a damaged disk: what two files share, a change of one would take from both.

    Raises
    ------
    QfsError
        With the first damage.
    """
    damage = [problem for problem in check(image) if problem.kind == "damage"]
    if damage:
        more = f" (and {len(damage) - 1} more)" if len(damage) > 1 else ""
        raise QfsError(f"{image.name}: the disk is damaged and stays as it is: "
                       f"{damage[0].text}{more}; 'qfs repair' mends that")


def repair(image: Image) -> list[Problem]:
    """Mend a disk in memory, keeping all that can be reached; returns what was found.

    Repeats until a check finds nothing, since mending one thing can free another.
    """
    found: list[Problem] = []
    for _ in range(image.sectors):
        problems = _Walk(image, mend=True).run()
        found += problems
        if not problems:
            image.was_clean = True
            break
    return found
