"""What a kind of campaign is, and what a worker does for it.

A kind is a table's entry: how many seeds there are, how some of them are examined, and how a seed
that fails becomes small. All else (which seeds, where, in what order, what is kept) is the
runner's, and the same for all kinds.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Failure", "Kind", "Outcome", "Say", "judge_by_command", "of_each_seed"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class Failure:
    """A seed that failed, and why; `small` is the case that is left of it, if it was shrunk."""
    seed:  int
    why:   str
    small: str = ""


@dataclass
class Outcome:
    """What came of some seeds.

    `counts` are sums of whatever the kind counts, `cells` how often each thing that can be met was
    met: a cell with 0 is one that should be met. `fates` is what became of cases by their names,
    for kinds whose cases have some (`Kind.names`): the last one of a case is the one that counts.
    """
    counts:   dict[str, int] = field(default_factory=dict)
    cells:    dict[str, int] = field(default_factory=dict)
    failures: list[Failure]  = field(default_factory=list)
    fates:    dict[str, str] = field(default_factory=dict)

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def meet(self, cell: str, by: int = 1) -> None:
        self.cells[cell] = self.cells.get(cell, 0) + by


@dataclass(frozen=True)
class Kind:
    """A kind of campaign.

    Parameters
    ----------
    name, about : str
        `about` says what is tried, in a line.
    unit : str
        What a seed is, in the plural.
    examine : callable
        Examines some seeds in a worker.
    again : str
        The command that repeats a seed, which stands in it as ``{seed}``.
    batch : int
        Seeds of one job: so many that it takes a few seconds.
    total : callable or None
        How many seeds there are, from 0 on; None for no end.
    shrink : callable or None
        The smallest case found of a seed that fails, and why that one does; None if the kind's
        cases cannot become smaller.
    prepare : callable or None
        Builds what all workers share, and gives the folders that another machine's must have.
    names : callable or None
        The name of each seed's case, which stays while seeds come to mean other ones.
    share : float
        Of the time, in proportion to the other kinds; 0 for those that run only when named.
    """
    name:    str
    about:   str
    unit:    str
    examine: Callable[[range], Outcome]
    again:   str
    batch:   int = 1
    total:   Callable[[], int] | None = None
    shrink:  Callable[[int], Failure] | None = None
    prepare: Callable[[Say], Sequence[Path]] | None = None
    names:   Callable[[], Sequence[str]] | None = None
    share:   float = 1.0

    def command(self, seed: int) -> str:
        return self.again.format(seed=seed)


def of_each_seed(judge: Callable[[int, Outcome], str | None]) -> Callable[[range], Outcome]:
    """The `examine` of a kind whose seeds are judged one by one: `judge` tells what is wrong with
    one, and adds what it met. An exception is a failure of its seed."""
    def examine(seeds: range) -> Outcome:
        outcome = Outcome()
        for seed in seeds:
            try:
                why = judge(seed, outcome)
            except Exception:  # whatever a tool under test raises is what is looked for
                why = traceback.format_exc(limit=-6)
            if why is not None:
                outcome.failures.append(Failure(seed, why))
        return outcome
    return examine


def judge_by_command(command: Sequence[str], folder: Path, right: int = 0,
                     timeout_s: float = 3600) -> str | None:
    """Run one of our own modules in a process of its own; what it said if it did not end right."""
    try:
        done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True,
                              text=True, timeout=timeout_s, env={**os.environ,
                                                                 "PYTHONPATH": str(folder)})
    except subprocess.TimeoutExpired:
        return f"it took more than {timeout_s:.0f} s"
    if done.returncode == right:
        return None
    return f"status {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
