"""Command line of the disk tool."""

import sys

from toolchain.qfs.cli import main

sys.exit(main())
