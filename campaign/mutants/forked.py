"""Judges mutants one after the other, each in a fork of one process that has imported all but what
they change: `python -m campaign.mutants.forked compiler 3 17 42`.

Each line of its output is JSON: a mutant and its verdict.
"""

import contextlib
import importlib
import json
import os
import resource
import select
import signal
import sys
import traceback

from campaign.mutants.areas import AREAS, mutants
from campaign.mutants.judge import KILLED, NOT_JUDGED, Verdict, death, judge

__all__ = ["KERNELS", "WAITS", "judge_in_fork"]

KERNELS = ("kernel", "assembly")  # areas that are judged by running a changed kernel

# What tests of the areas import that none of these changes.
IMPORTED = {"compiler": ("numpy", "pytest", "sim.golden.machine", "sim.host.hosts",
                         "sim.host.terminal"),
            "golden": ("campaign.mutants.model", "pytest"),
            "lockstep": ("campaign.mutants.model", "pytest"),
            **dict.fromkeys(KERNELS, ("pytest", "system.build", "tests.stress",
                                      "toolchain.qll.generate"))}
WAITS = 20  # times the processor's time that is allowed may pass, on a busy machine


def judge_in_fork(area: str, number: int) -> Verdict:
    """What becomes of a mutant, whatever it does to the process that it is judged in."""
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(heard)
        _judge_and_leave(area, number, told)
    os.close(told)
    said = b""
    with open(heard, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], WAITS * AREAS[area].timeout_s)[0]:
            more = pipe.read(65536)
            if not more:
                break
            said += more
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return KILLED, "time"
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status < 0:
        return death(status)
    answer = json.loads(said)
    if isinstance(answer, str):
        raise RuntimeError(answer)
    verdict, by = answer
    return verdict, by


def _judge_and_leave(area: str, number: int, told: int) -> None:
    """In the fork: never returns."""
    os.setsid()
    allowed = int(AREAS[area].timeout_s)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 5))
    with open(os.devnull, "r+") as nothing:
        for descriptor in (0, 1, 2):
            os.dup2(nothing.fileno(), descriptor)
    answer: Verdict | str
    try:
        answer = judge(mutants(area)[number])
    except BaseException:
        answer = traceback.format_exc(limit=-6)
    os.write(told, json.dumps(answer).encode())
    os._exit(0)


def _compile_loops(area: str) -> None:
    """What each fork compares with, or runs programs on."""
    if area == "compiler":
        from sim.golden import Golden
        Golden().run(1)
        return
    if area in KERNELS:
        from tests.support.system import boot
        boot("exit")
        return
    from campaign.mutants.model import MACHINES, Pair
    from sim.golden.interpreted import namespace
    pair = Pair(MACHINES[0], namespace())
    for seed in range(0, 3 * len(MACHINES), len(MACHINES)):  # by each variant
        pair.difference(seed)


def main() -> int:
    area, *numbers = sys.argv[1:]
    for module in IMPORTED[area]:
        importlib.import_module(module)
    _compile_loops(area)
    mutants(area)
    for number in map(int, numbers):
        try:
            verdict = judge_in_fork(area, number)
        except RuntimeError as error:
            verdict = NOT_JUDGED, str(error)
        print(json.dumps([number, verdict]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
