"""Somebody before a terminal with a screen, which answers by itself."""

from tests.support.live import PROMPT, Live
from tests.support.screen import Screen

__all__ = ["Person"]


class Person:
    """Types, and looks at the screen when the machine has come to rest.

    Parameters
    ----------
    columns, height : int
        Of the terminal.
    disk : bytes or None
        Image to boot from; None for the system's own.
    settle_cycles : int
        How long the machine runs before a look.
    """

    def __init__(self, columns: int = 80, height: int = 24, disk: bytes | None = None,
                 settle_cycles: int = 3_000_000) -> None:
        self.live = Live(disk)
        self.screen = Screen(columns=columns, height=height)
        self.settle_cycles = settle_cycles
        self._fed = 0
        self.live.until(PROMPT)
        self.look()

    def look(self) -> list[str]:
        """Let the machine and the terminal come to rest; the rows of the screen."""
        while True:
            self.live.run(self.settle_cycles)
            text = self.live.shown
            self.screen.feed(text[self._fed:])
            self._fed = len(text)
            if not self.screen.answers:
                return self.screen.rows
            self.live.type(self.screen.answers)
            self.screen.answers = ""

    def resize(self, columns: int, height: int) -> None:
        """Another size of the terminal, on which nothing is shown yet."""
        self.screen = Screen(columns=columns, height=height)

    def type(self, text: str) -> list[str]:
        self.live.type(text)
        return self.look()
