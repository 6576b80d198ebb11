"""Between the hosts and the streams of simulated hardware: tokens to calls, and answers to tokens.

An engine calls `Adapters.start` after each reset and `Adapters.service` between its steps. It gives
the adapters its queues: anything with `receive`, `send` and `unsent`, by the name of a stream.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rtl.peripherals.tokens import (
    BlockFromHostKind,
    BlockToHostKind,
    BufferedFromHostKind,
    BufferedToHostKind,
    DebugFromHost,
    DisplayToHostKind,
)
from sim.host.disk import Sector
from sim.host.error import HostError
from sim.host.hosts import Hosts
from toolchain.isa.machine import SECTOR_WORDS

__all__ = ["Adapter", "Adapters", "Queues"]

DATA_MASK    = 0xFFFFFFFF
SERIAL_WAITS = 0x100  # `waits` of `SerialOctet`: nothing is dropped
SERIAL_AHEAD = 64     # octets that may be on their way to the machine


class Queues(Protocol):
    """The tokens of all streams, as an engine keeps them."""

    def receive(self, stream: str) -> Sequence[int]:
        """Take what the machine has put out."""

    def send(self, stream: str, tokens: Sequence[int]) -> None:
        """Queue tokens for the machine."""

    def unsent(self, stream: str) -> int:
        """How many of them it has not taken yet."""


def number(kind: object) -> int:
    """Value of a member of an Amaranth enumeration, which type checkers take for an integer."""
    return getattr(kind, "value")


def token(kind: object, data: int = 0) -> int:
    """A payload of 32 bits of data and a kind above them."""
    return number(kind) << 32 | data


class Adapter:
    """One peripheral's; `name` is the peripheral's."""

    name = ""

    def __init__(self, queues: Queues, hosts: Hosts) -> None:
        self.queues = queues
        self.hosts = hosts

    def start(self) -> None:
        """The machine is out of reset."""

    def service(self, now_ms: int) -> None:
        """Do what the machine has asked for, and tell it what happened outside."""

    @property
    def may_wake(self) -> bool:
        """Whether something outside could still make this peripheral do something by itself."""
        return False

    def received(self) -> Sequence[int]:
        return self.queues.receive(f"{self.name}_to_host")

    def send(self, *tokens: int) -> None:
        self.queues.send(f"{self.name}_from_host", tokens)


class DebugBreakAdapter(Adapter):
    name = "debug_break"

    def start(self) -> None:
        self.is_stopped = False

    def service(self, now_ms: int) -> None:
        debugger = self.hosts.debugger
        if self.is_stopped:
            self.is_stopped = not debugger.go_on()
            if not self.is_stopped:
                self.send(number(DebugFromHost.GO_ON))
        for _ in self.received():
            self.is_stopped = not debugger.stopped()
            if not self.is_stopped:
                self.send(number(DebugFromHost.GO_ON))
        if debugger.wants_break():
            self.send(number(DebugFromHost.INTERRUPT))

    @property
    def may_wake(self) -> bool:
        return self.is_stopped


class ConsoleOutputAdapter(Adapter):
    """Shows each word as it comes, without waiting for the END of its message."""

    name = "console_output"

    def service(self, now_ms: int) -> None:
        word = number(BufferedToHostKind.WORD)
        points = [t & DATA_MASK for t in self.received() if t >> 32 == word]
        if points:
            self.hosts.console.write(points)


class ConsoleInputAdapter(Adapter):
    name = "console_input"

    def start(self) -> None:
        self.is_asked = False

    def service(self, now_ms: int) -> None:
        if self.received():
            self.is_asked = True
        if self.is_asked and self.hosts.console.line_ready():
            self.is_asked = False
            self.send(*message_tokens(self.hosts.console.read_line()))

    @property
    def may_wake(self) -> bool:
        return self.is_asked


class HostFileAdapter(Adapter):
    name = "host_file"

    def start(self) -> None:
        self.collected: list[int] = []
        if self.hosts.files is not None:
            self.hosts.files.abandon()

    def service(self, now_ms: int) -> None:
        files = self.hosts.files
        for payload in self.received():
            kind = BufferedToHostKind(payload >> 32)
            if kind == BufferedToHostKind.WORD:
                self.collected.append(payload & DATA_MASK)
                continue
            message, self.collected = self.collected, []
            if kind == BufferedToHostKind.END:
                is_fine = files is not None and files.write(message)
                self.send(token(BufferedFromHostKind.DONE if is_fine
                                else BufferedFromHostKind.FAIL))
            else:
                self.send(*message_tokens(files.read() if files is not None else None))


class DisplayAdapter(Adapter):
    name = "display"

    def start(self) -> None:
        self.pixels: list[NDArray[np.uint32]] = []
        host = self.hosts.display
        if host is not None:
            self.send(host.height << 14 | host.width)

    def service(self, now_ms: int) -> None:
        host = self.hosts.display
        received = self.received()
        if not received:
            return
        tokens = np.asarray(received, np.uint64)
        kinds = (tokens >> np.uint64(32)).astype(np.int64)
        words = tokens.astype(np.uint32)
        begin = 0
        for at in np.flatnonzero(kinds != number(DisplayToHostKind.PIXEL)).tolist():
            self.pixels.append(words[begin:at])
            begin = at + 1
            if kinds[at] == number(DisplayToHostKind.END):
                frame = np.concatenate(self.pixels)
                if host is not None and len(frame) == host.width * host.height:
                    host.show(frame)
            self.pixels = []
        self.pixels.append(words[begin:])


class KeyboardAdapter(Adapter):
    name = "keyboard"

    def service(self, now_ms: int) -> None:
        if self.hosts.keyboard is not None:
            changes = self.hosts.keyboard.changes(now_ms)
            if changes:
                self.send(*(change.token for change in changes))


class BlockAdapter(Adapter):
    name = "block"

    def start(self) -> None:
        self.sector: int | None = None  # being written
        self.words: list[int] = []
        if self.hosts.disk is not None:
            self.send(token(BlockFromHostKind.SIZE, self.hosts.disk.total_sectors))

    def service(self, now_ms: int) -> None:
        for payload in self.received():
            kind, data = BlockToHostKind(payload >> 32), payload & DATA_MASK
            if kind != BlockToHostKind.WORD:
                self.sector, self.words = None, []  # a sector of which words are missing
            try:
                self.act(kind, data)
            except HostError:
                self.sector, self.words = None, []
                self.send(token(BlockFromHostKind.FAIL))

    def act(self, kind: BlockToHostKind, data: int) -> None:
        disk = self.hosts.disk
        if disk is None:
            raise HostError("there is no disk")
        if kind == BlockToHostKind.READ:
            first = number(BlockFromHostKind.WORD) << 32
            self.send(*(first | word for word in disk.read(data).tolist()))
        elif kind == BlockToHostKind.WRITE:
            self.sector = data
        elif kind == BlockToHostKind.FLUSH:
            disk.flush()
            self.send(token(BlockFromHostKind.DONE))
        elif self.sector is not None:
            self.words.append(data)
            if len(self.words) == SECTOR_WORDS:
                sector: Sector = np.array(self.words, np.uint32)
                disk.write(self.sector, sector)
                self.sector, self.words = None, []
                self.send(token(BlockFromHostKind.DONE))


class SerialAdapter(Adapter):
    name = "serial"

    # While a program waits for a line of the console, what is typed is that line.
    console_waits = False

    def service(self, now_ms: int) -> None:
        line = self.hosts.serial
        octets = self.received()
        if line is None:
            return
        if octets:
            line.write(bytes(octets))
        room = SERIAL_AHEAD - self.queues.unsent("serial_from_host")
        if room > 0 and not self.console_waits:
            typed = line.read(room)
            if typed:
                self.send(*(SERIAL_WAITS | octet for octet in typed))

    @property
    def may_wake(self) -> bool:
        line = self.hosts.serial
        return line is not None and (not line.ended or self.queues.unsent("serial_from_host") > 0)


KINDS: tuple[type[Adapter], ...] = (
    DebugBreakAdapter, ConsoleOutputAdapter, ConsoleInputAdapter, HostFileAdapter, DisplayAdapter,
    KeyboardAdapter, BlockAdapter, SerialAdapter,
)


class Adapters:
    """Those of all peripherals that are fitted.

    Parameters
    ----------
    queues : Queues
    hosts : Hosts
    peripherals : sequence of str
        Names, as in `MachineConfig`.
    """

    def __init__(self, queues: Queues, hosts: Hosts, peripherals: Sequence[str]) -> None:
        self.hosts = hosts
        self.each = {kind.name: kind(queues, hosts) for kind in KINDS if kind.name in peripherals}

    def start(self) -> None:
        """The machine is out of reset."""
        for adapter in self.each.values():
            adapter.start()

    def service(self, now_ms: int) -> None:
        """Do all that the machine has asked for; its time is `now_ms`. Raises `HostError`.

        Costs some microseconds if there is nothing to do; call it at every return of the engine.
        """
        serial, console = self.each.get("serial"), self.each.get("console_input")
        for adapter in self.each.values():
            if adapter is serial and isinstance(serial, SerialAdapter):
                serial.console_waits = console is not None and console.may_wake
            adapter.service(now_ms)

    @property
    def may_wake(self) -> bool:
        """Whether something outside could still make a sleeping machine go on.

        A keyboard is none of them: it does not interrupt.
        """
        return any(adapter.may_wake for adapter in self.each.values())

    def sleep(self, timeout_s: float) -> None:
        """Give the processor away until there is input, or for so long."""
        self.hosts.terminal.wait(timeout_s)


def message_tokens(message: Sequence[int] | None) -> list[int]:
    """What answers a read of a buffered device."""
    if message is None:
        return [token(BufferedFromHostKind.FAIL)]
    word = number(BufferedFromHostKind.WORD) << 32
    return [token(BufferedFromHostKind.LENGTH, len(message)), *(word | point for point in message)]
