"""What the peripherals of the golden model have in common: manual, section 6.

A device acts at once on a store to one of its IO words. What it does by itself comes later: at
`due` when the model runs by itself (`perform`), at a DEVICE record when the model follows another
machine (`event`).
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from isa.events import EVENT_VALUE_BITS
from isa.machine import PeripheralKind
from sim.golden.compiled import NEVER
from sim.golden.picture import Picture
from sim.host.hosts import Hosts

__all__ = ["LATENCY_CYCLES", "POLL_CYCLES", "Model", "Peripheral", "Unexpected", "event_parts"]

LATENCY_CYCLES = 20      # of an operation, when the model runs by itself
POLL_CYCLES    = 20_000  # between looks at what a person does


class Unexpected(Exception):
    """An event that the device cannot have had: the other machine is wrong."""


class Model(Protocol):
    """What a device may use of the machine that it is part of."""
    memory:    NDArray[np.uint32]
    hosts:     Hosts
    windows:   dict[str, int]
    following: bool
    picture:   Picture | None  # of the flip under way, while following

    @property
    def cycles(self) -> int: ...
    @property
    def instructions(self) -> int: ...
    @property
    def followed_cycles(self) -> int: ...
    @property
    def now_ms(self) -> int: ...
    def interrupt(self, number: int) -> None: ...


class Peripheral:
    """One device; `due` is the cycle at which `perform` wants to be called.

    Members
    -------
    may_wake : bool
        Whether something that the host does could still make it interrupt.
    """

    def __init__(self, model: Model, kind: PeripheralKind):
        self.model = model
        self.kind = kind
        self.window = model.windows[kind.name]
        self.due = NEVER

    def __getitem__(self, offset: int) -> int:
        return int(self.model.memory[self.window + offset])

    def __setitem__(self, offset: int, value: int) -> None:
        self.model.memory[self.window + offset] = value

    def store(self, offset: int, value: int) -> None:
        """A program stored `value` at an IO word; memory holds it already."""

    def perform(self) -> None:
        """The time for which `later` asked has come."""
        self.due = NEVER

    def event(self, arg: int) -> None:
        """The other machine's device did this by itself (`isa.events`).

        Raises `Unexpected` if it cannot have.
        """
        raise Unexpected("this device changes nothing by itself")

    def poll(self) -> None:
        """The model begins to run for a while: look at the host."""

    @property
    def may_wake(self) -> bool:
        return False

    def later(self, cycles: int = LATENCY_CYCLES) -> None:
        self.due = self.model.cycles + cycles


def event_parts(arg: int) -> tuple[int, int]:
    """Kind and value of an event."""
    return arg >> EVENT_VALUE_BITS, arg & (1 << EVENT_VALUE_BITS) - 1
