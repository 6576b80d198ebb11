"""How fast the engines simulate, in processor time: what else the computer does matters less.

They run in turn, a short while each, and a machine is compared with another one in the same turn: a
computer that is shared is now fast and now slow.
"""

import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from isa.config import MachineConfig
from sim.engine.machine import RtlMachine
from sim.golden import Golden
from sim.lockstep import Lockstep
from sim.machine import Machine
from sim.program import load_program

__all__ = ["Speed", "measure_speeds"]

FOLDER   = Path(__file__).with_name("programs")
TURNS    = 31
SECONDS  = 0.06  # of a turn
OPTIONAL = ("display", "keyboard", "block", "serial")


@dataclass(frozen=True)
class Speed:
    """Millions a second of processor time, and the share of the speed of what it is compared
    with."""
    name:          str
    cycles:        float
    instructions:  float
    share:         float | None


@dataclass
class _Runner:
    """A machine at a program, and how fast it was in each turn."""
    name:    str
    machine: Machine
    program: str
    beside:  "_Runner | None" = None
    speeds:  list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Run for a bit that is not counted: compilation, caches."""
        self.machine.load(load_program(str(FOLDER / self.program), self.machine.config).words)
        self.machine.run(50_000)

    def turn(self) -> None:
        first, started = self.machine.cycles, time.process_time()
        while time.process_time() - started < SECONDS:
            self.machine.run(100_000)
        self.speeds.append((self.machine.cycles - first) / (time.process_time() - started) / 1e6)

    def result(self) -> Speed:
        machine, speed = self.machine, statistics.median(self.speeds)
        share = None
        if self.beside is not None:
            share = statistics.median(ours / theirs for ours, theirs in zip(
                self.speeds, self.beside.speeds, strict=True))
        return Speed(self.name, speed, speed * machine.instructions / machine.cycles, share)


def measure_speeds() -> list[Speed]:
    """Each engine in turn."""
    full = MachineConfig().fit(*OPTIONAL)
    bare  = _Runner("hardware", RtlMachine(), "loop.qasm")
    whole = _Runner("hardware, all peripherals", RtlMachine(full), "loop.qasm")
    runners = [
        bare,
        _Runner("  translated", RtlMachine(), "translated.qasm"),
        _Runner("  profile", RtlMachine(spaces=lambda table: 1), "loop.qasm", bare),
        _Runner("  trace records", RtlMachine(observe=lambda records: None), "loop.qasm", bare),
        _Runner("  lockstep", Lockstep(), "loop.qasm", bare),
        whole,
        _Runner("  trace records", RtlMachine(full, observe=lambda records: None), "loop.qasm",
                whole),
        _Runner("  lockstep", Lockstep(full), "loop.qasm", whole),
        _Runner("golden model", Golden(), "loop.qasm"),
        _Runner("  translated", Golden(), "translated.qasm"),
    ]
    for runner in runners:
        runner.begin()
    for _ in range(TURNS):
        for runner in runners:
            runner.turn()
    results = [runner.result() for runner in runners]
    for runner in runners:
        runner.machine.close()
    return results
