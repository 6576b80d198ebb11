"""`python -m panel`: see `panel.cli`."""

import sys

from panel.cli import main

sys.exit(main())
