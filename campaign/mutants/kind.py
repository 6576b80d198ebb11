"""The kinds of campaigns that judge mutants, and how many of them were killed."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from campaign.kind import Failure, Kind, Outcome, Say
from campaign.mutants.areas import AREAS, mutants, named
from campaign.mutants.change import equivalents
from campaign.mutants.forked import KERNELS, WAITS
from campaign.mutants.judge import (
    ALONE,
    BUILDS,
    EQUAL,
    FIRST_BUILD,
    KILLED,
    NOT_BUILT,
    NOT_JUDGED,
    SURVIVES,
    clean_header,
    death,
)
from toolchain.places import ROOT

__all__ = ["CPU_SECONDS", "mutant_kinds"]

BATCH      = 80    # mutants of the hardware in one job
FEWEST     = 3     # that are worth a model of their own together
TOGETHER_S = 3600  # for those of one model
SOME       = 10    # of other areas in one job
FATES      = {KILLED: "killed", SURVIVES: "survived", EQUAL: "compiled to the same",
              NOT_BUILT: "not built"}  # and "equivalent"

CPU_SECONDS = "seconds of processor"  # what a campaign's mutants took together


def _is_known(area: str, seed: int, outcome: Outcome) -> bool:
    mutant = mutants(area)[seed]
    if (mutant.path, *mutant.lines()) not in equivalents():
        return False
    _tell(outcome, area, seed, "equivalent")
    return True


def _tell(outcome: Outcome, area: str, seed: int, fate: str) -> None:
    outcome.count(fate)
    outcome.fates[_names(area)[seed]] = fate


def _judge_alone(area: str, seed: int, outcome: Outcome, *options: str) -> str | None:
    mutant = mutants(area)[seed]
    try:
        done = _run(AREAS[area].timeout_s, "judge", area, str(seed), *options)
        if done.returncode < 0:
            verdict, by = death(done.returncode)  # it crashed what it ran in
        elif done.returncode:
            return f"{mutant}\nit could not be judged: {done.stderr[-1000:]}"
        else:
            told = json.loads(done.stdout.splitlines()[-1])
            verdict, by = told["verdict"], told["by"]
    except subprocess.TimeoutExpired:
        verdict, by = KILLED, "time"  # it hangs what it runs in
    return _note(outcome, area, seed, verdict, by)


def _run(timeout_s: float, module: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one of our modules; it may take so much of a processor's time."""
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(timeout_s), int(timeout_s) + 5))

    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"campaign.mutants.{module}", *options], cwd=ROOT,
        capture_output=True, text=True, timeout=WAITS * timeout_s, preexec_fn=limit,
        env={**os.environ, "PYTHONPATH": str(ROOT)})


def _note(outcome: Outcome, area: str, seed: int, verdict: str, by: str) -> str | None:
    """Keep what became of a mutant; what is wrong with that, if anything."""
    mutant = mutants(area)[seed]
    if verdict == NOT_JUDGED:
        return f"{mutant}\nit could not be judged: {by}"
    _tell(outcome, area, seed, FATES[verdict])
    if verdict == KILLED:
        outcome.meet(f"by {by.split(' ')[0].split('::')[0]}")
    if verdict in (KILLED, SURVIVES):
        outcome.meet(f"{mutant.kind}: {verdict}")
    return f"{verdict}: {mutant}" if verdict == SURVIVES else None


def _examine_in_forks(area: str, seeds: range) -> Outcome:
    """Mutants one after the other, each in a fork of one process."""
    outcome = Outcome()
    numbers = [seed for seed in seeds if not _is_known(area, seed, outcome)]
    if numbers:
        done = _run(AREAS[area].timeout_s * len(numbers), "forked", area, *map(str, numbers))
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        for seed, (verdict, by) in map(json.loads, done.stdout.splitlines()):
            wrong = _note(outcome, area, seed, verdict, by)
            if wrong is not None:
                outcome.failures.append(Failure(seed, wrong))
    return outcome


def _examine_hardware(seeds: range) -> Outcome:
    """Mutants of the hardware: many on one model, by random programs; what survives those, and what
    cannot be had beside others, in a process of its own."""
    outcome = Outcome()
    builds: dict[str, list[int]] = {}
    for seed in seeds:
        if not _is_known("rtl", seed, outcome):
            build = BUILDS.get(Path(mutants("rtl")[seed].path).stem, FIRST_BUILD)
            builds.setdefault(build, []).append(seed)
    for build, numbers in builds.items():
        verdicts: dict[int, tuple[str, str]] = {}
        if len(numbers) >= FEWEST:
            with tempfile.TemporaryDirectory(prefix="quince-mutants-") as folder:
                _judge_together(folder, build, numbers, verdicts)
        for seed in numbers:
            verdict, by = verdicts.get(seed, (ALONE, ""))
            if verdict == KILLED:
                wrong = _note(outcome, "rtl", seed, verdict, by)
            else:
                wrong = _judge_alone("rtl", seed, outcome,
                                     *(["--tests"] if verdict == SURVIVES else []))
            if wrong is not None:
                outcome.failures.append(Failure(seed, wrong))
    return outcome


def _judge_together(folder: str, build: str, numbers: list[int],
                    verdicts: dict[int, tuple[str, str]]) -> None:
    """Add verdicts, as long as there are any to be had. A mutant at which the process dies is
    judged alone, and another process goes on behind it."""
    while len(verdicts) < len(numbers):
        begun: int | None = None
        try:
            said = _run(TOGETHER_S, "batch", folder, build, *map(str, numbers), "--done",
                        *map(str, verdicts)).stdout
        except subprocess.TimeoutExpired as over:
            said = (over.stdout or b"").decode() if isinstance(over.stdout, bytes) else ""
        for line in said.splitlines():
            number, told = json.loads(line)
            begun = number
            if told is not None:
                verdicts[number] = tuple(told)
                begun = None
        if begun is None:
            return  # all of them; or it did not come so far, and they are judged alone
        verdicts[begun] = ALONE, ""


def _hardware(say: Say) -> Sequence[Path]:
    from sim.engine.header import header_of
    from sim.engine.quince import quince_design
    from sim.fuzz.campaign import CONFIGS, MEMORIES
    for name in sorted({FIRST_BUILD, *BUILDS.values()}):
        path = clean_header(name)
        if not path.exists():
            say(f"reading the hardware of the build {name}")
            design = quince_design(CONFIGS[name], memory=MEMORIES.get(name, "ideal"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(header_of(design))
    return [clean_header(FIRST_BUILD).parent]


def _system(say: Say) -> Sequence[Path]:
    from tests.support.system import debug_kernel, system
    system()
    debug_kernel()
    return ()


def mutant_kinds() -> list[Kind]:
    """One for each area."""
    prepare = {"rtl": _hardware, **dict.fromkeys(KERNELS, _system)}
    examine = {"rtl": _examine_hardware}
    batch = {"rtl": BATCH}
    return [Kind(f"mutants-{area.name}", f"{area.about} at single points, which a test must find",
                 "mutants", partial(_timed, examine.get(area.name, partial(_examine_in_forks,
                                                                           area.name))),
                 batch=batch.get(area.name, SOME),
                 total=partial(_count, area.name), prepare=prepare.get(area.name),
                 names=partial(_names, area.name),
                 again=f"python -m campaign.mutants.judge {area.name} {{seed}}")
            for area in AREAS.values()]


def _count(area: str) -> int:
    return len(mutants(area))


def _names(area: str) -> list[str]:
    return list(named(area))


def _timed(examine: Callable[[range], Outcome], seeds: range) -> Outcome:
    """Examine seeds, and count the processor's time of all that is run for them."""
    began = _processor_s()
    outcome = examine(seeds)
    outcome.count(CPU_SECONDS, round(_processor_s() - began))
    return outcome


def _processor_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
