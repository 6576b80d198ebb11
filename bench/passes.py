"""Counting the cycles of a piece of a program by the hardware's trace."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isa.config import MachineConfig
from isa.trace import Kind, Word
from sim.engine.machine import RtlMachine
from sim.machine import Status
from sim.program import LoadedProgram

__all__ = ["Pass", "call_passes", "passes_between"]


@dataclass(frozen=True)
class Pass:
    """One time through: cycles from the first instruction's retirement to that behind the last."""
    cycles:       int
    instructions: int

    @property
    def cpi(self) -> float:
        """Cycles an instruction."""
        return self.cycles / self.instructions


class _Watch:
    """Hears trace records, and notes when instructions at certain addresses retire.

    Without an `end` a pass ends behind the jump that led to the entry, as a call does.
    """

    def __init__(self, entry: int, end: int | None = None):
        self._entry = entry
        self._end = end
        self.passes: list[Pass] = []
        self._until: int | None = None  # where this pass ends; None outside
        self._begun = (0, 0)            # cycle, and instructions that had retired
        self._instructions = 0          # retired before this batch
        self._previous_ip = -1

    def __call__(self, records: NDArray[np.uint32]) -> None:
        insns = records[records[:, Word.KIND] == Kind.INSN]
        ips, cycles = insns[:, Word.IP], insns[:, Word.CYCLE]
        at = 0
        while at < len(ips):
            wanted = self._entry if self._until is None else self._until
            found = np.flatnonzero(ips[at:] == wanted)
            if not len(found):
                break
            at += int(found[0])
            cycle, retired = int(cycles[at]), self._instructions + at
            if self._until is not None:
                begun_cycle, begun_retired = self._begun
                self.passes.append(Pass(cycle - begun_cycle, retired - begun_retired))
                self._until = None      # the same instruction may begin the next pass
            else:
                caller = int(ips[at - 1]) if at else self._previous_ip
                self._until = self._end if self._end is not None else caller + 1
                self._begun = cycle, retired
                at += 1
        self._instructions += len(ips)
        if len(ips):
            self._previous_ip = int(ips[-1])


def call_passes(program: LoadedProgram, label: str) -> tuple[list[Pass], int]:
    """All calls of a routine during a run to the end, and the program's result."""
    watch = _Watch(program.symbols[label])
    result = _run(program, watch)
    return watch.passes, result


def passes_between(program: LoadedProgram, begin: str, end: str) -> list[Pass]:
    """All times that a run to the end goes from one label to another."""
    watch = _Watch(program.symbols[begin], program.symbols[end])
    _run(program, watch)
    return watch.passes


def _run(program: LoadedProgram, watch: _Watch) -> int:
    machine = RtlMachine(MachineConfig(), observe=watch)
    machine.load(program.words)
    while machine.run(1_000_000) is Status.RUNNING:
        pass
    report = machine.stop
    machine.close()
    if report is None:
        raise RuntimeError("a benchmark did not stop by itself")
    return report.exit_code
