"""The host file: one folder of the host's, which the machine may read and write and never leave."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.host.console import text_of
from sim.host.error import HostError

__all__ = ["Files"]

LIMIT_OCTETS = 1 << 28  # no machine here has memory for more


class Files:
    """A conversation with the host file: a path is written, then contents are read or written.

    Parameters
    ----------
    folder : Path or str
        Paths are relative to it and stay inside it, with symbolic links followed.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).resolve()
        if not self.folder.is_dir():
            raise HostError(f"host file: {folder} is not a folder")
        self._path: str | None = None  # written, and not used yet
        self.last_error = ""           # for people: why the last step failed

    # --- as the device sees it

    def write(self, words: Sequence[int]) -> bool:
        """A whole message: a path, or the contents for the path before it. Whether it is fine.

        After a failure, and after contents, the next message is a path again.
        """
        path, self._path = self._path, None
        try:
            if path is not None:
                self.store(path, words)
            else:
                self._path = text_of(words)
                self._inside(self._path)
        except HostError as error:
            self.last_error = str(error)
            self._path = None
            return False
        return True

    def read(self) -> list[int] | None:
        """Contents for the path that was written; None if it cannot be read or none was."""
        path, self._path = self._path, None
        if path is None:
            self.last_error = "host file: a read without a path before it"
            return None
        try:
            return self.load(path)
        except HostError as error:
            self.last_error = str(error)
            return None

    def abandon(self) -> None:
        """Forget a path; the next message is a path."""
        self._path = None

    # --- files

    def load(self, path: str) -> list[int]:
        """Contents of a file, as words or code points as its name has it. Raises `HostError`."""
        place = self._inside(path)
        try:
            if not stat.S_ISREG(place.stat().st_mode):  # opening a pipe would wait for ever
                raise HostError(f"host file: {path!r} is not an ordinary file")
            if place.stat().st_size > LIMIT_OCTETS:
                raise HostError(f"host file: {path!r} is larger than {LIMIT_OCTETS} octets")
            octets = place.read_bytes()
        except OSError as error:
            raise HostError(f"host file: {path!r}: {error.strerror}") from None
        if _is_binary(place.name if "/" not in path else Path(path).name):
            octets += bytes(-len(octets) % 4)  # the last word of an odd size ends in zeros
            return np.frombuffer(octets, "<u4").tolist()
        return [ord(char) for char in octets.decode("utf-8", "replace")]

    def store(self, path: str, words: Sequence[int]) -> None:
        """Make or replace a file. Raises `HostError`."""
        place = self._inside(path)
        if _is_binary(Path(path).name):
            octets = np.asarray(words, np.uint32).astype("<u4").tobytes()
        else:
            octets = text_of(words).encode()
        try:
            if place.exists() and not place.is_file():
                raise HostError(f"host file: {path!r} is not an ordinary file")
            place.write_bytes(octets)
        except OSError as error:
            raise HostError(f"host file: {path!r}: {error.strerror}") from None

    def _inside(self, path: str) -> Path:
        """Where a path leads, links followed, after the check that it is inside the folder."""
        if not path or "\0" in path:
            raise HostError(f"host file: {path!r} is not a path")
        try:
            place = Path(os.path.realpath(self.folder / path))
        except (OSError, ValueError) as error:
            raise HostError(f"host file: {path!r}: {error}") from None
        if not place.is_relative_to(self.folder) or place == self.folder:
            raise HostError(f"host file: {path!r} is not inside {self.folder}")
        return place


def _is_binary(name: str) -> bool:
    """Whether a file of this name holds little-endian words rather than text."""
    return name.endswith((".qbin", ".bin")) or "." not in name
