"""The past of a run: snapshots along the way, and how to be at any cycle of it again."""

import time
from bisect import bisect_right
from collections.abc import Sequence

from sim.engine.library import Condition, Hit
from sim.history.tape import AnyTape, Snapshot
from sim.machine import Status

__all__ = ["History"]

MOST_OCTETS   = 150_000_000  # of all snapshots together; above, they become fewer
SPACING       = 100_000      # cycles between snapshots of a live run, at least
NEAR          = 5_000        # cycles that are replayed without thinking
LONG          = 400_000      # cycles of a replay that leaves snapshots on its way
COST          = 25           # times what a snapshot takes, a run goes on until the next one
HITS          = 64           # of a search backwards that are kept at a time


class History:
    """Goes back and forth in the run of a tape.

    Parameters
    ----------
    tape : Tape
        Loaded, and not run yet.
    most_octets : int
        Memory that snapshots may take. When they would take more, those go first that are close
        together and long past.
    """

    def __init__(self, tape: AnyTape, *, most_octets: int = MOST_OCTETS):
        self.tape = tape
        self.most_octets = most_octets
        self._snapshots: list[Snapshot] = []
        self._times: list[int] = []
        self._cost_s = 0.0
        self._kept_at_s = time.perf_counter()
        self.status = Status.RUNNING  # of the live run, when it last came back
        self.met: list[Hit] = []      # all hits where the last run ended
        self._keep()

    # --- where we are ----------------------------------------------------------------------------

    @property
    def cycles(self) -> int:
        """The position: the machine is as after so many cycles."""
        return self.tape.cycles

    @property
    def frontier(self) -> int:
        """Where the live run is."""
        return self.tape.frontier

    @property
    def is_live(self) -> bool:
        """Whether the position is the frontier, so that going on means running."""
        return self.cycles == self.frontier

    @property
    def octets(self) -> int:
        """Memory that all snapshots take."""
        return self.tape.pages_octets + sum(shot.own_octets for shot in self._snapshots)

    @property
    def snapshot_cycles(self) -> tuple[int, ...]:
        """The cycles of which there are snapshots."""
        return tuple(self._times)

    def go_to(self, cycle: int) -> None:
        """Be at this cycle, which must not be behind the frontier."""
        if not 0 <= cycle <= self.frontier:
            raise ValueError(f"cycle {cycle} is not one of 0 to {self.frontier}")
        if self.is_live and cycle < self.cycles:
            self._keep()  # so that the way back is short
        at = bisect_right(self._times, cycle) - 1
        if not self._times[at] <= self.cycles <= cycle:
            self.tape.restore(self._snapshots[at])
        while cycle - self.cycles > LONG:
            self.tape.replay(self.cycles + SPACING)
            self._keep()
        began = self.cycles
        self.tape.replay(cycle)
        if cycle - max(began, self._times[bisect_right(self._times, cycle) - 1]) > NEAR:
            self._keep()

    # --- going on --------------------------------------------------------------------------------

    def run(self, budget: int, conditions: Sequence[Condition] = (),
            since: int | None = None) -> Hit | None:
        """Go on, replaying or live, for about so many cycles, or until a condition is met: then
        the position is the hit's. `status` tells what the live run came back for, and `met` has all
        hits at this position. Positions before `since` (by default up to here) do not count."""
        since, end = self.cycles + 1 if since is None else since, self.cycles + budget
        hits: list[Hit] = []
        if not self.is_live:
            self.status = Status.RUNNING
            hits = self.tape.find(conditions, since, self.frontier + 1, min(end, self.frontier), 0)
        elif budget > 0:
            self.status, hits = self.tape.live(budget, conditions, since)
            self._keep_sometimes()
        if not hits:
            return None
        first = min(hits, key=lambda hit: hit.order)
        self.met = [hit for hit in hits if hit.position == first.position]
        self.go_to(first.position)
        return first

    def last(self, conditions: Sequence[Condition], until: int, most: int = HITS) -> list[Hit]:
        """The last hits below the cycle `until`, in the order of time, from one stretch of the past
        in which there are any; nothing if there are none.

        The position is any afterwards: it costs least to go to one of the hits from there.
        """
        if self.is_live:
            self._keep()
        end = nearest = min(until, self.frontier)
        while True:
            at = bisect_right(self._times, end - 1) - 1
            if at < 0:
                return []
            start = self._times[at]
            if end - start > LONG:  # snapshots on the way make the next search a short one
                self.go_to(start)
                while end - self.cycles > LONG // 2:
                    self.tape.replay(self.cycles + SPACING)
                    self._keep()
                continue
            self.tape.restore(self._snapshots[at])
            stop, hits = end, []
            if end == nearest:
                # The record behind the last position may come later than that.
                stop = min(self.frontier, end + NEAR)
                if end - start > 2 * NEAR:  # what is last is near, mostly: so is a snapshot, then
                    hits = self.tape.find(conditions, 0, until, end - NEAR, most)
                    self._keep()
            hits = self.tape.find(conditions, 0, until, stop, most) or hits
            if hits:
                return sorted(hits, key=lambda hit: hit.order)
            end = start

    # --- snapshots -------------------------------------------------------------------------------

    def _keep_sometimes(self) -> None:
        """A snapshot, if the last one is far enough away to cost little."""
        now = time.perf_counter()
        if (self.cycles - self._times[-1] >= SPACING
                and now - self._kept_at_s >= self._cost_s * COST):
            self._keep()

    def _keep(self) -> None:
        began = time.perf_counter()
        at = bisect_right(self._times, self.cycles)
        if at and self._times[at - 1] == self.cycles:
            return
        self._snapshots.insert(at, self.tape.keep())
        self._times.insert(at, self.cycles)
        while len(self._times) > 3 and self.octets > self.most_octets:
            self._thin()
        self._kept_at_s = time.perf_counter()
        self._cost_s = self._kept_at_s - began

    def _thin(self) -> None:
        """Remove the snapshot that is missed least: gaps may grow with their distance."""
        times, here = self._times, self.cycles
        missed = min(range(1, len(times) - 1), key=lambda n: (times[n + 1] - times[n - 1])
                     / (abs(here - times[n]) + SPACING))
        del self._snapshots[missed], self._times[missed]
