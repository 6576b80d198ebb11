"""The console: lines in, text out, a code point at a time on both sides."""

from collections.abc import Iterable

from sim.host.terminal import Terminal

__all__ = ["Console", "text_of"]

REPLACEMENT = 0xFFFD  # shown for a word that is no code point


class Console:
    """What console output and console input talk to.

    Parameters
    ----------
    terminal : Terminal
        Where text goes and lines come from.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def write(self, points: Iterable[int]) -> None:
        """Show code points; a word that is none shows as U+FFFD. Raises `HostError`."""
        self.terminal.write_text(text_of(points))

    def line_ready(self) -> bool:
        """Whether `read_line` would answer without waiting; asked by who wants a line."""
        is_ready = self.terminal.line_ready()
        self.terminal.line_wanted = not is_ready
        return is_ready

    def read_line(self) -> list[int] | None:
        """The next line, without its newline, as code points; waits. None at the end of input.

        Octets that are no UTF-8 give U+FFFD.
        """
        line = self.terminal.take_line()
        self.terminal.line_wanted = False
        return None if line is None else [ord(char) for char in line.decode("utf-8", "replace")]


def text_of(points: Iterable[int]) -> str:
    """Code points as text; what is none becomes U+FFFD."""
    return "".join(chr(point if point < 0x110000 and not 0xD800 <= point < 0xE000 else REPLACEMENT)
                   for point in points)
