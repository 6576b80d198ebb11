"""Random operations on files by three processes, what must come of each, and their run.

`firmware/tests/fileops.qll` takes the shell's place and carries out a line at a time, so there is
one order of events and one right answer to each: contents, counts, failures for want of room, the
free sectors. `Oracle` finds them by the manual's rules, with contents as octets and room as counts;
it knows nothing of chains. At the end the machine stops in order, and the host's check must find
nothing.
"""

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.system import Session, boot, debug_kernel, system
from toolchain.qfs import Image, check
from toolchain.qfs.layout import MAGIC, SECTOR_WORDS, VERSION

__all__ = ["FileOperation", "FileRuns", "NewDisk", "Oracle", "answers_of", "carry_out",
           "empty_quinix_disk", "fileops_disk"]

FAILED = -1
SECTOR_OCTETS = 512
ENTRIES = 4             # in a sector of a directory
SLOTS = 8
PROCESSES = 3
LONG = "/" + "n" * 25   # a name that is too long
PATHS = ("/a", "/b", "/c", "/d", "/d/a", "/d/b", "/d/c", "/d/d", "/d/e", "/d/f", "/e", "/e/a",
         "/e/g", "/e/g/a", "/no/a", "/", LONG)
SIZES = (0, 1, 3, 4, 100, 511, 512, 513, 1024, 1500, 4000, 9000)
LIMIT_CYCLES = 1_000_000_000


@dataclass(frozen=True)
class FileOperation:
    """What a process is to do; see fileops.qll."""
    who:   int
    what:  str
    words: tuple[object, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, (self.who, self.what, *self.words)))


def octets_of(seed: int, count: int) -> bytes:
    """The sequence that fileops.qll writes."""
    return bytes((seed * 7 + i * 31 + i // 256) & 0xFF for i in range(count))


def sum_of(words: Sequence[int]) -> int:
    total = 0
    for word in words:
        total = (total * 31 + word) & 0xFFFFFF
    return total


def sectors_of(octets: int) -> int:
    return -(-octets // SECTOR_OCTETS)


# --- the oracle -----------------------------------------------------------------------------------

@dataclass(eq=False)
class Contents:
    """What one chain of sectors holds."""
    data: bytes = b""


@dataclass(eq=False)
class Entry:
    """A name's entry: a file with its contents, or a directory."""
    contents: Contents | None = None   # None for a directory
    gone:     bool = False
    sectors:  int = 1                  # of a directory


@dataclass(eq=False)
class Handle:
    """What one or more slots lead to."""
    kind:     str                      # "reader", "writer", "directory"
    entry:    Entry
    contents: Contents | None = None   # of a reader: what the file was when it was opened
    position: int = 0
    replace:  bool = False             # of a writer, from here on
    changed:  bool = False
    failed:   bool = False
    pending:  bytes = b""              # written and not yet part of the file
    base:     int = 0                  # octets of the file that they follow
    uses:     int = 1


@dataclass
class Oracle:
    """Follows operations; `free` is what a new disk has of sectors for files."""
    room:    int
    tree:    dict[str, Entry] = field(default_factory=lambda: {
        "/": Entry(), "/bin": Entry(), "/bin/sh": Entry(Contents())})
    slots:   dict[tuple[int, int], Handle] = field(default_factory=dict)

    # --- room ------------------------------------------------------------------------------------

    def handles(self) -> list[Handle]:
        return list(dict.fromkeys(self.slots.values()))

    @staticmethod
    def pending_sectors(handle: Handle) -> int:
        return sectors_of(handle.base + len(handle.pending)) - sectors_of(handle.base)

    def free(self) -> int:
        """Free sectors: the room less what files, open or not, and directories have."""
        contents = {entry.contents for entry in self.tree.values()} \
            | {handle.contents for handle in self.handles()} \
            | {handle.entry.contents for handle in self.handles()}
        used = sum(sectors_of(len(c.data)) for c in contents if c is not None)
        used += sum(self.pending_sectors(handle) for handle in self.handles()
                    if handle.kind == "writer")
        used += sum(entry.sectors - 1 if path in ("/", "/bin") else entry.sectors
                    for path, entry in self.tree.items() if entry.contents is None)
        return self.room - used

    def children(self, path: str) -> list[str]:
        start = path.rstrip("/") + "/"
        return [other[len(start):] for other in self.tree
                if other != "/" and other.startswith(start) and "/" not in other[len(start):]]

    def parent_for(self, path: str) -> str | None:
        """The directory that a new entry would be in, if there can be one."""
        parent, _, name = path.rpartition("/")
        parent = parent or "/"
        entry = self.tree.get(parent)
        good = entry is not None and entry.contents is None and 0 < len(name) <= 24
        return parent if good else None

    def take_slot(self, path: str) -> bool:
        """Room for one more entry in a directory, which grows if need be."""
        entry = self.tree[path]
        if len(self.children(path)) == entry.sectors * ENTRIES:
            if self.free() == 0:
                return False
            entry.sectors += 1
        return True

    # --- writers ---------------------------------------------------------------------------------

    @staticmethod
    def commit(handle: Handle) -> bool:
        """What was written becomes the file's, unless it is gone or cannot be whole."""
        if handle.failed and handle.replace:
            return False
        if handle.changed and not handle.entry.gone:
            if handle.replace:
                handle.entry.contents = Contents(handle.pending)
                handle.replace = False
            else:
                handle.entry.contents.data += handle.pending
            handle.base += len(handle.pending)
            handle.pending = b""
        handle.changed = False
        return not handle.failed

    def close(self, key: tuple[int, int]) -> int:
        handle = self.slots.pop(key, None)
        if handle is None:
            return FAILED
        handle.uses -= 1
        if handle.uses or handle.kind != "writer":
            return 0
        return 0 if self.commit(handle) else FAILED

    # --- operations: each gives the words of its answer ------------------------------------------

    def answer(self, operation: FileOperation) -> list[int]:
        result = getattr(self, f"_{operation.what}")(operation.who, *operation.words)
        return result if isinstance(result, list) else [result]

    def _o(self, who, slot, path, mode):
        self.close((who, slot))
        entry = self.tree.get(path)
        if mode == 0:
            if entry is None:
                return FAILED
            kind = "directory" if entry.contents is None else "reader"
            self.slots[who, slot] = Handle(kind, entry, entry.contents)
            return 0
        if entry is None:
            entry = self._make(path, Entry(Contents()))
        if entry is None or entry.contents is None \
                or any(h.kind == "writer" and h.entry is entry for h in self.handles()):
            return FAILED
        size = len(entry.contents.data)
        self.slots[who, slot] = Handle(
            "writer", entry, replace=mode == 1, changed=mode == 1 and size != 0,
            base=0 if mode == 1 else size)
        return 0

    def _make(self, path: str, entry: Entry) -> Entry | None:
        parent = self.parent_for(path)
        if parent is None or not self.take_slot(parent):
            return None
        self.tree[path] = entry
        return entry

    def _c(self, who, slot):
        return self.close((who, slot))

    def _u(self, who, slot, to):
        if to != slot:
            self.close((who, to))
        else:
            # The program closes the slot before it duplicates what is in it.
            self.close((who, slot))
        handle = self.slots.get((who, slot))
        if handle is None:
            return FAILED
        handle.uses += 1
        self.slots[who, to] = handle
        return 0

    def _w(self, who, slot, octets, seed):
        handle = self.slots.get((who, slot))
        if handle is None or handle.kind != "writer":
            return FAILED
        return self._put(handle, octets, seed)

    def _p(self, who, slot, octets, seed):
        handle = self.slots.get((who, slot))
        if handle is None or handle.kind != "writer" \
                or (handle.base + len(handle.pending)) % 4:
            return FAILED
        return self._put(handle, octets, seed)

    def _put(self, handle, octets, seed):
        if octets == 0:
            return 0
        if handle.failed:
            return FAILED
        size = handle.base + len(handle.pending)
        most = (sectors_of(size) + self.free()) * SECTOR_OCTETS - size
        taken = min(octets, most)
        handle.pending += octets_of(seed, taken)
        handle.changed = handle.changed or taken > 0
        handle.failed = taken < octets
        return taken if taken else FAILED

    def _r(self, who, slot, octets):
        handle = self.slots.get((who, slot))
        if handle is None or handle.kind != "reader":
            return [FAILED, 0]
        data = handle.contents.data[handle.position:handle.position + octets]
        handle.position += len(data)
        return [len(data), sum_of(data)]

    def _k(self, who, slot, offset):
        handle = self.slots.get((who, slot))
        if handle is None or handle.kind != "reader" or offset > len(handle.contents.data):
            return FAILED
        handle.position = offset
        return offset

    def _t(self, who, path):
        entry = self.tree.get(path)
        if entry is not None:
            return FAILED if entry.contents is None else 0
        return FAILED if self._make(path, Entry(Contents())) is None else 0

    def _m(self, who, path):
        if path in self.tree or self.parent_for(path) is None or self.free() == 0:
            return FAILED
        self.room -= 1  # taken before the parent grows
        made = self._make(path, Entry())
        self.room += 1
        return FAILED if made is None else 0

    def _d(self, who, path):
        entry = self.tree.get(path)
        if entry is None or path == "/":
            return FAILED
        if entry.contents is None and (self.children(path)
                                       or any(h.entry is entry for h in self.handles())):
            return FAILED
        entry.gone = True
        del self.tree[path]
        return 0

    def _n(self, who, old, new):
        source, target = self.tree.get(old), self.tree.get(new)
        parent = self.parent_for(new)
        if source is None or old == "/" or parent is None or new.startswith(f"{old}/"):
            return FAILED
        if source is target:
            return 0
        if target is not None:
            if source.contents is None or target.contents is None:
                return FAILED
            target.gone = True
        elif self.parent_for(old) != parent and not self.take_slot(parent):
            return FAILED
        self.tree = {new + path[len(old):] if path == old or path.startswith(f"{old}/") else path:
                     entry for path, entry in self.tree.items() if path != new or entry is source}
        return 0

    def _l(self, who, path):
        entry = self.tree.get(path)
        if entry is None:
            return [FAILED, 0]
        if entry.contents is not None:
            return [0, 0]
        names = self.children(path)
        return [len(names), sum(sum_of([*name.encode().ljust(24, b"\0")]) for name in names)
                & 0xFFFFFF]

    def _s(self, who, path):
        entry = self.tree.get(path)
        if entry is None:
            return [FAILED, 0]
        if entry.contents is None:
            return [2 if path == "/" else 3, 0]  # the root has no entry that would be used
        return [1, len(entry.contents.data)]

    def _y(self, who):
        for handle in self.handles():
            if handle.kind == "writer":
                self.commit(handle)
        own = [handle for (owner, _), handle in self.slots.items() if owner == who]
        return FAILED if any(handle.failed for handle in own) else 0

    def _f(self, who):
        return self.free()

    def _e(self, who):
        for key in [key for key in self.slots if key[0] == who]:
            self.close(key)
        return 0

    def files(self) -> dict[str, bytes | None]:
        """What the disk must hold once all have ended: contents, None for a directory."""
        for who in range(PROCESSES):
            self._e(who)
        return {path[1:]: None if entry.contents is None else entry.contents.data
                for path, entry in self.tree.items() if path not in ("/", "/bin/sh")}


# --- the run --------------------------------------------------------------------------------------

def fileops_disk(sectors: int, layout: str = "ours") -> bytes:
    """A disk with nothing but the program, in the shell's place."""
    image = empty_quinix_disk(sectors) if layout == "quinix" else Image.format(sectors)
    image.make_directory("bin")
    program = system().folder / "tests" / "fileops.qbin"
    image.write("bin/sh", program.read_bytes(), executable=True)
    return image.words.tobytes()


def empty_quinix_disk(sectors: int) -> Image:
    """An empty disk in Quinix's layout."""
    fat = -(-sectors // SECTOR_WORDS)
    words = [MAGIC, VERSION, SECTOR_WORDS, sectors, 1, fat, 1 + fat, 2 + fat, sectors - 2 - fat]
    return Image(array("I", words + [0] * (sectors * SECTOR_WORDS - len(words))))


@dataclass(frozen=True)
class NewDisk:
    """The first part of a run: a disk of so many sectors."""
    sectors: int
    layout:  str = "ours"

    def __str__(self) -> str:
        return f"a disk of {self.sectors} sectors, layout {self.layout}"


def carry_out(operations: Sequence[object], disk: bytes, **options: object) -> Session:
    """Type the operations and the end of input."""
    return boot(*map(str, operations), disk=disk, limit=LIMIT_CYCLES, **options)


def answers_of(session: Session) -> list[list[int]]:
    """The words of each answer."""
    return [[int(word) for word in line[1:].split()]
            for line in session.lines() if line.startswith("=")]


class FileRuns:
    """Random operations on files with open handles, as tests/support/stress.py wants them."""
    name = "files"

    def generate(self, seed: int) -> list[object]:
        """A disk, then operations."""
        rng = random.Random(seed)
        taken = 200 - Image(array("I", fileops_disk(200))).free
        disk = NewDisk(taken + rng.choice([3, 6, 12, 25, 60]), rng.choice(["ours", "quinix"]))
        return [disk, *(self._operation(rng) for _ in range(rng.randint(5, 60)))]

    @staticmethod
    def _operation(rng: random.Random) -> FileOperation:
        who = rng.choice([0, 0, 1, 1, 2])
        slot = rng.choice([0, 0, 1, 1, 2, 3])
        path, other = rng.choice(PATHS[:rng.choice([3, len(PATHS)])]), rng.choice(PATHS)
        seed, size = rng.randrange(100), rng.choice(SIZES)
        what = rng.choices("owprkctdmnlsyfue", (9, 9, 3, 5, 2, 5, 1, 4, 3, 5, 1, 1, 2, 2, 1, 1))[0]
        words: dict[str, tuple[object, ...]] = {
            "o": (slot, path, rng.choice([0, 1, 1, 2, 2])), "w": (slot, size, seed),
            "p": (slot, size, seed), "r": (slot, size), "k": (slot, rng.choice([0, 1, 512, 700])),
            "c": (slot,), "t": (path,), "d": (path,), "m": (path,), "n": (path, other),
            "l": (path,), "s": (path,), "u": (slot, (slot + rng.randrange(1, 4)) % SLOTS),
        }
        if what == "e" and who == 0:
            what = "f"
        return FileOperation(who, what, words.get(what, ()))

    def check(self, parts: Sequence[object]) -> str | None:
        """What is wrong with the answers, the end or the disk, or None."""
        if not parts or not isinstance(parts[0], NewDisk):
            return None
        kind, *operations = parts
        disk = fileops_disk(kind.sectors, kind.layout)
        oracle = Oracle(Image(array("I", disk)).free)
        session = carry_out(operations, disk, kernel=debug_kernel())
        answers = answers_of(session)
        for index, operation in enumerate(operations):
            wanted = oracle.answer(operation)
            if index >= len(answers):
                return f"no answer to {operation}: {session.text[-300:]!r}"
            if answers[index] != wanted:
                return f"{operation} (no. {index + 1}): {answers[index]}, not {wanted}"
        if session.status != 0:
            return f"ended with {session.status}: {session.text[-300:]!r}"
        image = Image(array("I", session.disk))
        problems = check(image)
        if problems:
            return f"the disk: {problems[0]}"
        if kind.layout == "ours" and not image.was_clean:
            return "the disk is not marked as in order"
        if kind.layout == "quinix" and any(image.words[9:SECTOR_WORDS]):
            return "words behind the superblock's are not 0"
        found = {path: None if entry.is_directory else image.read(path)
                 for path, entry in image.walk("/") if path != "bin/sh"}
        if found != oracle.files():
            return f"files: {sorted(found)}, not {sorted(oracle.files())}, or other contents"
        return None
