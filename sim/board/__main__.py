"""`python -m sim.board`."""

import sys

from quince import start

sys.exit(start("sim.board.cli"))
