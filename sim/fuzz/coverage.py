"""What a campaign has reached: instructions by circumstance, faults by where they come from."""

import numpy as np
from numpy.typing import NDArray

from sim.golden import core
from toolchain.isa import ISA
from toolchain.isa.machine import Reason

__all__ = ["Coverage"]

MODES  = ("privileged", "translated")
RANGES = ("hit", "miss")
WHEN   = ("", "interrupted")

# Where a fault comes from, in the order of `core`'s numbers.
PLACES = ("fetch", "second word", "decode", "load", "store", "int", "halt", "interrupt")


class Coverage:
    """Counters, as the model keeps them while it follows."""

    def __init__(self, counts: NDArray[np.int64] | None = None):
        self.counts = np.zeros(core.COVERAGE_WORDS, np.int64) if counts is None else counts

    def add(self, other: "Coverage") -> None:
        self.counts += other.counts

    def insn(self, opcode: int, mode: int, miss: int, interrupted: int) -> int:
        return int(self.counts[core.coverage_index(opcode, mode, miss, interrupted)])

    def fault(self, place: int, reason: int) -> int:
        return int(self.counts[core.COVER_FAULTS + place * 8 + reason])

    def missing(self) -> list[str]:
        """What was never reached, of all that can be."""
        names = []
        for insn in ISA:
            for mode, mode_name in enumerate(MODES):
                for miss, range_name in enumerate(RANGES):
                    for interrupted, when in enumerate(WHEN):
                        if insn.mnemonic == "wait" and not interrupted:
                            continue  # never retires
                        if insn.mnemonic == "halt" and mode and not interrupted:
                            continue  # is a fault
                        if miss and (interrupted or not mode):
                            continue
                        if not self.insn(insn.opcode, mode, miss, interrupted):
                            names.append(f"{insn.mnemonic} {mode_name} {range_name} {when}".strip())
        return names

    def __str__(self) -> str:
        columns = [(mode, miss, when) for mode in range(2) for miss in range(2)
                   for when in range(2) if not miss or mode and not when]
        heads = [f"{MODES[mode]} {RANGES[miss] if mode and not when else ''}{WHEN[when][:5]}"
                 for mode, miss, when in columns]
        lines = [f"{'retired':10}" + "".join(f"{head:>18}" for head in heads)]
        for insn in ISA:
            counts = [self.insn(insn.opcode, *column) for column in columns]
            lines.append(f"{insn.mnemonic:10}" + "".join(f"{count:18,}" for count in counts))
        lines.append("")
        lines.append(f"{'faults':14}" + "".join(f"{reason.name.lower():>28}" for reason in Reason))
        for place, name in enumerate(PLACES):
            counts = [self.fault(place, reason) for reason in Reason]
            lines.append(f"{name:14}" + "".join(f"{count:28,}" for count in counts))
        return "\n".join(lines)
