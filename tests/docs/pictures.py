"""Makes the pictures of README and docs from real runs: `python -m tests.docs.pictures`.

Chromium photographs the pages that the simulator and the debugger write: of the README's first
program, and of its dialogue about the snake's food. The sample picture on the disk is made as well.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs import board_pictures, sample_picture
from tests.support.system import system
from toolchain.places import ROOT

__all__ = ["main"]

PROMPT   = "(quince) "
PICTURES = ROOT / "docs" / "pictures"
SIZE     = "1200,640"  # of the window, in pixels
# The simulator's option, and the picture of the page that it writes.
PAGES = {"--profile": "profile.png", "--konata": "pipeline.png"}
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


def program() -> str:
    """The README's first program in QLL."""
    return re.search(r"```\n(using std::fmt;.*?)```", (ROOT / "README.md").read_text(), re.S)[1]


def snake() -> str:
    """The README's dialogue with the debugger about the snake."""
    return re.search(r"```\n(\$ .venv/bin/quince-debug\n.*?)```",
                     (ROOT / "README.md").read_text(), re.S)[1]


def main() -> int:
    """Write the pictures; the status is 1 if there is no Chromium. Those of the board need none."""
    PICTURES.mkdir(exist_ok=True)
    sample_picture.main()
    board_pictures.take(PICTURES)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("pictures: chromium was not found; on Debian: apt install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "squares.qll")
        source.write_text(program())
        page = Path(folder, "page.html")
        for option, picture in PAGES.items():
            print(f"pictures: {picture}", file=sys.stderr)
            _run("sim", source, option, page)  # the status is the program's sum
            _photograph(chromium, page, picture)
        print("pictures: food.png", file=sys.stderr)
        food(Path(folder))
        _photograph(chromium, Path(folder, "food.html"), "food.png", "1000,300")
        print("pictures: system.png", file=sys.stderr)
        _run("sim", "--profile", page, *_session(Path(folder)))
        _photograph(chromium, page, "system.png", "1200,780")
        print("pictures: panel.png", file=sys.stderr)
        from tests.docs import panel_picture  # its browser's library is for pictures alone
        panel_picture.take(chromium, PICTURES / "panel.png")
    return 0


def food(folder: Path) -> None:
    """Do the README's dialogue about the snake, which leaves its files in the folder."""
    commands = [line.removeprefix(PROMPT) for line in snake().split("\n")
                if line.startswith(PROMPT)]
    script = folder / "snake.txt"
    script.write_text("\n".join(commands).replace("waves food.fst food.html",
                                                  f"waves {folder}/food.fst {folder}/food.html"))
    shutil.copy(system().disk, folder / "debug.qfs")
    _run("debug", "--disk", folder / "debug.qfs", "--batch", "--command", script)


def _session(folder: Path) -> list[str | Path]:
    """The options for somebody who plays a game of snake for two seconds."""
    shutil.copy(system().disk, folder / "disk.qfs")
    (folder / "typed").write_text("snake\nexit\n")
    (folder / "keys").write_text("2000 down escape\n2100 up escape\n")
    return ["--disk", folder / "disk.qfs", "--input", folder / "typed", "--keys", folder / "keys",
            "--display", "none:320x200"]


def _run(module: str, *arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)


def _photograph(chromium: str, page: Path, picture: str, size: str = SIZE) -> None:
    subprocess.run([chromium, *QUIET, f"--user-data-dir={page.parent}/chromium",
                    f"--window-size={size}", f"--screenshot={PICTURES / picture}",
                    page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
