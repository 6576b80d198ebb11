"""The hardware's tape: the log is what was sent to its streams, and in which cycle."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from isa.trace import RECORD_WORDS
from sim.engine.library import Condition, Hit, Outcome, Snapshot
from sim.engine.machine import RtlMachine
from sim.engine.quince import address_space
from sim.history.tape import ReplayError
from sim.machine import Machine, Status, Words

RECORDS = 16_384  # collected at a time

__all__ = ["RtlSnapshot", "RtlTape"]


class RtlSnapshot:
    """A simulation's snapshot, and how much of the log was sent by then."""

    def __init__(self, inner: Snapshot, cursor: int):
        self.inner = inner
        self.cursor = cursor

    @property
    def cycles(self) -> int:
        return self.inner.cycles

    @property
    def own_octets(self) -> int:
        return self.inner.own_octets


class RtlTape:
    """The hardware, or the hardware in lockstep, with its past.

    Parameters
    ----------
    rtl : RtlMachine
    whole : Machine or None
        What it is a part of, if anything: it runs and loads in its stead while it is live. What has
        been compared once is not compared again in a replay.
    mapped : callable or None
        Of a machine that counts for a profile: gives the number of the process whose page table is
        at an address, as a replay comes to it.
    """

    def __init__(self, rtl: RtlMachine, whole: Machine | None = None,
                 mapped: Callable[[int], int] | None = None):
        self.rtl = rtl
        self._mapped = mapped
        self._whole = whole or rtl
        self._times: list[int] = []
        self._log: list[tuple[str, NDArray[np.uint64]]] = []
        self._cursor = 0       # entries before it were sent
        self._is_live = True
        self.frontier = 0

    @property
    def machine(self) -> RtlMachine:
        return self.rtl

    @property
    def cycles(self) -> int:
        return self.rtl.cycles

    @property
    def space(self) -> int:
        return self.rtl.simulation.space

    @property
    def pages_octets(self) -> int:
        return self.rtl.simulation.pages_octets()

    def load(self, image: Sequence[int] | Words) -> None:
        self._whole.load(image)
        self._times, self._log, self._cursor = [], [], 0
        self.frontier, self._is_live = 0, True
        self.rtl.simulation.heard = self._hear

    def follow(self, other: "RtlTape") -> None:
        """Make the run of another tape, which was loaded with the same image: all of it is past."""
        self._times, self._log, self.frontier = other._times, other._log, other.frontier
        self._is_live = False

    def prepare(self, say: Callable[[str], None]) -> None:
        self._whole.prepare(say)

    def close(self) -> None:
        self._whole.close()

    def keep(self) -> RtlSnapshot:
        return RtlSnapshot(self.rtl.simulation.keep(), self._cursor)

    def restore(self, snapshot: RtlSnapshot) -> None:
        self._is_live = False
        self.rtl.simulation.restore(snapshot.inner)
        self._cursor = snapshot.cursor

    def live(self, budget: int, conditions: Sequence[Condition],
             since: int) -> tuple[Status, list[Hit]]:
        simulation = self.rtl.simulation
        if self.cycles != self.frontier:
            raise ValueError(f"live in cycle {self.cycles}, but the frontier is {self.frontier}")
        self._send_due()
        self._is_live = True
        simulation.set_stops(conditions)
        simulation.search(since, 1 << 63)
        try:
            status = self._whole.run(budget)
        finally:
            self.frontier = self.cycles
            simulation.set_stops(())
        return status, simulation.hits() if status is Status.HIT else []

    def replay(self, until: int) -> None:
        self._play(until)

    def find(self, conditions: Sequence[Condition], since: int, until: int, end: int,
             most: int) -> list[Hit]:
        simulation = self.rtl.simulation
        simulation.set_stops(conditions)
        simulation.search(since, until, most)
        try:
            self._play(end)
        finally:
            simulation.set_stops(())
        return simulation.hits()

    def records(self, until: int) -> NDArray[np.uint32]:
        parts: list[NDArray[np.uint32]] = []
        self._play(until, parts)
        return np.concatenate(parts) if parts else np.empty((0, RECORD_WORDS), np.uint32)

    # --- inside ----------------------------------------------------------------------------------

    def _hear(self, stream: str, tokens: NDArray[np.uint64]) -> None:
        if self._is_live:
            self._times.append(self.cycles)
            self._log.append((stream, tokens.copy()))
            self._cursor = len(self._log)

    def _send_due(self) -> None:
        """What the hosts had sent in this cycle."""
        while self._cursor < len(self._log) and self._times[self._cursor] <= self.cycles:
            if self._times[self._cursor] < self.cycles:
                raise ReplayError(f"an entry of cycle {self._times[self._cursor]} was passed over")
            stream, tokens = self._log[self._cursor]
            self._cursor += 1
            self.rtl.simulation.send(stream, tokens)

    def _play(self, until: int, records: list[NDArray[np.uint32]] | None = None) -> None:
        """Replay up to this cycle or a hit. Records are collected if they are wanted, and never
        handed on to who observes the machine."""
        if until > self.frontier:
            raise ValueError(f"a replay ends at the frontier, {self.frontier}, not at {until}")
        simulation, self._is_live = self.rtl.simulation, False
        with self.rtl.unobserved(RECORDS if records is not None else 0):
            while self.cycles < until:
                self._send_due()
                end = until
                if self._cursor < len(self._log):
                    end = min(end, self._times[self._cursor])
                outcome = simulation.run(end - self.cycles)
                if outcome is Outcome.MAPPED and self._mapped is not None:
                    mapping = address_space(simulation)
                    simulation.enter_space(mapping, self._mapped(mapping))
                    continue
                simulation.drop_outputs()
                if records is not None:
                    records.append(simulation.records().copy())
                    simulation.forget_records()
                if outcome is Outcome.HIT:
                    return
                if outcome is Outcome.STOPPED and self.cycles < until:
                    raise ReplayError(f"the machine stopped in cycle {self.cycles}")
