"""Drivers and monitors: what stands behind each peripheral of the computer in a bench.

A driver puts something into a stream, a monitor takes what comes out; most of these are both. All
are coroutines that wake when something happened, never each cycle. What went through them is kept
for the scoreboard, which gives the golden model the same.
"""

from collections import deque
from dataclasses import dataclass, field

import cocotb
import numpy as np
from cocotb.triggers import Event, Timer, ValueChange

from isa.machine import SECTOR_WORDS
from rtl.peripherals.tokens import BlockFromHostKind as FromDisk
from rtl.peripherals.tokens import BlockToHostKind as ToDisk
from rtl.peripherals.tokens import BufferedFromHostKind as FromBuffer
from rtl.peripherals.tokens import BufferedToHostKind as ToBuffer
from rtl.peripherals.tokens import DebugFromHost, DisplayToHostKind
from sim.host.disk import Disk
from sim.host.error import HostError
from sim.host.keyboard import Keyboard as KeyState
from tests.cocotb.computer.top import PERIOD_NS

__all__ = ["BlockDevice", "Console", "DebugBreak", "DiskOperation", "Display", "HostFile",
           "Keyboard", "SerialLine", "WORD_MASK"]

KIND_SHIFT = 32
WORD_MASK  = 0xFFFFFFFF
WAITS      = 0x100  # serial: hold the octet back until there is room for it


class Device:
    """One peripheral's streams, `<name>_to_host` and `<name>_from_host`."""
    name = ""

    def __init__(self, computer):
        self.computer = computer
        names = computer.streams
        self._out = names.index(f"{self.name}_to_host") if f"{self.name}_to_host" in names else None
        self._in = (names.index(f"{self.name}_from_host") if f"{self.name}_from_host" in names
                    else None)

    def begin(self):
        """The machine has been reset."""
        if self._out is not None:
            self.task = cocotb.start_soon(self._monitor())

    async def _monitor(self):
        wake = getattr(self.computer.dut, f"wake_{self.name}_to_host")
        while True:
            await ValueChange(wake)
            tokens = self.computer.link.receive(self._out)
            if len(tokens):
                await self.take(tokens)

    async def take(self, tokens):
        """Tokens came out of the machine."""

    def send(self, *tokens):
        self.computer.link.send(self._in, np.array(tokens, np.uint64))

    def send_kind(self, kind, data=0):
        self.send(kind.value << KIND_SHIFT | data)


def parts(tokens):
    """Kinds and data of tokens."""
    return ((tokens >> np.uint64(KIND_SHIFT)).astype(int).tolist(),
            (tokens & np.uint64(WORD_MASK)).astype(np.uint32))


class SerialLine(Device):
    """Types octets, and listens.

    Members
    -------
    text : str
        All that the machine has said since its reset, without carriage returns.
    """
    name = "serial"

    def begin(self):
        super().begin()
        self.heard, self.typed = bytearray(), bytearray()
        self.news = Event()
        self._looked = 0

    async def take(self, tokens):
        self._hear(tokens)

    def collect(self):
        """Take what has come but was not quiet yet."""
        self._hear(self.computer.link.receive(self._out))

    def _hear(self, tokens):
        if len(tokens):
            octets = bytes(int(token) & 0xFF for token in tokens)
            self.heard += octets
            self.computer.say_heard(octets)
            self.news.set()

    def type(self, text):
        """Type text, as fast as the machine takes it."""
        octets = text.encode()
        self.typed += octets
        self.send(*(WAITS | octet for octet in octets))

    @property
    def text(self):
        return self.heard.decode(errors="replace").replace("\r", "")

    async def expect(self, wanted, *, ms=400):
        """Wait until the machine has said something new, and give all that it said up to there.

        After so many of its milliseconds the bench fails.
        """
        while True:
            text = self.text
            at = text.find(wanted, self._looked)
            if at >= 0:
                found, self._looked = text[self._looked:at], at + len(wanted)
                return found
            assert not int(self.computer.dut.stopped.value), (
                f"the machine has stopped; the bench still waits for it to say {wanted!r}")
            self.news.clear()
            await self.computer.until(self.news.wait(), f"the serial line to say {wanted!r}", ms)


@dataclass
class DiskOperation:
    """One sector that was read or written, or a flush, and how it went."""
    kind:   ToDisk
    sector: int
    words:  list[int] = field(default_factory=list)
    failed: bool      = False


class BlockDevice(Device):
    """A disk that may be slow, refuse sectors, or lose its power.

    Members
    -------
    disk : Disk
        What is on it.
    delay_cycles : callable
        Gives how late the answer to an operation is; 0 by default.
    fails : callable
        Whether an operation (a `DiskOperation` without its words) fails; none by default.
    operations : list of DiskOperation
        What was done since the reset.
    """
    name = "block"

    def __init__(self, computer, image):
        super().__init__(computer)
        self.disk = Disk(image)
        self.delay_cycles = lambda: 0
        self.fails = lambda operation: False
        self.observe = lambda operation: None
        self._answers = []

    def begin(self):
        super().begin()
        self.operations = []
        self.outcomes = deque()  # for the golden model
        self._now, self._words = None, []
        for answer in self._answers:
            answer.cancel()
        self._answers = []
        self.send_kind(FromDisk.SIZE, self.disk.total_sectors)

    async def take(self, tokens):
        self._take(tokens)

    def collect(self):
        """Take what has come but was not quiet yet."""
        self._take(self.computer.link.receive(self._out))

    def _take(self, tokens):
        kinds, data = parts(tokens)
        at = 0
        while at < len(kinds):
            kind = ToDisk(kinds[at])
            if kind == ToDisk.WORD:
                count = min(SECTOR_WORDS - len(self._words), len(kinds) - at)
                self._words += data[at:at + count].tolist()
                at += count
                if len(self._words) == SECTOR_WORDS and self._now is not None:
                    self._now.words, now, self._now = self._words, self._now, None
                    self._perform(now)
                continue
            at += 1
            self._words, self._now = [], DiskOperation(kind, int(data[at - 1]))
            if kind != ToDisk.WRITE:
                now, self._now = self._now, None
                self._perform(now)

    def _perform(self, now):
        self.observe(now)
        try:
            if self.fails(now):
                raise HostError("the bench lets it fail")
            if now.kind == ToDisk.READ:
                now.words = self.disk.read(now.sector).tolist()
            elif now.kind == ToDisk.WRITE:
                self.disk.write(now.sector, np.array(now.words, np.uint32))
            else:
                self.disk.flush()
        except HostError:
            now.failed = True
        self.operations.append(now)
        self.outcomes.append(now)
        late = self.delay_cycles()
        self.computer.coverage.disk(now, late)
        self._answers.append(cocotb.start_soon(self._answer(now, late)))

    async def _answer(self, now, late):
        if late:
            await Timer(late * PERIOD_NS, "ns")
        if now.failed:
            self.send_kind(FromDisk.FAIL)
        elif now.kind == ToDisk.READ:
            self.send(*(FromDisk.WORD.value << KIND_SHIFT | word for word in now.words))
        else:
            self.send_kind(FromDisk.DONE)


class Display(Device):
    """Watches pictures.

    Members
    -------
    frames : list of array
        Height by width pixels each, since the reset.
    """
    name = "display"

    def __init__(self, computer, width, height):
        super().__init__(computer)
        self.width, self.height = width, height

    def begin(self):
        super().begin()
        self.frames, self.dropped = [], 0
        self.news = Event()
        self._pixels = []
        self.send(self.height << 14 | self.width)

    async def take(self, tokens):
        kinds, data = parts(tokens)
        kinds = np.array(kinds)
        marks = np.flatnonzero(kinds != DisplayToHostKind.PIXEL.value).tolist()
        at = 0
        for mark in [*marks, len(kinds)]:
            self._pixels.append(data[at:mark])
            at = mark + 1
            if mark == len(kinds):
                break
            pixels, self._pixels = np.concatenate(self._pixels), []
            if kinds[mark] == DisplayToHostKind.END.value:
                assert len(pixels) == self.width * self.height, "a picture has missing pixels"
                self.frames.append(pixels.reshape(self.height, self.width))
            elif kinds[mark] == DisplayToHostKind.DROP.value:
                self.dropped += 1
            else:
                assert data[mark] == self.height << 16 | self.width, "a flip of another size"
        self.news.set()

    async def next_frame(self, *, ms=400):
        """The next picture that is shown."""
        count = len(self.frames)
        while len(self.frames) == count:
            self.news.clear()
            await self.computer.until(self.news.wait(), "the display to show a picture", ms)
        return self.frames[count]


class Keyboard(Device):
    """Presses and releases keys."""
    name = "keyboard"

    def begin(self):
        self._state = KeyState()

    def set(self, key, down):
        """Press or release a `sim.host.keyboard.Key` or an ASCII code."""
        self._state.set(key, down)
        changes = self._state.changes(0)
        self.computer.coverage.key(changes)
        self.send(*(change.token for change in changes))


class Console(Device):
    """Keeps what a program writes to the console output."""
    name = "console_output"

    def begin(self):
        super().begin()
        self.written = []

    async def take(self, tokens):
        kinds, data = parts(tokens)
        self.written += [int(word) for kind, word in zip(kinds, data, strict=True)
                         if kind == ToBuffer.WORD.value]


class HostFile(Device):
    """There is no folder: all operations fail."""
    name = "host_file"

    async def take(self, tokens):
        kinds, _ = parts(tokens)
        for kind in kinds:
            if kind != ToBuffer.WORD.value:
                self.send_kind(FromBuffer.FAIL)


class DebugBreak(Device):
    """A debugger that lets the machine go on at once, and can interrupt it."""
    name = "debug_break"

    async def take(self, tokens):
        self.send(*[DebugFromHost.GO_ON.value] * len(tokens))

    def interrupt(self):
        """Raise interrupt 3."""
        self.send(DebugFromHost.INTERRUPT.value)
