"""Command line: write one of the generated sources."""

import sys

from system.cli import main

sys.exit(main())
