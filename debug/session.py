"""A session: a machine with its past, symbols and stops; every front does all through one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from debug.error import DebugError, suggestion
from debug.expressions import evaluate
from debug.follower import Follower
from debug.frames import FrameScope, FrameView, frames, frames_of
from debug.look import Look
from debug.stops import Stop, Watch
from debug.symbols import Symbols
from debug.values import Value, as_number
from isa.trace import Word
from sim.engine.library import Condition, Hit, What
from sim.history.history import History
from sim.history.tape import BEHIND
from sim.host.hosts import Hosts
from sim.machine import Status

__all__ = ["Host", "Reached", "Session"]

SLICE_CYCLES = 200_000  # between looks at whoever may want to stop the machine
EVERY = Condition(What.STEP, 0, 0xFFFFFFFF)


class Host(Protocol):
    """The person's side, while the machine runs."""

    def wants_stop(self) -> bool:
        """Whether the machine is to stop now; forgets it."""

    def wait(self) -> None:
        """Only input can make anything happen: sleep a moment, but not through a keystroke."""


class _Nobody:
    def wants_stop(self) -> bool:
        return False

    def wait(self) -> None:
        raise DebugError("the machine waits for input, and nobody is there to give it")


@dataclass(frozen=True)
class Reached:
    """Why the machine stands where it does now.

    `why` is one of "stop" (one of `stops` was reached), "step", "start" (of the recording), "end"
    (the machine has stopped for good), "stuck" (nothing can wake it), "asked" (by the person),
    "input" (it sleeps until it gets some, and none will come).
    """
    why:       str
    stops:     tuple[Stop, ...] = ()
    hit:       Hit | None       = None
    backwards: bool             = False


class Session:
    """One machine being looked into.

    Parameters
    ----------
    history : History
    symbols : Symbols
    look : Look
    host : Host or None
        Asked now and then while the machine runs.

    Members
    -------
    stops : list of Stop
    selected : int
        The frame that is looked at, 0 for the innermost.
    process : int or None
        The number of the process that is looked at, if it is not what runs.
    write_waves : callable or None
        Writes files with the waves of the instruction here, or of so many cycles before and behind
        it; None for a machine without signals.
    profile : Follower or None
        What cycles went into and who ran when; None for a machine without a pipeline.
    hosts : Hosts or None
        What is behind the machine's devices, for fronts that have keys or pictures.
    slice_cycles : int
        How far the live run goes between two looks at the host.
    """

    def __init__(self, history: History, look: Look, symbols: Symbols,
                 host: Host | None = None):
        self.history = history
        self.look = look
        self.symbols = symbols
        self.host: Host = host or _Nobody()
        self.stops: list[Stop] = []
        self.selected = 0
        self.process: int | None = None
        self.write_waves: Callable[[Sequence[str], int | None], str] | None = None
        self.profile: Follower | None = None
        self.hosts: Hosts | None = None
        self.slice_cycles = SLICE_CYCLES
        self._frames: tuple[tuple[int, int | None], list[FrameView]] | None = None
        self._number = 0

    # --- what there is to see --------------------------------------------------------------------

    def frames(self) -> list[FrameView]:
        """The chain of calls, innermost first."""
        at = (self.history.cycles, self.process)
        if self._frames is None or self._frames[0] != at:
            self._frames = at, self._new_frames()
        return self._frames[1]

    def _new_frames(self) -> list[FrameView]:
        for process in self.symbols.processes() if self.process is not None else ():
            if process.pid == self.process:
                return frames_of(self.look, self.symbols, process)
        return frames(self.look, self.symbols)

    def select_process(self, name: str) -> None:
        """Look at the frames of a process, by number or name; of the running code for "".
        Raises `DebugError`."""
        processes = self.symbols.processes()
        found = [one.pid for one in processes if name in (str(one.pid), one.name)]
        if name and not found:
            known = [one.name for one in processes]
            raise DebugError(f"there is no process '{name}'{suggestion(name, known)}")
        self.selected, self.process = 0, found[0] if name else None

    def _look_inside(self) -> None:
        """The machine is about to move: what is looked at is where it will stand."""
        self.selected, self.process = 0, None

    def frame(self) -> FrameView:
        """The one that was selected."""
        found = self.frames()
        return found[min(self.selected, len(found) - 1)]

    def scope(self, frame: FrameView | None = None) -> FrameScope:
        """Names as they are in a frame, by default the selected one."""
        machine = self.history.tape.machine
        return FrameScope(self.look, self.symbols, frame or self.frame(), {
            "cycle": self.history.cycles, "frontier": self.history.frontier,
            "instructions": machine.instructions, "space": self.look.space})

    def evaluate(self, text: str) -> Value:
        """An expression's value in the selected frame. Raises `DebugError`."""
        return evaluate(text, self.scope())

    # --- stops -----------------------------------------------------------------------------------

    def add(self, make: Callable[[int], Stop]) -> Stop:
        """Set a stop; `make` is given its number."""
        self._number += 1
        stop = make(self._number)
        self.stops.append(stop)
        return stop

    def stop_numbered(self, number: int) -> Stop:
        """Raises `DebugError`."""
        for stop in self.stops:
            if stop.number == number:
                return stop
        raise DebugError(f"there is no breakpoint {number}")

    def _armed(self) -> tuple[list[Condition], list[Stop]]:
        """The conditions of all stops that count, and the stop of each."""
        conditions, owners = [], []
        for stop in self.stops:
            if stop.enabled:
                for condition in stop.conditions():
                    conditions.append(condition)
                    owners.append(stop)
        return conditions, owners

    def _meets(self, stop: Stop, hit: Hit, *, backwards: bool) -> bool:
        """Whether a stop really is reached; the position is the hit's."""
        if isinstance(stop, Watch):
            stop.before, stop.words = stop.words, stop.read()
            if stop.before == stop.words and not backwards:
                return False
        if stop.condition:
            self.selected = 0
            try:
                if not as_number(self.evaluate(stop.condition)):
                    return False
            except DebugError:
                pass  # stop, so that the person sees it
        stop.hits += 1
        if stop.skips:
            stop.skips -= 1
            return False
        if stop.temporary:
            self.stops.remove(stop)
        return True

    # --- going on --------------------------------------------------------------------------------

    def go_to(self, cycle: int) -> None:
        """Be at a cycle of the past. Raises `DebugError`."""
        if not 0 <= cycle <= self.history.frontier:
            raise DebugError(f"cycle {cycle} is not in the recording, which has cycles 0 to "
                             f"{self.history.frontier}")
        self._look_inside()
        self.history.go_to(cycle)

    def forward(self, extra: Sequence[Condition] = (),
                accepts: Callable[[Hit], bool] = lambda hit: True,
                limit: int | None = None) -> Reached:
        """Go on until one of the stops is reached, or one of the extra conditions with a hit that
        is accepted (at its position), or the cycle `limit`."""
        self._look_inside()
        conditions, owners = self._armed()
        self._look_at_watches()
        everything = [*extra, *conditions]
        since = self.history.cycles + 1
        while True:
            budget = self.slice_cycles
            if limit is not None:
                budget = min(budget, limit - self.history.cycles)
                if budget <= 0:
                    return Reached("step")
            here = self.history.cycles
            hit = self.history.run(budget, everything, since)
            if hit is not None:
                # What the instruction here is about to do may be found only with the next one.
                since = hit.position + any(everything[one.condition].what not in BEHIND
                                           for one in self.history.met)
                reached = self._judge(self.history.met, len(extra), owners, accepts,
                                      backwards=False)
                if reached is not None:
                    return reached
                conditions, owners = self._armed()
                everything = [*extra, *conditions]
            elif self.history.status is Status.STOPPED and self.history.is_live:
                return Reached("end")
            elif self.history.status is Status.STUCK and self.history.is_live:
                return Reached("stuck")
            elif self.history.status is Status.INPUT and self.history.is_live:
                self.host.wait()
            elif self.history.cycles == here and budget > 0:
                raise DebugError("the machine does not get on")
            if self.host.wants_stop():
                return Reached("asked")

    def backward(self, extra: Sequence[Condition] = (),
                 accepts: Callable[[Hit], bool] = lambda hit: True) -> Reached:
        """The same towards the beginning of the recording: the last place before this one."""
        self._look_inside()
        conditions, owners = self._armed()
        everything = [*extra, *conditions]
        here = self.history.cycles
        until = here + 1  # what the last instruction has done is undone as well
        while everything:
            hits = [hit for hit in self.history.last(everything, until)
                    if hit.position < here or everything[hit.condition].what in BEHIND]
            if not hits and until == here + 1:
                until = here
                continue
            if not hits:
                break
            for position in sorted({hit.position for hit in hits}, reverse=True):
                met = [hit for hit in hits if hit.position == position]
                reached = self._judge(met, len(extra), owners, accepts, backwards=True)
                if reached is not None:
                    return reached
                if self.host.wants_stop():
                    self.history.go_to(here)
                    return Reached("asked")
            until = hits[0].position
        self.history.go_to(0)
        return Reached("start")

    def _judge(self, met: Sequence[Hit], extra: int, owners: list[Stop],
               accepts: Callable[[Hit], bool], *, backwards: bool) -> Reached | None:
        """What the hits at one position come to: nothing if none of them counts."""
        reached = []
        for hit in met:
            if hit.condition < extra:
                self.history.go_to(hit.position)
                if accepts(hit):
                    reached.append(Reached("step", (), hit))
                continue
            stop = owners[hit.condition - extra]
            if stop in self.stops and stop.concerns(hit):
                self.history.go_to(hit.position)
                if self._meets(stop, hit, backwards=backwards):
                    reached.append(Reached("stop", (stop,), hit))
        if not reached:
            return None
        if backwards and isinstance(next(iter(reached[-1].stops), None), Watch):
            changed = [stop for one in reached for stop in one.stops if isinstance(stop, Watch)]
            for stop in changed:
                stop.before = stop.read()
            self._before_last()  # what was changed is to be seen as it was
            self._look_at_watches()
            same = [stop for stop in changed if stop.before == stop.words]
            for stop in same:  # what was stored was there before
                stop.hits -= 1
            reached = [one for one in reached if not set(one.stops) & set(same)]
            if not reached:
                return None
        stops = tuple(dict.fromkeys(stop for one in reached for stop in one.stops))
        return Reached("stop" if stops else "step", stops, reached[-1].hit, backwards)

    def _before_last(self) -> None:
        """To the beginning of the last instruction."""
        here = self.history.cycles
        hits = self.history.last([EVERY], here)
        self.history.go_to(hits[-1].position if hits else here)

    def _look_at_watches(self) -> None:
        for stop in self.stops:
            if isinstance(stop, Watch):
                stop.words = stop.read()


def address_of(hit: Hit) -> int:
    """The address of the instruction that a hit is about."""
    return hit.record[Word.IP]
