"""What it costs to record a run, and how long a step backwards takes in a long one."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from sim.engine.library import Condition, What
from sim.engine.machine import RtlMachine
from sim.history.history import History
from sim.history.rtl import RtlTape
from sim.program import load_program

__all__ = ["Recorded", "measure_history"]

PROGRAM   = Path(__file__).with_name("programs") / "loop.qasm"
CYCLES    = 100_000_000
SLICE     = 200_000
STEPS     = 10
FAR_STEPS = 5
TRIALS    = 3   # of each speed, alternating: the best counts


@dataclass(frozen=True)
class Recorded:
    """Of a run of so many cycles. Seconds are of processor time, as in all tables: a person waits
    as long on a processor that does nothing else."""
    cycles:    int
    cost:      float  # share of the speed that recording takes
    megabytes: float  # of all snapshots
    snapshots: int
    step_s:    float  # one step backwards from the present, the slowest of a few
    far_s:     float  # the same after a jump to a random cycle, jump left out
    jump_s:    float  # the jump


def measure_history(cycles: int = CYCLES) -> Recorded:
    """Record a run, and step back in it."""
    plain = recorded = 0.0
    for _ in range(TRIALS):
        machine = _machine()
        plain = max(plain, _speed(machine))
        machine.close()
        history = _history()
        recorded = max(recorded, _speed(history))
        history.tape.close()
    history = _history()
    while history.cycles < cycles:
        history.run(SLICE)
    every, chance = [Condition(What.STEP, 0, 0xFFFFFFFF)], random.Random(1)
    octets, snapshots = history.octets, len(history.snapshot_cycles)

    def step() -> float:
        began = time.process_time()
        history.go_to(history.last(every, history.cycles)[-1].position)
        return time.process_time() - began

    near = max(step() for _ in range(STEPS))
    jumps, far = [], []
    for _ in range(FAR_STEPS):
        began = time.process_time()
        history.go_to(chance.randrange(history.frontier))
        jumps.append(time.process_time() - began)
        far.append(step())
    history.tape.close()
    return Recorded(cycles, 1 - recorded / plain, octets / 1e6, snapshots, near, max(far),
                    max(jumps))


def _machine() -> RtlMachine:
    machine = RtlMachine()
    machine.load(load_program(str(PROGRAM), machine.config).words)
    return machine


def _history() -> History:
    machine = RtlMachine()
    tape = RtlTape(machine)
    tape.load(load_program(str(PROGRAM), machine.config).words)
    return History(tape)


def _speed(runs: RtlMachine | History, seconds: float = 2.0) -> float:
    """Cycles a second of processor time."""
    runs.run(SLICE)
    first, began = runs.cycles, time.process_time()
    while time.process_time() - began < seconds:
        runs.run(SLICE)
    return (runs.cycles - first) / (time.process_time() - began)
