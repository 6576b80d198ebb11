"""What the command line tells the benches, which run inside the simulator."""

import functools
import json
import os

__all__ = ["BEFORE_CYCLES", "VARIABLE", "settings"]

BEFORE_CYCLES = 3000  # of a failure that its waveform shows
VARIABLE      = "COMPUTER_BENCH"


@functools.cache
def settings():
    """A dict: `regression.Regression` makes it."""
    return json.loads(os.environ[VARIABLE])
