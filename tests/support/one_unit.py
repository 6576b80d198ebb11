"""Makes one translation unit of all that Verilator wrote, and of what it calls.

Arguments: Verilator's folder; C++ files, the last one of which is the main program.
"""

import sys
from pathlib import Path


def main(folder, *cpp):
    folder = Path(folder)
    parts = [*sorted(folder.glob("Vtop*.cpp")), *cpp]
    (folder / "all.cpp").write_text("".join(f'#include "{part}"\n' for part in parts))


if __name__ == "__main__":
    main(*sys.argv[1:])
