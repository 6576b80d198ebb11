"""The peripherals of the golden model: manual, section 6.

A device acts at once on a store to one of its IO words. What it does by itself comes later: at
`due` when the model runs by itself (`perform`), at a DEVICE record when the model follows another
machine (`event`). Timer, clock and MMU are not here: they are part of the loop in `core`.
"""

from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from isa.events import EVENT_VALUE_BITS, EventKind, SerialEvent, display_size_arg
from isa.machine import (
    BUFFER_CAPACITY,
    PERIPHERALS,
    READ_REST,
    SECTOR_WORDS,
    BlockCommand,
    BlockError,
    BlockStatus,
    BufferedControl,
    DisplayControl,
    Interrupt,
    PeripheralKind,
    SerialWord,
)
from sim.host.error import HostError
from sim.host.hosts import Hosts
from sim.host.keyboard import KeyChange

__all__ = ["Peripheral", "Unexpected", "fit"]

NEVER          = 1 << 62
LATENCY_CYCLES = 20      # of an operation, when the model runs by itself
POLL_CYCLES    = 20_000  # between looks at what a person does
SERIAL_WAITING = 64      # octets that are kept behind the one in +2


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


# --- console and host file -----------------------------------------------------------------------

class Buffered(Peripheral):
    """The protocol of console and host file: +0 control, +1 capacity, +2 size, +3... data.

    A read is three kinds of steps: the size is set, a data word is filled, control changes.
    """

    operation: int | None

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self[1] = BUFFER_CAPACITY
        self.operation = None             # `BufferedControl` while pending
        self.part: list[int] = []         # that the program wrote last
        self.is_last = True               # whether it ended a message
        self.collected: list[int] = []    # parts of that message
        self.message: list[int] = []      # that programs read, what is not delivered yet
        self.filled: int | None = None    # words of this part so far; None before the size is set
        self.only_rest = False            # the read is not to begin another message

    def store(self, offset: int, value: int) -> None:
        if self.operation is not None:
            self[0] = BufferedControl.PENDING  # stores do nothing until it is over
        elif value in (BufferedControl.WRITE, BufferedControl.READ) and self.can(value):
            self.operation = value
            self[0] = BufferedControl.PENDING
            if value == BufferedControl.WRITE:
                size, first = self[2], self.window + 3
                self.part = self.model.memory[first:first + min(size, BUFFER_CAPACITY)].tolist()
                self.is_last = size <= BUFFER_CAPACITY
                self.message = []
            else:
                self.collected = []
                self.filled = None
                self.only_rest = self[2] == READ_REST
            self.later()
        else:
            self[0] = BufferedControl.ERROR

    def perform(self) -> None:
        super().perform()
        if self.operation == BufferedControl.READ:
            if not self.message and not self.only_rest and not self.is_ready():
                self.later(POLL_CYCLES)
                return
            if self.set_size():
                while self.fill_word():
                    pass
        self.end()

    def event(self, arg: int) -> None:
        kind, value = event_parts(arg)
        if self.operation is None:
            raise Unexpected("it did something though nothing was asked of it")
        is_read = self.operation == BufferedControl.READ
        if kind == EventKind.SIZE and is_read and self.filled is None:
            if not self.set_size():
                raise Unexpected("a message came, but the host has none")
        elif kind == EventKind.WORD and is_read and value == self.filled:
            if not self.fill_word():
                raise Unexpected("more words came than the message has")
        elif kind == EventKind.CONTROL:
            if self.filled is not None and self.filled < min(len(self.message), BUFFER_CAPACITY):
                raise Unexpected("a read ended with words missing")
            if is_read and self.filled is None and value == 0:
                raise Unexpected("a read ended well before it began")
            if is_read and self.filled is None and self.set_size():
                raise Unexpected("a read failed, but the host has a message")
            if self.end() != (value == 0):
                raise Unexpected(f"the operation ended with {value}, but the host says otherwise")
        else:
            raise Unexpected(f"event {arg:#x} has no place here")

    def set_size(self) -> bool:
        """The size counts the words of this part; false if there is no message."""
        if not self.message and not self.only_rest:
            message = self.read()
            if message is None:
                return False
            self.message = message
        self[2] = min(len(self.message), BUFFER_CAPACITY)
        self.filled = 0
        return True

    def fill_word(self) -> bool:
        """Deliver the next word of this part; false if it was complete."""
        assert self.filled is not None
        if self.filled >= min(len(self.message), BUFFER_CAPACITY):
            return False
        self[3 + self.filled] = self.message[self.filled]
        self.filled += 1
        return True

    def end(self) -> bool:
        """The operation is over; whether it went well."""
        if self.operation == BufferedControl.WRITE:
            self.collected += self.part
            is_fine = self.write()
        else:
            is_fine = self.filled is not None
            self.message = self.message[self.filled or 0:]
            self.filled = None
        self.operation = None
        self[0] = BufferedControl.READY if is_fine else BufferedControl.ERROR
        return is_fine

    # What devices of this kind differ in.

    def can(self, operation: int) -> bool:
        return True

    def write(self) -> bool:
        """A part was written."""
        return False

    def is_ready(self) -> bool:
        """Whether the host can say now what there is to read."""
        return True

    def read(self) -> list[int] | None:
        """A whole message; None if there is none."""
        return None


class ConsoleOutput(Buffered):
    """Shows each part as it comes."""

    def can(self, operation: int) -> bool:
        return operation == BufferedControl.WRITE

    def write(self) -> bool:
        points, self.collected = self.collected, []
        assert self.model.hosts.console is not None
        self.model.hosts.console.write(points)
        return True


class ConsoleInput(Buffered):
    """A line a message."""

    def can(self, operation: int) -> bool:
        return operation == BufferedControl.READ

    def is_ready(self) -> bool:
        assert self.model.hosts.console is not None
        return self.model.hosts.console.line_ready()

    def read(self) -> list[int] | None:
        assert self.model.hosts.console is not None
        return self.model.hosts.console.read_line()


class HostFile(Buffered):
    """A path, then contents in either direction."""

    def write(self) -> bool:
        if not self.is_last:
            return True
        message, self.collected = self.collected, []
        return self.model.hosts.files is not None and self.model.hosts.files.write(message)

    def read(self) -> list[int] | None:
        return self.model.hosts.files.read() if self.model.hosts.files is not None else None


# --- debug break ---------------------------------------------------------------------------------

class DebugBreak(Peripheral):
    """Stands at 2 until the debugger lets the machine go on."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.was_told = False  # the debugger knows of the stop

    def store(self, offset: int, value: int) -> None:
        self[0] = 2 if value == 1 else 3
        if value == 1 and self.due == NEVER:
            self.later()

    def perform(self) -> None:
        super().perform()
        debugger = self.model.hosts.debugger
        goes_on = debugger.go_on() if self.was_told else debugger.stopped()
        self.was_told = not goes_on
        if not goes_on:
            self.later(POLL_CYCLES)
        elif self[0] == 2:
            self[0] = 0

    def event(self, arg: int) -> None:
        if event_parts(arg)[0] != EventKind.GO_ON or self[0] != 2:
            raise Unexpected("it went on without having stopped")
        self[0] = 0

    def poll(self) -> None:
        if self.model.hosts.debugger.wants_break():
            self.model.interrupt(Interrupt.DEBUG_BREAK)


# --- display and keyboard ------------------------------------------------------------------------

class Display(Peripheral):
    """+0 control, +1 width, +2 height, +3 address of the framebuffer."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        host = model.hosts.display
        self.size = (host.width, host.height) if host and not model.following else (0, 0)
        self[1], self[2] = self.size
        self.is_busy = False
        self.pixels = 0  # address of the flip under way

    def store(self, offset: int, value: int) -> None:
        if self.is_busy:
            self[0] = DisplayControl.PENDING
        elif value == DisplayControl.FLIP:
            self[0] = DisplayControl.PENDING
            self.is_busy, self.pixels = True, self[3]
            self.later()

    def perform(self) -> None:
        super().perform()
        self.end()

    def event(self, arg: int) -> None:
        kind, value = event_parts(arg)
        if kind == EventKind.SIZE:
            host = self.model.hosts.display
            self.size = (host.width, host.height) if host else (0, 0)
            if value != display_size_arg(*self.size):
                raise Unexpected(f"the display has another size, {value:#x}")
            self[1], self[2] = self.size
        elif kind == EventKind.CONTROL and self.is_busy:
            if self.end() != (value == 0):
                raise Unexpected(f"the flip ended with {value}, but should have otherwise")
        else:
            raise Unexpected("a flip ended that was not begun")

    def end(self) -> bool:
        self.is_busy = False
        is_fine = self.show()
        self[0] = DisplayControl.READY if is_fine else DisplayControl.ERROR
        return is_fine

    def show(self) -> bool:
        """Show the picture; false if it reaches past the end of RAM."""
        host, first = self.model.hosts.display, self.pixels
        end = first + self.size[0] * self.size[1]
        if host is None or first == 0 or end == first:
            return True
        if end > len(self.model.memory):
            return False
        host.show(self.model.memory[first:end].copy())
        return True


class Keyboard(Peripheral):
    """Five words of key state; an event is one change, as `KeyChange.token` has it."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        if model.hosts.keyboard is not None and not model.following:
            self.later(POLL_CYCLES)

    def perform(self) -> None:
        super().perform()
        self.poll()
        self.later(POLL_CYCLES)

    def poll(self) -> None:
        if self.model.hosts.keyboard is not None:
            for change in self.model.hosts.keyboard.changes(self.model.now_ms):
                self.apply(change)

    def apply(self, change: KeyChange) -> None:
        mask = 1 << change.bit
        self[change.word] = self[change.word] | mask if change.down else self[change.word] & ~mask

    def event(self, arg: int) -> None:
        change = KeyChange.of_token(arg)
        if change.word > 4 or change.token != arg:
            raise Unexpected(f"there is no key change {arg:#x}")
        self.apply(change)


# --- block device --------------------------------------------------------------------------------

class Block(Peripheral):
    """+0 command, +1 status, +2 sector, +3 count, +4 buffer, +5 total, +6 words, +7 error."""

    operation: int | None

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.total = 0
        if not model.following:
            self.set_total()
        self[6] = SECTOR_WORDS
        self.operation = None  # `BlockCommand`, or an unknown command, while busy
        self.sector = self.count = self.buffer = 0
        self.error = BlockError.NONE
        self.moved = 0                # words
        self.words: list[int] = []    # of the sector that is being moved

    def set_total(self) -> None:
        disk = self.model.hosts.disk
        self[5] = self.total = disk.total_sectors if disk else 0

    def store(self, offset: int, value: int) -> None:
        if value != BlockCommand.NONE and self.operation is None:
            self.operation = value
            self[1] = BlockStatus.BUSY
            self.sector, self.count, self.buffer = self[2], self[3], self[4]
            self.moved = 0
            self.error = self.check()
            self.later()

    def check(self) -> BlockError:
        if self.operation == BlockCommand.FLUSH:
            return BlockError.NONE
        if self.operation not in (BlockCommand.READ, BlockCommand.WRITE):
            return BlockError.INPUT_OUTPUT
        if self.sector >= self.total:
            return BlockError.OUT_OF_RANGE
        if self.count == 0 or self.sector + self.count > self.total:
            return BlockError.BAD_COUNT
        return BlockError.NONE

    @property
    def moves(self) -> bool:
        """Whether there is another word to move."""
        return (self.error == BlockError.NONE and self.operation != BlockCommand.FLUSH
                and self.moved < self.count * SECTOR_WORDS)

    def perform(self) -> None:
        super().perform()
        while self.moves:
            self.move_word()
        self.end()

    def event(self, arg: int) -> None:
        kind, value = event_parts(arg)
        if kind == EventKind.SIZE and self.operation is None:
            self.set_total()
            if value != self.total:
                raise Unexpected(f"the disk has {self.total} sectors, not {value}")
        elif self.operation is None:
            raise Unexpected("it did something though nothing was asked of it")
        elif kind == EventKind.WORD:
            if not self.moves or value != self.moved & (1 << EVENT_VALUE_BITS) - 1:
                raise Unexpected(f"word {value} was moved out of its turn")
            self.move_word()
        elif kind == EventKind.CONTROL:
            if self.moves and value == BlockError.INPUT_OUTPUT:
                self.move_word()  # what could not be moved has no event of its own
            if self.moves:
                raise Unexpected(f"the operation ended after {self.moved} words")
            if self.end() != value:
                raise Unexpected(f"the operation ended with {value}, not {self[7]}")
        else:
            raise Unexpected(f"event {arg:#x} has no place here")

    def move_word(self) -> None:
        """Move one word; a whole sector to the disk. Notes an error."""
        disk, memory = self.model.hosts.disk, self.model.memory
        at, within = self.buffer + self.moved, self.moved % SECTOR_WORDS
        sector = self.sector + self.moved // SECTOR_WORDS
        try:
            if disk is None:
                raise HostError("there is no disk")
            if within == 0:
                is_read = self.operation == BlockCommand.READ
                self.words = disk.read(sector).tolist() if is_read else []
            if at >= len(memory):
                raise HostError("the buffer reaches past the end of RAM")
            if self.operation == BlockCommand.READ:
                memory[at] = self.words[within]
            else:
                self.words.append(int(memory[at]))
                if len(self.words) == SECTOR_WORDS:
                    disk.write(sector, np.array(self.words, dtype=np.uint32))
        except HostError:
            self.error = BlockError.INPUT_OUTPUT
        self.moved += 1

    def end(self) -> BlockError:
        if self.operation == BlockCommand.FLUSH:
            try:
                if self.model.hosts.disk is None:
                    raise HostError("there is no disk")
                self.model.hosts.disk.flush()
            except HostError:
                self.error = BlockError.INPUT_OUTPUT
        self.operation = None
        self[7] = self.error
        self[1] = BlockStatus.READY if self.error == BlockError.NONE else BlockStatus.ERROR
        return self.error


# --- serial line ---------------------------------------------------------------------------------

class Serial(Peripheral):
    """+0 transmit, +1 acknowledge, +2 received."""

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.sending: int | None = None
        self.is_there = False            # an octet is in +2, whatever a program stored there
        self.waiting: deque[int] = deque()
        self.polls_at = self.model.cycles + POLL_CYCLES
        if not model.following:
            self.due = self.polls_at

    def store(self, offset: int, value: int) -> None:
        if offset == 0:
            self[0] = 1
            if self.sending is None:
                self.sending = value & 0xFF
                self.due = min(self.due, self.model.cycles + LATENCY_CYCLES)
        else:
            self[1] = 0
            self.is_there = bool(self.waiting)
            self[2] = SerialWord.THERE | self.waiting.popleft() if self.waiting else 0
            if self.is_there:
                self.model.interrupt(Interrupt.SERIAL)

    def perform(self) -> None:
        if self.sending is not None:
            self.sent()
        if self.model.cycles >= self.polls_at:
            self.poll()
            self.polls_at = self.model.cycles + POLL_CYCLES
        self.due = self.polls_at

    def sent(self) -> None:
        assert self.sending is not None
        if self.model.hosts.serial is not None:
            self.model.hosts.serial.write(bytes([self.sending]))
        self.sending = None
        self[0] = 0

    def arrive(self, octet: int) -> None:
        if self.is_there:
            self.waiting.append(octet)
        else:
            self.is_there = True
            self[2] = SerialWord.THERE | octet
        self.model.interrupt(Interrupt.SERIAL)

    @property
    def room(self) -> int:
        return SERIAL_WAITING - len(self.waiting) + (not self.is_there)

    def poll(self) -> None:
        """Take what there is room for; the rest waits at the host."""
        if self.model.hosts.serial is not None:
            for octet in self.model.hosts.serial.read(self.room):
                self.arrive(octet)

    @property
    def may_wake(self) -> bool:
        return self.model.hosts.serial is not None and not self.model.hosts.serial.ended

    def event(self, arg: int) -> None:
        if arg & SerialEvent.SENT:
            if self.sending is None:
                raise Unexpected("an octet was sent that no program stored")
            self.sent()
        if arg & SerialEvent.OVERRUN:
            if self.room:
                raise Unexpected("an octet was dropped though there is room")
            self[2] = self[2] | SerialWord.OVERRUN
        if arg & SerialEvent.ARRIVED:
            octet = arg & SerialEvent.OCTET
            host = self.model.hosts.serial
            if host is not None and host.read(1) != bytes([octet]):
                raise Unexpected(f"octet {octet:#x} arrived that the line did not bring")
            if not self.room:
                raise Unexpected("an octet arrived with no room for it")
            self.arrive(octet)


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
