"""Builds and caches the compiled model of a design: Amaranth -> C++ -> shared library.

Everything goes to `build/engine/<key>/`. The key is made of the *sources* (Amaranth, this
package) and the configuration, so that finding a finished model costs a few milliseconds and no
elaboration.
"""

import gc
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path

from sim.engine.design import Design
from sim.engine.netlist import NetlistError
from toolchain.lock import alone
from toolchain.places import BUILD, ROOT

__all__ = ["BuildError", "built", "compile_library", "source_key"]

CACHE   = BUILD / "engine"
KEPT    = 60  # models in the cache; older ones are removed when a new one is made
DRIVER  = Path(__file__).with_name("driver.cpp")
LIBRARY = "engine.so"

# Higher levels take twice the time for a model that is 3 to 7 % faster: minutes of simulation.
COMPILE  = ("-std=c++17 -O1 -fPIC -fno-semantic-interposition -fno-plt -shared "
            "-Wl,-Bsymbolic").split()

# A design is one long function, for which GCC takes two fifths of its time to find out what memory
# holds when; what it then keeps for later crowds out what is needed sooner.
GCC_ONLY = ("--param=sccvn-max-alias-queries-per-access=0 "
            "--param=dse-max-alias-queries-per-store=0 "
            "-fno-tree-fre -fno-tree-dse -fno-tree-coalesce-vars "
            "-fcrossjumping -fthread-jumps -fpeephole2").split()

Say = Callable[[str], None]


class BuildError(Exception):
    """The model could not be built; the message says which program failed and how."""


def source_key(folders: Iterable[Path], *facts: object) -> str:
    """A hash over every source file below the folders, the facts, and the versions of the tools."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".cpp", ".h") and path.is_file():
                digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
                digest.update(path.read_bytes())
    for fact in (*facts, _amaranth(), sys.version_info[:2], COMPILE, GCC_ONLY,
                 os.environ.get("CXX", "")):
        digest.update(f"\0{fact!r}".encode())
    return digest.hexdigest()[:20]


def _amaranth() -> str:
    """Its version. The reader of packages' metadata is not imported for it: 20 ms of each run."""
    spec = PathFinder.find_spec("amaranth")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'amaranth'", name="amaranth")
    return " ".join(path.name for path in Path(spec.origin).parents[1].glob("amaranth-*-info"))


def built(key: str, elaborate: Callable[[], Design], say: Say) -> tuple[Design, Path]:
    """The design (without its component) and the path of its library, built first if need be.

    `say` hears one line for each step of a build, and nothing when the model is in the cache.
    """
    try:
        return _built(key, elaborate, say)
    except OSError as error:
        raise BuildError(f"the simulator cannot be built: {error.filename}: {error.strerror}; "
                         "the golden model needs no such place: --engine model") from None


def _built(key: str, elaborate: Callable[[], Design], say: Say) -> tuple[Design, Path]:
    folder = CACHE / key
    if not (folder / LIBRARY).exists():
        with alone(CACHE / f"{key}.lock"):
            if not (folder / LIBRARY).exists():
                _build(folder, elaborate, say)
    os.utime(folder)  # what is used stays in the cache
    return Design.from_json((folder / "design.json").read_text()), folder / LIBRARY


def _build(folder: Path, elaborate: Callable[[], Design], say: Say) -> None:
    # Reading hardware takes Amaranth, which a model that is built already does without.
    from sim.engine.header import header_of
    compiler = _compiler()
    started = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix="making-", dir=CACHE))
    try:
        say("building the simulator, once: reading the hardware description")
        with _uncollected():
            design = elaborate()
            try:
                (work / "design.h").write_text(design.header or header_of(design))
            except NetlistError as error:
                raise BuildError(f"the hardware cannot be compiled: {error}") from error
        (work / "design.json").write_text(design.to_json())

        say("building the simulator: the C++ compiler makes it fast")
        _run([compiler, *_options(compiler), f"-I{work}", f"-I{DRIVER.parent}", DRIVER, "-o",
              work / LIBRARY])
        if folder.exists():
            shutil.rmtree(folder)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_old()
    say(f"built the simulator in {time.monotonic() - started:.0f} s")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: a design's graph lives until it is written, and going through
    it again and again as it grows takes a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compile_library(source: Path, include: Path, library: Path, *options: str,
                    compiler: str | None = None) -> None:
    """Make a shared library of a C++ file, which includes others from a folder."""
    compiler = compiler or _compiler()
    _run([compiler, *_options(compiler), *options, f"-I{include}", source, "-o", library])


def _options(compiler: str) -> list[str]:
    return COMPILE if "clang" in Path(compiler).name else COMPILE + GCC_ONLY


def _compiler() -> str:
    name = os.environ.get("CXX", "g++")
    found = shutil.which(name)
    if found is None:
        raise BuildError(f"the C++ compiler {name!r} was not found; install it (on Debian: "
                         "apt install g++), name another one in the variable CXX, or run the "
                         "golden model, which needs none: --engine model")
    return found


def _run(command: list[object]) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{Path(words[0]).name} failed with status {done.returncode}:\n"
                         f"{(done.stderr or done.stdout).strip()[-4000:]}")


def _forget_old() -> None:
    models = [path for path in CACHE.iterdir() if (path / LIBRARY).exists()]
    for path in sorted(models, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
        (CACHE / f"{path.name}.lock").unlink(missing_ok=True)
