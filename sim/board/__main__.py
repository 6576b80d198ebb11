"""`python -m sim.board`."""

import sys

from sim.board.cli import main

sys.exit(main())
