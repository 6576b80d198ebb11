"""The serial line: raw octets both ways, over a terminal, a pipe or a script."""

from sim.host.terminal import Terminal

__all__ = ["MOST_ENDS", "QUIET", "Serial"]

QUIET     = 20  # reads in which the machine says nothing: it waits for something
MOST_ENDS = 16  # programs within each other that each may want to hear of the end


class Serial:
    """What the serial line talks to. Put the terminal into `Terminal.raw` around the run.

    Parameters
    ----------
    terminal : Terminal
    end_octet : int or None
        Typed when the input ends (4, ctrl-D, tells a kernel's line discipline so), and again when
        the machine has said something since and is quiet: a program has taken the first, and the
        one that started it waits for another. None sends nothing but what came.
    """

    def __init__(self, terminal: Terminal, *, end_octet: int | None = None) -> None:
        self.terminal = terminal
        terminal.has_serial = True
        self._end_octet = end_octet
        self._ends = 0   # how often it was typed
        self._quiet = 0  # reads since the machine said something
        self._has_said = True  # since it was typed

    def read(self, limit_octets: int = 1) -> bytes:
        """Octets that have arrived, at most so many; empty if there are none. Never waits.

        While the console waits for a line, what is typed is the console's.
        """
        if self.terminal.line_wanted:
            return b""
        octets = self.terminal.take(limit_octets)
        if octets or self._end_octet is None or not self.terminal.ended or not limit_octets:
            return octets
        self._quiet += 1
        if not self._has_said or self._ends == MOST_ENDS or 0 < self._ends and self._quiet < QUIET:
            return b""
        self._ends += 1
        self._has_said = False
        return bytes([self._end_octet])

    @property
    def ended(self) -> bool:
        """Whether nothing more will ever arrive, but perhaps another end."""
        return self.terminal.ended and not self.terminal.poll() and (
            self._end_octet is None or self._ends > 0)

    def write(self, octets: bytes) -> None:
        """Send octets as they are. Raises `HostError`."""
        if octets:
            self._has_said, self._quiet = True, 0
        self.terminal.write(octets)
