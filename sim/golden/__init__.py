"""The golden model: the machine after the manual alone, at the level of instructions.

It shares nothing with `rtl`; it is there to disagree with it. It runs programs by itself, fast, and
follows the hardware in lockstep.
"""

from sim.golden.machine import Golden
from sim.golden.peripherals import Hosts, Script, script
from sim.golden.quick import Outcome, run_words

__all__ = ["Golden", "Hosts", "Outcome", "Script", "run_words", "script"]
