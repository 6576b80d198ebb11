"""Between the hosts and the hardware's streams: an adapter for each peripheral that has any.

The tokens are those of `rtl.peripherals.tokens`. An adapter has two turns: `attend` when the
hardware has put out tokens, and `poll` now and then, to see whether the host has something.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isa.machine import SECTOR_WORDS
from rtl.peripherals.kinds import (
    WAITS,
    BlockFromHostKind,
    BlockToHostKind,
    BufferedFromHostKind,
    BufferedToHostKind,
    DebugFromHost,
    DisplayToHostKind,
)
from sim.engine.library import Simulation
from sim.host.error import HostError
from sim.host.hosts import Hosts

__all__ = ["ADAPTERS", "Adapter"]

Tokens = NDArray[np.uint64]

KIND_SHIFT   = 32
DATA_MASK    = 0xFFFFFFFF
SERIAL_QUEUE = 64     # octets that are on their way at most, so that ctrl-C is not behind a page


class Adapter:
    """One peripheral's streams, `<peripheral>_to_host` and `<peripheral>_from_host`.

    Members
    -------
    awaits_input : bool
        The program has asked for something that a person has not given yet.
    may_wake : bool
        What the host does may still raise an interrupt.
    """
    name = ""

    def __init__(self, simulation: Simulation, hosts: Hosts):
        self.simulation = simulation
        self.hosts = hosts
        self.awaits_input = False
        self._has_input = any(stream.name == f"{self.name}_from_host"
                              for stream in simulation.design.streams)

    def attend(self) -> None:
        """Take the hardware's tokens, and answer."""
        tokens = self.simulation.receive(f"{self.name}_to_host")
        if len(tokens):
            self.take(tokens)

    def take(self, tokens: Tokens) -> None:
        """Work on tokens, of which there is at least one."""

    def poll(self, now_ms: int) -> None:
        """See what the host has; `now_ms` is the machine's time."""

    @property
    def is_busy(self) -> bool:
        """Whether tokens are on their way to the machine."""
        return self._has_input and self.simulation.unsent(f"{self.name}_from_host") > 0

    @property
    def may_wake(self) -> bool:
        return False

    def send(self, *tokens: int) -> None:
        self.simulation.send(f"{self.name}_from_host", tokens)

    def send_kind(self, kind: Any, data: int = 0) -> None:
        self.send(kind << KIND_SHIFT | data)

    def send_message(self, words: Iterable[int]) -> None:
        """A message for a buffered device: its length, then its words."""
        data = np.fromiter(words, dtype=np.uint64)
        self.send_kind(BufferedFromHostKind.LENGTH, len(data))
        word = BufferedFromHostKind.WORD << KIND_SHIFT
        self.simulation.send(f"{self.name}_from_host", data | np.uint64(word))


def split(tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Kinds and data."""
    return ((tokens >> np.uint64(KIND_SHIFT)).astype(np.int64),
            (tokens & np.uint64(DATA_MASK)).astype(np.uint32))


class ConsoleOutput(Adapter):
    """Shows words as they come, so that a long message is not held back to its end."""
    name = "console_output"

    def take(self, tokens: Tokens) -> None:
        kinds, data = split(tokens)
        self.hosts.console.write(data[kinds == BufferedToHostKind.WORD].tolist())


class ConsoleInput(Adapter):
    """A line for each message that is wanted, once there is one."""
    name = "console_input"

    def take(self, tokens: Tokens) -> None:
        kinds, _ = split(tokens)
        if (kinds == BufferedToHostKind.READ).any():
            self.awaits_input = True

    def poll(self, now_ms: int) -> None:
        if not self.awaits_input or not self.hosts.console.line_ready():
            return
        self.awaits_input = False
        line = self.hosts.console.read_line()
        if line is None:
            self.send_kind(BufferedFromHostKind.FAIL)
        else:
            self.send_message(line)


class HostFile(Adapter):
    """Whole messages to and from the folder; without one every operation fails."""
    name = "host_file"

    def __init__(self, simulation: Simulation, hosts: Hosts):
        super().__init__(simulation, hosts)
        self._message: list[int] = []

    def take(self, tokens: Tokens) -> None:
        files = self.hosts.files
        for kind, data in zip(*(part.tolist() for part in split(tokens)), strict=True):
            if kind == BufferedToHostKind.WORD:
                self._message.append(data)
                continue
            message, self._message = self._message, []
            if kind == BufferedToHostKind.END:
                is_fine = files is not None and files.write(message)
                self.send_kind(BufferedFromHostKind.DONE if is_fine else BufferedFromHostKind.FAIL)
            else:
                contents = files.read() if files is not None else None
                if contents is None:
                    self.send_kind(BufferedFromHostKind.FAIL)
                else:
                    self.send_message(contents)


class DebugBreak(Adapter):
    """Breaks for the debugger, and interrupts from it."""
    name = "debug_break"

    def __init__(self, simulation: Simulation, hosts: Hosts):
        super().__init__(simulation, hosts)
        self._is_stopped = False

    def take(self, tokens: Tokens) -> None:
        if self.hosts.debugger.stopped():
            self.send(DebugFromHost.GO_ON)
        else:
            self._is_stopped = True

    def poll(self, now_ms: int) -> None:
        if self._is_stopped and self.hosts.debugger.go_on():
            self._is_stopped = False
            self.send(DebugFromHost.GO_ON)
        if self.hosts.debugger.wants_break():
            self.send(DebugFromHost.INTERRUPT)


class Display(Adapter):
    """Collects the pixels of a flip and shows them at its end."""
    name = "display"

    def __init__(self, simulation: Simulation, hosts: Hosts):
        super().__init__(simulation, hosts)
        self._pixels: list[NDArray[np.uint32]] = []
        host = hosts.display
        if host is not None:
            self.send(host.height << 14 | host.width)

    def take(self, tokens: Tokens) -> None:
        kinds, data = split(tokens)
        is_pixel = kinds == DisplayToHostKind.PIXEL
        at = 0
        for mark in [*np.flatnonzero(~is_pixel).tolist(), len(kinds)]:
            self._pixels.append(data[at:mark])
            if mark < len(kinds):
                self._mark(int(kinds[mark]))
            at = mark + 1

    def _mark(self, kind: int) -> None:
        pixels, self._pixels = np.concatenate(self._pixels), []
        host = self.hosts.display
        if (kind == DisplayToHostKind.END and host is not None
                and len(pixels) == host.width * host.height):
            host.show(pixels)

    def poll(self, now_ms: int) -> None:
        if self.hosts.display is not None:
            self.hosts.display.poll(self.hosts.keyboard)


class Keyboard(Adapter):
    """Sends what changed."""
    name = "keyboard"

    def attend(self) -> None:
        """There is no stream to the host."""

    def poll(self, now_ms: int) -> None:
        if self.hosts.keyboard is not None:
            self.send(*(change.token for change in self.hosts.keyboard.changes(now_ms)))


class Block(Adapter):
    """Sectors to and from the disk."""
    name = "block"

    def __init__(self, simulation: Simulation, hosts: Hosts):
        super().__init__(simulation, hosts)
        self._sector = 0
        self._words: list[NDArray[np.uint32]] = []  # of the sector to write
        if hosts.disk is not None:
            self.send_kind(BlockFromHostKind.SIZE, hosts.disk.total_sectors)

    def take(self, tokens: Tokens) -> None:
        kinds, data = split(tokens)
        at = 0
        for mark in [*np.flatnonzero(kinds != BlockToHostKind.WORD).tolist(), len(kinds)]:
            self._collect(data[at:mark])
            if mark < len(kinds):
                self._words = []
                self._command(int(kinds[mark]), int(data[mark]))
            at = mark + 1

    def _collect(self, words: NDArray[np.uint32]) -> None:
        self._words.append(words)
        if sum(map(len, self._words)) == SECTOR_WORDS:
            sector, self._words = np.concatenate(self._words), []
            self._answer(lambda disk: disk.write(self._sector, sector))

    def _command(self, kind: int, sector: int) -> None:
        self._sector = sector
        if kind == BlockToHostKind.FLUSH:
            self._answer(lambda disk: disk.flush())
        elif kind == BlockToHostKind.READ:
            try:
                if self.hosts.disk is None:
                    raise HostError("there is no disk")
                words = self.hosts.disk.read(sector)
            except HostError:
                self.send_kind(BlockFromHostKind.FAIL)
                return
            word = BlockFromHostKind.WORD << KIND_SHIFT
            self.simulation.send("block_from_host", words.astype(np.uint64) | np.uint64(word))

    def _answer(self, operation: Any) -> None:
        try:
            if self.hosts.disk is None:
                raise HostError("there is no disk")
            operation(self.hosts.disk)
        except HostError:
            self.send_kind(BlockFromHostKind.FAIL)
        else:
            self.send_kind(BlockFromHostKind.DONE)


class Serial(Adapter):
    """Octets both ways."""
    name = "serial"

    def take(self, tokens: Tokens) -> None:
        if self.hosts.serial is not None:
            self.hosts.serial.write(bytes(int(token) & 0xFF for token in tokens))

    def poll(self, now_ms: int) -> None:
        room = SERIAL_QUEUE - self.simulation.unsent("serial_from_host")
        if self.hosts.serial is not None and room > 0:
            self.send(*(octet | WAITS for octet in self.hosts.serial.read(room)))

    @property
    def may_wake(self) -> bool:
        return self.hosts.serial is not None and not self.hosts.serial.ended


ADAPTERS: dict[str, type[Adapter]] = {adapter.name: adapter for adapter in (
    ConsoleOutput, ConsoleInput, HostFile, DebugBreak, Display, Keyboard, Block, Serial)}
