"""`python -m panel`: see `panel.cli`."""

import sys

from quince import start

sys.exit(start("panel.cli"))
