"""Check and repair: what a QFS disk must satisfy, and how damage is mended.

A crash of the machine can leave sectors that nothing reaches, a wrong count (of free sectors, of a
directory's entries), and both names of an interrupted rename: problems of kind "crash". All else
("damage") comes from a bad disk or a bad program.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from toolchain.qfs.image import Entry, Image, QfsError
from toolchain.qfs.layout import (
    FAT_END,
    FAT_FREE,
    FAT_RESERVED,
    SECTOR_OCTETS,
    EntryFlag,
)

__all__ = ["Problem", "check", "repair"]


@dataclass(frozen=True)
class Problem:
    """Something wrong on a disk: `kind` is "crash" (harmless) or "damage"."""
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
        self.heads: dict[int, tuple[str, Entry]] = {}  # first sector -> who begins there

    def damage(self, text: str) -> None:
        self.problems.append(Problem("damage", text))

    def crash(self, text: str) -> None:
        self.problems.append(Problem("crash", text))

    def claim(self, path: str, first: int, limit: int | None) -> int:
        """Follow a chain, claiming its sectors for `path`; returns how many are sound.

        A chain is cut in front of the first bad sector, and behind `limit` sectors (None: never).
        """
        image, previous, at, count = self.image, 0, first, 0
        while at != FAT_END:
            if limit is not None and count == limit:
                self.crash(f"{path}: sectors behind the end of the file")
                break
            if not image.data_first <= at < image.sectors:
                self.damage(f"{path}: sector {count} of the chain is {at:#x}, "
                            f"outside the data area")
                break
            if at in self.owner:
                where = "itself" if self.owner[at] == path else self.owner[at]
                self.damage(f"{path}: shares sector {at} with {where}")
                break
            if image.fat(at) == FAT_FREE:
                self.damage(f"{path}: sector {at} of the chain is marked free")
                break
            self.owner[at] = path
            previous, at, count = at, image.fat(at), count + 1
        if at != FAT_END and self.mend and previous:
            image.set_fat(previous, FAT_END)
        return count

    def directory(self, path: str, first: int) -> int:
        """Walk a directory; returns the number of its entries.

        Written with a stack of its own: nothing limits how deep directories go.
        """
        image = self.image
        stack: list[tuple[str, Iterator[Entry], set[str]]] = [
            (path, iter(list(image.entries(first))), set())]
        total = 0
        while stack:
            where, entries, names = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
                continue
            total += len(stack) == 1
            full = f"{where}{entry.name}"
            if not entry.name or "/" in entry.name or entry.name in (".", "..") \
                    or entry.name in names:
                self.damage(f"{full}: bad or repeated name")
                if self.mend:
                    self._drop(entry)
                    continue
            names.add(entry.name)
            if entry.first in self.heads:
                other, first_seen = self.heads[entry.first]
                self.crash(f"{full}: the same file as {other}, by an interrupted rename")
                if self.mend:
                    self._drop(entry if entry.moves <= first_seen.moves else first_seen)
                continue
            if entry.first:
                self.heads[entry.first] = full, entry
            if entry.is_directory:
                if self._directory_entry(full, entry):
                    stack.append((f"{full}/", iter(list(image.entries(entry.first))), set()))
            else:
                self._file_entry(full, entry)
        return total

    def _drop(self, entry: Entry) -> None:
        self.image.set_entry(entry.sector, entry.slot, entry.name, EntryFlag.DELETED, 0, 0)

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
        if count != entry.size:
            self.crash(f"{full}: has {count} entries, its size says {entry.size}")
            if self.mend:
                self.image.set_entry(entry.sector, entry.slot, entry.name, entry.flags,
                                     entry.first, count, entry.moves)
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
            self.image.set_entry(entry.sector, entry.slot, entry.name, entry.flags,
                                 entry.first if have else 0, size, entry.moves)

    def run(self) -> list[Problem]:
        image = self.image
        for sector in range(image.data_first):
            if image.fat(sector) != FAT_RESERVED:
                self.damage(f"sector {sector} holds the file system itself but is not reserved")
                if self.mend:
                    image.set_fat(sector, FAT_RESERVED)
        if self.claim("/", image.root, None):
            self._walk_root()
        else:
            self.damage("the root directory is lost")
            if self.mend:
                image.set_fat(image.root, FAT_END)
                self.owner[image.root] = "/"
                self._walk_root()
        lost = [s for s in range(image.data_first, image.sectors)
                if image.fat(s) not in (FAT_FREE, FAT_RESERVED) and s not in self.owner]
        if lost:
            self.crash(f"{len(lost)} sectors are allocated but nothing reaches them")
            if self.mend:
                for sector in lost:
                    image.set_fat(sector, FAT_FREE)
        free = sum(image.fat(s) == FAT_FREE for s in range(image.data_first, image.sectors))
        if free != image.free:
            self.crash(f"{free} sectors are free, the superblock says {image.free}")
            if self.mend:
                image.set_free(free)
        return self.problems

    def _walk_root(self) -> None:
        try:
            self.directory("/", self.image.root)
        except QfsError as error:
            self.damage(str(error))


def check(image: Image) -> list[Problem]:
    """Everything that is wrong with a disk, in the order found; the image stays as it is."""
    return _Walk(image, mend=False).run()


def repair(image: Image) -> list[Problem]:
    """Mend a disk in memory, keeping all that can be reached; returns what was found.

    Repeats until a check finds nothing, since mending one thing can free another.
    """
    found: list[Problem] = []
    for _ in range(image.sectors):
        problems = _Walk(image, mend=True).run()
        found += problems
        if not problems:
            break
    return found
