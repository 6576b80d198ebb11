"""The image of a board's card: the disk of the system, with the kernel on it as a file.

A card is a QFS disk from its first sector on. The boot loader (`firmware/boot`) starts the file
`KERNEL_FILE`, so that a kernel is exchanged like any other file, on the host or by the machine.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from system.build import Paths
from system.disk import built, keep_disk, make_disk, update_disk
from toolchain.lock import InUseError
from toolchain.places import DATA
from toolchain.qfs import Image, QfsError
from toolchain.source import SourceError, SourceErrors

__all__ = ["CARD", "CARD_SECTORS", "KERNEL_FILE", "keep_card", "main", "make_card"]

CARD         = DATA / "card.img"
CARD_SECTORS = 32_768        # 16 MiB: as much as the kernel keeps the whole table of in memory
KERNEL_FILE  = "boot/kernel"


@dataclass(frozen=True)
class _CardPaths(Paths):
    """The system's folder, with a fresh card as the disk."""
    @property
    def disk(self) -> Path:
        return self.folder / "card.qfs"


def keep_card(image: Path = CARD, paths: Paths | None = None) -> Path:
    """The image, with the system's files up to date and what a person saved on it as it was; a
    fresh one where there is none. What cannot be brought up to date is told, and stays as it is.

    Raises
    ------
    SourceErrors, QfsError
        With what is wrong in the sources.
    InUseError, OSError
        If a fresh one cannot be written.
    """
    return keep_disk(_fresh_card(paths), image)


def make_card(image: Path = CARD, paths: Paths | None = None) -> Path:
    """As `keep_card`, for an image that a board is to start from.

    Raises
    ------
    SourceErrors, QfsError
        With what is wrong in the sources; if the image is no card, or has no kernel.
    InUseError, OSError
        If the image cannot be written.
    """
    fresh = _fresh_card(paths)
    if not image.exists():
        return make_disk(image, fresh)
    update_disk(fresh, image)
    if Image.load(image).find(KERNEL_FILE) is None:
        raise QfsError(f"{image}: there is no file /{KERNEL_FILE}, which a board starts; "
                       f"`qfs add` puts one there, and a new image has one")
    return image


def _fresh_card(paths: Paths | None) -> Paths:
    """The system with a fresh card, which is made if need be."""
    paths = paths or built()
    fresh = _CardPaths(paths.folder)
    newest = max(path.stat().st_mtime_ns for path in (paths.kernel, paths.disk))
    if not fresh.disk.exists() or fresh.disk.stat().st_mtime_ns < newest:
        _make_fresh(paths, fresh.disk)
    return fresh


def _make_fresh(paths: Paths, target: Path) -> None:
    """A card with the files of the system's disk, and the kernel."""
    source = Image.load(paths.disk)
    card   = Image.format(CARD_SECTORS, str(target))
    for path, entry in source.walk("/"):
        if entry.is_directory:
            card.make_directory(path)
        else:
            card.write(path, source.read(path), executable=entry.is_executable)
    card.make_directory(str(Path(KERNEL_FILE).parent))
    card.write(KERNEL_FILE, paths.kernel.read_bytes())
    card.save(target)


def main(argv: list[str] | None = None) -> int:
    """Make or bring up to date a card image: 0 done, 1 it cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m system.card",
        description="make the image of a board's card, or bring the system's files on it up to "
                    "date; `dd` writes it to a card")
    parser.add_argument("image", nargs="?", type=Path, default=CARD,
                        help="default: %(default)s")
    options = parser.parse_args(argv)
    try:
        image = make_card(options.image)
        size  = image.stat().st_size
    except (SourceError, SourceErrors) as error:
        print(error, file=sys.stderr)
        return 1
    except (QfsError, InUseError, OSError) as error:
        print(f"quince: {error}", file=sys.stderr)
        return 1
    print(f"quince: {image}, {size >> 20} MiB; write it to a card, all of which is lost, with\n"
          f"  sudo dd if={image} of=/dev/sdX bs=1M conv=fsync\n"
          "where /dev/sdX is the card: `lsblk` lists the disks before and after it is put in",
          file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
