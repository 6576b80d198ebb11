"""How fast the engines simulate, in processor time: what else the computer does matters less."""

import time
from dataclasses import dataclass
from pathlib import Path

from isa.config import MachineConfig
from sim.engine.machine import RtlMachine
from sim.golden import Golden
from sim.lockstep import Lockstep
from sim.machine import Machine
from sim.program import load_program

__all__ = ["Speed", "measure_speeds"]

FOLDER   = Path(__file__).with_name("programs")
SECONDS  = 2.0
OPTIONAL = ("display", "keyboard", "block", "serial")


@dataclass(frozen=True)
class Speed:
    """Millions a second of processor time."""
    name:          str
    cycles:        float
    instructions:  float


def _speed(name: str, machine: Machine, program: str) -> Speed:
    """Run for a while, after a first bit that is not counted (compilation, caches)."""
    machine.load(load_program(str(FOLDER / program), machine.config).words)
    machine.run(50_000)
    cycles, instructions, started = machine.cycles, machine.instructions, time.process_time()
    while time.process_time() - started < SECONDS:
        machine.run(200_000)
    seconds = time.process_time() - started
    speed = Speed(name, (machine.cycles - cycles) / seconds / 1e6,
                  (machine.instructions - instructions) / seconds / 1e6)
    machine.close()
    return speed


def measure_speeds() -> list[Speed]:
    """Each engine in turn."""
    full = MachineConfig().fit(*OPTIONAL)
    return [
        _speed("hardware", RtlMachine(), "loop.qasm"),
        _speed("hardware, translated", RtlMachine(), "translated.qasm"),
        _speed("hardware, all peripherals", RtlMachine(full), "loop.qasm"),
        _speed("hardware, profile", RtlMachine(spaces=lambda table: 1), "loop.qasm"),
        _speed("hardware, trace records", RtlMachine(observe=lambda records: None), "loop.qasm"),
        _speed("lockstep", Lockstep(), "loop.qasm"),
        _speed("golden model", Golden(), "loop.qasm"),
        _speed("golden model, translated", Golden(), "translated.qasm"),
    ]
