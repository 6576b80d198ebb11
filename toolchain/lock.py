"""One writer for a file at a time: a lock that tells who holds it.

The lock is the kernel's (`flock`) on the file itself, so it ends with its holder, however that
ends. A file that is replaced takes a new lock with it: `exclusive` looks again. Who would rather
wait than be refused, since the other one makes just what is needed, takes `alone`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["InUseError", "alone", "exclusive", "holder", "lock"]


class InUseError(Exception):
    """Somebody else is using a file; the message names the file and the program."""


def lock(fd: int, path: Path | str, *, shared: bool = False) -> None:
    """Lock an open file, or raise `InUseError` at once."""
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUseError(f"{path}: in use by {holder(fd)}") from None


@contextmanager
def exclusive(path: Path | str) -> Iterator[None]:
    """Keep other programs from writing a file; one that is not there needs no lock.

    Raises
    ------
    InUseError
        If somebody else is using it.
    """
    while True:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:  # none, or one that cannot be read: whoever works on it will tell
            yield
            return
        try:
            lock(fd, path)
            if _is_still(fd, path):
                yield
                return
        finally:
            os.close(fd)


@contextmanager
def alone(path: Path | str) -> Iterator[None]:
    """Be the only process in here for a file, which is made for this; who comes second waits.

    Raises
    ------
    OSError
        If the file, or its folder, cannot be made.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_still(fd: int, path: Path | str) -> bool:
    """Whether the path still leads to this open file."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except OSError:
        return False


def holder(fd: int) -> str:
    """The program that holds a lock of this file, with its pid, as far as can be told."""
    status = os.fstat(fd)
    here = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        words = line.split()
        if len(words) == 8 and words[1] == "FLOCK" and words[5] == here:
            return f"{_program(words[4])} (pid {words[4]})"
    return "another program"


def _program(pid: str) -> str:
    """The command line of a process, shortened."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "a program"
    text = " ".join(word.decode("utf-8", "replace") for word in words if word)
    text = "".join(char if char.isprintable() else "?" for char in text)
    return f"'{text[:57]}...'" if len(text) > 60 else f"'{text}'"
