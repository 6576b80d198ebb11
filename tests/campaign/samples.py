"""Kinds for the tests of the runner: quick, with a seed that fails, one whose worker is killed
when it is first tried, one that always kills its worker, and one that raises an exception.

``QUINCE_TEST_FOLDER`` names a folder in which each seed that is examined leaves a line.
"""

import os
import signal
import time
from pathlib import Path

from campaign.kind import Failure, Kind, Outcome, of_each_seed

KILLED, FAILING, RAISING = 17, 23, 29


def _folder():
    return Path(os.environ["QUINCE_TEST_FOLDER"])


def _note(seed):
    with open(_folder() / "seeds", "a") as file:
        file.write(f"{seed}\n")


def _judge(seed, outcome):
    _note(seed)
    outcome.count("octets", seed)
    outcome.meet(f"rest {seed % 7}")
    if seed == RAISING:
        raise ValueError("this one raises")
    return f"{seed} is wrong" if seed == FAILING else None


def _examine_or_die(seeds):
    if KILLED in seeds and not (_folder() / "killed").exists():
        (_folder() / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return of_each_seed(_judge)(seeds)


def _examine_files(seeds):
    text = (Path(os.environ["QUINCE_BUILD"]) / "campaign-test" / "made").read_text()
    return Outcome(counts={"read": len(seeds) * int(text)})


def _die(seeds):
    os.kill(os.getpid(), signal.SIGKILL)


def _shrink(seed):
    return Failure(seed, f"{seed} is wrong", f"only {seed}")


KINDS = {kind.name: kind for kind in (
    Kind("quick", "adds", "numbers", _examine_or_die, "again {seed}", batch=5, shrink=_shrink),
    Kind("few", "adds a few", "numbers", of_each_seed(_judge), "few {seed}", batch=4,
         total=lambda: 10),
    Kind("deadly", "kills its worker", "numbers", _die, "deadly {seed}", total=lambda: 1),
    Kind("made", "reads what was built", "numbers", _examine_files, "made {seed}", batch=3),
)}
