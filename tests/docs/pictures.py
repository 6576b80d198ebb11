"""Makes the pictures of README and docs from real runs: `python -m tests.docs.pictures`.

Chromium photographs the pages that the simulator writes. The program is the README's first one.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs import board_pictures
from toolchain.places import ROOT

__all__ = ["main"]

PICTURES = ROOT / "docs" / "pictures"
SIZE     = "1200,640"  # of the window, in pixels
# The simulator's option, and the picture of the page that it writes.
PAGES = {"--profile": "profile.png", "--konata": "pipeline.png"}
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


def program() -> str:
    """The README's first program in QLL."""
    return re.search(r"```\n(using std::fmt;.*?)```", (ROOT / "README.md").read_text(), re.S)[1]


def main() -> int:
    """Write the pictures; the status is 1 if there is no Chromium. Those of the board need none."""
    PICTURES.mkdir(exist_ok=True)
    board_pictures.take(PICTURES)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("pictures: chromium was not found; on Debian: apt install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "squares.qll")
        source.write_text(program())
        for option, picture in PAGES.items():
            page = Path(folder, "page.html")
            print(f"pictures: {picture}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "sim", source, option, page], cwd=ROOT,
                           stdout=subprocess.DEVNULL)  # the status is the program's sum
            subprocess.run([chromium, *QUIET, f"--user-data-dir={folder}/chromium",
                            f"--window-size={SIZE}", f"--screenshot={PICTURES / picture}",
                            page.as_uri()], check=True, capture_output=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
