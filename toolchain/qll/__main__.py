"""``python -m toolchain.qll``."""

import sys

from toolchain.qll.cli import main

if __name__ == "__main__":
    sys.exit(main())
