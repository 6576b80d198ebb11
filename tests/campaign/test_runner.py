"""Campaigns: nothing is lost and nothing counts twice, whatever dies; failures are kept."""

import subprocess
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from campaign import executors, work
from campaign.executors import Cluster, ClusterError, Processes
from campaign.kind import Failure, Outcome
from campaign.runner import Plan, Runner
from campaign.store import Job, Store, StoreError
from campaign.work import OtherSourcesError, carry_out, carry_out_with_files
from tests.campaign.samples import FAILING, KINDS, RAISING

TABLE = "tests.campaign.samples"


@dataclass
class Heard:
    """Keeps what a runner says; presses ctrl-C at one of its looks at the clock."""
    interrupts_at: int = -1
    lines:         list[str] = field(default_factory=list)
    updates:       int = 0

    def update(self, **figures):
        self.updates += 1
        if self.updates == self.interrupts_at:
            raise KeyboardInterrupt

    def say(self, line):
        self.lines.append(line)


@dataclass
class LosesFiles(Heard):
    """Lets the scheduler forget, every few looks, what was sent to the workers."""
    cluster: Cluster | None = None
    lost:    int = 0
    TIMES = 5

    def update(self, **figures):
        super().update(**figures)
        if self.updates % 5 == 2 and self.lost < self.TIMES:
            self.lost += 1
            self.cluster.client.cancel([sent for files in self.cluster.files.values()
                                        for sent in files.values()])


class Here:
    """Carries out jobs in this process, one after the other."""

    def __init__(self):
        self.jobs = []

    def room(self):
        return 1 - len(self.jobs)

    def submit(self, job, folders):
        self.jobs.append(job)

    def finished(self, timeout_s):
        jobs, self.jobs = self.jobs, []
        return [(job, carry_out(TABLE, job.kind, job.seeds, job.shrinks)) for job in jobs]

    def running(self):
        return len(self.jobs)

    def close(self):
        self.jobs = []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("QUINCE_TEST_FOLDER", str(tmp_path))
    return tmp_path


def runner_of(folder, plan, executor, heard=None):
    store = Store(folder / "results.db")
    every = store.campaigns()
    campaign = every[-1] if every else store.begin(plan.as_dict(), "a version")
    return Runner(store, campaign, KINDS, executor, heard or Heard())


def seeds_tried(folder):
    return [int(line) for line in (folder / "seeds").read_text().split()]


def check_whole(store, kind, seeds):
    """Each seed is in one job that is done, and its sums are there once."""
    done = [seed for job in store.done(1) if job.kind == kind for seed in job.seeds]
    assert sorted(done) == list(seeds)
    assert store.counts(1)[kind]["octets"] == sum(seeds)
    assert sum(store.cells(1)[kind].values()) == len(seeds)


def test_a_killed_worker_loses_nothing_and_nothing_counts_twice(folder):
    """Two workers; one is killed in the middle of its job."""
    heard = Heard()
    runner = runner_of(folder, Plan(("quick",), count=60), Processes(2, table=TABLE), heard)
    assert runner.run()
    check_whole(runner.store, "quick", range(60))
    assert (folder / "killed").exists()
    assert [line for line in heard.lines if "a worker was lost" in line] \
        == ["a worker was lost at quick from seed 15 on; it is done again"]
    assert runner.store.workers(1) >= 2


def test_failures_are_kept_with_their_reason_and_made_small(folder):
    (folder / "killed").touch()
    heard = Heard()
    runner = runner_of(folder, Plan(("quick", "few"), count=40), Here(), heard)
    runner.run()
    failures = {(kind, failure.seed): failure for kind, failure in runner.store.failures(1)}
    assert set(failures) == {("quick", FAILING), ("quick", RAISING)}
    assert failures["quick", FAILING] == Failure(FAILING, "23 is wrong", "only 23")
    assert any("ValueError: this one raises" in line for line in heard.lines)
    assert any("again 23" in line for line in heard.lines)
    assert runner.store.seeds(1)["few"][0] == 10  # there are no more


def test_an_interrupted_campaign_goes_on_where_it_stopped(folder):
    (folder / "killed").touch()
    plan = Plan(("quick", "few"), count=50, firsts={"quick": 100})
    for looks in (3, 2, 4):
        assert not runner_of(folder, plan, Here(), Heard(looks)).run()
    runner = runner_of(folder, plan, Here())
    assert runner.run()
    check_whole(runner.store, "quick", range(100, 150))
    check_whole(runner.store, "few", range(10))
    assert runner.store.campaign().is_over


def test_jobs_of_a_runner_that_was_killed_are_done_again(folder):
    (folder / "killed").touch()
    plan = Plan(("quick",), count=20)
    first = runner_of(folder, plan, Here())
    first.store.start(1, Job("quick", 0, 5))   # and then it is killed
    first.store.start(1, Job("quick", 5, 5))
    first.store.close()
    runner = runner_of(folder, plan, Here())
    runner.run()
    check_whole(runner.store, "quick", range(20))


def test_a_job_that_comes_back_twice_counts_once(folder):
    store = Store(folder / "results.db")
    store.begin(Plan(("quick",), count=5).as_dict(), "")
    job = Job("quick", 0, 5)
    store.start(1, job)
    outcome = Outcome({"octets": 7}, {"a": 1}, [Failure(3, "why")])
    assert store.finish(1, job, outcome, 1.0, "one")
    assert not store.finish(1, job, outcome, 1.0, "another")
    assert store.counts(1) == {"quick": {"octets": 7}}
    assert store.seeds(1) == {"quick": (5, 1.0)}


def test_a_job_that_always_kills_its_worker_is_a_failure(folder):
    runner = runner_of(folder, Plan(("deadly",), count=1), Processes(1, table=TABLE))
    assert runner.run()
    (kind, failure), = runner.store.failures(1)
    assert (kind, failure.why) == ("deadly", "3 workers died at this job")


def test_kinds_get_time_by_their_shares_and_none_begins_too_late(folder):
    (folder / "killed").touch()
    ticks = iter(range(10_000))
    runner = runner_of(folder, Plan(("quick", "few"), seconds=40), Here())
    runner.clock = lambda: next(ticks)
    runner.run()
    examined = runner.store.seeds(1)
    assert examined["few"][0] == 10 and 10 < examined["quick"][0] < 200
    assert runner.store.campaign().spent_s >= 40


def test_results_that_are_none_are_refused(tmp_path):
    path = tmp_path / "results.db"
    path.write_text("no database, but some text that is long enough to look like something" * 20)
    with pytest.raises(StoreError, match=f"{path}: file is not a database"):
        Store(path)
    with pytest.raises(StoreError, match="there are no results yet"):
        Store(tmp_path / "none.db", must_exist=True)
    with pytest.raises(StoreError, match="there is no campaign in it"):
        Store(tmp_path / "new.db").campaign()


@contextmanager
def two_workers():
    """A scheduler of Dask here, and two workers in processes that nobody starts again."""
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own affair
        with distributed.LocalCluster(n_workers=0, dashboard_address=None) as cluster:
            command = [sys.executable, "-m", "distributed.cli.dask_worker",
                       cluster.scheduler_address, "--no-nanny", "--nthreads", "1",
                       "--no-dashboard"]
            workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
            try:
                yield cluster.scheduler_address
            finally:
                for worker in workers:
                    worker.kill()
                    worker.wait()


@pytest.mark.slow
def test_a_cluster_gets_what_was_built_and_loses_nothing_when_a_worker_is_killed(
        folder, tmp_path, monkeypatch):
    """One of two workers of Dask is killed in the middle of its job."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    made = ours / "campaign-test" / "made"
    made.parent.mkdir(parents=True)
    made.write_text("3")
    monkeypatch.setattr(executors, "BUILD", ours)
    monkeypatch.setenv("QUINCE_BUILD", str(theirs))  # of the workers
    with two_workers() as address:
        runner = runner_of(folder, Plan(("quick", "made"), count=30),
                           Cluster(address, table=TABLE))
        runner.folders["made"] = (made.parent,)
        assert runner.run()
    check_whole(runner.store, "quick", range(30))
    assert (folder / "killed").exists()
    assert runner.store.counts(1)["made"] == {"read": 90}
    assert (theirs / "campaign-test" / "made").read_text() == "3"


@pytest.mark.slow
def test_jobs_whose_files_are_lost_are_done_again(folder, tmp_path, monkeypatch):
    """The scheduler has no copy of a file any more, again and again: whoever waits for a job hears
    of it, the file is sent again, and the runner does the job again."""
    distributed = pytest.importorskip("distributed")
    made = tmp_path / "campaign-test" / "made"
    made.parent.mkdir()
    made.write_text("3")
    for module in (executors, work):
        monkeypatch.setattr(module, "BUILD", tmp_path)
    monkeypatch.setattr(work, "HERE", set())
    monkeypatch.setenv("QUINCE_BUILD", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own affair
        with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False,
                                      dashboard_address=None) as here:
            cluster = Cluster(here.scheduler_address, table=TABLE)
            heard = LosesFiles(cluster=cluster)
            runner = runner_of(folder, Plan(("made",), count=90), cluster, heard)
            runner.folders["made"] = (made.parent,)
            assert runner.run()
    assert heard.lines and heard.lost == LosesFiles.TIMES
    assert not runner.store.failures(1)
    assert runner.store.counts(1)["made"] == {"read": 270}


def test_a_cluster_that_is_not_there_is_told_in_a_sentence():
    pytest.importorskip("distributed")
    with pytest.raises(ClusterError, match="nowhere.json: no scheduler of Dask has written"):
        Cluster(scheduler_file="nowhere.json")


def test_a_worker_with_other_sources_is_refused():
    with pytest.raises(OtherSourcesError, match="has other sources in .* than the one who started"):
        carry_out_with_files(TABLE, "quick", range(5), False, "other sources", {})
