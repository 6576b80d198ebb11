"""Where jobs run: in processes here, or on the workers of a Dask cluster.

An executor never runs a job twice by itself and never loses one: each that is submitted comes back
once, with its answer or as `Lost`, and the runner decides what then happens.
"""

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol

from campaign.store import Job
from campaign.work import (
    TABLE,
    Answer,
    OtherSourcesError,
    carry_out,
    carry_out_with_files,
    sources,
)
from toolchain.places import BUILD

__all__ = ["Cluster", "ClusterError", "Executor", "Lost", "Processes"]


class ClusterError(Exception):
    """The cluster cannot be used; the message says why."""


class Lost:
    """A job whose worker died."""


class Executor(Protocol):
    def room(self) -> int:
        """How many more jobs it should have now."""

    def submit(self, job: Job, folders: Sequence[Path]) -> None:
        """Let a job be carried out, which needs these folders below the build folder."""

    def finished(self, timeout_s: float) -> list[tuple[Job, Answer | Lost]]:
        """Jobs that are over; waits at most so long for the first."""

    def running(self) -> int: ...

    def close(self) -> None:
        """Give up what is still running."""


def _ignore_interrupts() -> None:
    """Ctrl-C is for the runner: it says what becomes of the jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Processes:
    """Worker processes of this machine, each in an executor of its own: if one dies, it is known
    at which job, and the others go on."""

    def __init__(self, count: int | None = None, *, table: str = TABLE):
        self.table = table
        count = count or os.cpu_count() or 1
        self.pools: list[ProcessPoolExecutor] = [self._pool() for _ in range(count)]
        self.jobs: dict[Future[Answer], tuple[int, Job]] = {}

    @staticmethod
    def _pool() -> ProcessPoolExecutor:
        # Not by fork: the hardware's library and its locks do not survive one.
        return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"),
                                   initializer=_ignore_interrupts)

    def _free(self) -> list[int]:
        busy = {slot for slot, _ in self.jobs.values()}
        return [slot for slot in range(len(self.pools)) if slot not in busy]

    def room(self) -> int:
        return len(self._free())

    def submit(self, job: Job, folders: Sequence[Path]) -> None:
        slot = self._free()[0]
        try:
            future = self._begin(slot, job)
        except BrokenProcessPool:  # it died while it had nothing to do
            self.pools[slot] = self._pool()
            future = self._begin(slot, job)
        self.jobs[future] = slot, job

    def _begin(self, slot: int, job: Job) -> Future[Answer]:
        return self.pools[slot].submit(carry_out, self.table, job.kind, job.seeds, job.shrinks)

    def finished(self, timeout_s: float) -> list[tuple[Job, Answer | Lost]]:
        done, _ = wait(self.jobs, timeout_s, FIRST_COMPLETED)
        over: list[tuple[Job, Answer | Lost]] = []
        for future in done:
            slot, job = self.jobs.pop(future)
            try:
                over.append((job, future.result()))
            except BrokenProcessPool:
                self.pools[slot].shutdown(wait=False)
                self.pools[slot] = self._pool()
                over.append((job, Lost()))
        return over

    def running(self) -> int:
        return len(self.jobs)

    def close(self) -> None:
        for pool in self.pools:
            for process in dict(pool._processes or {}).values():
                process.terminate()
            pool.shutdown(cancel_futures=True)


class Cluster:
    """Workers of a Dask cluster, named by its scheduler's address or by the file it writes (as
    dask-jobqueue and `dask scheduler --scheduler-file` do).

    Workers must have the same sources. What was built for a job goes to them by the hash of its
    contents, once to each.
    """
    AHEAD = 2  # jobs for each thread of the workers: the next is there when one is over

    def __init__(self, address: str | None = None, scheduler_file: str | None = None, *,
                 table: str = TABLE):
        self.table = table
        from distributed import Client
        if scheduler_file is not None and not Path(scheduler_file).is_file():
            raise ClusterError(f"{scheduler_file}: no scheduler of Dask has written this file")
        try:
            self.client: Any = Client(address, scheduler_file=scheduler_file, timeout="20s")
        except (OSError, ValueError) as error:
            raise ClusterError(f"{address or scheduler_file}: no scheduler of Dask can be reached: "
                               f"{error}") from None
        self.jobs: dict[Any, Job] = {}
        self.files: dict[Path, dict[str, Any]] = {}
        self.losses = 0  # how often they may have been lost

    def room(self) -> int:
        return self.AHEAD * sum(self.client.nthreads().values()) - len(self.jobs)

    def _files_of(self, folders: Sequence[Path]) -> Mapping[str, Any]:
        for folder in folders:
            if folder not in self.files:
                self.files[folder] = self._send(folder)
        return {name: future for folder in folders for name, future in self.files[folder].items()}

    def _send(self, folder: Path) -> dict[str, Any]:
        """Every file of a folder to all workers. A key never comes back: the scheduler may hear
        that an old one was given up only after it got the new one, and would drop that."""
        contents = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        keys = {path: f"{hashlib.sha256(octets).hexdigest()}-{self.losses}"
                for path, octets in contents.items()}
        sent = self.client.scatter({keys[path]: octets for path, octets in contents.items()},
                                   broadcast=True)
        return {str(path.relative_to(BUILD)): sent[key] for path, key in keys.items()}

    def submit(self, job: Job, folders: Sequence[Path]) -> None:
        future = self.client.submit(carry_out_with_files, self.table, job.kind, job.seeds,
                                    job.shrinks, sources(), self._files_of(folders), pure=False)
        self.jobs[future] = job

    def finished(self, timeout_s: float) -> list[tuple[Job, Answer | Lost]]:
        from distributed import wait as wait_for
        from distributed.scheduler import KilledWorker
        if not self.jobs:  # no worker is there yet, or all are away: they may come back
            time.sleep(timeout_s)
            return []
        try:
            wait_for(list(self.jobs), timeout=timeout_s, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return []
        except CancelledError:
            pass  # one of them is: below it is known which
        over: list[tuple[Job, Answer | Lost]] = []
        for future in [future for future in self.jobs if future.done()]:
            job = self.jobs.pop(future)
            try:
                over.append((job, future.result()))
            except (CancelledError, KilledWorker):
                # Its worker died with the answer, or with the only copy of a file that was sent.
                self._forget_files()
                over.append((job, Lost()))
            except OtherSourcesError as error:
                raise ClusterError(str(error)) from None
        return over

    def _forget_files(self) -> None:
        self.files.clear()
        self.losses += 1

    def running(self) -> int:
        return len(self.jobs)

    def close(self) -> None:
        self.client.cancel(list(self.jobs))
        self.client.close()
