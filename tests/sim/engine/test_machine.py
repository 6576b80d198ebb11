"""The hardware as a machine: what the programs in tests/programs do not show."""

import numpy as np

from isa.config import MachineConfig
from sim.engine.machine import RtlMachine
from sim.machine import Status
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
