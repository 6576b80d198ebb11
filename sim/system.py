"""The operating system for the simulator: built if need be, with a disk of its own that stays."""

import argparse
import shutil
import sys
from pathlib import Path

from sim.machine import ImageError
from toolchain.qfs import QfsError
from toolchain.source import SourceError, SourceErrors
from toolchain.system.build import ROOT, Paths, build

__all__ = ["DISK", "boot_options", "make_disk", "main"]

FOLDER = ROOT / "build" / "os"
DISK   = ROOT / "build" / "disk.qfs"


def _built() -> Paths:
    try:
        return build(FOLDER)
    except QfsError as error:
        raise ImageError(str(error)) from None


def make_disk() -> Path:
    """The person's disk anew: the programs, and none of the files that were made on it."""
    paths = _built()
    DISK.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(paths.disk, DISK)
    return DISK


def boot_options(options: argparse.Namespace) -> None:
    """Fill in what the command line left open: the kernel, and every device that it can use.

    The disk is made of the fresh one when there is none, so that files survive from run to run.
    """
    paths = _built()
    options.program = str(paths.kernel)
    options.symbols = options.symbols or str(paths.symbols)
    options.serial = True
    options.display = options.display or "320x200"
    options.keyboard = options.keys is None
    if options.disk is None:
        if not DISK.exists():
            shutil.copyfile(paths.disk, DISK)
        options.disk = str(DISK)


def main() -> int:
    """Make the person's disk anew."""
    try:
        print(f"quince: made {make_disk().relative_to(ROOT)}", file=sys.stderr)
    except (ImageError, SourceError, SourceErrors, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
