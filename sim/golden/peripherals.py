"""The peripherals of the golden model: manual, section 6.

A device acts on stores to its IO words, works on its window's words in the model's memory, and
does the rest of an operation a little later: at `due` when the model runs by itself, at its DEVICE
record when it follows another machine.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from toolchain.isa.machine import (
    BUFFER_CAPACITY,
    PERIPHERALS,
    BufferedControl,
    PeripheralKind,
)

__all__ = ["Hosts", "Peripheral", "fit"]

NEVER = 1 << 62
LATENCY_CYCLES = 20  # of an operation, when the model runs by itself


class Console(Protocol):
    """Lines in, code points out."""
    def read_line(self) -> list[int] | None: ...
    def write(self, points: list[int]) -> None: ...


@dataclass
class Script:
    """A console whose input is known beforehand and whose output is kept."""
    lines: deque[str] = field(default_factory=deque)
    out: list[str] = field(default_factory=list)

    def read_line(self) -> list[int] | None:
        return [ord(char) for char in self.lines.popleft()] if self.lines else None

    def write(self, points: list[int]) -> None:
        self.out.append("".join(chr(point) if point < 0x110000 else "\ufffd" for point in points))

    @property
    def text(self) -> str:
        return "".join(self.out)


def script(lines: Iterable[str] = ()) -> Script:
    return Script(deque(lines))


@dataclass
class Hosts:
    """What stands behind the peripherals of one machine."""
    console: Console = field(default_factory=script)


class Model(Protocol):
    """What a device may use of the machine that it is part of."""
    memory:  NDArray[np.uint32]
    hosts:   Hosts
    windows: dict[str, int]

    @property
    def cycles(self) -> int: ...
    def interrupt(self, number: int) -> None: ...


class Peripheral:
    """One device; `due` is the cycle at which `perform` wants to be called."""

    may_wake = False  # whether input from the host can make it interrupt

    def __init__(self, model: Any, kind: PeripheralKind, window: int):
        self.model: Model = model
        self.kind = kind
        self.window = window
        self.due = NEVER

    def __getitem__(self, offset: int) -> int:
        return int(self.model.memory[self.window + offset])

    def __setitem__(self, offset: int, value: int) -> None:
        self.model.memory[self.window + offset] = value

    def store(self, offset: int, value: int) -> None:
        """A program stored `value` at an IO word; memory holds it already."""

    def perform(self) -> None:
        """Finish what `store` began, or look after the host."""
        self.due = NEVER

    def later(self, cycles: int = LATENCY_CYCLES) -> None:
        self.due = self.model.cycles + cycles


class Buffered(Peripheral):
    """The protocol of console and host file: +0 control, +1 capacity, +2 size, +3... data."""

    def __init__(self, model: Any, kind: PeripheralKind, window: int):
        super().__init__(model, kind, window)
        self.action: Callable[[], bool] = self.reject
        self.message: list[int] = []  # what reads still have to deliver

    def store(self, offset: int, value: int) -> None:
        if value == BufferedControl.WRITE:
            self.action = self.take()
        else:
            self.action = self.read if value == BufferedControl.READ else self.reject
        self[0] = BufferedControl.PENDING
        self.later()

    def perform(self) -> None:
        super().perform()
        self[0] = BufferedControl.READY if self.action() else BufferedControl.ERROR

    def take(self) -> Callable[[], bool]:
        """Take the buffer's contents now, as they are at the store."""
        size = self[2]
        first = self.window + 3
        part = self.model.memory[first:first + min(size, BUFFER_CAPACITY)].tolist()
        return lambda: self.write(part, size <= BUFFER_CAPACITY)

    def deliver(self) -> bool:
        """Fill the buffer with the next part of `message`; size counts all words that remain."""
        part = self.message[:BUFFER_CAPACITY]
        first = self.window + 3
        self[2] = len(self.message)
        self.model.memory[first:first + len(part)] = part
        self.message = self.message[BUFFER_CAPACITY:]
        return True

    def write(self, part: list[int], last: bool) -> bool:
        return False

    def read(self) -> bool:
        return False

    def reject(self) -> bool:
        return False


class ConsoleOutput(Buffered):
    def write(self, part: list[int], last: bool) -> bool:
        self.model.hosts.console.write(part)
        return True


class ConsoleInput(Buffered):
    def read(self) -> bool:
        if not self.message:
            line = self.model.hosts.console.read_line()
            if line is None:
                return False
            self.message = line
        return self.deliver()


class DebugBreak(Peripheral):
    def store(self, offset: int, value: int) -> None:
        self[0] = 2 if value == 1 else 3
        if value == 1:
            self.later()

    def perform(self) -> None:
        super().perform()
        self[0] = 0


KINDS: dict[str, type[Peripheral]] = {
    "debug_break": DebugBreak,
    "console_output": ConsoleOutput,
    "console_input": ConsoleInput,
}


def fit(model: Any) -> list[Peripheral]:
    """The devices of a machine; timer, clock and MMU are part of its loop."""
    return [KINDS.get(kind.name, Peripheral)(model, kind, model.windows[kind.name])
            for kind in PERIPHERALS
            if kind.name in model.windows and kind.name not in ("timer", "clock", "mmu")]
