"""Whatever RAM is, the machine computes the same: in lockstep, and in RAM at the end."""

import io
from pathlib import Path

import pytest

from isa.config import MachineConfig
from sim.engine import quince
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.lockstep import Lockstep
from sim.machine import MEMORIES, Status
from sim.program import load_program

PROGRAMS = Path(__file__).parents[2] / "programs"


@pytest.mark.slow
@pytest.mark.parametrize("program", ["selfmodify.qasm", "faults.qasm", "sort_table.qll"])
def test_sdram_behind_a_cache_is_memory(program):
    config  = MachineConfig(ram_words=0x40000)
    machine = Lockstep(config, Hosts(terminal=Terminal(b"", io.BytesIO())), memory="sdram")
    machine.load(load_program(str(PROGRAMS / program), config).words)
    while machine.run(1_000_000) is Status.RUNNING:
        assert machine.cycles < 50_000_000
    assert machine.stop is not None  # memory was compared after the cache was flushed


def test_the_names_are_those_of_the_hardware():
    from rtl.soc import Memory
    assert {memory.value for memory in Memory} - {"block"} == set(MEMORIES)
    assert quince.INSIDE.endswith(".")
