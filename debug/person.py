"""The person's side of the machine: serial line and console while the debugger has the terminal.

What the machine says goes to a sink; what the person types for it comes from `type`, or from the
keyboard itself while the machine runs with the terminal passed through.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from sim.host.error import HostError
from sim.host.terminal import Terminal

__all__ = ["MachineTerminal", "Person"]

NAP_S = 0.05


class MachineTerminal(Terminal):
    """A terminal whose input is typed by commands.

    Parameters
    ----------
    say : callable
        Takes the octets that the machine puts out.
    """

    def __init__(self, say: Callable[[bytes], None]) -> None:
        super().__init__(b"")
        self.ended = False
        self._say = say

    def type(self, octets: bytes) -> None:
        """Octets arrive."""
        self._accept(octets)

    def end(self) -> None:
        """The input has ended."""
        self.ended = True

    def write(self, octets: bytes) -> None:
        """Show them."""
        self._say(octets)

    def poll(self) -> bool:
        """Whether something typed waits."""
        return bool(self._waiting)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Nothing new comes by waiting here."""
        if timeout_s is None:
            raise HostError("the machine waits for a line, and nothing was typed")
        return False

    def line_ready(self) -> bool:
        """Whether a whole line was typed."""
        return self._line_end() >= 0 or self.ended


class Person:
    """Stops the machine with ctrl-C, and passes on what is typed while it runs.

    Parameters
    ----------
    terminal : MachineTerminal
    passes : bool
        Whether the keyboard is the machine's while it runs: standard input is a terminal.
    """

    def __init__(self, terminal: MachineTerminal, *, passes: bool) -> None:
        self._terminal = terminal
        self._passes = passes
        self._wants_stop = False
        self._idle_since: float | None = None
        self.gives_up = not passes  # nobody can type while the machine runs

    def install(self) -> None:
        """Take ctrl-C from now on."""
        signal.signal(signal.SIGINT, self._on_interrupt)

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        self._wants_stop = True

    def wants_stop(self) -> bool:
        """Whether ctrl-C was pressed since the last call."""
        self._take()
        wants, self._wants_stop = self._wants_stop, False
        return wants

    def wait(self) -> None:
        """Sleep a moment while only input can make anything happen."""
        if self.gives_up:
            self._wants_stop = not self._terminal.poll()
        elif not self._take():
            time.sleep(NAP_S)

    def _take(self) -> bool:
        """Pass on what was typed: whole lines, as the terminal edits them."""
        if not self._passes or not select.select([sys.stdin], [], [], 0)[0]:
            return False
        octets = os.read(sys.stdin.fileno(), 4096)
        if not octets:
            self._terminal.end()
            return False
        self._terminal.type(octets.replace(b"\n", b"\r"))
        return True
