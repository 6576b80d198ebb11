"""`python -m toolchain.qll`."""

import sys

from quince import start

sys.exit(start("toolchain.qll.cli"))
