"""What the command line tells the benches, which run inside the simulator."""

import functools
import json
import os

__all__ = ["VARIABLE", "settings"]

VARIABLE = "COMPUTER_BENCH"


@functools.cache
def settings():
    """A dict: `regression.Regression` makes it."""
    return json.loads(os.environ[VARIABLE])
