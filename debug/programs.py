"""What is debugged: a program of a bare machine or the operating system, with its symbols."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from debug.error import DebugError
from debug.symbols import Module, read_module
from isa.config import MachineConfig
from sim.machine import Words, check_image
from sim.program import MAIN, load_program
from system.build import PROGRAM_FOLDERS, Paths
from toolchain.debug_info import DebugInfoError
from toolchain.files import is_elf, read_source
from toolchain.places import BUILD

__all__ = ["Target", "bare_target", "system_target"]

Say = Callable[[str], None]
FOLDER = BUILD / "debug"


@dataclass(frozen=True)
class Target:
    """An image to load, and how to find symbols.

    Parameters
    ----------
    name : str
    words : Words
        The image, for the start of RAM's part for programs.
    kernel : Module or None
        Symbols of what runs untranslated.
    find_program : callable
        Symbols of a program on the disk, by its path there; None for none.
    paths : Paths or None
        Of the operating system.
    """
    name:         str
    words:        Words
    kernel:       Module | None
    find_program: Callable[[str], Module | None]
    paths:        Paths | None = None


def bare_target(name: str, config: MachineConfig, level: int, symbols: str | None,
                say: Say) -> Target:
    """A program by itself: QLL or assembly, which are compiled here, an executable or an image.

    Raises
    ------
    DebugError, ImageError, SourceErrors
    """
    path = Path(name)
    if path.suffix in (".qll", ".qasm"):
        path = _compiled(name, level, say)
        program = load_program(str(path), config)
        return _bare(name, program.words, read_module("kernel", path))
    program = load_program(name, config)
    if symbols is not None:
        return _bare(name, program.words, read_module("kernel", Path(symbols)))
    beside = [path] if is_elf(path.read_bytes()[:4]) else [path.with_suffix(".elf"),
                                                           path.with_suffix(".sym")]
    found = next((one for one in beside if one.exists()), None)
    if found is None:
        say(f"{name} is an image without symbols; '--symbols FILE' names some, and until then "
            "there are addresses only")
        return _bare(name, program.words, None)
    try:
        module = read_module("kernel", found)
    except DebugError as error:
        say(f"{error}; there are addresses only")
        return _bare(name, program.words, None)
    return _bare(name, program.words, module)


def _bare(name: str, words: Words, kernel: Module | None) -> Target:
    if kernel is not None:
        require(kernel, words)
    return Target(name, words, kernel, lambda path: None)


def require(module: Module, words: Words) -> None:
    """Refuse symbols that are not an image's. Raises `DebugError`."""
    try:
        module.info.require_image(words.astype("<u4").tobytes())
    except DebugInfoError as error:
        raise DebugError(str(error)) from None


def _compiled(name: str, level: int, say: Say) -> Path:
    """A source as an executable with debug information. Raises `SourceErrors`."""
    from toolchain.link import link
    from toolchain.link.cli import load_objects
    text = read_source(name).text
    is_bare = name.endswith(".qll") or any(
        line.strip().startswith(MAIN) for line in text.split("\n"))
    say(f"compiling {name}")
    objects = load_objects([name], "bare" if is_bare else "none", level, debug=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{Path(name).stem}-O{level}.elf"
    made = path.with_name(f".{path.name}.{os.getpid()}")  # another session may read the old one
    made.write_bytes(link(objects, path.name, "exec"))
    os.replace(made, path)
    return path


def system_target(say: Say) -> Target:
    """The operating system, built if need be. Raises `DebugError`, `SourceErrors`."""
    from system.disk import built
    from toolchain.qfs import QfsError
    try:
        paths = built()
    except QfsError as error:
        raise DebugError(str(error)) from None
    words = np.frombuffer(paths.kernel.read_bytes(), dtype="<u4").astype(np.uint32)
    kernel = None
    for path in (paths.kernel.with_suffix(".elf"), paths.symbols):
        if path.exists():
            kernel = read_module("kernel", path)
            require(kernel, words)
            break
    return Target("the operating system", check_image(words, MachineConfig()), kernel,
                  lambda path: _program_of(paths, path), paths)


def _program_of(paths: Paths, path: str) -> Module | None:
    """The debug information of what the build has put on the disk."""
    name = path.rpartition("/")[2]
    for folder in PROGRAM_FOLDERS:
        found = paths.folder / folder / f"{name}.elf"
        if found.exists():
            return read_module(name, found)
    return None
