"""Command line: write one of the generated sources."""

import sys

from toolchain.system.cli import main

sys.exit(main())
