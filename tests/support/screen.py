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
    inverse : set of (int, int)
        Columns and rows of the cells that are shown inverted.
    wraps : int
        How often a line went over the edge.
    """

    def __init__(self, text: str = "", columns: int = 80, height: int = 24) -> None:
        self.columns, self.height = columns, height
        self._cells = [[" "] * columns for _ in range(height)]
        self.x = self.y = 0
        self._saved = (0, 0)
        self.inverse: set[tuple[int, int]] = set()
        self._region = (0, height - 1)  # first and last row that scroll
        self._is_inverse = False
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
            if unicodedata.combining(char):
                self._cells[self.y][self.x - 1] += char
                return
            width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            if self.x + width > self.columns:
                self.wraps += 1
                self._new_row()
                self.x = 0
            self._set(self.x, char)
            if width == 2:
                self._set(self.x + 1, "")
            self.x += width

    def _set(self, x: int, char: str) -> None:
        self._cells[self.y][x] = char
        self.inverse.discard((x, self.y))
        if self._is_inverse:
            self.inverse.add((x, self.y))

    def _new_row(self) -> None:
        if self.y == self._region[1]:
            self._scroll(self._region[0], self._region[1])
        elif self.y < self.height - 1:
            self.y += 1

    def _scroll(self, gone: int, new: int) -> None:
        """One row goes, and those up to another one move up or down; that is empty then."""
        del self._cells[gone]
        self._cells.insert(new, [" "] * self.columns)
        step = -1 if gone < new else 1
        first, last = min(gone, new), max(gone, new)
        self.inverse = {(x, y + step if first <= y <= last else y) for x, y in self.inverse
                        if y != gone}

    def _control(self, parameters: str, final: str) -> None:
        count = int(parameters.split(";")[0] or 1) if parameters or final not in "KJ" else 0
        numbers = [int(number or 1) for number in parameters.split(";")]
        if final == "K":
            self._cells[self.y][self.x:] = [" "] * (self.columns - self.x)
            self.inverse = {(x, y) for x, y in self.inverse if y != self.y or x < self.x}
        elif final == "J":
            self._cells = [[" "] * self.columns for _ in range(self.height)]
            self.inverse.clear()
        elif final == "H":
            self.y = min(numbers[0], self.height) - 1
            self.x = min(numbers[1] if len(numbers) > 1 else 1, self.columns) - 1
        elif final == "r":
            last = self.height if len(numbers) < 2 else min(numbers[1], self.height)
            self._region = (numbers[0] - 1, last - 1)
            self.x = self.y = 0
        elif final == "L":
            self._scroll(self._region[1], self.y)
        elif final == "M":
            self._scroll(self.y, self._region[1])
        elif final == "m":
            self._is_inverse = parameters == "7"
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
