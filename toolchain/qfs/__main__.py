"""Command line of the disk tool."""

import sys

from quince import start

sys.exit(start("toolchain.qfs.cli"))
