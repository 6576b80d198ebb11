"""The disk behind the block device: an image file of sectors."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isa.machine import SECTOR_WORDS
from sim.host.error import HostError
from toolchain.lock import InUseError, lock

__all__ = ["Disk", "DiskEvent", "Sector", "make_image"]

SECTOR_OCTETS = SECTOR_WORDS * 4

Sector = NDArray[np.uint32]  # SECTOR_WORDS words


@dataclass(frozen=True)
class DiskEvent:
    """What an observer is told before it happens: a sector to be written, or (None) a flush."""
    sector: int | None = None
    octets: bytes = b""


class Disk:
    """An image file, or octets in memory, as sectors of 128 words.

    Parameters
    ----------
    image : Path, str or bytes
        The image file; octets make a disk that lives in memory and leaves nothing behind.
    ephemeral : bool
        Keep what is written in memory and leave the image alone: it may be read-only then, and in
        use by other ephemeral disks.
    observer : callable or None
        Called with a `DiskEvent` before each write and flush, so that tests can replay any crash.
        It may raise `HostError`: then the operation fails.

    Members
    -------
    total_sectors : int
    on_read : callable or None
        Called with the number of each sector that is read.
    """

    def __init__(self, image: Path | str | bytes, *, ephemeral: bool = False,
                 observer: Callable[[DiskEvent], None] | None = None) -> None:
        self.observer = observer
        self.on_read: Callable[[int], None] | None = None
        self._overlay: dict[int, bytes] | None = {} if ephemeral else None
        self._memory: bytearray | None = None
        self._fd = -1
        self.name = "disk"
        if isinstance(image, bytes):
            self._memory = bytearray(image)
            size_octets = len(image)
        else:
            self.name = str(image)
            self._fd = _open_image(image, writable=not ephemeral)
            size_octets = os.fstat(self._fd).st_size
        if size_octets % SECTOR_OCTETS or not size_octets:
            self.close()
            raise HostError(f"{self.name}: {size_octets} octets are not a whole number of sectors "
                            f"of {SECTOR_OCTETS} octets; is this a disk image?")
        self.total_sectors = size_octets // SECTOR_OCTETS
        if self.total_sectors >= 1 << 32:
            self.close()
            raise HostError(f"{self.name}: a disk has fewer than 2^32 sectors")

    def read(self, sector: int) -> Sector:
        """Words of a sector. Raises `HostError` if the host cannot read it."""
        self._check(sector)
        if self.on_read is not None:
            self.on_read(sector)
        if self._overlay is not None and sector in self._overlay:
            octets = self._overlay[sector]
        else:
            octets = self._stored(sector)
        return np.frombuffer(octets, "<u4").astype(np.uint32)

    def write(self, sector: int, words: Sector) -> None:
        """Replace a sector; durable after the next `flush`. Raises `HostError`."""
        self._check(sector)
        octets = np.asarray(words, np.uint32).astype("<u4").tobytes()
        if len(octets) != SECTOR_OCTETS:
            raise ValueError(f"a sector is {SECTOR_WORDS} words, not {len(octets) // 4}")
        if self.observer:
            self.observer(DiskEvent(sector, octets))
        at = sector * SECTOR_OCTETS
        if self._overlay is not None:
            self._overlay[sector] = octets
        elif self._memory is not None:
            self._memory[at:at + SECTOR_OCTETS] = octets
        else:
            try:
                written = os.pwrite(self._fd, octets, at)
            except OSError as error:
                raise HostError(f"{self.name}: sector {sector}: {error.strerror}") from None
            if written != SECTOR_OCTETS:
                raise HostError(f"{self.name}: sector {sector}: the host's disk is full")

    def flush(self) -> None:
        """Return once all that was written is on the host's disk. Raises `HostError`."""
        if self.observer:
            self.observer(DiskEvent())
        if self._overlay is None and self._memory is None:
            try:
                os.fsync(self._fd)
            except OSError as error:
                raise HostError(f"{self.name}: {error.strerror}") from None

    def octets(self) -> bytes:
        """The whole disk as it reads now."""
        return b"".join(self.read(sector).astype("<u4").tobytes()
                        for sector in range(self.total_sectors))

    def image_octets(self) -> bytes:
        """The image, without what an ephemeral disk keeps in memory. Raises `HostError`."""
        return b"".join(map(self._stored, range(self.total_sectors)))

    def _stored(self, sector: int) -> bytes:
        at = sector * SECTOR_OCTETS
        if self._memory is not None:
            return bytes(self._memory[at:at + SECTOR_OCTETS])
        try:
            octets = os.pread(self._fd, SECTOR_OCTETS, at)
        except OSError as error:
            raise HostError(f"{self.name}: sector {sector}: {error.strerror}") from None
        if len(octets) != SECTOR_OCTETS:
            raise HostError(f"{self.name}: sector {sector}: the image has become shorter")
        return octets

    def close(self) -> None:
        """Let go of the image."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _check(self, sector: int) -> None:
        if not 0 <= sector < self.total_sectors:
            raise HostError(f"{self.name}: there is no sector {sector}")


def make_image(path: Path | str, total_sectors: int) -> None:
    """A new image of zeros. Raises `HostError`, also if the file is there already."""
    try:
        with open(path, "xb") as file:
            file.truncate(total_sectors * SECTOR_OCTETS)
    except OSError as error:
        raise HostError(f"{path}: {error.strerror}") from None


def _open_image(path: Path | str, *, writable: bool) -> int:
    """A descriptor of the image, locked: writable ones for one disk alone."""
    try:
        if not os.path.isfile(path) and os.path.exists(path):
            raise HostError(f"{path}: not an ordinary file")
        fd = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
    except PermissionError:
        hint = "; it could be used without keeping what is written" if writable else ""
        raise HostError(f"{path}: the disk image may not be "
                        f"{'written' if writable else 'read'}{hint}") from None
    except OSError as error:
        hint = "; the image is read-only" if error.errno == 30 else ""
        raise HostError(f"{path}: cannot open the disk image: {error.strerror}{hint}") from None
    try:
        lock(fd, path, shared=not writable)
    except InUseError as error:
        os.close(fd)
        raise HostError(str(error)) from None
    return fd
