"""The person's disk: made of the fresh one, kept from run to run, its system files up to date.

Beside the disk lies a manifest of what the system put there: for each file the digest of the
contents that it was given last. A file that still has them is the system's, and follows the
sources; one that has others is the person's, and stays.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from system.build import Paths, build, digest
from toolchain.lock import InUseError, exclusive
from toolchain.places import BUILD, DATA
from toolchain.qfs import Image, QfsError, refuse_damage, repair
from toolchain.source import SourceError, SourceErrors

__all__ = ["DISK", "built", "keep_disk", "main", "make_disk", "update_disk"]

FOLDER = BUILD / "os"
DISK   = DATA / "disk.qfs"


def built() -> Paths:
    """The operating system in its usual folder, built if need be.

    Raises
    ------
    SourceErrors, QfsError
        With what is wrong in the sources.
    """
    return build(FOLDER)


def make_disk(disk: Path = DISK, paths: Paths | None = None) -> Path:
    """The person's disk anew: the programs, and none of the files that were made on it.

    Raises
    ------
    InUseError
        If a machine runs with it.
    SourceErrors, QfsError
        With what is wrong in the sources.
    """
    paths = paths or built()
    disk.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(disk):
        _copy(paths.disk, disk)
        fresh = Image.load(paths.disk)
        _write_manifest(disk, digest(paths.disk.read_bytes()),
                        {path: digest(data) for path, (data, _) in _files(fresh).items()})
    return disk


def keep_disk(paths: Paths, disk: Path = DISK) -> Path:
    """The person's disk with the system's files up to date; the fresh one where there is none.

    What could not be brought up to date is told, and stays as it is.
    """
    if not disk.exists():
        return make_disk(disk, paths)
    try:
        update_disk(paths, disk)
    except (InUseError, QfsError, OSError) as error:
        _say(f"{error}; the system's files on it are not brought up to date")
    return disk


def update_disk(paths: Paths, disk: Path) -> None:
    """Bring the system's files on a person's disk up to date.

    Raises
    ------
    InUseError, QfsError, OSError
        If that cannot be done; the disk stays as it is then.
    """
    built_digest = digest(paths.disk.read_bytes())
    built_before, known = _read_manifest(disk)
    if built_before != built_digest:
        with exclusive(disk):
            _update(disk, Image.load(paths.disk), known, built_digest)


def _update(disk: Path, fresh: Image, known: dict[str, str], built_digest: str) -> None:
    """Bring each of the system's files up to date, unless the person has changed or removed it."""
    image = Image.load(disk)
    refuse_damage(image)
    repair(image)
    now: dict[str, str] = {}
    changed: list[str] = []
    for path in _directories(fresh):
        if image.find(path) is None:
            image.make_directory(path)
    for path, (data, is_executable) in _files(fresh).items():
        now[path] = digest(data)
        found = image.find(path)
        here = None if found is None or found.is_directory else digest(image.read(path))
        if here == now[path] or known.get(path) == now[path]:
            continue
        if here == known.get(path):  # the system's own, or a new file of the system
            image.write(path, data, is_executable)
            changed.append(path)
        else:
            what = "removed" if found is None else "changed"
            _say(f"{path}: {what} on the disk, and new in the sources; it stays as it is "
                 f"('make disk' makes the disk anew)")
    for path in known.keys() - now.keys():  # the system has them no more
        found = image.find(path)
        if found is not None and not found.is_directory \
                and digest(image.read(path)) == known[path]:
            image.remove(path)
            changed.append(path)
    if changed:
        image.save(disk)
        _say(f"brought up to date on the disk: {', '.join(changed[:8])}"
             f"{f' and {len(changed) - 8} more' if len(changed) > 8 else ''}")
    _write_manifest(disk, built_digest, now)


def _files(image: Image) -> dict[str, tuple[bytes, bool]]:
    return {path: (image.read(path), entry.is_executable)
            for path, entry in image.walk("/") if not entry.is_directory}


def _directories(image: Image) -> list[str]:
    return [path for path, entry in image.walk("/") if entry.is_directory]


def _manifest(disk: Path) -> Path:
    return disk.with_name(f"{disk.name}.manifest")


def _read_manifest(disk: Path) -> tuple[str, dict[str, str]]:
    """The digest of the fresh disk that a disk was brought up to, and those of the files that the
    system put there; nothing if that is not known."""
    try:
        found = json.loads(_manifest(disk).read_text())
        return str(found["built"]), {str(path): str(digest)
                                     for path, digest in found["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", {}


def _write_manifest(disk: Path, built_digest: str, files: dict[str, str]) -> None:
    _manifest(disk).write_text(
        json.dumps({"built": built_digest, "files": files}, indent=1) + "\n")


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that the target is the old one or the new one at every moment."""
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    os.replace(part, target)


def _say(text: str) -> None:
    print(f"quince: {text}", file=sys.stderr)


def main() -> int:
    """Make the person's disk anew."""
    try:
        print(f"quince: made {os.path.relpath(make_disk())}", file=sys.stderr)
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
        return 1
    except (QfsError, InUseError, OSError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
