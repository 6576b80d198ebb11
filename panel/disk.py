"""A map of the disk: what each sector holds, and where the machine has been lately."""

from array import array
from typing import Any

import numpy as np

from debug.disk_keeper import DiskKeeper
from panel.octets import octets
from toolchain.qfs import Image, QfsError

__all__ = ["DiskMap", "SECTOR_KINDS"]

MOST_FILES = 400

# What a sector holds; the page numbers them like this.
SECTOR_KINDS = ("free", "system", "directory", "file", "program")
FREE, SYSTEM, DIRECTORY, FILE, PROGRAM = range(len(SECTOR_KINDS))


class DiskMap:
    """Looks at a keeper's disk, and is told of reads."""

    def __init__(self) -> None:
        self._reads: list[int] = []
        self._writes = 0
        self._known: tuple[tuple[int, int], Any] | None = None

    def heard_read(self, sector: int) -> None:
        """The machine has read a sector."""
        self._reads.append(sector)

    def look(self, keeper: DiskKeeper) -> Any:
        """The map as it is at the present position; lit is what happened since the last look."""
        reads, self._reads = self._reads, []
        writes = keeper.writes[self._writes:]
        self._writes = len(keeper.writes)
        state = keeper.state
        if self._known is None or self._known[0] != state:
            self._known = state, self._map(keeper)
        return {**self._known[1], "read": sorted(set(reads)),
                "written": sorted({sector for _, sector, _ in writes}),
                "kept": keeper.is_kept, "changed": len({sector for _, sector, _ in keeper.writes})}

    def _map(self, keeper: DiskKeeper) -> Any:
        words = keeper.image()
        if words is None:
            return {"missing": "this machine has no disk"}
        try:
            image = Image(array("I", words.tobytes()), "disk")
            kinds = np.full(image.sectors, FREE, np.uint8)
            kinds[:image.data_first] = SYSTEM
            kinds[image.chain(image.root)] = DIRECTORY
            files = []
            for path, entry in image.walk("/"):
                sectors = image.chain(entry.first) if entry.first else []
                kinds[sectors] = DIRECTORY if entry.is_directory else \
                    PROGRAM if entry.is_executable else FILE
                if not entry.is_directory:
                    files.append([path, entry.size, sectors[:1]])
        except QfsError as error:
            return {"missing": str(error)}
        return {"kinds": octets(kinds.tobytes()), "free": image.free, "files": files[:MOST_FILES]}
