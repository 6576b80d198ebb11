"""Targets: which library files a compilation or an assembly gets put in front of its own."""

from pathlib import Path

from toolchain.files import read_source
from toolchain.places import FIRMWARE, ROOT
from toolchain.source import Source, SourceError

__all__ = ["LIBRARY", "TARGETS", "library_files", "library_sources"]

LIBRARY = FIRMWARE / "lib"

# Folders of the library in their order. `shared` holds no assembly.
TARGETS = {
    "bare": ("shared", "bare"),
    "user": ("shared", "user"),
    "none": (),
}


def library_files(target: str, suffix: str) -> list[Path]:
    """Files of a target with this suffix (``.qll`` or ``.qasm``), in the order of their names.

    Raises
    ------
    ValueError
        For a target that is not in `TARGETS`.
    """
    if target not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}, not {target!r}")
    return [path for folder in TARGETS[target]
            for path in sorted((LIBRARY / folder).glob(f"*{suffix}"))]


def library_sources(target: str, suffix: str) -> list[Source]:
    """The same files, read. Their names begin at the root of the repository, so that products
    that mention them do not depend on where that is.

    Raises
    ------
    SourceError
        If the library is not there, or cannot be read.
    """
    if TARGETS.get(target) and not LIBRARY.is_dir():
        raise SourceError(f"the library for target {target} is missing: there is no {LIBRARY}")
    return [Source(path.relative_to(ROOT).as_posix(), read_source(str(path)).text)
            for path in library_files(target, suffix)]
