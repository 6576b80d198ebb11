"""The hardware as a machine: what the programs in tests/programs do not show."""

import numpy as np
import pytest

from isa.config import MachineConfig
from sim.engine.machine import RECORDS, RtlMachine
from sim.machine import Status
from sim.pages import Ram, touched
from sim.program import load_program
from tests.sim.test_programs import FOLDER
from toolchain.qasm import assemble
from toolchain.source import Source


def records_of_a_run(name, *, skips):
    """All trace records of a program, cycles included."""
    records = []
    machine = RtlMachine(observe=lambda batch: records.append(batch.copy()))
    machine.load(load_program(str(FOLDER / name), MachineConfig()).words)
    machine.simulation.set_skips(skips)
    while machine.run(1_000_000) is Status.RUNNING:
        pass
    machine.close()
    return np.concatenate(records)


def test_passing_over_a_sleep_changes_no_record_and_no_cycle():
    assert (records_of_a_run("ticks.qasm", skips=True)
            == records_of_a_run("ticks.qasm", skips=False)).all()


def polls_of_a_run(observe):
    """The cycles in which a machine looks at its hosts."""
    class Watched(RtlMachine):
        def _poll(self):
            polls.append(self.cycles)
            super()._poll()

    polls = []
    machine = Watched(observe=observe)
    machine.load(assemble([Source("spin.qasm", "constant r1 0\nrjmp r1\n")]).words)
    for _ in range(2):
        assert machine.run(100_000) is Status.RUNNING
    machine.close()
    return polls


def test_hosts_are_looked_at_in_the_same_cycles_with_trace_records_and_without():
    records = []
    polls = polls_of_a_run(lambda batch: records.append(len(batch)))
    assert polls == polls_of_a_run(None) == [40_000, 80_000, 100_000, 140_000, 180_000, 200_000]
    assert max(records) <= RECORDS < 40_000
    assert 190_000 < sum(records) < 220_000


def test_memory_that_nobody_touches_costs_nothing_also_behind_another_machine():
    if touched(Ram(1 << 16).words).any():
        pytest.skip("this system does not tell which pages were touched")
    machine = RtlMachine()
    for _ in range(3):
        machine.load([1, 2, 3])
        assert touched(machine.memory).sum() < 100
    machine.close()
