"""The peripherals of the golden model: manual, section 6.

A device acts at once on a store to one of its IO words. What it does by itself comes later: at
`due` when the model runs by itself (`perform`), at a DEVICE record when the model follows another
machine (`event`). Timer, clock and MMU are not here: they are part of the loop in `core`.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.host.error import HostError, OutputClosed
from sim.host.hosts import Hosts
from sim.host.keyboard import KeyChange
from toolchain.isa.machine import (
    BUFFER_CAPACITY,
    PERIPHERALS,
    SECTOR_WORDS,
    BlockCommand,
    BlockError,
    BlockStatus,
    BufferedControl,
    DisplayControl,
    Interrupt,
    PeripheralKind,
)

__all__ = ["Peripheral", "Unexpected", "fit"]

NEVER          = 1 << 62
LATENCY_CYCLES = 20      # of an operation, when the model runs by itself
POLL_CYCLES    = 20_000  # between looks at what a person does

RECEIVED, OVERRUN = 0x100, 0x200  # bits of the serial line's word +2
SERIAL_FIFO       = 64            # octets that are kept


class Unexpected(Exception):
    """An event that the device cannot have had: the other machine is wrong."""


class Model(Protocol):
    """What a device may use of the machine that it is part of."""
    memory:    NDArray[np.uint32]
    hosts:     Hosts
    windows:   dict[str, int]
    following: bool

    @property
    def cycles(self) -> int: ...
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
        """The other machine's device did something by itself. Raises `Unexpected`."""
        raise Unexpected("this device changes nothing by itself")

    def poll(self) -> None:
        """The model begins to run for a while: look at the host."""

    @property
    def may_wake(self) -> bool:
        return False

    def later(self, cycles: int = LATENCY_CYCLES) -> None:
        self.due = self.model.cycles + cycles


class Operation(Peripheral):
    """A device that does one thing at a time, between a store and an event."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.finish: Callable[[], None] | None = None

    def begin(self, finish: Callable[[], None]) -> None:
        self.finish = finish
        self.later()

    def perform(self) -> None:
        super().perform()
        finish, self.finish = self.finish, None
        if finish:
            finish()

    def event(self, arg: int) -> None:
        if self.finish is None:
            raise Unexpected("it finished an operation that nothing began")
        self.perform()


# --- console and host file -----------------------------------------------------------------------

class Buffered(Operation):
    """The protocol of console and host file: +0 control, +1 capacity, +2 size, +3... data."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.collected: list[int] = []    # parts of a message that programs write
        self.delivering: list[int] = []   # what further reads have to deliver

    def store(self, offset: int, value: int) -> None:
        self[0] = BufferedControl.PENDING
        if value == BufferedControl.WRITE:
            size, first = self[2], self.window + 3
            part = self.model.memory[first:first + min(size, BUFFER_CAPACITY)].tolist()
            self.delivering = []
            self.begin(lambda: self.end(self.write(part, size <= BUFFER_CAPACITY)))
        elif value == BufferedControl.READ:
            self.collected = []
            self.begin(self.try_read)
        else:
            self.begin(lambda: self.end(self.reject()))

    def end(self, is_fine: bool) -> None:
        self[0] = BufferedControl.READY if is_fine else BufferedControl.ERROR

    def try_read(self) -> None:
        """Deliver the next part, now or once the host has something."""
        if self.delivering or self.is_ready():
            self.end(self.deliver())
        else:
            self.finish = self.try_read
            self.later(POLL_CYCLES)

    def deliver(self) -> bool:
        """Fill the buffer; the size counts all words that remain."""
        if not self.delivering:
            message = self.read()
            if message is None:
                return False
            self.delivering = message
        part = self.delivering[:BUFFER_CAPACITY]
        first = self.window + 3
        self[2] = len(self.delivering)
        self.model.memory[first:first + len(part)] = part
        self.delivering = self.delivering[BUFFER_CAPACITY:]
        return True

    # What devices of this kind differ in.

    def write(self, part: list[int], is_last: bool) -> bool:
        return False

    def is_ready(self) -> bool:
        return True

    def read(self) -> list[int] | None:
        return None

    def reject(self) -> bool:
        self.collected, self.delivering = [], []
        return False


class ConsoleOutput(Buffered):
    """Shows each part as it comes."""

    def write(self, part: list[int], is_last: bool) -> bool:
        try:
            assert self.model.hosts.console is not None
            self.model.hosts.console.write(part)
        except OutputClosed:
            raise
        except HostError:
            return False
        return True


class ConsoleInput(Buffered):
    """A line a message."""

    def is_ready(self) -> bool:
        # In lockstep the other machine had a line, so ours comes without long waiting.
        assert self.model.hosts.console is not None
        return self.model.following or self.model.hosts.console.line_ready()

    def read(self) -> list[int] | None:
        assert self.model.hosts.console is not None
        return self.model.hosts.console.read_line()


class HostFile(Buffered):
    """A path, then contents in either direction."""

    def write(self, part: list[int], is_last: bool) -> bool:
        self.collected += part
        if not is_last:
            return True
        message, self.collected = self.collected, []
        return self.model.hosts.files is not None and self.model.hosts.files.write(message)

    def read(self) -> list[int] | None:
        return self.model.hosts.files.read() if self.model.hosts.files is not None else None


# --- debug break ---------------------------------------------------------------------------------

class DebugBreak(Operation):
    """Stands at 2 until the debugger lets the machine go on."""

    def store(self, offset: int, value: int) -> None:
        self[0] = 2 if value == 1 else 3
        if value == 1:
            self.begin(self.ask)

    def ask(self) -> None:
        debugger = self.model.hosts.debugger
        if self.model.following or debugger.stopped():
            self[0] = 0
        else:
            self.wait()

    def wait(self) -> None:
        self.finish = self.ask_again
        self.later(POLL_CYCLES)

    def ask_again(self) -> None:
        if self.model.following or self.model.hosts.debugger.go_on():
            self[0] = 0
        else:
            self.wait()

    def poll(self) -> None:
        if self.model.hosts.debugger.wants_break():
            self.model.interrupt(Interrupt.DEBUG_BREAK)


# --- display and keyboard ------------------------------------------------------------------------

class Display(Operation):
    """+0 control, +1 width, +2 height, +3 address of the framebuffer."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        host = model.hosts.display
        self[1], self[2] = (host.width, host.height) if host else (0, 0)

    def store(self, offset: int, value: int) -> None:
        if value == DisplayControl.FLIP:
            self[0] = DisplayControl.PENDING
            self.begin(self.flip)

    def flip(self) -> None:
        self[0] = DisplayControl.READY if self.show() else DisplayControl.ERROR

    def show(self) -> bool:
        host, first = self.model.hosts.display, self[3]
        if host is None or first == 0:
            return True
        end = first + host.width * host.height
        if end > len(self.model.memory):
            return False
        try:
            host.show(self.model.memory[first:end].copy())
        except HostError:
            return False
        return True


class Keyboard(Peripheral):
    """Five words of key state; an event is one change, as `KeyChange.token` has it."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.changes: deque[KeyChange] = deque()
        if model.hosts.keyboard is not None and not model.following:
            self.later(POLL_CYCLES)

    def perform(self) -> None:
        super().perform()
        self.poll()
        self.later(POLL_CYCLES)

    def poll(self) -> None:
        self.fetch()
        while self.changes:
            self.apply(self.changes.popleft())

    def fetch(self) -> None:
        if self.model.hosts.keyboard is not None:
            self.changes.extend(self.model.hosts.keyboard.changes(self.model.now_ms))

    def apply(self, change: KeyChange) -> None:
        mask = 1 << change.bit
        self[change.word] = self[change.word] | mask if change.down else self[change.word] & ~mask

    def event(self, arg: int) -> None:
        if arg >> 9 or (arg >> 5 & 7) > 4:
            raise Unexpected(f"there is no key change {arg:#x}")
        self.apply(KeyChange.of_token(arg))


# --- block device --------------------------------------------------------------------------------

class Block(Operation):
    """+0 command, +1 status, +2 sector, +3 count, +4 buffer, +5 total, +6 words, +7 error."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self[5] = model.hosts.disk.total_sectors if model.hosts.disk else 0
        self[6] = SECTOR_WORDS

    def store(self, offset: int, value: int) -> None:
        if value == BlockCommand.NONE or self[1] == BlockStatus.BUSY:
            return
        self[1] = BlockStatus.BUSY
        sector, count, buffer = self[2], self[3], self[4]
        self.begin(lambda: self.end(self.execute(value, sector, count, buffer)))

    def end(self, error: BlockError) -> None:
        self[7] = error
        self[1] = BlockStatus.READY if error == BlockError.NONE else BlockStatus.ERROR

    def execute(self, command: int, sector: int, count: int, buffer: int) -> BlockError:
        disk = self.model.hosts.disk
        try:
            if command == BlockCommand.FLUSH:
                if disk is None:
                    return BlockError.INPUT_OUTPUT
                disk.flush()
                return BlockError.NONE
            if command not in (BlockCommand.READ, BlockCommand.WRITE):
                return BlockError.INPUT_OUTPUT
            if sector >= self[5]:
                return BlockError.OUT_OF_RANGE
            if count == 0 or sector + count > self[5]:
                return BlockError.BAD_COUNT
            for i in range(count):
                self.transfer(command, sector + i, buffer + i * SECTOR_WORDS)
        except HostError:
            return BlockError.INPUT_OUTPUT
        return BlockError.NONE

    def transfer(self, command: int, sector: int, at: int) -> None:
        """Move one sector; what lies past the end of RAM fails the operation."""
        disk, memory = self.model.hosts.disk, self.model.memory
        assert disk is not None
        end = at + SECTOR_WORDS
        if command == BlockCommand.READ:
            words = disk.read(sector)
            memory[at:end] = words[:max(0, len(memory) - at)]
        if end > len(memory):
            raise HostError("the buffer reaches past the end of RAM")
        if command == BlockCommand.WRITE:
            disk.write(sector, memory[at:end].copy())


# --- serial line ---------------------------------------------------------------------------------

class Serial(Peripheral):
    """+0 transmit, +1 acknowledge, +2 received."""

    TRANSMITTED = 1 << 31  # event: the line can take another octet; else an octet has come

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.fifo: deque[int] = deque()
        if model.hosts.serial is not None and not model.following:
            self.later(POLL_CYCLES)

    def store(self, offset: int, value: int) -> None:
        if offset == 0:
            self[0] = 0
            if self.model.hosts.serial is not None:
                self.model.hosts.serial.write(bytes([value & 0xFF]))
        elif offset == 1:
            self[1] = 0
            if self.fifo:
                self.fifo.popleft()
            self.show()
            if self.fifo:
                self.model.interrupt(Interrupt.SERIAL)

    def show(self) -> None:
        self[2] = RECEIVED | self.fifo[0] if self.fifo else 0

    def arrive(self, octet: int) -> None:
        if len(self.fifo) >= SERIAL_FIFO:
            self[2] |= OVERRUN
        else:
            self.fifo.append(octet)
            if len(self.fifo) == 1:
                self.show()
        self.model.interrupt(Interrupt.SERIAL)

    def perform(self) -> None:
        super().perform()
        self.poll()
        self.later(POLL_CYCLES)

    def poll(self) -> None:
        if self.model.hosts.serial is not None:
            for octet in self.model.hosts.serial.read(SERIAL_FIFO - len(self.fifo)):
                self.arrive(octet)

    @property
    def may_wake(self) -> bool:
        return self.model.hosts.serial is not None and not self.model.hosts.serial.ended

    def event(self, arg: int) -> None:
        self.arrive(arg & 0xFF)


KINDS: dict[str, type[Peripheral]] = {
    "debug_break":    DebugBreak,
    "console_output": ConsoleOutput,
    "console_input":  ConsoleInput,
    "host_file":      HostFile,
    "display":        Display,
    "keyboard":       Keyboard,
    "block":          Block,
    "serial":         Serial,
}


def fit(model: Model) -> dict[str, Peripheral]:
    """The devices of a machine by name."""
    return {kind.name: KINDS[kind.name](model, kind) for kind in PERIPHERALS
            if kind.name in model.windows and kind.name in KINDS}
