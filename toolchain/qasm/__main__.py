"""``python -m toolchain.qasm``."""

import sys

from toolchain.qasm.cli import main

if __name__ == "__main__":
    sys.exit(main())
