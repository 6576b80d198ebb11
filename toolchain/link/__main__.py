"""``python -m toolchain.link``."""

import sys

from toolchain.link.cli import main

if __name__ == "__main__":
    sys.exit(main())
