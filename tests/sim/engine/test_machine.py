"""The hardware as a machine: what the programs in tests/programs do not show."""

import numpy as np
import pytest

from isa.config import MachineConfig
from sim.engine.machine import RtlMachine
from sim.machine import Status
from sim.pages import Ram, touched
from sim.program import load_program
from tests.sim.test_programs import FOLDER


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


def test_memory_that_nobody_touches_costs_nothing_also_behind_another_machine():
    if touched(Ram(1 << 16).words).any():
        pytest.skip("this system does not tell which pages were touched")
    machine = RtlMachine()
    for _ in range(3):
        machine.load([1, 2, 3])
        assert touched(machine.memory).sum() < 100
    machine.close()
