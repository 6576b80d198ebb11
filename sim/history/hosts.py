"""Hosts whose answers are written down, and given again when the same run is played once more.

What a host is told is passed on in the live run alone. What it is asked comes out of the log in a
replay: an answer that the machine awaits is the next one, and one that it gets by looking now and
then (a key, an octet, a line) is there in the cycle in which it was there before.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.history.tape import ReplayError
from sim.host.console import Console
from sim.host.disk import Disk, Sector
from sim.host.display import Display, Frame
from sim.host.error import HostError
from sim.host.files import Files
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard, KeyChange
from sim.host.serial import Serial

__all__ = ["HostLog", "logged"]


@dataclass(frozen=True)
class Answer:
    """What a host gave, or how it failed, and when."""
    cycle: int
    name:  str
    value: Any = None
    error: HostError | None = None


class HostLog:
    """All answers of a machine's hosts, in their order.

    Members
    -------
    cursor : int
        How many of them the machine has had, at its present position.
    is_live : bool
        Whether the hosts are asked.
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.cursor = 0
        self.is_live = True
        self.cycle: Callable[[], int] = lambda: 0

    def clear(self) -> None:
        """Forget all of them."""
        self.answers, self.cursor, self.is_live = [], 0, True

    def next_cycle(self) -> int | None:
        """When the next one was given; None if there is none."""
        return self.answers[self.cursor].cycle if self.cursor < len(self.answers) else None

    def ask(self, name: str, live: Callable[[], Any], nothing: Any = ReplayError) -> Any:
        """An answer; if nobody waits for it, it may be `nothing`, which is not written down."""
        is_awaited = nothing is ReplayError
        if self.is_live:
            answer = Answer(self.cycle(), name)
            try:
                answer = replace(answer, value=live())
            except HostError as error:
                answer = replace(answer, error=error)
            if is_awaited or answer.error or answer.value != nothing:
                self.answers.append(answer)
                self.cursor = len(self.answers)
        else:
            found = self.answers[self.cursor] if self.cursor < len(self.answers) else None
            if found is None or found.name != name or not (
                    is_awaited or found.cycle == self.cycle()):
                if is_awaited:
                    raise ReplayError(f"in cycle {self.cycle()} the machine asks for {name!r}, and "
                                      f"had {found.name if found else 'nothing'!r} before")
                return nothing
            self.cursor += 1
            answer = found
        if answer.error is not None:
            raise answer.error
        return answer.value

    def tell(self, live: Callable[[], None]) -> None:
        """Something for the host to show or send."""
        if self.is_live:
            live()


class _Console(Console):
    def __init__(self, console: Console, log: HostLog):
        super().__init__(console.terminal)
        self._log = log

    def write(self, points: Iterable[int]) -> None:
        self._log.tell(lambda: super(_Console, self).write(points))

    def line_ready(self) -> bool:
        return bool(self._log.ask("line ready", super().line_ready, False))

    def read_line(self) -> list[int] | None:
        line: list[int] | None = self._log.ask("line", super().read_line)
        return line


class _Serial(Serial):
    def __init__(self, serial: Serial, log: HostLog):
        super().__init__(serial.terminal)
        self._serial = serial
        self._log = log

    def read(self, limit_octets: int = 1) -> bytes:
        return bytes(self._log.ask("octets", lambda: self._serial.read(limit_octets), b""))

    @property
    def ended(self) -> bool:
        return self._log.is_live and self._serial.ended

    def write(self, octets: bytes) -> None:
        self._log.tell(lambda: self._serial.write(octets))


class _Keyboard(Keyboard):
    def __init__(self, keyboard: Keyboard, log: HostLog):
        super().__init__()
        self._keyboard = keyboard
        self._log = log

    def changes(self, now_ms: int) -> list[KeyChange]:
        return list(self._log.ask("keys", lambda: self._keyboard.changes(now_ms), []))

    @property
    def next_ms(self) -> int | None:
        return self._keyboard.next_ms


class _Disk(Disk):
    def __init__(self, disk: Disk, log: HostLog):  # no image of its own
        self._disk = disk
        self._log = log
        self.name = disk.name
        self.observer = None
        self.on_read = None
        self.total_sectors = disk.total_sectors

    def read(self, sector: int) -> Sector:
        words: Sector = self._log.ask(f"sector {sector}", lambda: self._disk.read(sector))
        return words

    def write(self, sector: int, words: Sector) -> None:
        self._log.ask(f"write {sector}", lambda: self._disk.write(sector, words), None)

    def flush(self) -> None:
        self._log.ask("flush", self._disk.flush, None)

    def octets(self) -> bytes:
        return self._disk.octets()

    def close(self) -> None:
        self._disk.close()


class _Files(Files):
    def __init__(self, files: Files, log: HostLog):
        super().__init__(files.folder)
        self._files = files
        self._log = log

    def write(self, words: Sequence[int]) -> bool:
        return bool(self._log.ask("file written", lambda: self._files.write(words)))

    def read(self) -> list[int] | None:
        contents: list[int] | None = self._log.ask("file", self._files.read)
        return contents


class _Display(Display):
    def __init__(self, display: Display, log: HostLog):
        super().__init__(display.width, display.height)
        self._display = display
        self._log = log

    def show(self, pixels: Frame) -> None:
        self._log.tell(lambda: self._display.show(pixels))

    def poll(self, keyboard: Keyboard | None = None) -> None:
        self._display.poll(keyboard)

    def close(self) -> None:
        self._display.close()


def logged(hosts: Hosts, log: HostLog) -> Hosts:
    """The same hosts behind a log."""
    copy = replace(
        hosts,
        files=_Files(hosts.files, log) if hosts.files else None,
        display=_Display(hosts.display, log) if hosts.display else None,
        keyboard=_Keyboard(hosts.keyboard, log) if hosts.keyboard else None,
        disk=_Disk(hosts.disk, log) if hosts.disk else None,
        serial=_Serial(hosts.serial, log) if hosts.serial else None)
    copy.console = _Console(hosts.console, log)
    return copy
