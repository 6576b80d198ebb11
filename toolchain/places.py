"""Where things are: the sources that come with Quince, and what is made of them.

In a checkout everything made goes to `build/`. Installed as a package, what can be made again goes
to the user's cache folder, and the disk, which holds what a person saved, to the data folder.
The variable ``QUINCE_BUILD`` names another folder for both.
"""

import os
from pathlib import Path

__all__ = ["BUILD", "DATA", "FIRMWARE", "KERNEL", "ROOT"]

ROOT     = Path(__file__).resolve().parent.parent  # the checkout, or where packages are installed
FIRMWARE = ROOT / "firmware"
KERNEL   = ROOT / "kernel"


def _folders() -> tuple[Path, Path]:
    named = os.environ.get("QUINCE_BUILD")
    if named:
        return Path(named).resolve(), Path(named).resolve()
    if (ROOT / "Makefile").is_file():
        return ROOT / "build", ROOT / "build"
    import platformdirs  # nobody else waits for it
    return Path(platformdirs.user_cache_dir("quince")), Path(platformdirs.user_data_dir("quince"))


BUILD, DATA = _folders()
