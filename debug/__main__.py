"""`python -m debug`."""

import sys

from quince import start

sys.exit(start("debug.cli"))
