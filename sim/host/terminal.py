"""The terminal: a pair of octet streams that console and serial line share.

It may be a real terminal, a pipe, a file or octets made up by a test. Nothing here blocks but
`wait` and a `write` into a full pipe, so a running machine never stands still for a keystroke.
"""

import atexit
import io
import os
import select
import signal
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, BinaryIO

from sim.host.error import HostError, OutputClosed

__all__ = ["LEAVE_OCTET", "ScriptedTerminal", "Terminal", "standard_terminal"]

CHUNK_OCTETS = 1 << 16
LEAVE_OCTET  = 0x1D  # ctrl-]: leaves the simulator from a raw terminal, where ctrl-C is just data


class Terminal:
    """Octets in from `source`, octets out to `sink`.

    Parameters
    ----------
    source : int, BinaryIO, bytes or None
        A descriptor, an open file, the whole input at once, or None for no input at all.
    sink : int, BinaryIO or None
        A descriptor or an open file; None means a closed output: the first write is an error.

    Members
    -------
    ended : bool
        The source has ended; octets may still be waiting in here.
    is_raw : bool
        Within `raw()` on a real terminal.
    line_wanted : bool
        The console waits for a line: what is typed is that line, and not the serial line's.
    has_serial : bool
        A serial line takes what is typed; keys of a keyboard are copies of it then.
    """

    def __init__(self, source: int | BinaryIO | bytes | None = None,
                 sink: int | BinaryIO | None = None) -> None:
        self.ended = source is None
        self.is_raw = False
        self.line_wanted = False
        self.has_serial = False
        self._waiting = bytearray()
        self._searched = 0       # octets of `_waiting` without an end of line among them
        self._keys = bytearray()
        self._source_fd = None if isinstance(source, bytes) else _descriptor(source)
        self._sink = sink
        self._sink_fd = _descriptor(sink)
        self._saved: list[Any] | None = None
        if isinstance(source, bytes):
            self._accept(source)
            self.ended = True
        elif self._source_fd is None and source is not None and not isinstance(source, int):
            try:
                self._accept(source.read())
            except OSError:  # a stand-in of a test runner's, say, which gives nothing
                pass
            self.ended = True

    # --- input

    @property
    def is_interactive(self) -> bool:
        """Whether a person types the input."""
        return self._source_fd is not None and os.isatty(self._source_fd)

    def poll(self) -> bool:
        """Take in what has arrived, without waiting; whether `take` has something to give."""
        while not self.ended and len(self._waiting) < CHUNK_OCTETS and self._is_readable(0):
            self._read()
        return bool(self._waiting)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until new input, its end, or the time is over; whether it was not the time."""
        if self.ended:
            return True
        if not self._is_readable(timeout_s):
            return False
        self._read()
        return True

    def take(self, limit_octets: int) -> bytes:
        """The next octets that have arrived, at most so many; empty if there are none."""
        self.poll()
        return self._remove(min(limit_octets, len(self._waiting)))

    def take_keys(self) -> bytes:
        """What was typed on a raw terminal since the last call, for a keyboard.

        It is there for the serial line, too, and for the console while that waits for a line.
        """
        self.poll()
        keys = bytes(self._keys)
        self._keys.clear()
        if self.is_raw and not self.has_serial and not self.line_wanted:
            self._remove(len(self._waiting))
        return keys

    def line_ready(self) -> bool:
        """Whether `take_line` need not wait: a whole line is there, or the input has ended."""
        while self._line_end() < 0 and not self.ended and self._is_readable(0):
            self._read()
        return self._line_end() >= 0 or self.ended

    def take_line(self) -> bytes | None:
        """The next line without its newline, waiting for it; None at the end of input.

        Octets after the last newline are a line too, if there are any. On a raw terminal the enter
        key ends a line, which sends a carriage return.
        """
        while not self.line_ready():
            self.wait(None)
        end = self._line_end()
        if end >= 0:
            return self._remove(end + 1)[:-1]
        return self._remove(len(self._waiting)) or None

    def _line_end(self) -> int:
        """Where the first line in here ends; -1 if it does not."""
        end = self._waiting.find(b"\n", self._searched)
        if self.is_raw:
            enter = self._waiting.find(b"\r", self._searched)
            end = min(end, enter) if min(end, enter) >= 0 else max(end, enter)
        if end < 0:
            self._searched = len(self._waiting)
        return end

    def _accept(self, octets: bytes) -> None:
        if self.is_raw and LEAVE_OCTET in octets:
            raise KeyboardInterrupt
        self._waiting += octets
        if self.is_raw:
            self._keys += octets[-CHUNK_OCTETS:]
            del self._keys[:-CHUNK_OCTETS]

    def _remove(self, count: int) -> bytes:
        octets = bytes(self._waiting[:count])
        del self._waiting[:count]
        self._searched = max(0, self._searched - count)
        return octets

    def _is_readable(self, timeout_s: float | None) -> bool:
        assert self._source_fd is not None
        poll = select.poll()
        poll.register(self._source_fd, select.POLLIN)
        found = poll.poll(None if timeout_s is None else timeout_s * 1000)
        if found and found[0][1] & select.POLLNVAL:
            self.ended = True  # closed under us
            return False
        return bool(found)

    def _read(self) -> None:
        assert self._source_fd is not None
        try:
            octets = os.read(self._source_fd, CHUNK_OCTETS)
        except BlockingIOError:
            return
        except OSError:  # the other end of a terminal hung up, or it is not ours to read
            octets = b""
        if octets:
            self._accept(octets)
        else:
            self.ended = True

    # --- output

    def write(self, octets: bytes) -> None:
        """Send octets as they are. Raises `HostError` if the output is closed."""
        if not octets:
            return
        if self._sink is None:
            raise HostError("console: the standard output is closed")
        try:
            if self._sink_fd is None:
                assert not isinstance(self._sink, int)
                self._sink.write(octets)
                self._sink.flush()
            else:
                _write_all(self._sink_fd, octets)
        except BrokenPipeError:
            raise OutputClosed("console: whoever read the output has gone away") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise HostError(f"console: cannot write the output: {reason}") from None

    def write_text(self, text: str) -> None:
        """Send text as UTF-8; on a raw terminal a newline returns the carriage too."""
        if self.is_raw:
            text = text.replace("\n", "\r\n")
        self.write(text.encode("utf-8", "replace"))

    @property
    def has_screen(self) -> bool:
        """Whether the output is a real terminal, which understands cursor and colours."""
        return self._sink_fd is not None and os.isatty(self._sink_fd)

    def size(self) -> tuple[int, int]:
        """Columns and rows of the output's terminal, or 80 by 24."""
        try:
            columns, rows = os.get_terminal_size(1 if self._sink_fd is None else self._sink_fd)
        except OSError:
            return 80, 24
        return (columns or 80, rows or 24)

    # --- raw mode

    @contextmanager
    def raw(self) -> Iterator[None]:
        """Octets as they are typed, without echo, until the block is left by any path.

        That is its end, an exception, the end of the process, or a signal that ends or stops it;
        a stopped process that goes on is raw again. Where the input is no terminal nothing
        changes. In raw mode ctrl-] leaves: it raises `KeyboardInterrupt`.
        """
        if not self.is_interactive:
            yield
            return
        assert self._source_fd is not None
        self._saved = termios.tcgetattr(self._source_fd)
        self._enter_raw()
        atexit.register(self._restore)
        old = {number: signal.signal(number, self._on_signal)
               for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP,
                              signal.SIGCONT)} if _in_main_thread() else {}
        try:
            yield
        finally:
            self._restore()
            self._saved = None
            atexit.unregister(self._restore)
            for number, handler in old.items():
                signal.signal(number, handler)

    def _enter_raw(self) -> None:
        assert self._source_fd is not None and self._saved is not None
        mode = [*self._saved[:6], list(self._saved[6])]
        mode[0] &= ~(termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP
                     | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON)
        mode[1] &= ~termios.OPOST
        mode[2] = mode[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
        mode[3] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG
                     | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._source_fd, termios.TCSANOW, mode)
        self.is_raw = True

    def _restore(self) -> None:
        if self._saved is not None and self._source_fd is not None and self.is_raw:
            self.is_raw = False
            try:
                termios.tcsetattr(self._source_fd, termios.TCSADRAIN, self._saved)
            except termios.error:
                pass  # the terminal itself has gone

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGCONT:
            if self._saved is not None:
                self._enter_raw()
            return
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        if number == signal.SIGTSTP:  # stopped in the line above; here it goes on
            signal.signal(number, self._on_signal)


class ScriptedTerminal(Terminal):
    """A person made of steps: once the output has said `expect`, `send` is typed.

    Parameters
    ----------
    steps : sequence of (expect, send)
        In order; an empty `expect` is met at once. Each looks only at output after the last match.
    """

    def __init__(self, steps: Sequence[tuple[str | bytes, str | bytes]]) -> None:
        super().__init__(b"")
        self.output = bytearray()
        self._steps = [(_octets(expect), _octets(send)) for expect, send in steps]
        self._looked = 0  # output before here was matched already
        self._advance()

    @property
    def text(self) -> str:
        """All output so far."""
        return self.output.decode("utf-8", "replace")

    def write(self, octets: bytes) -> None:
        """Keep the octets, and type what they were awaited for."""
        self.output += octets
        self._advance()

    def _advance(self) -> None:
        while self._steps:
            expect, send = self._steps[0]
            at = self.output.find(expect, self._looked)
            if at < 0:
                break
            self._looked = at + len(expect)
            self._accept(send)
            del self._steps[0]
        self.ended = not self._steps

    def poll(self) -> bool:
        """Whether something typed waits."""
        return bool(self._waiting)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Nothing new comes by waiting: only output moves the script."""
        if timeout_s is None and not self.ended:
            raise HostError(f"script: waits for {self._steps[0][0]!r}, which never came")
        return self.ended

    def line_ready(self) -> bool:
        """Whether a whole line was typed, or the script is over."""
        return self._line_end() >= 0 or self.ended


def standard_terminal() -> Terminal:
    """Standard input and output of this process, whichever of them are open."""
    if sys.stdout is not None:
        sys.stdout.flush()
    source = sys.stdin.buffer if sys.stdin is not None else None
    sink = sys.stdout.buffer if sys.stdout is not None else None
    return Terminal(source, sink)


def _descriptor(file: int | BinaryIO | None) -> int | None:
    """The descriptor of a file; None if it has none."""
    if file is None or isinstance(file, int):
        return file
    try:
        return file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        return None


def _write_all(fd: int, octets: bytes) -> None:
    """Write to a descriptor, also to a non-blocking one whose reader is slow."""
    left = memoryview(octets)
    while left:
        try:
            left = left[os.write(fd, left):]
        except BlockingIOError:
            poll = select.poll()
            poll.register(fd, select.POLLOUT)
            poll.poll()


def _octets(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _in_main_thread() -> bool:
    import threading
    return threading.current_thread() is threading.main_thread()
