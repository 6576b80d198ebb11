"""Kinds of campaigns about the whole computer: the operating system on the hardware, in lockstep
with the golden model."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from campaign.hardware import model_folder
from campaign.kind import Failure, Kind, Outcome, Say, of_each_seed
from isa.config import MachineConfig
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.lockstep import Lockstep
from sim.machine import Diverged
from sim.trace import Records
from tests.support.live import PROMPT, Live, Silent
from tests.support.shell_sessions import ShellSessions
from tests.support.stress import shrink
from tests.support.system import KERNELS, SYSTEM, debug_kernel, system

__all__ = ["lockstep_kinds"]

# RAM of a session by its seed; the chip behind a cache takes three times as long.
MEMORIES = ("ideal", "hesitant", "ideal", "sdram")
SUITES   = ("usertests", "attacks", "endings", "lifetimes 100", "exhaust grow packed limits")
SHIFT_CYCLES = 99_991    # prime: by which a suite begins later, for each seed
LONGEST      = 4_000_000_000
SHRINK_TRIES = 20

MakeMachine = Callable[[MachineConfig, Hosts], Lockstep]


def _in_lockstep(memory: str, outcome: Outcome) -> MakeMachine:
    """Makes machines whose records count."""
    def count(records: Records) -> None:
        outcome.count("records", len(records))
    return lambda config, hosts: Lockstep(config, hosts, observe=count, memory=memory)


def _judge_session(seed: int, outcome: Outcome) -> str | None:
    """A random session with the shell."""
    memory = MEMORIES[seed % len(MEMORIES)]
    parts = ShellSessions().generate(seed)
    for part in parts:
        outcome.meet(f"{part.kind}, {memory}")
    return _session(memory, outcome, parts)


def _session(memory: str, outcome: Outcome, parts: Sequence[object]) -> str | None:
    try:
        return ShellSessions(_in_lockstep(memory, outcome)).check(parts)  # type: ignore
    except Diverged as diverged:
        return str(diverged)


def _shrink_session(seed: int) -> Failure:
    memory = MEMORIES[seed % len(MEMORIES)]
    parts = shrink(ShellSessions().generate(seed),
                   lambda fewer: _session(memory, Outcome(), fewer) is not None, SHRINK_TRIES)
    why = _session(memory, Outcome(), parts)
    if why is None:
        return Failure(seed, "it does not fail a second time", "could not be made small")
    return Failure(seed, why, "\n".join(map(str, parts)))


def _judge_suite(seed: int, outcome: Outcome) -> str | None:
    """A suite of the kernel's tests, begun at another moment for each seed: so its interrupts come
    before other instructions."""
    turn, number = divmod(seed, len(SUITES))
    kernel = tuple(KERNELS)[turn % len(KERNELS)]
    memory = ("ideal", "hesitant")[turn // len(KERNELS) % 2]
    outcome.meet(f"{SUITES[number]}, {kernel} kernel, {memory}")
    live = Live(kernel=KERNELS[kernel](), display=Display(64, 48),
                machine=_in_lockstep(memory, outcome))
    try:
        live.until(PROMPT)
        live.run(1 + seed * SHIFT_CYCLES % 1_000_003)
        said = live.command(f"/test/{SUITES[number]}", LONGEST)
        status = live.finish().status
    except (Silent, Diverged) as wrong:
        return str(wrong)
    bad = re.findall("^FAILED.*", said, re.M)
    if bad or status != 0 or not re.search("^ok |0 failed|nothing was lost", said, re.M):
        return "\n".join([f"the machine ended with {status}", *bad, said[-300:]])
    return None


def _ready(memories: Sequence[str], say: Say) -> Sequence[Path]:
    say("building kernels, programs and disk, if they are not there")
    return (system().folder, debug_kernel().parent,
            *(model_folder(SYSTEM, memory, say) for memory in dict.fromkeys(memories)))


def lockstep_kinds() -> list[Kind]:
    again = "python -m campaign run --kinds {name} --first {{seed}} --count 1"
    return [
        Kind("lockstep-shell", "random sessions of the shell on the hardware, in lockstep with "
             "the model", "sessions", of_each_seed(_judge_session), share=2.0,
             again=again.format(name="lockstep-shell"), shrink=_shrink_session,
             prepare=partial(_ready, MEMORIES)),
        Kind("lockstep-suites", "the kernel's test programs, in the same way", "runs",
             of_each_seed(_judge_suite), share=4.0, again=again.format(name="lockstep-suites"),
             prepare=partial(_ready, MEMORIES[:2])),
    ]
