"""Kinds of campaigns about the operating system on the golden model: random runs with an oracle,
power cuts, damaged disks and programs."""

import random
from array import array
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from campaign.kind import Failure, Kind, Outcome, Say, of_each_seed
from tests.stress import KINDS as STRESS
from tests.support import crash, damage, torn
from tests.support.stress import run_seed
from tests.support.system import boot, debug_kernel, system
from toolchain.qfs import Image

__all__ = ["crash_kinds", "damage_kinds", "stress_kinds"]

CUT_COMMANDS = 40  # of one random workload
MOUNT_EVERY  = 40  # cuts
MOUNT_TORN   = 200
QUINIX_EVERY = 10  # triples


def _release(say: Say) -> Sequence[Path]:
    say("building kernel, programs and disk, if they are not there")
    return (system().folder,)


def _debug(say: Say) -> Sequence[Path]:
    say("building the kernel that checks itself, if it is not there")
    return (system().folder, debug_kernel().parent)


def _judge_run(name: str, seed: int, outcome: Outcome) -> str | None:
    kind = STRESS[name]()
    parts = kind.generate(seed)
    for part in parts:
        outcome.meet(str(part).split(maxsplit=1)[0])
    outcome.count("operations", len(parts))
    return kind.check(parts)


def _shrink_run(name: str, seed: int) -> Failure:
    failure = run_seed(STRESS[name](), seed)
    if failure is None:
        return Failure(seed, "it does not fail a second time", "could not be made small")
    return Failure(seed, failure.why, "\n".join(str(part) for part in failure.parts))


def stress_kinds() -> list[Kind]:
    about = {"process": "random operations on processes", "shell": "random sessions of the shell",
             "files": "random operations on files, with open handles"}
    return [Kind(f"stress-{name}", f"{about[name]}, on the kernel that checks itself", "runs",
                 of_each_seed(partial(_judge_run, name)), batch=10,
                 again=f"python -m tests.stress --count 1 --kind {name} --first {{seed}}",
                 shrink=partial(_shrink_run, name), prepare=_debug) for name in STRESS]


def _judge_cuts(seed: int, outcome: Outcome) -> str | None:
    """All power cuts of one workload, with all writes and with some lost; some are mounted."""
    recording = crash.record(crash.workload(seed, CUT_COMMANDS))
    rng = random.Random(seed)
    for writes in crash.cut_points(recording):
        allowed = crash.allowed_states(recording, writes)
        outcome.count("disks", 2)
        problem = (crash.verify(crash.disk_at(recording, writes), allowed)
                   or crash.verify(crash.disk_at(recording, writes, rng), allowed))
        if problem is None and writes % MOUNT_EVERY == 0:
            outcome.count("mounted by the machine")
            problem = crash.mounted(crash.disk_at(recording, writes), allowed)
        if problem is not None:
            return f"behind write {writes}: {problem}"
    for command in recording.commands:
        outcome.meet(command.line.split(maxsplit=1)[0])
    return None


def _judge_torn(seed: int, outcome: Outcome) -> str | None:
    """All torn sectors of one triple of operations."""
    names = torn.triples()[seed]
    for layout in ("ours", "quinix")[:1 if seed % QUINIX_EVERY else 2]:
        for number, (place, disk, allowed) in enumerate(torn.torn_states(names, layout)):
            outcome.count("disks")
            problem = torn.verify_torn(disk, allowed)
            if problem is None and number % MOUNT_TORN == MOUNT_TORN - 1:
                outcome.count("mounted by the machine")
                problem = torn.mount_torn(disk, allowed)
            if problem is not None:
                return f"{layout}: {place}: {problem}"
    for name in names:
        outcome.meet(name)
    return None


def crash_kinds() -> list[Kind]:
    return [
        Kind("crash-cuts", "the power fails at every write of a random workload", "workloads",
             of_each_seed(_judge_cuts), prepare=_release,
             again="python -m campaign run --kinds crash-cuts --first {seed} --count 1"),
        Kind("crash-torn", "it fails within every write of three operations", "triples",
             of_each_seed(_judge_torn), batch=2, total=lambda: len(torn.triples()),
             prepare=_release,
             again="python -m campaign run --kinds crash-torn --first {seed} --count 1"),
    ]


def _judge_disk(seed: int, outcome: Outcome) -> str | None:
    kind = damage.KINDS[seed % len(damage.KINDS)]
    ending, problem = damage.session_of(kind, seed)
    outcome.meet(f"{kind}: {ending}")
    return problem


@cache
def _executables() -> dict[str, bytes]:
    return {name: (system().folder / "programs" / f"{name}.qbin").read_bytes()
            for name in ("echo", "cat", "mkdir")}


def _judge_program(seed: int, outcome: Outcome) -> str | None:
    """A damaged executable: the machine runs it or says why not, and lives on."""
    rng = random.Random(f"elf {seed}")
    name = rng.choice(sorted(_executables()))
    octets = damage.damaged_program(rng, _executables()[name])
    image = Image(array("I", crash.small_disk()))
    image.write("p", octets, executable=True)
    session = boot("/p one", "echo alive", disk=image.words.tobytes(),
                   limit=damage.LIMIT_CYCLES)
    refused = "cannot" in session.text
    outcome.meet("for ever" if session.status is None else "refused" if refused
                 else "fault" if "process" in session.text else "ran")
    if session.status is None:  # what a damaged program does is its own affair
        return None
    if session.status != 0 or "\nalive" not in session.text.replace("\r", ""):
        return f"{name}: the machine ended with {session.status}: {session.text[-300:]!r}"
    return None


def damage_kinds() -> list[Kind]:
    return [
        Kind("damage-disk", "damaged disks: the machine mounts them or says why not", "disks",
             of_each_seed(_judge_disk), batch=10, prepare=_release,
             again="python -m campaign run --kinds damage-disk --first {seed} --count 1"),
        Kind("damage-program", "damaged executables: the kernel refuses them or runs them",
             "programs", of_each_seed(_judge_program), batch=10, prepare=_release,
             again="python -m campaign run --kinds damage-program --first {seed} --count 1"),
    ]
