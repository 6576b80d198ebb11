"""The person's disk: made of the fresh one, and kept from run to run."""

import os
import shutil
import sys
from pathlib import Path

from system.build import Paths, build
from toolchain.places import BUILD, DATA
from toolchain.qfs import QfsError
from toolchain.source import SourceError, SourceErrors

__all__ = ["DISK", "built", "keep_disk", "main", "make_disk"]

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


def make_disk() -> Path:
    """The person's disk anew: the programs, and none of the files that were made on it."""
    paths = built()
    DISK.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(paths.disk, DISK)
    return DISK


def keep_disk(paths: Paths) -> Path:
    """The person's disk as it is; the fresh one where there is none yet."""
    if not DISK.exists():
        DISK.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paths.disk, DISK)
    return DISK


def main() -> int:
    """Make the person's disk anew."""
    try:
        print(f"quince: made {os.path.relpath(make_disk())}", file=sys.stderr)
    except (QfsError, SourceError, SourceErrors, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
