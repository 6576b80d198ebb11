"""Runs QASM on the hardware, in lockstep with the golden model, and tells when what retired."""

import sys

import numpy as np

from isa.config import MachineConfig
from isa.machine import PROGRAM
from isa.trace import Kind, Word
from sim.host.hosts import Hosts
from sim.lockstep import Lockstep
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.source import Source

__all__ = ["Run", "run_qasm"]

SLICE_CYCLES = 20_000


class Run:
    """What a program did.

    Members
    -------
    records : array
        Its trace, a row each; the model agrees with all of it.
    symbols : dict
        Addresses of its labels, without the ``@``.
    status : Status
        STOPPED, but where the caller expects another.
    stop : StopReport or None
    registers : tuple of int
    ip : int
    """
    def __init__(self, records, symbols, status, machine):
        self.records   = records
        self.symbols   = symbols
        self.status    = status
        self.stop      = machine.stop
        self.registers = machine.registers().general
        self.ip        = machine.registers().ip
        self._memory   = machine.memory[PROGRAM:].copy()

    def words(self, address, count=None):
        """Memory at an address: one word, or a list of so many."""
        at = address - PROGRAM
        return self._memory[at:at + count].tolist() if count else int(self._memory[at])

    def cycles(self, label):
        """In which cycles the instruction at a label retired."""
        rows = self.records[(self.records[:, Word.KIND] == Kind.INSN)
                            & (self.records[:, Word.IP] == self.symbols[label])]
        return [int(cycle) for cycle in rows[:, Word.CYCLE]]

    def rows(self, kind):
        """The records of a kind."""
        return self.records[self.records[:, Word.KIND] == kind]

    def codes(self, kind):
        """CODE of each record of a kind."""
        return [int(code) for code in self.rows(kind)[:, Word.CODE]]


def run_qasm(text, *, config=None, budget=100_000, hosts=None, expected=Status.STOPPED):
    """Run a program until `budget` is spent or it ends; `Diverged` if hardware and model differ
    anywhere."""
    program = assemble([Source("test.qasm", text)])
    records = []
    machine = Lockstep(config or MachineConfig(), hosts or Hosts(),
                       observe=lambda rows: records.append(rows.copy()),
                       say=lambda line: print(line, file=sys.stderr))
    try:
        machine.load(program.words)
        while True:
            status = machine.run(min(SLICE_CYCLES, budget - machine.cycles))
            if status in (Status.STOPPED, Status.STUCK) or machine.cycles >= budget:
                break
        assert expected in (None, status), f"still {status} after {machine.cycles} cycles"
        symbols = {name.lstrip("@"): address for name, address in program.symbols.items()}
        return Run(np.concatenate(records or [np.zeros((0, len(Word)), np.uint32)]), symbols,
                   status, machine)
    finally:
        machine.close()
