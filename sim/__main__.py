"""`python -m sim PROGRAM`."""

import sys

try:
    from sim.cli import main
except ModuleNotFoundError as error:
    if error.name in ("sim", "isa", "toolchain", "system"):
        raise
    sys.exit(f"quince-sim: the package {error.name} is missing: `make sim` installs it in .venv; "
             "then .venv/bin/python -m sim runs, too")

sys.exit(main())
