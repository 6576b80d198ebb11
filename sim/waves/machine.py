"""The hardware with a window of cycles in which every signal is looked at."""

from collections.abc import Callable, Sequence
from typing import Any

from isa.machine import PROGRAM
from sim.engine.library import Condition, Hit, What
from sim.engine.machine import AroundRtl, RtlMachine
from sim.history.history import History
from sim.history.rtl import RtlTape
from sim.machine import Status, Words
from sim.waves.rows import Changes

__all__ = ["RewoundMachine", "WatchedMachine", "watch_again"]

LINK   = 31      # register with the address to which a compiled function returns
STEP   = 100     # cycles that are watched at a time when they are played again
MOST   = 20_000  # cycles of a function

Hear = Callable[[Changes], None]


class WatchedMachine(RtlMachine):
    """An `RtlMachine` that tells what changes in the cycles of a window, as it runs.

    Parameters
    ----------
    first : int
        The window's first cycle.
    last : int or None
        Its last one; None for the end of the run.
    hear : callable
        Gets the changes, in pieces.
    **options
        Those of `RtlMachine`.
    """

    def __init__(self, *args: Any, first: int, last: int | None, hear: Hear, **options: Any):
        self._first, self._last, self._hear = first, last, hear
        super().__init__(*args, watched=True, **options)

    def run(self, budget: int) -> Status:
        end = self.cycles + budget
        while True:
            now = self.cycles
            is_inside = self._first <= now and (self._last is None or now <= self._last)
            self.simulation.watch(is_inside)
            bound = end
            if is_inside and self._last is not None:
                bound = self._last + 1
            elif now < self._first:
                bound = self._first
            status = super().run(min(end, bound) - now)
            self._pass_changes()
            if status is not Status.RUNNING or self.cycles >= end:
                return status

    def _pass_records(self) -> None:
        super()._pass_records()
        self._pass_changes()

    def _pass_changes(self) -> None:
        changes = self.simulation.take_changes()
        if len(changes):
            self._hear(changes)


class RewoundMachine(AroundRtl):
    """A `Machine` that waits for an event at full speed, and can play again what was around it.

    Parameters
    ----------
    condition : Condition
        The event.
    *args, **options
        Those of `RtlMachine`.

    Members
    -------
    rtl : RtlMachine
    hit : Hit or None
        The first time that it happened.
    """

    def __init__(self, *args: Any, condition: Condition, **options: Any):
        self.rtl = RtlMachine(*args, watched=True, **options)
        self._condition = condition
        self._tape: Any = RtlTape(self.rtl)  # which restores its own snapshots only
        self._history: History | None = None
        self.hit: Hit | None = None

    def load(self, image: Sequence[int] | Words, address: int = PROGRAM) -> None:
        if address != PROGRAM:
            raise ValueError("a recorded run begins with an image at its usual place")
        self._tape.load(image)
        self._history, self.hit = History(self._tape), None

    def run(self, budget: int) -> Status:
        history = self.history
        hit = history.run(budget, [] if self.hit else [self._condition])
        if hit is not None:
            self.hit = hit
        return Status.RUNNING if history.status is Status.HIT else history.status

    @property
    def history(self) -> History:
        """The past of the run."""
        assert self._history is not None, "no program is loaded"
        return self._history

    def return_of(self, hit: Hit) -> int:
        """The cycle in which a function that begins at a hit has returned, or the last one that is
        of interest."""
        history = self.history
        history.go_to(hit.position)
        end = min(hit.position + MOST, history.frontier)
        back = Condition(What.POINT, self.registers().general[LINK], space=hit.space)
        found = history.run(end - hit.position, [back])
        return found.position if found is not None else end

    def watch_again(self, first: int, last: int, hear: Hear) -> tuple[int, int]:
        """Play the cycles of a window again, as far as there were any; gives which."""
        found = watch_again(self.history, self.rtl, first, last, hear)
        self.history.go_to(self.history.frontier)
        return found


def watch_again(history: History, rtl: RtlMachine, first: int, last: int,
                hear: Hear) -> tuple[int, int]:
    """Play cycles of the past once more, and hear what changes in each; gives which were played."""
    first, end = max(first, 0), min(last + 1, history.frontier)
    history.go_to(first)
    rtl.simulation.watch(True)
    try:
        while history.cycles < end:
            history.tape.replay(min(history.cycles + STEP, end))
            hear(rtl.simulation.take_changes())
    finally:
        rtl.simulation.watch(False)
    return first, end - 1
