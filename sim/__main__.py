"""`python -m sim PROGRAM`."""

import sys

from quince import start

try:
    status = start("sim.cli")
except ModuleNotFoundError as error:
    if error.name in ("sim", "isa", "toolchain", "system"):
        raise
    sys.exit(f"quince-sim: the package {error.name} is missing: `make sim` installs it in .venv; "
             "then .venv/bin/python -m sim runs, too")

sys.exit(status)
