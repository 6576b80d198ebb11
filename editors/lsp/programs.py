"""Which files make up the program that a file belongs to.

QLL has no imports: the files of a program stand on one command line. Here they are found by where
the file lies, as the build of the system has them; a file of one's own is a program by itself, or
one with the other files in its folder if only one of them has a `main`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from system.build import PROGRAM_FOLDERS, SHARED, kernel_sources
from system.constants import shared_qasm
from toolchain.files import read_source
from toolchain.places import BUILD, FIRMWARE, KERNEL, ROOT
from toolchain.qll.front import analyse
from toolchain.source import Source, SourceError, SourceErrors
from toolchain.targets import LIBRARY, library_files, library_sources

__all__ = ["GENERATED", "Program", "find_program", "path_of"]

GENERATED = BUILD / "editors"
"""Where sources are put that the build makes, for whoever wants to look at one."""

_MAIN    = re.compile(r"^\s*(?:\.[a-z]+\s+)*function\s+main\s*\(([^)]*)", re.MULTILINE)
_OF_USER = re.compile(r"\bos::")
_MOST_FILES = 100  # of a folder that is looked at for a `main`


@dataclass(frozen=True)
class Program:
    """Files that are compiled or assembled together, in order.

    `own` counts the last ones, which are the program's and not the library's. `may_lack` says that
    labels may be defined in code that is compiled, so that one that is not there is no mistake.
    """
    key:      str
    sources:  list[Source]
    own:      int
    may_lack: bool = False

    def is_own(self, index: int) -> bool:
        return index >= len(self.sources) - self.own

    def index_of(self, path: Path) -> int | None:
        """The index of a file among the sources; None if it is not one of them."""
        for index, source in enumerate(self.sources):
            if path_of(source) == path:
                return index
        return None

    def with_texts(self, texts: dict[Path, str]) -> "Program":
        """The same with the texts that stand in an editor."""
        sources = []
        for source in self.sources:
            text = texts.get(path_of(source))
            changed = text is not None and text != source.text
            sources.append(Source(source.name, text) if changed and text is not None else source)
        return Program(self.key, sources, self.own, self.may_lack)


def path_of(source: Source) -> Path:
    """Where a source is, or would be if it is generated."""
    path = Path(source.name)
    if path.is_absolute():
        return path
    return ROOT / path if len(path.parts) > 1 else GENERATED / re.sub("[<>]", "", path.name)


def find_program(path: Path, text: str, target: str | None = None) -> Program:
    """The program of the file at a path, which in the editor has a text.

    The target is guessed unless it is given.

    Raises
    ------
    SourceError
        If the library is missing.
    """
    if path.suffix == ".qasm":
        return _assembly(path, text, target)
    if path.parent in (KERNEL, GENERATED) and target is None:
        sources = kernel_sources()
        if any(path_of(source) == path for source in sources):
            return Program("kernel", sources, len(sources))
    if path.parent.parent == LIBRARY and target is None:
        of_library = "user" if path.parent.name == "user" else "bare"
        sources = library_sources(of_library, ".qll")
        return Program(f"library {of_library}", sources, len(sources))
    own = [(path, text), *_companions(path, text)]
    target = target or _target(own)
    sources = [*library_sources(target, ".qll"),
               *(Source(str(each), content) for each, content in sorted(own))]
    return Program(f"{target} {' '.join(str(each) for each, _ in sorted(own))}", sources, len(own))


def _target(own: list[tuple[Path, str]]) -> str:
    """What a program is for: one for the kernel is in its folders, uses `os` or has arguments."""
    folders = [FIRMWARE / folder for folder in PROGRAM_FOLDERS]
    for path, text in own:
        main = _MAIN.search(text)
        if any(folder in path.parents for folder in folders) or _OF_USER.search(text) \
                or (main and main[1].strip()):
            return "user"
    return "bare"


def _companions(path: Path, text: str) -> list[tuple[Path, str]]:
    """The other files of the program, with their texts on the disk."""
    shared = [FIRMWARE / "programs" / name for name in SHARED.get(path.parent.name, ())]
    others = [other for other in sorted(path.parent.glob("*.qll")) if other != path]
    if len(others) > _MOST_FILES or path.parent in [FIRMWARE / name for name in PROGRAM_FOLDERS]:
        return []
    found = _read([*others, *(each for each in shared if each != path)])
    mains = sum(bool(_MAIN.search(content)) for _, content in [(path, text), *found])
    return found if mains == 1 else []


def _read(paths: list[Path]) -> list[tuple[Path, str]]:
    """The texts of the files that can be read."""
    found = []
    for path in paths:
        try:
            found.append((path, read_source(str(path)).text))
        except SourceError:
            continue
    return found


def _assembly(path: Path, text: str, target: str | None) -> Program:
    """Assembly of the kernel and the library is linked with compiled code; other files stand for
    themselves, behind an entry point if they have a `@global::main`."""
    own = Source(str(path), text)
    if path.parent == KERNEL or path.parent.parent == LIBRARY:
        folder = [path for path in library_files(path.parent.name, ".qasm")] \
            if path.parent.name in ("bare", "user") else []
        sources = [Source(str(each), content) for each, content in _read(folder) if each != path]
        if path.parent == KERNEL:
            sources += _shared_constants()
        return Program(str(path), [*sources, own], 1, may_lack=True)
    if target is None:
        target = "bare" if "@global::main:" in text else "none"
    return Program(f"{target} {path}", [*library_sources(target, ".qasm"), own], 1)




def _shared_constants() -> list[Source]:
    """What the build puts in front of the kernel's assembly; nothing while the kernel has
    mistakes."""
    try:
        tree, _ = analyse(kernel_sources())
    except (SourceError, SourceErrors):
        return []
    return [shared_qasm(tree)]
