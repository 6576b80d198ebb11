"""One campaign from its beginning, or from where it stopped, to its end."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from campaign.executors import Executor, Lost
from campaign.kind import Failure, Kind, Outcome
from campaign.store import Campaign, Job, Store

__all__ = ["Plan", "Progress", "Runner", "total_seeds"]

MOST_TRIES = 3     # of a job whose worker dies
TELL_S     = 0.5   # between two looks at the clock


@dataclass(frozen=True)
class Plan:
    """What a campaign is asked to do.

    Parameters
    ----------
    kinds : tuple of str
    seconds : float or None
        Begin no job after this time, counted from when all is built; None for no end.
    count : int or None
        Seeds of each kind; None for all there are.
    firsts : dict of str to int
        The first seed of each kind; 0 if it is not named.
    """
    kinds:   tuple[str, ...]
    seconds: float | None = None
    count:   int | None = None
    firsts:  Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"kinds": list(self.kinds), "seconds": self.seconds, "count": self.count,
                "firsts": dict(self.firsts)}

    @staticmethod
    def of(stored: Mapping[str, Any]) -> "Plan":
        return Plan(tuple(stored["kinds"]), stored["seconds"], stored["count"], stored["firsts"])


class Progress(Protocol):
    """Hears how far a campaign is."""
    def update(self, *, seeds: int, total: int | None, failures: int, elapsed_s: float,
               seconds: float | None, running: int) -> None: ...

    def say(self, line: str) -> None: ...


def total_seeds(kind: Kind, plan: Plan) -> int | None:
    """How many seeds of a kind a plan asks for; None for no end."""
    there_are = None if kind.total is None \
        else max(0, kind.total() - plan.firsts.get(kind.name, 0))
    if plan.count is None:
        return there_are
    return plan.count if there_are is None else min(plan.count, there_are)


@dataclass
class Runner:
    """Gives jobs to an executor and keeps what comes back, until the plan is fulfilled.

    Of the kinds that still have seeds, the one goes next that has had the least time for its
    share.
    """
    store:    Store
    campaign: Campaign
    kinds:    Mapping[str, Kind]
    executor: Executor
    progress: Progress
    clock:    Callable[[], float] = time.monotonic

    plan:     Plan = field(init=False)
    folders:  dict[str, Sequence[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plan = Plan.of(self.campaign.plan)
        self.ends = self.store.ends(self.campaign.id)
        self.totals = {name: total_seeds(self.kinds[name], self.plan) for name in self.plan.kinds}
        done = self.store.seeds(self.campaign.id)
        self.spent = {name: done.get(name, (0, 0.0))[1] for name in self.plan.kinds}
        self.examined = sum(count for count, _ in done.values())
        self.asked = self.examined + sum(job.count for job in self.store.waiting(self.campaign.id)
                                         if not job.shrinks)  # for by name, as survivors are
        self.failed = len(self.store.failures(self.campaign.id))
        self.under_way: dict[str, int] = {}
        self.shrinking: set[tuple[str, int]] = set()

    def run(self) -> bool:
        """Whether the plan was fulfilled; False if it was interrupted, and can be resumed."""
        self.store.take_back(self.campaign.id)
        self._prepare()
        began, before = self.clock(), self.campaign.spent_s
        interrupted = False
        jobs = self._jobs(lambda: self.plan.seconds is not None
                          and before + self.clock() - began >= self.plan.seconds)
        try:
            self._work(jobs, lambda: before + self.clock() - began)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self.executor.close()
            self.store.take_back(self.campaign.id)
            self.store.spend(self.campaign.id, self.clock() - began, is_over=not interrupted)
        return not interrupted

    def _prepare(self) -> None:
        """Build what workers share, once, before they begin."""
        for number, name in enumerate(self.plan.kinds, 1):
            prepare = self.kinds[name].prepare
            if prepare is not None:
                self.progress.say(f"preparing {name}, {number} of {len(self.plan.kinds)}")
                self.folders[name] = prepare(self.progress.say)

    def _work(self, jobs: Iterator[Job | None], elapsed: Callable[[], float]) -> None:
        while True:
            has_more = True
            while has_more and self.executor.room() > 0:
                job = next(jobs)
                has_more = job is not None
                if job is not None:
                    self._submit(job)
            self._tell(elapsed())
            if not has_more and not self.executor.running():
                return
            for job, answer in self.executor.finished(TELL_S):
                self.under_way[job.kind] -= 1
                if isinstance(answer, Lost):
                    self._lost(job)
                else:
                    self._keep(job, *answer)

    def _tell(self, elapsed_s: float) -> None:
        totals = list(self.totals.values())
        self.progress.update(
            seeds=self.examined, failures=self.failed, elapsed_s=elapsed_s,
            total=None if None in totals else max(self.asked, sum(total or 0 for total in totals)),
            seconds=self.plan.seconds, running=self.executor.running())

    def _jobs(self, is_late: Callable[[], bool]) -> Iterator[Job | None]:
        """What is to be done next; None for nothing at the moment."""
        able = [name for name in self.plan.kinds if self.kinds[name].shrink is not None]
        waiting = [job for job in self.store.waiting(self.campaign.id)
                   if job.kind in self.plan.kinds]
        while True:
            small = next((job for job in self.store.unshrunk(self.campaign.id, able)
                          if (job.kind, job.first) not in self.shrinking), None)
            if small is not None:  # a failure is worth more than the next thousand seeds
                self.shrinking.add((small.kind, small.first))
                yield small
            elif is_late():
                yield None
            elif waiting:
                yield waiting.pop(0)
            else:
                waiting = [job for job in self.store.waiting(self.campaign.id)
                           if job.kind in self.plan.kinds]
                yield waiting.pop(0) if waiting else self._next_seeds()

    def _next_seeds(self) -> Job | None:
        left = [name for name in self.plan.kinds if self._seeds_left(name) != 0]
        if not left:
            return None

        def behind(name: str) -> float:
            kind = self.kinds[name]
            return (self.spent[name] + self.under_way.get(name, 0)) / (kind.share or 1.0)

        name = min(left, key=behind)
        kind, seeds = self.kinds[name], self._seeds_left(name)
        first = self.ends.get(name, self._begin(name))
        count = kind.batch if seeds is None else min(kind.batch, seeds)
        self.ends[name] = first + count
        return Job(name, first, count)

    def _begin(self, name: str) -> int:
        return self.plan.firsts.get(name, 0)

    def _seeds_left(self, name: str) -> int | None:
        total, begin = self.totals[name], self._begin(name)
        return None if total is None else max(0, begin + total - self.ends.get(name, begin))

    def _submit(self, job: Job) -> None:
        if not job.shrinks:
            self.store.start(self.campaign.id, job)
        self.under_way[job.kind] = self.under_way.get(job.kind, 0) + 1
        self.executor.submit(job, self.folders.get(job.kind, ()))

    def _lost(self, job: Job) -> None:
        """A worker died: the job is done again, but not for ever."""
        where = f"{job.kind} from seed {job.first} on"
        if job.shrinks:
            failure = next(failure for kind, failure in self.store.failures(self.campaign.id)
                           if (kind, failure.seed) == (job.kind, job.first))
            self.store.shrink(self.campaign.id, job.kind, Failure(
                job.first, failure.why, "could not be made small: the worker died"))
        elif self.store.give_back(self.campaign.id, job) >= MOST_TRIES:
            self._keep(job, Outcome(failures=[Failure(
                job.first, f"{MOST_TRIES} workers died at this job", "not tried")]), 0.0, "")
        else:
            self.progress.say(f"a worker was lost at {where}; it is done again")

    def _keep(self, job: Job, result: Outcome | Failure, seconds: float, worker: str) -> None:
        if isinstance(result, Failure):
            self.store.shrink(self.campaign.id, job.kind, result)
            self.progress.say(f"{job.kind}: seed {job.first} is smaller:\n{result.small}")
            return
        if not self.store.finish(self.campaign.id, job, result, seconds, worker):
            return
        self.spent[job.kind] += seconds
        self.examined += job.count
        self.failed += len(result.failures)
        for failure in result.failures:
            self.progress.say(f"FAILED {job.kind}, seed {failure.seed}: {failure.why}\n"
                              f"  again: {self.kinds[job.kind].command(failure.seed)}")
