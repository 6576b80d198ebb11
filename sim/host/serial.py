"""The serial line: raw octets both ways, over a terminal, a pipe or a script."""

from sim.host.terminal import Terminal

__all__ = ["Serial"]


class Serial:
    """What the serial line talks to. Put the terminal into `Terminal.raw` around the run.

    Parameters
    ----------
    terminal : Terminal
    end_octet : int or None
        Typed once when the input ends (4, ctrl-D, tells a kernel's line discipline so); None
        sends nothing but what came.
    """

    def __init__(self, terminal: Terminal, *, end_octet: int | None = None) -> None:
        self.terminal = terminal
        terminal.has_serial = True
        self._end_octet = end_octet

    def read(self, limit_octets: int = 1) -> bytes:
        """Octets that have arrived, at most so many; empty if there are none. Never waits.

        While the console waits for a line, what is typed is the console's.
        """
        if self.terminal.line_wanted:
            return b""
        octets = self.terminal.take(limit_octets)
        if not octets and self._end_octet is not None and self.terminal.ended and limit_octets:
            octets, self._end_octet = bytes([self._end_octet]), None
        return octets

    @property
    def ended(self) -> bool:
        """Whether nothing more will ever arrive."""
        return self.terminal.ended and not self.terminal.poll() and self._end_octet is None

    def write(self, octets: bytes) -> None:
        """Send octets as they are. Raises `HostError`."""
        self.terminal.write(octets)
