"""Writing a profile: its file's ending says in which form."""

from collections.abc import Callable, Iterable
from pathlib import Path

from sim.machine import ImageError
from sim.profile.callgrind import callgrind
from sim.profile.page import page, read_lines
from sim.profile.report import Profile, write_profile
from sim.profile.speedscope import speedscope
from sim.profile.table import tables

__all__ = ["FORMS", "check_name", "save"]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


_WRITERS: dict[str, Callable[[Profile], str]] = {
    ".txt":       lambda profile: _text(tables(profile)),
    ".html":      lambda profile: _text(page(profile, read_lines)),
    ".json":      speedscope,
    ".callgrind": lambda profile: _text(callgrind(profile)),
}

FORMS = {
    ".qprof":     "all of it, for quince-profile",
    ".txt":       "tables",
    ".html":      "the source with what each line cost",
    ".json":      "for speedscope",
    ".callgrind": "for KCachegrind",
}


def check_name(name: str) -> None:
    """Refuse a file whose ending says nothing. Raises `ImageError`."""
    if name != "-" and Path(name).suffix not in FORMS:
        raise ImageError(f"{name}: the ending says in which form a profile is written: "
                         + ", ".join(f"{ending} ({what})" for ending, what in FORMS.items()))


def save(profile: Profile, name: str) -> None:
    """Write a profile to a file; `-` is the standard output. Raises `ImageError`."""
    check_name(name)
    if name == "-":
        print(_text(tables(profile)), end="")
        return
    path = Path(name)
    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".qprof":
            write_profile(profile, part)
        else:
            part.write_text(_WRITERS[path.suffix](profile), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ImageError(f"{name}: {error.strerror or error}") from None
