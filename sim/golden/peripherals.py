"""The peripherals of the golden model that stand for themselves, and the table of all.

Timer, clock and MMU are not here: they are part of the loop in `core`.
"""

from collections import deque

import numpy as np

from isa.config import MachineConfig
from isa.events import EVENT_VALUE_BITS, EventKind, SerialEvent, display_size_arg
from isa.machine import (
    PERIPHERALS,
    SECTOR_WORDS,
    BlockCommand,
    BlockError,
    BlockStatus,
    DisplayControl,
    Interrupt,
    PeripheralKind,
    SerialWord,
)
from sim.golden.buffered import ConsoleInput, ConsoleOutput, HostFile
from sim.golden.compiled import MASK, NEVER
from sim.golden.peripheral import (
    LATENCY_CYCLES,
    POLL_CYCLES,
    Model,
    Peripheral,
    Unexpected,
    event_parts,
)
from sim.golden.picture import Picture
from sim.host.display import DeliveredDisplay
from sim.host.error import HostError
from sim.host.keyboard import KeyChange
from sim.machine import ImageError

__all__ = ["Block", "Display", "Serial", "check_modelled", "fit"]

SERIAL_WAITING = 64  # octets that are kept behind the one in +2
RECORD_CYCLES  = 8   # within which a machine reports what a device did


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
    """+0 control, +1 width, +2 height, +3 address of the framebuffer.

    Behind another machine the picture that this one has delivered is compared, if the host has it.
    """

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        host = model.hosts.display
        self.size = (host.width, host.height) if host and not model.following else (0, 0)
        self[1], self[2] = self.size
        self.is_busy = False
        self.pixels = 0  # address of the flip under way
        self.compared = 0  # pictures

    def store(self, offset: int, value: int) -> None:
        if self.is_busy:
            self[0] = DisplayControl.PENDING
        elif value == DisplayControl.FLIP:
            self[0] = DisplayControl.PENDING
            self.is_busy, self.pixels = True, self[3]
            if (self.model.following and self.has_picture
                    and self.end_of_pixels <= len(self.model.memory)):
                self.model.picture = Picture(self.model.memory, self.pixels, *self.size)
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

    @property
    def end_of_pixels(self) -> int:
        return self.pixels + self.size[0] * self.size[1]

    @property
    def has_picture(self) -> bool:
        """Whether the flip under way shows anything, if it is in RAM."""
        return (self.model.hosts.display is not None
                and 0 < self.pixels < self.end_of_pixels)

    def end(self) -> bool:
        self.is_busy = False
        is_fine = not self.has_picture or self.end_of_pixels <= len(self.model.memory)
        self[0] = DisplayControl.READY if is_fine else DisplayControl.ERROR
        if is_fine and self.has_picture:
            self.show()
        return is_fine

    def show(self) -> None:
        """Show the picture."""
        host, picture = self.model.hosts.display, self.model.picture
        assert host is not None
        if picture is not None and isinstance(host, DeliveredDisplay):
            self.compare(picture, host)
        self.model.picture = None
        host.show(self.model.memory[self.pixels:self.end_of_pixels].copy())

    @property
    def unclaimed(self) -> int:
        """Pictures that the other machine has shown for no flip."""
        host = self.model.hosts.display
        return max(0, len(host.delivered) - self.is_busy) if isinstance(
            host, DeliveredDisplay) else 0

    def compare(self, picture: Picture, host: DeliveredDisplay) -> None:
        """Whether the other machine has shown this."""
        self.compared += 1
        if not host.delivered:
            raise Unexpected(f"flip {self.compared} ended well, but has shown no picture")
        wrong = picture.differs(host.delivered.popleft())
        if wrong:
            raise Unexpected(f"the picture of flip {self.compared} {wrong}")


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
            self.move_sector()
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

    def move_sector(self) -> None:
        """Move the words of one sector, at once where nobody looks at each. Notes an error."""
        disk, memory, at = self.model.hosts.disk, self.model.memory, self.buffer + self.moved
        if disk is None or self.model.picture is not None or at + SECTOR_WORDS > len(memory):
            for _ in range(SECTOR_WORDS):
                if self.moves:
                    self.move_word()
            return
        sector, place = self.sector + self.moved // SECTOR_WORDS, slice(at, at + SECTOR_WORDS)
        try:
            if self.operation == BlockCommand.READ:
                memory[place] = disk.read(sector)
            else:
                disk.write(sector, memory[place].copy())
        except HostError:
            self.error = BlockError.INPUT_OUTPUT
        self.moved += SECTOR_WORDS

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
                if self.model.picture is not None:
                    self.model.picture.note(at, self.words[within])
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


# --- counters ------------------------------------------------------------------------------------

class Counters(Peripheral):
    """+0 take, +1 and +2 cycles, +3 and +4 instructions, low words first.

    The cycles of another machine are its own; that they are about those of its record is checked.
    """

    def __init__(self, model: Model, kind: PeripheralKind):
        super().__init__(model, kind)
        self.takes = False  # the other machine has yet to say at which cycle

    def store(self, offset: int, value: int) -> None:
        self.put(3, self.model.instructions - 1)  # the store itself has not retired
        if self.model.following:
            self.takes = True
        else:
            self.put(1, self.model.cycles - 1)

    def put(self, offset: int, count: int) -> None:
        self[offset], self[offset + 1] = count & MASK, count >> 32 & MASK

    def event(self, arg: int) -> None:
        if not self.takes:
            raise Unexpected("the counts were taken though no program has asked for it")
        late = self.model.followed_cycles - arg & MASK
        if late > RECORD_CYCLES:
            raise Unexpected(f"{arg} cycles are not those of the machine, which counts "
                             f"{self.model.followed_cycles}")
        self.takes = False
        self.put(1, self.model.followed_cycles - late)


KINDS: dict[str, type[Peripheral]] = {
    "debug_break":    DebugBreak,
    "console_output": ConsoleOutput,
    "console_input":  ConsoleInput,
    "host_file":      HostFile,
    "display":        Display,
    "keyboard":       Keyboard,
    "block":          Block,
    "serial":         Serial,
    "counters":       Counters,
}


IN_THE_LOOP = ("timer", "clock", "mmu")


def check_modelled(config: MachineConfig) -> None:
    """Raises `ImageError` if a peripheral of the machine is not in the model."""
    missing = [name for name in config.peripherals if name not in (*KINDS, *IN_THE_LOOP)]
    if missing:
        raise ImageError(f"the golden model does not know {', '.join(missing)}: run the hardware "
                         "without --lockstep, or write a model in sim/golden/peripherals.py")


def fit(model: Model) -> dict[str, Peripheral]:
    """The devices of a machine by name."""
    return {kind.name: KINDS[kind.name](model, kind) for kind in PERIPHERALS
            if kind.name in model.windows and kind.name in KINDS}
