"""Reading and writing files for the command-line tools: clear errors, nothing left half-written."""

import os
import sys
import time
from pathlib import Path

from toolchain.source import Source, SourceError, Span

__all__ = ["STANDARD_STREAM", "is_elf", "read_octets", "read_source", "write_output"]

STANDARD_STREAM = "-"  # as a file's name: standard input, or standard output
LONGEST_SOURCE  = 64 << 20  # octets; the text of a program that fills RAM is shorter
_ELF_MAGIC      = b"\x7fELF"


def is_elf(octets: bytes) -> bool:
    """Whether a file that begins so is in the ELF format."""
    return octets[:len(_ELF_MAGIC)] == _ELF_MAGIC


def read_octets(name: str) -> bytes:
    """Contents of a file, or of standard input for ``-``; a `SourceError` if it cannot be read."""
    try:
        if name == STANDARD_STREAM:
            return sys.stdin.buffer.read()
        return Path(name).read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {name}: {error.strerror or error}") from None
    except ValueError as error:  # a name with a zero character
        raise SourceError(f"cannot read {name!r}: {error}") from None


def read_source(name: str) -> Source:
    """A source file as text; a byte order mark in front is dropped.

    Raises
    ------
    SourceError
        If the file cannot be read or is too long, or, with the place, if it is not UTF-8.
    """
    if os.path.isfile(name) and os.path.getsize(name) > LONGEST_SOURCE:
        raise SourceError(f"cannot read {name}: {os.path.getsize(name)} octets are too many for a "
                          f"source file; at most {LONGEST_SOURCE} are read")
    octets = read_octets(name)
    shown = "<stdin>" if name == STANDARD_STREAM else name
    try:
        return Source(shown, octets.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        before = octets[:error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        source = Source(shown, octets.decode("utf-8", "replace"))
        raise SourceError(f"octet 0x{octets[error.start]:02x} is not valid UTF-8",
                          Span(source, line, column)) from None


def write_output(name: str, contents: bytes) -> None:
    """Write a product whole, or not at all: the file appears only once it is complete.

    Raises
    ------
    SourceError
        If it cannot be written.
    """
    try:
        if name == STANDARD_STREAM:
            sys.stdout.buffer.write(contents)
            sys.stdout.buffer.flush()
        elif os.path.exists(name) and not os.path.isfile(name):
            # a device such as /dev/null is written to; a rename would replace it
            with open(name, "wb") as device:
                device.write(contents)
        else:
            _replace(Path(name), contents)
    except OSError as error:
        raise SourceError(f"cannot write {name}: {error.strerror or error}") from None


def _replace(path: Path, contents: bytes) -> None:
    path = path.resolve()  # through a symbolic link, to the file that it names
    # As `tempfile` would do it, which takes longer to import than a small program to compile.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.time_ns()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0),
                     0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(contents)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
