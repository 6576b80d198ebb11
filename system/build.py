"""Build the operating system: kernel, programs and disk, each only when its sources changed."""

import hashlib
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from system.calls import kernel_qll, load_calls
from system.constants import constants_qll, shared_qasm
from toolchain.build import debug_file, image
from toolchain.files import read_source
from toolchain.lock import alone
from toolchain.places import FIRMWARE, KERNEL, ROOT
from toolchain.qasm.output import symbol_map
from toolchain.qfs import Image
from toolchain.source import Source
from toolchain.targets import LIBRARY, library_sources

__all__ = ["Paths", "build", "build_debug_kernel", "build_disk", "build_kernel", "build_program",
           "digest", "kernel_sources", "manual_pages", "program_page"]

DISK_SECTORS = 6144  # 3 MiB: 560 KiB are free on a fresh disk

# What a kernel takes of the shared library, and its own files in the order of initialisation.
KERNEL_LIBRARY = ("alloc", "buffered", "graphics", "std", "utf8")
KERNEL_FILES = ("limits", "support", "kernel", "peripherals", "memory", "process", "scheduler",
                "block", "fat", "fs", "names", "check", "path", "file", "pipes", "console",
                "display", "screen", "keys", "loader", "debug", "syscall")

# Level of optimisation of a program, at most: these are many calls of small functions, and with all
# of those put in place they would not fit into a flat image, or hardly.
MOST_LEVEL = {"usertests": 1, "edit": 1, "qc": 1, "sh": 1}

# Programs that are larger than a flat image may be: ELF executables, with their code at an address
# that leaves room below for all that a flat image has.
LARGE = {"as", "qc", "sh"}
LARGE_BASE = 0x400000

# What a program has of another one's sources. The compiler takes all of the assembler but `main`.
SHARED = {
    "db": ("as/instructions.qll", "dis/instruction.qll", "dis/output.qll"),
    "dis": ("as/instructions.qll",),
    "qc": tuple(f"as/{path.name}" for path in sorted((FIRMWARE / "programs" / "as").glob("*.qll"))
                if path.name != "as.qll"),
}

# Pages of docs/ that are in the manual on the disk; all other programs have what is at the top of
# their source (`program_page`).
MANUAL = {"as": "qasm", "db": "db", "edit": "edit", "kernel": "kernel", "qll": "qll", "sh": "shell"}

# Folders of programs, and where on the disk what is made of them goes.
PROGRAM_FOLDERS = {"programs": "bin", "tests": "test"}


@dataclass(frozen=True)
class Paths:
    """Where the system is built, under one folder."""
    folder: Path

    @property
    def kernel(self) -> Path:
        return self.folder / "kernel.qbin"

    @property
    def symbols(self) -> Path:
        return self.folder / "kernel.sym"

    @property
    def disk(self) -> Path:
        return self.folder / "disk.qfs"

    def program(self, source: Path) -> Path:
        return self.folder / source.parent.name / f"{source.stem}.qbin"

    @staticmethod
    def debug(product: Path) -> Path:
        """Where the debug information of an image is: it stays on the host."""
        return product.with_suffix(".elf")

    @property
    def debug_folders(self) -> list[Path]:
        """The folders of programs, with their debug information."""
        return [self.folder / name for name in PROGRAM_FOLDERS]


def _toolchain_digest() -> str:
    """Changes when any part of the toolchain does."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in ("isa", "toolchain", "system")
                       for path in (ROOT / folder).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _Cache:
    """Tells whether a product is made of these sources already: a stamp stands beside it."""

    def __init__(self) -> None:
        self.toolchain = _toolchain_digest()
        self._library: dict[str, list[Source]] = {}

    def library(self, suffix: str) -> list[Source]:
        """What comes in front of each program, read once."""
        if suffix not in self._library:
            self._library[suffix] = library_sources("user", suffix)
        return self._library[suffix]

    def key(self, sources: Sequence[Source], *settings: object) -> str:
        digest = hashlib.sha256(f"{self.toolchain}{settings}".encode())
        for source in sources:
            digest.update(source.text.encode())
        return digest.hexdigest()

    def facts_key(self, *parts: object) -> str:
        return digest(repr((self.toolchain, parts)).encode())

    @staticmethod
    def stamp(product: Path) -> Path:
        return product.with_name(f".{product.name}.stamp")

    def is_fresh(self, product: Path, key: str) -> bool:
        stamp = self.stamp(product)
        return product.exists() and stamp.exists() and stamp.read_text() == key

    def keep(self, product: Path, key: str, octets: bytes) -> None:
        product.parent.mkdir(parents=True, exist_ok=True)
        product.write_bytes(octets)
        self.stamp(product).write_text(key)


def digest(octets: bytes) -> str:
    """By which contents are known."""
    return hashlib.sha256(octets).hexdigest()


def _say(text: str) -> None:
    print(f"quince: {text}", file=sys.stderr)


def _make(cache: _Cache, product: Path, qll: Sequence[Source], qasm: Sequence[Source],
          level: int, symbols: Path | None = None,
          shared: Callable[[Any], Source] | None = None) -> Path:
    key = cache.key([*qll, *qasm], level)
    if not cache.is_fresh(product, key):
        _say(f"compiling {product.stem}")
        program = image(qll, qasm, level=level, debug=True, strict=True, shared=shared)
        debug = Paths.debug(product)
        debug.parent.mkdir(parents=True, exist_ok=True)
        if product.stem in LARGE:
            from toolchain.link import link, object_from_unit  # most starts link nothing
            objects = [object_from_unit(unit) for unit in program.units]
            debug.write_bytes(link(objects, debug.name, base=LARGE_BASE))
            cache.keep(product, key, link(objects, product.name, base=LARGE_BASE, stripped=True))
            return product
        debug.write_bytes(debug_file(program, debug.name))
        if symbols is not None:
            symbols.write_text(symbol_map(program))
        cache.keep(product, key, program.to_octets())
    return product


def build_kernel(paths: Paths, level: int = 2, cache: _Cache | None = None, *,
                 debug: bool = False) -> Path:
    """The kernel's flat image, and its symbol map beside it; `debug` for one with audit.qll."""
    qasm = [read_source(str(KERNEL / "support.qasm"))]
    return _make(cache or _Cache(), paths.kernel, kernel_sources(debug=debug), qasm, level,
                 paths.symbols, shared_qasm)


def kernel_sources(*, debug: bool = False) -> list[Source]:
    """The kernel's QLL, generated files included, in order."""
    qll = [read_source(str(LIBRARY / "shared" / f"{name}.qll")) for name in KERNEL_LIBRARY]
    qll.append(Source("machine.qll", constants_qll()))
    audit = "audit" if debug else "no_audit"
    qll += [read_source(str(KERNEL / f"{name}.qll")) for name in (*KERNEL_FILES, audit)]
    qll.append(Source("calls.qll", kernel_qll(load_calls(KERNEL / "syscalls.toml"))))
    return qll


def build_program(paths: Paths, source: Path, level: int = 2,
                  cache: _Cache | None = None) -> Path:
    """The image of a program for the kernel, target ``user``, of a file or of a folder: flat, or
    ELF if it is `LARGE`."""
    own = sorted(source.glob("*.qll")) if source.is_dir() else [source]
    own += [FIRMWARE / "programs" / name for name in SHARED.get(source.stem, ())]
    cache = cache or _Cache()
    qll = [*cache.library(".qll"), *(read_source(str(path)) for path in own)]
    level = min(level, MOST_LEVEL.get(source.stem, level))
    return _make(cache, paths.program(source), qll, cache.library(".qasm"), level)


def _programs(folder: Path) -> list[Path]:
    """The programs of a folder: a QLL file each, or a folder of them."""
    return sorted(path for path in folder.iterdir()
                  if path.suffix == ".qll" or (path.is_dir() and any(path.glob("*.qll"))))


def build_disk(paths: Paths, level: int = 2, cache: _Cache | None = None) -> Path:
    """A fresh disk with all programs and what is in firmware/disk; the same sources, the same disk.

    Raises
    ------
    QfsError
        If it does not fit.
    """
    cache = cache or _Cache()
    programs = [(f"{target}/{source.stem}", build_program(paths, source, level, cache).read_bytes())
                for folder, target in PROGRAM_FOLDERS.items()
                for source in _programs(FIRMWARE / folder)]
    others = sorted((FIRMWARE / "disk").rglob("*"))
    library = sorted(path for path in LIBRARY.rglob("*") if path.suffix in (".qasm", ".qll"))
    pages = manual_pages()
    key = cache.facts_key({name: digest(octets) for name, octets in programs}, pages,
                           {str(path): digest(path.read_bytes()) if path.is_file() else ""
                            for path in (*others, *library)})
    if cache.is_fresh(paths.disk, key):
        return paths.disk
    image = Image.format(DISK_SECTORS, str(paths.disk))
    for target in PROGRAM_FOLDERS.values():
        image.make_directory(target)
    for name, octets in programs:
        image.write(name, octets, executable=True)
    image.make_directory("tmp")
    _add_library(image, library)
    image.make_directory("man")
    for name, page in pages.items():
        image.write(f"man/{name}", page.encode())
    for path in others:
        inside = path.relative_to(FIRMWARE / "disk").as_posix()
        if path.is_dir():
            if image.find(inside) is None:
                image.make_directory(inside)
        else:
            image.write(inside, path.read_bytes())
    cache.keep(paths.disk, key, image.words.tobytes())
    return paths.disk


def manual_pages() -> dict[str, str]:
    """The manual on the disk: by its name, the text of each page."""
    pages = {name: (ROOT / "docs" / f"{page}.md").read_text() for name, page in MANUAL.items()}
    for source in _programs(FIRMWARE / "programs"):
        if source.stem not in pages:
            pages[source.stem] = program_page(source)
    return dict(sorted(pages.items()))


def program_page(source: Path) -> str:
    """What the comment at the top of a program's source says: how it is used, and what it does."""
    if source.is_dir():
        source = source / f"{source.stem}.qll"
    text = source.read_text()
    top = text[:text.index("\n\n")].splitlines()
    usage, _, does = " ".join(line.removeprefix("//").strip() for line in top).partition(": ")
    return f"{usage}\n\n" + "\n".join(textwrap.wrap(does[:1].upper() + does[1:], 72)) + "\n"


def _add_library(image: Image, files: list[Path]) -> None:
    """What compiler and assembler on the machine put in front of a program for a target."""
    image.make_directory("lib")
    for path in files:
        folder = f"lib/{path.parent.name}"
        if image.find(folder) is None:
            image.make_directory(folder)
        image.write(f"{folder}/{path.name}", path.read_bytes())


def build_debug_kernel(folder: Path, level: int = 2) -> Path:
    """The kernel that checks itself at each system call (kernel/audit.qll), in a folder of its own.

    Raises
    ------
    SourceErrors
        With what is wrong in the sources.
    """
    with alone(folder / ".lock"):
        return build_kernel(Paths(folder), level, debug=True)


def build(folder: Path, level: int = 2) -> Paths:
    """Kernel and disk, in a folder.

    Raises
    ------
    SourceErrors, QfsError
        With what is wrong in the sources.
    """
    paths, cache = Paths(folder), _Cache()
    with alone(folder / ".lock"):
        build_kernel(paths, level, cache)
        build_disk(paths, level, cache)
    return paths
