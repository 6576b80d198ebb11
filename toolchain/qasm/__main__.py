"""`python -m toolchain.qasm`."""

import sys

from quince import start

sys.exit(start("toolchain.qasm.cli"))
