"""The kinds of campaigns that judge mutants, and how many of them were killed."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from campaign.kind import Kind, Outcome, Say, of_each_seed
from campaign.mutants.areas import AREAS, mutants
from campaign.mutants.change import equivalents
from campaign.mutants.judge import BUILDS, EQUAL, KILLED, NOT_BUILT, SURVIVES
from toolchain.places import ROOT

__all__ = ["mutant_kinds"]


def _judge(area: str, seed: int, outcome: Outcome) -> str | None:
    mutant = mutants(area)[seed]
    known = equivalents().get((mutant.path, *mutant.lines()))
    if known is not None:
        outcome.count("listed as equivalent")
        return None
    try:
        done = subprocess.run(
            [sys.executable, "-m", "campaign.mutants.judge", area, str(seed)], cwd=ROOT,
            capture_output=True, text=True, timeout=AREAS[area].timeout_s,
            env={**os.environ, "PYTHONPATH": str(ROOT)})
        if done.returncode < 0:
            verdict, by = KILLED, f"signal {-done.returncode}"  # it crashed what it ran in
        elif done.returncode:
            return f"{mutant}\nit could not be judged: {done.stderr[-1000:]}"
        else:
            told = json.loads(done.stdout.splitlines()[-1])
            verdict, by = told["verdict"], told["by"]
    except subprocess.TimeoutExpired:
        verdict, by = KILLED, "time"  # it hangs what it runs in
    outcome.count({KILLED: "killed", SURVIVES: "survived", EQUAL: "compiled to the same",
                   NOT_BUILT: "not built"}[verdict])
    if verdict == KILLED:
        outcome.meet(f"by {by.split(' ')[0].split('::')[0]}")
    if verdict in (KILLED, SURVIVES):
        outcome.meet(f"{mutant.kind}: {verdict}")
    return f"{verdict}: {mutant}" if verdict == SURVIVES else None


def _hardware(say: Say) -> Sequence[Path]:
    from sim.fuzz.campaign import make_rtl_subject
    for name in sorted({"list", *BUILDS.values()}):
        make_rtl_subject(name, say).machine.close()
    return ()


def _system(say: Say) -> Sequence[Path]:
    from tests.support.system import debug_kernel, system
    system()
    debug_kernel()
    return ()


def mutant_kinds() -> list[Kind]:
    """One for each area."""
    prepare = {"rtl": _hardware, "kernel": _system}
    return [Kind(f"mutants-{area.name}", f"{area.about} at single points, which a test must find",
                 "mutants", of_each_seed(partial(_judge, area.name)),
                 total=partial(_count, area.name), prepare=prepare.get(area.name),
                 again=f"python -m campaign.mutants.judge {area.name} {{seed}}")
            for area in AREAS.values()]


def _count(area: str) -> int:
    return len(mutants(area))
