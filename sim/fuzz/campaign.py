"""Campaigns: many seeds over all cores, failures shrunk and kept."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from isa.config import Compat, MachineConfig, PageTable
from isa.machine import PERIPHERALS
from sim.fuzz.coverage import Coverage
from sim.fuzz.generate import generate
from sim.fuzz.program import Program
from sim.fuzz.shrink import shrink
from sim.fuzz.subjects import RtlSubject, Subject

__all__ = ["CONFIGS", "Failure", "Result", "examine_seeds", "run_campaign"]

# Interrupts come fast: a millisecond is 20 cycles. Each name is a build of the hardware.
_FAST = MachineConfig(cycles_per_ms=20)
CONFIGS: dict[str, MachineConfig] = {
    "list":      _FAST.fit(*(kind.name for kind in PERIPHERALS)),
    "two-level": replace(_FAST.fit("serial"), page_table=PageTable.TWO_LEVEL),
    "no-fpu":    replace(_FAST, fpu=False, ram_words=0x40000),
    "hesitant":  replace(_FAST.fit("block", "serial"), ram_words=0x80000),
    "no-mmu":    replace(_FAST, ram_words=0x40000, peripherals=tuple(
        name for name in _FAST.peripherals if name != "mmu")),
    "quinix":    replace(_FAST.fit("serial"), compat=Compat.QUINIX, ram_words=0x40000),
    "sdram":     replace(_FAST.fit("block", "serial"), ram_words=0x80000),
}
MEMORIES = {"hesitant": "hesitant", "sdram": "sdram"}  # of builds whose RAM is not ideal

SHRINK_ATTEMPTS = 600
JOB_SEEDS       = 40


@dataclass(frozen=True)
class Failure:
    """A seed whose program makes the two machines differ; `program` is the shrunk one."""
    config:  str
    seed:    int
    rule:    str
    program: Program

    def save(self, folder: Path) -> Path:
        """Write the program as assembly that reproduces the failure."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.config}-{self.seed}.qasm"
        notes = [f"python -m sim.fuzz --config {self.config} --seed {self.seed}",
                 *self.rule.split("\n")]
        path.write_text(self.program.as_qasm(notes))
        return path


@dataclass
class Result:
    """Sums over many programs."""
    programs: int = 0
    records:  int = 0
    endings:  dict[str, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    coverage: dict[str, Coverage] = field(default_factory=dict)  # by configuration

    def add(self, other: "Result") -> None:
        self.programs += other.programs
        self.records += other.records
        for ending, count in other.endings.items():
            self.endings[ending] = self.endings.get(ending, 0) + count
        self.failures += other.failures
        for name, coverage in other.coverage.items():
            if name in self.coverage:
                self.coverage[name].add(coverage)
            else:
                self.coverage[name] = coverage


@cache
def rtl_subject(name: str) -> RtlSubject:
    """One for each process: it costs more than a program does."""
    return make_rtl_subject(name)


def make_rtl_subject(name: str, say: Callable[[str], None] = lambda line: None) -> RtlSubject:
    """The hardware of a configuration; `say` hears what a build of it does."""
    return RtlSubject(CONFIGS[name], say, memory=MEMORIES.get(name, "ideal"))


def examine_seeds(name: str, seeds: range,
                  make_subject: Callable[[str], Subject] = rtl_subject,
                  attempts: int = SHRINK_ATTEMPTS) -> Result:
    """Examine programs one after another; failures come shrunk, in at most so many attempts."""
    subject = make_subject(name)
    result = Result()
    subject.follower.golden.coverage[:] = 0
    for seed in seeds:
        program = generate(seed, subject.config)
        verdict = subject.examine(program)
        result.programs += 1
        result.records += verdict.records
        result.endings[verdict.ending] = result.endings.get(verdict.ending, 0) + 1
        if verdict.divergence is not None:
            small = shrink(program, lambda p: subject.examine(p).divergence is not None,
                           attempts) if attempts else program
            rule = str(subject.examine(small).divergence)
            result.failures.append(Failure(name, seed, rule, small))
    counts = np.array(subject.follower.golden.coverage)
    result.coverage[name] = Coverage(subject.config, counts)
    return result


def run_campaign(names: list[str], first: int, *, count: int | None = None,
                 seconds: float | None = None, workers: int | None = None,
                 say: Callable[[str], None] = lambda line: None,
                 folder: Path = Path("build/fuzz")) -> Result:
    """Examine seeds from `first` on, for each configuration in turn, until enough.

    `seconds` begin once the hardware of each configuration is built.
    """
    for number, name in enumerate(names, 1):  # once, before the processes begin
        say(f"setting up {name}, {number} of {len(names)}")
        make_rtl_subject(name, say).machine.close()
    say(f"examining programs in {workers or os.cpu_count()} processes")
    total, started = Result(), time.monotonic()

    def enough() -> bool:
        return seconds is not None and time.monotonic() - started >= seconds

    jobs = _jobs(names, first, count)
    # Not by fork: the hardware's library and its locks do not survive one.
    processes = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=processes) as executor:
        for result in _in_flight(executor, jobs, enough, 2 * (workers or os.cpu_count() or 1)):
            for failure in result.failures:
                path = failure.save(folder)
                say(f"seed {failure.seed} of {failure.config} fails, see {path}\n{failure.rule}")
            total.add(result)
    return total


def _jobs(names: list[str], first: int, count: int | None) -> Iterator[tuple[str, range]]:
    at = first
    while count is None or at < first + count:
        end = at + JOB_SEEDS if count is None else min(at + JOB_SEEDS, first + count)
        for name in names:
            yield name, range(at, end)
        at = end


def _in_flight(executor: Executor, jobs: Iterator[tuple[str, range]], enough: Callable[[], bool],
               depth: int) -> Iterator[Result]:
    """Results as they come, with a few jobs always under way."""
    running: set[Future[Result]] = set()
    while True:
        while len(running) < depth and not enough():
            job = next(jobs, None)
            if job is None:
                break
            running.add(executor.submit(examine_seeds, *job))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
