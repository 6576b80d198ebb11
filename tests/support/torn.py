"""Torn sectors: each write of some operations cut short at each word, and what the disk holds then.

Three of ten operations follow each other on a disk with a few files. The disk tells of every
write; for each, and each number of its first words, the power fails behind them: those are new,
the rest of the sector is old. What the disk must hold then is what it held before or behind the
line under way.
"""

from array import array
from collections.abc import Iterator
from functools import cache
from itertools import product

from tests.support.file_script import (
    FileOperation,
    Oracle,
    carry_out,
    empty_quinix_disk,
    octets_of,
)
from tests.support.system import boot, system
from toolchain.qfs import Image, check, repair

__all__ = ["OPERATIONS", "mount_torn", "torn_states", "triples", "verify_torn"]

SECTOR_WORDS = 128
SECTORS = 110


def _write(path: str, mode: int, octets: int) -> tuple[FileOperation, ...]:
    return (FileOperation(0, "o", (0, path, mode)), FileOperation(0, "w", (0, octets, 9)),
            FileOperation(0, "c", (0,)))


OPERATIONS = {
    "replace by less":  _write("/a", 1, 300),
    "replace by more":  _write("/b", 1, 1000),
    "append":           _write("/a", 2, 700),
    "truncate":         _write("/a", 1, 0),
    "create":           _write("/n", 1, 5),
    "destroy":          (FileOperation(0, "d", ("/b",)),),
    "rename":           (FileOperation(0, "n", ("/a", "/zz")),),
    "move":             (FileOperation(0, "n", ("/b", "/d/y")),),
    "rename over":      (FileOperation(0, "n", ("/a", "/b")),),
    "make directory":   (FileOperation(0, "m", ("/e",)),),
}


def triples() -> list[tuple[str, str, str]]:
    """All ordered triples of operations."""
    return list(product(OPERATIONS, repeat=3))


@cache
def _disk(layout: str) -> bytes:
    """A disk with some files; its directories have slots that were used before."""
    image = Image.format(SECTORS) if layout == "ours" else empty_quinix_disk(SECTORS)
    image.make_directory("bin")
    image.write("bin/sh", (system().folder / "tests" / "fileops.qbin").read_bytes(),
                executable=True)
    image.make_directory("d")
    for name in ("old1", "old2", "d/old3", "d/old4"):
        image.write(name, b"something that was there")
    for path, data in _FILES.items():
        image.write(path, data)
    for name in ("old1", "old2", "d/old3", "d/old4"):
        image.remove(name)
    return image.words.tobytes()


_FILES = {"a": octets_of(1, 600), "b": octets_of(2, 10), "d/x": octets_of(3, 50)}


def _oracle(layout: str) -> Oracle:
    oracle = Oracle(Image(array("I", _disk(layout))).free + 4)
    oracle.answer(FileOperation(0, "m", ("/d",)))
    for path, data in _FILES.items():
        oracle.answer(FileOperation(0, "t", (f"/{path}",)))
        oracle.tree[f"/{path}"].contents.data = data
    return oracle


def _files(oracle: Oracle) -> dict[str, bytes | None]:
    return {path[1:]: None if entry.contents is None else entry.contents.data
            for path, entry in oracle.tree.items() if path not in ("/", "/bin/sh")}


def torn_states(names: tuple[str, ...], layout: str = "ours") \
        -> Iterator[tuple[str, bytes, list[dict[str, bytes | None]]]]:
    """Run some operations; each torn disk that differs from the one before, with a text that tells
    the place, and the files that it may hold."""
    lines = [line for name in names for line in OPERATIONS[name]]
    oracle = _oracle(layout)
    states = [_files(oracle)]
    for line in lines:
        oracle.answer(line)
        states.append(_files(oracle))
    writes: list[tuple[int, int, bytes]] = []  # lines that were over, sector, octets
    over = -1

    def on_prompt(count: int, golden: object) -> None:
        nonlocal over
        over = count - 1

    def on_write(event) -> None:
        if event.sector is not None:
            writes.append((over, event.sector, event.octets))

    session = carry_out(lines, _disk(layout), on_prompt=on_prompt, on_write=on_write)
    assert session.status == 0 and over == len(lines), session.text
    disk = array("I", _disk(layout))
    for number, (done, sector, octets) in enumerate(writes):
        new = array("I", octets)
        allowed = states[max(done, 0):done + 2]
        start = sector * SECTOR_WORDS
        for word in range(SECTOR_WORDS):
            if disk[start + word] != new[word]:
                disk[start + word] = new[word]
                line = lines[done] if done < len(lines) else "end"
                yield (f"{', '.join(names)}: write {number} to sector {sector} behind {word + 1} "
                       f"words, line '{line}'"), disk.tobytes(), allowed


def verify_torn(disk: bytes, allowed: list[dict[str, bytes | None]]) -> str | None:
    """What is wrong with a torn disk, or None."""
    image = Image(array("I", disk))
    harm = [str(problem) for problem in check(image) if problem.kind != "crash"]
    if harm:
        return "; ".join(harm)
    repair(image)
    if check(image):
        return f"repair left: {check(image)[0]}"
    return _compare(image, allowed)


def mount_torn(disk: bytes, allowed: list[dict[str, bytes | None]]) -> str | None:
    """What is wrong after the machine has mounted a torn disk and stopped, or None."""
    session = boot("0 f", disk=disk)
    if session.status != 0:
        return f"the machine ended with {session.status}: {session.text[-200:]!r}"
    image = Image(array("I", session.disk))
    if check(image):
        return f"left: {check(image)[0]}"
    return _compare(image, allowed)


def _compare(image: Image, allowed: list[dict[str, bytes | None]]) -> str | None:
    found = {path: None if entry.is_directory else image.read(path)
             for path, entry in image.walk("/") if path != "bin/sh"}
    if found in allowed:
        return None
    def short(files):
        return {path: data if data is None else f"{len(data)}:{data[:4].hex()}"
                for path, data in sorted(files.items())}
    return f"found {short(found)}, allowed {[short(files) for files in allowed]}"
