"""The results of campaigns, in an SQLite file: one transaction for each job that is over.

A job is `waiting`, `running` or `done`. Its outcome is added in the same transaction that makes it
`done`, and only if it was not: whatever dies in between, nothing is lost and nothing counts twice.
"""

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.kind import Failure, Outcome

__all__ = ["Campaign", "Job", "Store", "StoreError"]

VERSION = 2
SCHEMA = """
CREATE TABLE campaigns(id INTEGER PRIMARY KEY, started REAL, spent_s REAL DEFAULT 0, version TEXT,
                       plan TEXT, is_over INTEGER DEFAULT 0);
CREATE TABLE jobs(campaign INTEGER, kind TEXT, first INTEGER, count INTEGER, state TEXT,
                  tries INTEGER DEFAULT 0, seconds REAL DEFAULT 0, worker TEXT,
                  PRIMARY KEY(campaign, kind, first)) WITHOUT ROWID;
CREATE TABLE counts(campaign INTEGER, kind TEXT, name TEXT, count INTEGER,
                    PRIMARY KEY(campaign, kind, name)) WITHOUT ROWID;
CREATE TABLE cells(campaign INTEGER, kind TEXT, name TEXT, count INTEGER,
                   PRIMARY KEY(campaign, kind, name)) WITHOUT ROWID;
CREATE TABLE failures(campaign INTEGER, kind TEXT, seed INTEGER, why TEXT, small TEXT,
                      PRIMARY KEY(campaign, kind, seed)) WITHOUT ROWID;
"""
FATES = """
CREATE TABLE fates(kind TEXT, name TEXT, fate TEXT, campaign INTEGER,
                   PRIMARY KEY(kind, name)) WITHOUT ROWID;
"""
ADDED = {1: FATES}  # to the results of a version, by the next one


class StoreError(Exception):
    """The file of results cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class Job:
    """Seeds of a kind. With `shrinks`, the one seed is to be made small."""
    kind:    str
    first:   int
    count:   int
    shrinks: bool = False

    @property
    def seeds(self) -> range:
        return range(self.first, self.first + self.count)


@dataclass(frozen=True)
class Campaign:
    """One campaign: when it began (seconds since 1970), how long it has run, of which version of
    the sources, and what it was asked to do."""
    id:      int
    started: float
    spent_s: float
    version: str
    plan:    dict[str, Any]
    is_over: bool


class Store:
    """The file of results."""

    def __init__(self, path: Path, *, must_exist: bool = False):
        if must_exist and not path.exists():
            raise StoreError(f"{path}: there are no results yet; `python -m campaign run` makes "
                             "some")
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path, timeout=30, isolation_level=None)
            known = self.db.execute("PRAGMA user_version").fetchone()[0]
            if not known:
                if self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise StoreError(f"{path}: a database of something else")
                self.db.executescript(f"{SCHEMA} {FATES} PRAGMA user_version = {VERSION};")
            elif known in ADDED:
                self.db.executescript(f"{ADDED[known]} PRAGMA user_version = {known + 1};")
            elif known != VERSION:
                raise StoreError(f"{path}: results of another version of this program; name a new "
                                 "file with --results")
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from None
        except OSError as error:
            raise StoreError(f"{error.filename}: {error.strerror}") from None

    def close(self) -> None:
        self.db.close()

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(self.db.execute(query, values)) as cursor:
            return cursor.fetchall()

    # --- campaigns ------------------------------------------------------------------------------

    def begin(self, plan: dict[str, Any], version: str) -> Campaign:
        cursor = self.db.execute("INSERT INTO campaigns(started, version, plan) VALUES(?, ?, ?)",
                                 (time.time(), version, json.dumps(plan)))
        return self.campaign(int(cursor.lastrowid or 0))

    def campaigns(self) -> list[Campaign]:
        """All of them, the last one last."""
        return [Campaign(number, started, spent, version, json.loads(plan), bool(is_over))
                for number, started, spent, version, plan, is_over in self._rows(
                    "SELECT id, started, spent_s, version, plan, is_over FROM campaigns "
                    "ORDER BY id")]

    def campaign(self, number: int | None = None) -> Campaign:
        """The one of this number, or the last one."""
        every = self.campaigns()
        if not every:
            raise StoreError(f"{self.path}: there is no campaign in it")
        if number is None:
            return every[-1]
        for one in every:
            if one.id == number:
                return one
        raise StoreError(f"{self.path}: there is no campaign {number}; the last one is "
                         f"{every[-1].id}")

    def spend(self, campaign: int, seconds: float, *, is_over: bool) -> None:
        self.db.execute("UPDATE campaigns SET spent_s = spent_s + ?, is_over = ? WHERE id = ?",
                        (seconds, is_over, campaign))

    # --- jobs -----------------------------------------------------------------------------------

    def take_back(self, campaign: int) -> int:
        """Let jobs wait again that a runner was killed at; how many."""
        return self.db.execute("UPDATE jobs SET state = 'waiting' WHERE campaign = ? "
                               "AND state = 'running'", (campaign,)).rowcount

    def start(self, campaign: int, job: Job) -> None:
        self.db.execute(
            "INSERT INTO jobs(campaign, kind, first, count, state, tries) "
            "VALUES(?, ?, ?, ?, 'running', 1) ON CONFLICT DO UPDATE SET state = 'running', "
            "tries = tries + 1 WHERE state = 'waiting'",
            (campaign, job.kind, job.first, job.count))

    def give_back(self, campaign: int, job: Job) -> int:
        """Let a job wait again whose worker was lost; how often it was tried."""
        self.db.execute("UPDATE jobs SET state = 'waiting' WHERE campaign = ? AND kind = ? "
                        "AND first = ? AND state = 'running'", (campaign, job.kind, job.first))
        return int(self._rows("SELECT tries FROM jobs WHERE campaign = ? AND kind = ? "
                              "AND first = ?", campaign, job.kind, job.first)[0][0])

    def finish(self, campaign: int, job: Job, outcome: Outcome, seconds: float,
               worker: str) -> bool:
        """Keep what came of a job; whether it is the first time."""
        self.db.execute("BEGIN IMMEDIATE")
        with self.db:
            is_new = self.db.execute(
                "UPDATE jobs SET state = 'done', seconds = ?, worker = ? WHERE campaign = ? "
                "AND kind = ? AND first = ? AND state != 'done'",
                (seconds, worker, campaign, job.kind, job.first)).rowcount == 1
            if is_new:
                self._add("counts", campaign, job.kind, outcome.counts)
                self._add("cells", campaign, job.kind, outcome.cells)
                self.db.executemany(
                    "INSERT OR IGNORE INTO failures(campaign, kind, seed, why, small) "
                    "VALUES(?, ?, ?, ?, ?)",
                    [(campaign, job.kind, failure.seed, failure.why, failure.small or None)
                     for failure in outcome.failures])
                self.db.executemany(
                    "INSERT OR REPLACE INTO fates(kind, name, fate, campaign) VALUES(?, ?, ?, ?)",
                    [(job.kind, name, fate, campaign) for name, fate in outcome.fates.items()])
        return is_new

    def _add(self, table: str, campaign: int, kind: str, counts: dict[str, int]) -> None:
        self.db.executemany(
            f"INSERT INTO {table}(campaign, kind, name, count) VALUES(?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(campaign, kind, name, int(count)) for name, count in counts.items()])

    def ask(self, campaign: int, job: Job) -> None:
        """Let a job wait."""
        self.db.execute("INSERT OR IGNORE INTO jobs(campaign, kind, first, count, state) "
                        "VALUES(?, ?, ?, ?, 'waiting')",
                        (campaign, job.kind, job.first, job.count))

    def waiting(self, campaign: int) -> list[Job]:
        """Jobs that were begun and are to be done again."""
        return [Job(*row) for row in self._rows(
            "SELECT kind, first, count FROM jobs WHERE campaign = ? AND state = 'waiting' "
            "ORDER BY kind, first", campaign)]

    def ends(self, campaign: int) -> dict[str, int]:
        """By kind, the first seed that no job has."""
        return dict(self._rows("SELECT kind, max(first + count) FROM jobs WHERE campaign = ? "
                               "GROUP BY kind", campaign))

    def next_seeds(self) -> dict[str, int]:
        """By kind, the first seed that no campaign has had."""
        return dict(self._rows("SELECT kind, max(first + count) FROM jobs GROUP BY kind"))

    # --- results --------------------------------------------------------------------------------

    def seeds(self, campaign: int) -> dict[str, tuple[int, float]]:
        """By kind, how many seeds were examined, and in how many seconds of all workers."""
        return {kind: (count, seconds) for kind, count, seconds in self._rows(
            "SELECT kind, sum(count), sum(seconds) FROM jobs WHERE campaign = ? "
            "AND state = 'done' GROUP BY kind", campaign)}

    def done(self, campaign: int) -> list[Job]:
        return [Job(*row) for row in self._rows(
            "SELECT kind, first, count FROM jobs WHERE campaign = ? AND state = 'done' "
            "ORDER BY kind, first", campaign)]

    def workers(self, campaign: int) -> int:
        """How many took part."""
        return int(self._rows("SELECT count(DISTINCT worker) FROM jobs WHERE campaign = ? "
                              "AND state = 'done'", campaign)[0][0])

    def counts(self, campaign: int) -> dict[str, dict[str, int]]:
        return self._by_kind("counts", campaign)

    def cells(self, campaign: int) -> dict[str, dict[str, int]]:
        return self._by_kind("cells", campaign)

    def _by_kind(self, table: str, campaign: int) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for kind, name, count in self._rows(
                f"SELECT kind, name, count FROM {table} WHERE campaign = ? ORDER BY kind, name",
                campaign):
            found.setdefault(kind, {})[name] = count
        return found

    def fates(self) -> dict[str, dict[str, str]]:
        """By kind, what became of each case that has a name, in the last campaign that had it."""
        found: dict[str, dict[str, str]] = {}
        for kind, name, fate in self._rows("SELECT kind, name, fate FROM fates"):
            found.setdefault(kind, {})[name] = fate
        return found

    def failures(self, campaign: int) -> list[tuple[str, Failure]]:
        return [(kind, Failure(seed, why, small or "")) for kind, seed, why, small in self._rows(
            "SELECT kind, seed, why, small FROM failures WHERE campaign = ? ORDER BY kind, seed",
            campaign)]

    def unshrunk(self, campaign: int, kinds: Iterable[str]) -> list[Job]:
        """Failures that nobody has tried to make small yet, of these kinds."""
        return [Job(kind, seed, 1, shrinks=True) for kind, seed in self._rows(
            "SELECT kind, seed FROM failures WHERE campaign = ? AND small IS NULL "
            "ORDER BY kind, seed", campaign) if kind in set(kinds)]

    def shrink(self, campaign: int, kind: str, failure: Failure) -> None:
        self.db.execute("UPDATE failures SET why = ?, small = ? WHERE campaign = ? AND kind = ? "
                        "AND seed = ?", (failure.why, failure.small, campaign, kind, failure.seed))
