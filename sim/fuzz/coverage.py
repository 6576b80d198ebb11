"""What a campaign has reached: instructions by circumstance, faults by where they come from.

What cannot be reached has a reason, and the tables show it: whatever has none must come up.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from isa import ISA, Insn
from isa.config import MachineConfig
from isa.machine import Reason
from sim.golden import checks
from sim.golden.checks import MODES, PLACES
from sim.golden.interpreted import namespace

__all__ = ["Coverage", "no_fault", "no_insn"]

# Circumstances of an instruction: (translated, missed, interrupted), and what heads its column. A
# miss is one of the model's: it had to look into the page table. An instruction that an interrupt
# came before has not been executed, so that what missed was its fetch.
COLUMNS = {
    (0, 0, 0): "privileged",
    (0, 0, 1): "privileged, interrupted",
    (1, 0, 0): "translated, hit",
    (1, 1, 0): "translated, miss",
    (1, 0, 1): "translated, hit, interrupted",
    (1, 1, 1): "translated, miss, interrupted",
}
NO_MMU    = "this build has no MMU: nothing is translated"
NO_COLUMN = "privileged code has physical addresses: there is nothing to miss"

_ACCESS = (Reason.MEMORY_FAULT, Reason.OUT_OF_BOUNDS)
_REASONS = {
    "fetch":       _ACCESS,
    "second word": _ACCESS,
    "decode":      (Reason.INVALID_INSTRUCTION, Reason.UNIMPLEMENTED_INSTRUCTION),
    "load":        _ACCESS,
    "store":       _ACCESS,
    "int":         (Reason.INVALID_INTERRUPT, Reason.OUT_OF_BOUNDS),
    "halt":        (Reason.INVALID_INSTRUCTION,),
    "interrupt":   (Reason.INVALID_INTERRUPT,),
}


def no_insn(config: MachineConfig, insn: Insn, translated: int, interrupted: int) -> str | None:
    """Why an instruction does not come up there; None if it does."""
    if translated and "mmu" not in config.peripherals:
        return NO_MMU
    if interrupted:
        return None
    if insn.mnemonic == "wait":
        return "it never retires: it sleeps until it is interrupted"
    if insn.mnemonic == "halt" and translated:
        return "it is a fault"
    if not config.fpu and insn.is_float:
        return "this build leaves it out: it is a fault"
    return None


def no_fault(config: MachineConfig, mode: str, place: str, reason: Reason) -> str | None:
    """Why a fault does not come up there; None if it does."""
    if reason not in _REASONS[place]:
        return "that stage has no such fault"
    if mode == "translated" and "mmu" not in config.peripherals:
        return NO_MMU
    if reason is Reason.MEMORY_FAULT and mode != "translated":
        return "physical addresses are not looked up in a page table"
    if reason is Reason.UNIMPLEMENTED_INSTRUCTION and config.fpu:
        return "this build has all instructions"
    if place == "halt" and mode != "translated":
        return "it stops the machine"
    if mode == "masked" and place == "interrupt":
        return "none is taken while masked"
    if mode == "masked" and place == "int" and reason is Reason.OUT_OF_BOUNDS:
        return "a masked `int` with a handler's number does nothing"
    return None


class Coverage:
    """Counters, as the model keeps them while it follows, of one configuration."""

    def __init__(self, config: MachineConfig, counts: NDArray[np.int64] | None = None):
        self.config = config
        self.counts = np.zeros(checks.COVERAGE_WORDS, np.int64) if counts is None else counts

    def add(self, other: "Coverage") -> None:
        self.counts += other.counts

    def insn(self, opcode: int, translated: int, missed: int, interrupted: int) -> int:
        at = namespace()["coverage_index"](opcode, translated, missed, interrupted)
        return int(self.counts[at])

    def fault(self, mode: str, place: str, reason: Reason) -> int:
        at = namespace()["fault_index"](MODES.index(mode), PLACES.index(place), int(reason))
        return int(self.counts[at])

    def reasons(self) -> set[Reason]:
        """Of the faults that came up."""
        return {reason for mode in MODES for place in PLACES for reason in Reason
                if self.fault(mode, place, reason)}

    def cells(self) -> Iterator[tuple[str, int, str | None]]:
        """Each cell of both tables: its name, its count, and why it cannot be reached."""
        for insn in ISA:
            for (translated, missed, interrupted), head in COLUMNS.items():
                yield (f"{insn.mnemonic} {head}",
                       self.insn(insn.opcode, translated, missed, interrupted),
                       no_insn(self.config, insn, translated, interrupted))
        for place in PLACES:
            for reason in Reason:
                for mode in MODES:
                    yield (f"{reason.name} {place} {mode}", self.fault(mode, place, reason),
                           no_fault(self.config, mode, place, reason))

    def missing(self) -> list[str]:
        """What was never reached, of all that can be."""
        return [name for name, count, why in self.cells() if not count and why is None]

    def impossible(self) -> list[str]:
        """What came up though it is said that it cannot."""
        return [name for name, count, why in self.cells() if count and why is not None]

    def __str__(self) -> str:
        notes: dict[str, str] = {NO_COLUMN: "a"}

        def cell(count: int, why: str | None) -> str:
            if count or why is None:
                return f"{count:,}"
            return f"({notes.setdefault(why, chr(ord('a') + len(notes)))})"

        heads = [head.split(", ") for head in COLUMNS.values()]
        lines = ["".join([f"{'retired' if n == 0 else '':11}",
                          *(f"{head[n] if n < len(head) else '':>13}" for head in heads)])
                 for n in range(3)]
        for insn in ISA:
            cells = [cell(self.insn(insn.opcode, *column),
                          no_insn(self.config, insn, column[0], column[2])) for column in COLUMNS]
            lines.append(f"{insn.mnemonic:11}" + "".join(f"{text:>13}" for text in cells))
        lines.append("")
        lines.append(f"{'faults':40}" + "".join(f"{mode:>13}" for mode in MODES))
        for place in PLACES:
            for reason in _REASONS[place]:
                cells = [cell(self.fault(mode, place, reason),
                              no_fault(self.config, mode, place, reason)) for mode in MODES]
                lines.append(f"{place:12}{reason.name:28}" + "".join(f"{x:>13}" for x in cells))
        lines.append("")
        lines += [f"({letter}) {why}" for why, letter in notes.items()]
        return "\n".join(lines)
