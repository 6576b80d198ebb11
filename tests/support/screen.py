"""A terminal with a screen of characters, which answers when it is asked where its cursor is."""

import re
import unicodedata

__all__ = ["Screen"]

SEQUENCE = re.compile(r"\x1b(?:\[([0-9;]*)([A-Za-z])|([78]))")


class Screen:
    """What is on the screen after some output; `answers` is what the terminal typed by itself.

    Members
    -------
    rows : list of str
        Without blanks at their ends.
    wraps : int
        How often a line went over the edge.
    """

    def __init__(self, text: str = "", columns: int = 80, height: int = 24) -> None:
        self.columns, self.height = columns, height
        self._cells = [[" "] * columns for _ in range(height)]
        self.x = self.y = 0
        self._saved = (0, 0)
        self.wraps = 0
        self.bells = 0
        self.answers = ""
        self.feed(text)

    @property
    def rows(self) -> list[str]:
        return ["".join(row).rstrip() for row in self._cells]

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            match = SEQUENCE.match(text, at)
            if match:
                self._control(match[1] or "", match[2] or match[3])
                at = match.end()
            else:
                self._put(text[at])
                at += 1

    def _put(self, char: str) -> None:
        if char == "\n":
            self._new_row()
            self.x = 0  # the carriage returns that the line sends are not kept by `Live`
        elif char == "\x08":
            self.x = max(0, self.x - 1)
        elif char == "\x07":
            self.bells += 1
        elif char >= " ":
            width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            if self.x + width > self.columns:
                self.wraps += 1
                self._new_row()
                self.x = 0
            self._cells[self.y][self.x] = char
            if width == 2:
                self._cells[self.y][self.x + 1] = ""
            self.x += width

    def _new_row(self) -> None:
        self.y += 1
        if self.y == self.height:
            del self._cells[0]
            self._cells.append([" "] * self.columns)
            self.y -= 1

    def _control(self, parameters: str, final: str) -> None:
        count = int(parameters.split(";")[0] or 1) if parameters or final not in "KJ" else 0
        if final == "K":
            self._cells[self.y][self.x:] = [" "] * (self.columns - self.x)
        elif final == "J":
            self._cells = [[" "] * self.columns for _ in range(self.height)]
        elif final == "H":
            self.x = self.y = 0
        elif final == "C":
            self.x = min(self.columns - 1, self.x + count)
        elif final == "7":
            self._saved = (self.x, self.y)
        elif final == "8":
            self.x, self.y = self._saved
        elif final == "n":
            self.answers += f"\x1b[{self.y + 1};{self.x + 1}R"
        else:
            raise AssertionError(f"the terminal does not know {final!r}")
