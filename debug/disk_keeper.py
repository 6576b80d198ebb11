"""What the machine has written to its disk, until the person says what is to become of it."""

import numpy as np

from debug.error import DebugError
from debug.session import Session
from isa.machine import SECTOR_WORDS
from sim.host.disk import Disk
from sim.machine import Words

__all__ = ["DiskKeeper"]


class DiskKeeper:
    """What the machine wrote stays in memory until the person leaves and says what to keep.

    Parameters
    ----------
    session : Session
    disk : Disk or None
        An ephemeral one.
    path : str or None
        Its image.

    Members
    -------
    writes : list
        Cycle, sector and contents of each write.
    is_kept : bool
        What a front does with them at its end, if the person says nothing else then.
    """

    def __init__(self, session: Session, disk: Disk | None, path: str | None) -> None:
        self._session, self._disk, self._path = session, disk, path
        self.writes: list[tuple[int, int, bytes]] = []  # cycle, sector, contents
        self.is_kept = False
        self._base: Words | None = None
        if disk is not None:
            disk.observer = self._note

    def _note(self, event: object) -> None:
        sector, octets = getattr(event, "sector", None), getattr(event, "octets", b"")
        if sector is not None:
            self.writes.append((self._session.history.cycles, sector, octets))

    @property
    def question(self) -> str:
        """What to ask before leaving; empty for nothing."""
        if not self.writes:
            return ""
        sectors = len({sector for _, sector, _ in self.writes})
        here = "" if self._session.history.is_live else ", 'here' (as it is at this cycle)"
        return (f"the machine has written {sectors} sectors of {self._path}, which the file does "
                f"not have yet: 'keep' them{here} or 'drop' them?")

    def leave(self, answer: str) -> str:
        """Keep what is to be kept. Raises `DebugError` where that has not been said."""
        if not self.writes:
            return ""
        if answer not in ("keep", "here", "drop"):
            raise DebugError(self.question + " ('quit keep', 'quit here', 'quit drop')")
        if answer == "drop":
            return f"{self._path} is as it was"
        last = self._session.history.cycles if answer == "here" else None
        kept = {sector: octets for cycle, sector, octets in self.writes
                if last is None or cycle <= last}
        assert self._path is not None and self._disk is not None
        self._disk.close()
        disk = Disk(self._path)
        try:
            for sector, octets in kept.items():
                disk.write(sector, np.frombuffer(octets, "<u4"))
            disk.flush()
        finally:
            disk.close()
        return f"{len(kept)} sectors of {self._path} are kept"

    @property
    def state(self) -> tuple[int, int]:
        """Changes whenever `image` does."""
        here = self._session.history.cycles
        return len(self.writes), sum(cycle <= here for cycle, _, _ in self.writes)

    def image(self) -> Words | None:
        """The disk's words as the machine has them at the present position; None without a disk."""
        if self._disk is None:
            return None
        if self._base is None:
            self._base = np.frombuffer(self._disk.image_octets(), "<u4")
        words = self._base.astype(np.uint32)
        here = self._session.history.cycles
        for cycle, sector, octets in self.writes:
            if cycle > here:
                break
            words[sector * SECTOR_WORDS:(sector + 1) * SECTOR_WORDS] = np.frombuffer(octets, "<u4")
        return words
