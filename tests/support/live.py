"""A running machine with a person at its serial line: type, wait for what it says, look inside.

Where `tests.support.system.boot` types everything at once, this is for sessions in which it matters
when something is typed. `Live` is also what the random runs (`tests.support.stress`) drive.
"""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from isa.config import MachineConfig
from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.machine import Status
from tests.support.system import SYSTEM, Session, system

__all__ = ["PROMPT", "Live", "Silent"]

PROMPT = " $ "
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[78])")
SLICE_CYCLES = 200_000      # between looks at what was said
LIMIT_CYCLES = 400_000_000  # for one answer


class Silent(AssertionError):
    """The machine did not say what was waited for: it hangs, or it stopped."""


class _Typed(Terminal):
    """A terminal on which the test types, whenever it wants to."""

    def __init__(self, sink: io.BytesIO) -> None:
        super().__init__(b"", sink)
        self.ended = False

    def type(self, octets: bytes) -> None:
        self._accept(octets)

    def poll(self) -> bool:
        return bool(self._waiting)

    def wait(self, timeout_s: float | None = None) -> bool:
        return False


class Live:
    """The operating system on the golden model, just started.

    Parameters
    ----------
    disk : bytes or None
        Image to boot from; None for the system's own.
    kernel : Path or None
        Flat image; None for the system's own.
    display : Display or None
    keyboard : Keyboard or None
        None for one that nobody touches.
    observe : callable or None
        Gets the golden model's trace records; the machine is slower then.
    machine : callable or None
        Makes another machine than the golden model, of a configuration and hosts.

    Members
    -------
    golden : Golden
        The machine, or the one in its place.
    text : str
        All that it has said, without carriage returns and what moves a terminal's cursor.
    """

    def __init__(self, disk: bytes | None = None, kernel: Path | None = None,
                 display: Display | None = None, keyboard: Keyboard | None = None,
                 observe: Callable[[np.ndarray], None] | None = None,
                 machine: Callable[[MachineConfig, Hosts], Any] | None = None) -> None:
        paths = system()
        self._sink = io.BytesIO()
        self._terminal = _Typed(self._sink)
        self._disk = Disk(disk if disk is not None else paths.disk.read_bytes())
        hosts = Hosts(self._terminal, disk=self._disk, display=display,
                      serial=Serial(self._terminal, end_octet=4), keyboard=keyboard or Keyboard())
        self.golden = (Golden(SYSTEM, hosts, observe=observe) if machine is None
                       else machine(SYSTEM, hosts))
        self.golden.load(np.frombuffer((kernel or paths.kernel).read_bytes(), dtype="<u4"))
        self._seen = 0  # what was said before here has been waited for

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.shown)

    @property
    def shown(self) -> str:
        """All that the terminal got, with what moves its cursor."""
        return self._sink.getvalue().decode(errors="replace").replace("\r", "")

    @property
    def stopped(self) -> bool:
        return self.golden.stop is not None

    def type(self, text: str) -> None:
        """Octets arrive at the serial line, as fast as the machine takes them."""
        self._terminal.type(text.encode())

    def run(self, cycles: int) -> None:
        """Go on for so many cycles, or until the machine stops."""
        if not self.stopped:
            self.golden.run(cycles)

    def until(self, text: str, limit: int = LIMIT_CYCLES) -> str:
        """Go on until `text` is said; what was said since the last call, up to and with it.

        Raises
        ------
        Silent
            If it is not said within so many cycles, or the machine stops before.
        """
        end = self.golden.cycles + limit
        while True:
            said = self.text
            at = said.find(text, self._seen)
            if at >= 0:
                start, self._seen = self._seen, at + len(text)
                return said[start:self._seen]
            if self.stopped or self.golden.cycles >= end:
                how = "stopped" if self.stopped else "went silent"
                raise Silent(f"waited for {text!r}; the machine {how} after:\n{said[-2000:]}")
            self.golden.run(SLICE_CYCLES)

    def command(self, line: str, limit: int = LIMIT_CYCLES) -> str:
        """Type a line and wait for the next prompt; what was said in between, without the echo."""
        self.type(line + "\r")
        self.until(line + "\n", limit)
        said = self.until(PROMPT, limit)
        return said[:said.rfind("\n") + 1]

    @classmethod
    def wide(cls) -> "Live":
        """One at its first prompt, on a terminal so wide that no line scrolls."""
        machine = cls()
        machine.until(PROMPT)
        machine.type("\x1b[24;900R")
        return machine

    def finish(self, limit: int = LIMIT_CYCLES) -> Session:
        """End the input, and wait until the machine halts."""
        self._terminal.ended = True
        end = self.golden.cycles + limit
        status = Status.RUNNING
        while status is not Status.STOPPED and self.golden.cycles < end:
            status = self.golden.run(SLICE_CYCLES)
        stop = self.golden.stop
        return Session(self.text, None if stop is None else stop.exit_code,
                       self.golden.instructions, self._disk.octets())
