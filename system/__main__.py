"""Command line: write one of the generated sources."""

import sys

from quince import start

sys.exit(start("system.cli"))
