"""Runs QASM on the hardware, in lockstep with the golden model, and tells when what retired."""

import sys

import numpy as np

from sim.lockstep import Lockstep
from sim.machine import Status
from toolchain.isa.config import MachineConfig
from toolchain.isa.trace import Kind, Word
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["Run", "run_qasm"]


class Run:
    """What a program did.

    Members
    -------
    records : array
        Its trace, a row each; the model agrees with all of it.
    symbols : dict
        Addresses of its labels, without the ``@``.
    stop : StopReport or None
    registers : tuple of int
    """
    def __init__(self, records, symbols, stop, registers):
        self.records   = records
        self.symbols   = symbols
        self.stop      = stop
        self.registers = registers

    def cycles(self, label):
        """In which cycles the instruction at a label retired."""
        rows = self.records[(self.records[:, Word.KIND] == Kind.INSN)
                            & (self.records[:, Word.IP] == self.symbols[label])]
        return [int(cycle) for cycle in rows[:, Word.CYCLE]]

    def codes(self, kind):
        """CODE of each record of a kind."""
        return [int(code) for code in
                self.records[self.records[:, Word.KIND] == kind][:, Word.CODE]]


def run_qasm(text, *, config=None, budget=100_000):
    """Run a program to its end; `Diverged` if hardware and model differ anywhere."""
    program = assemble([Source("test.qasm", text)])
    records = []
    machine = Lockstep(config or MachineConfig(), observe=lambda rows: records.append(rows.copy()),
                       say=lambda line: print(line, file=sys.stderr))
    try:
        machine.load(program.words)
        status = machine.run(budget)
        assert status is Status.STOPPED, f"still {status} after {budget} cycles"
        symbols = {name.lstrip("@"): address for name, address in program.symbols.items()}
        return Run(np.concatenate(records), symbols, machine.stop, machine.registers().general)
    finally:
        machine.close()
