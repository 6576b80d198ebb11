"""Followers: what each peripheral shows to programs, told of stores and of the device's events.

Written from the manual (section 6) and the table in `isa/events.py`, not from the
hardware; they decide nothing about *when*.
"""

from isa.events import EVENT_VALUE_BITS, EventKind, SerialEvent

__all__ = ["BlockFollower", "BufferedFollower", "ClockFollower", "DebugBreakFollower",
           "DisplayFollower", "KeyboardFollower", "SerialFollower"]

ERROR    = 0xFFFFFFFF
CAPACITY = 253


def split(arg):
    """Kind and value of an event's argument."""
    return EventKind(arg >> EVENT_VALUE_BITS), arg & (1 << EVENT_VALUE_BITS) - 1


class Plain:
    """A window that is plain memory."""

    def __init__(self, words):
        self.words = [0] * words

    def load(self, addr):
        return self.words[addr]

    def store(self, addr, data):
        self.words[addr] = data


class ClockFollower(Plain):
    def __init__(self):
        super().__init__(1)

    def event(self, arg):
        self.words[0] = arg


class DebugBreakFollower(Plain):
    def __init__(self):
        super().__init__(1)

    def store(self, addr, data):
        self.words[0] = 2 if data == 1 else 3

    def event(self, arg):
        assert split(arg) == (EventKind.GO_ON, 0)
        assert self.words[0] == 2
        self.words[0] = 0


class KeyboardFollower(Plain):
    def __init__(self):
        super().__init__(5)

    def event(self, arg):
        word, mask = arg >> 5 & 7, 1 << (arg & 31)
        self.words[word] = self.words[word] | mask if arg >> 8 else self.words[word] & ~mask


class BufferedFollower(Plain):
    """Besides, keeps the messages that the program wrote in `written`.

    `to_read` are the messages that the host will give, None for a failure.
    """

    def __init__(self, writes, reads, to_read=()):
        super().__init__(256)
        self.words[1] = CAPACITY
        self.writes, self.reads = writes, reads
        self.to_read = [None if message is None else list(message) for message in to_read]
        self.written = []
        self.collected = []
        self.undelivered = []
        self.operation = None

    def store(self, addr, data):
        if addr == 0:
            if self.operation is None:
                self.command(data)
        elif addr != 1:
            self.words[addr] = data

    def command(self, value):
        self.words[0] = ERROR
        if value == 1 and self.writes:
            # "The device takes the data at once."
            self.collected += self.words[3:3 + min(self.words[2], CAPACITY)]
            if self.words[2] <= CAPACITY:
                self.written.append(self.collected)
                self.collected = []
            self.undelivered = []
            self.words[0], self.operation = 3, "write"
        if value == 2 and self.reads:
            self.collected = []
            self.only_rest = self.words[2] == 0xFFFFFFFF
            self.words[0], self.operation = 3, "read"

    def event(self, arg):
        kind, value = split(arg)
        assert self.operation
        if kind == EventKind.CONTROL:
            self.words[0] = ERROR if value else 0
            if value and self.operation == "read":
                assert self.to_read.pop(0) is None
            self.operation = None
        elif kind == EventKind.SIZE:
            if not self.undelivered and not self.only_rest:
                self.undelivered = self.to_read.pop(0)
            self.words[2] = min(len(self.undelivered), CAPACITY)
        else:
            assert kind == EventKind.WORD and value < CAPACITY
            self.words[3 + value] = self.undelivered.pop(0)


class DisplayFollower(Plain):
    def __init__(self, width=0, height=0):
        super().__init__(4)
        self.words = [0, width, height, 0]
        self.is_busy = False

    def store(self, addr, data):
        if addr:
            self.words[addr] = data
        elif not self.is_busy:
            self.words[0] = 2 if data == 1 else data
            self.is_busy = data == 1

    def event(self, arg):
        kind, value = split(arg)
        if kind == EventKind.SIZE:
            assert not self.is_busy
            self.words[1:3] = value & 0x3FFF, value >> 14
        else:
            assert kind == EventKind.CONTROL and self.is_busy
            self.words[0] = 0xFF if value else 0
            self.is_busy = False


class BlockFollower(Plain):
    """Moves its own sectors and its own memory."""

    def __init__(self, disk, memory):
        super().__init__(8)
        self.words[6] = 128
        self.disk, self.memory = disk, memory
        self.operation = None

    def store(self, addr, data):
        if addr in (5, 6):
            return
        self.words[addr] = data
        if addr == 0 and data and self.operation is None:
            self.operation = data, self.words[2], self.words[4]
            self.words[1] = 1

    def event(self, arg):
        kind, value = split(arg)
        if kind == EventKind.SIZE:
            self.words[5] = value
        elif kind == EventKind.CONTROL:
            assert self.operation
            self.words[1], self.words[7] = (0xFF if value else 0), value
            self.operation = None
        else:
            assert kind == EventKind.WORD
            command, sector, address = self.operation
            if address + value >= len(self.memory):
                return
            at = sector * 128 + value
            if command == 1:
                self.memory[address + value] = self.disk[at]
            else:
                self.disk[at] = self.memory[address + value]


class SerialFollower(Plain):
    def __init__(self):
        super().__init__(3)
        self.is_there = False
        self.waiting = []

    def store(self, addr, data):
        if addr == 0:
            self.words[0] = 1
        elif addr == 2:
            self.words[2] = data
        else:
            self.is_there = bool(self.waiting)
            self.words[2] = 0x100 | self.waiting.pop(0) if self.is_there else 0

    def event(self, arg):
        assert arg & (SerialEvent.ARRIVED | SerialEvent.OVERRUN | SerialEvent.SENT)
        if arg & SerialEvent.ARRIVED:
            if self.is_there:
                self.waiting.append(arg & 0xFF)
            else:
                self.is_there = True
                self.words[2] = 0x100 | arg & 0xFF
        if arg & SerialEvent.OVERRUN:
            assert len(self.waiting) >= 64
            self.words[2] |= 0x200
        if arg & SerialEvent.SENT:
            self.words[0] = 0
