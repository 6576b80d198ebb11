"""Targets: which library files a compilation or an assembly gets put in front of its own."""

from pathlib import Path

__all__ = ["LIBRARY", "TARGETS", "library_files"]

LIBRARY = Path(__file__).resolve().parent.parent / "firmware" / "lib"

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
