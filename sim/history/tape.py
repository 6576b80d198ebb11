"""What a machine must be able to do so that its past can be visited: a `Tape`."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.engine.library import Condition, Hit, What
from sim.machine import Machine, Status, Words

__all__ = ["AnyTape", "BEHIND", "ReplayError", "Snapshot", "Tape"]


# What is told once the instruction has done it; all else before the instruction does it.
BEHIND = (What.STORE, What.INTERRUPT, What.REGISTER)


class ReplayError(Exception):
    """A run did not repeat itself: a bug of ours, told rather than passed over."""


class Snapshot(Protocol):
    """A machine at one moment."""
    @property
    def cycles(self) -> int: ...
    @property
    def own_octets(self) -> int: ...


Kept = TypeVar("Kept", bound=Snapshot)


class Tape(Protocol[Kept]):
    """A machine whose run is recorded, so that it can be played again from any snapshot.

    The *frontier* is the furthest cycle so far. Before it everything is replay: the machine runs
    without its hosts, and gets again what they put in at the same cycles. At the frontier it is
    live.

    Members
    -------
    machine
        As it is at the present position; to be looked at, not to be run.
    cycles
        The position.
    frontier
        Cycles of the live run.
    space
        Where the next instruction is: 0 for untranslated code, else the base of its page table.
    """

    @property
    def machine(self) -> Machine: ...
    @property
    def cycles(self) -> int: ...
    @property
    def frontier(self) -> int: ...
    @property
    def space(self) -> int: ...
    @property
    def pages_octets(self) -> int:
        """How much memory the pages of all snapshots take."""

    def load(self, image: Sequence[int] | Words) -> None:
        """Reset, and begin a new recording with this image."""

    def prepare(self, say: Callable[[str], None]) -> None:
        """Do now what would delay the first run; `say` hears a line if that takes long."""

    def keep(self) -> Kept:
        """A snapshot of the present position."""

    def restore(self, snapshot: Kept) -> None:
        """Be again as at a snapshot."""

    def live(self, budget: int, conditions: Sequence[Condition],
             since: int) -> tuple[Status, list[Hit]]:
        """At the frontier, go on for about so many cycles, or until a condition is met, at a
        position from `since` on."""

    def replay(self, until: int) -> None:
        """Go on to this cycle, which is not behind the frontier."""

    def find(self, conditions: Sequence[Condition], since: int, until: int, end: int,
             most: int) -> list[Hit]:
        """Replay up to the cycle `end`, and look for positions from `since` to below `until`:
        the first one (which ends it early) if `most` is 0, else the last `most` of them."""

    def records(self, until: int) -> NDArray[np.uint32]:
        """Replay up to this cycle; the trace records of the way."""

    def close(self) -> None:
        """Let go of the machine."""


AnyTape = Tape[Any]
