"""Console output, console input and host file of the golden model."""

from isa.events import EventKind
from isa.machine import BUFFER_CAPACITY, READ_REST, BufferedControl, PeripheralKind
from sim.golden.peripheral import POLL_CYCLES, Model, Peripheral, Unexpected, event_parts

__all__ = ["Buffered", "ConsoleInput", "ConsoleOutput", "HostFile"]


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
