"""The golden model: the machine after the manual alone, at the level of instructions.

It shares nothing with `rtl`; it is there to disagree with it. It runs programs by itself, fast, and
follows the hardware in lockstep.
"""

from sim.golden.follow import Divergence, Follower
from sim.golden.machine import Golden
from sim.golden.quick import Outcome, run_words

__all__ = ["Divergence", "Follower", "Golden", "Outcome", "run_words"]
