"""`python -m toolchain.link`."""

import sys

from quince import start

sys.exit(start("toolchain.link.cli"))
