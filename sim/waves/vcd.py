"""Waves as a VCD file, which every viewer reads: text, and large."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.machine import ImageError
from sim.waves.rows import Changes, Row, TextChange

__all__ = ["VcdFile"]


class VcdFile:
    """A `WaveFile`.

    Parameters
    ----------
    path : Path
    rows : sequence of Row
    cycle_ns : int
        Length of a cycle, in nanoseconds.

    Raises `ImageError` if it cannot be written.
    """

    def __init__(self, path: Path, rows: Sequence[Row], cycle_ns: int):
        from vcd.writer import VCDWriter
        self._path = path
        try:
            self._file = open(path, "w", encoding="ascii", errors="replace")
        except OSError as error:
            raise ImageError(f"{path}: {error.strerror or error}") from None
        digits = str(cycle_ns)
        if digits.strip("0") != "1" or cycle_ns > 100:
            raise ValueError(f"a cycle of {cycle_ns} ns is none of VCD's units of time")
        self._vcd = VCDWriter(self._file, timescale=f"{cycle_ns} ns", version="quince-sim")
        self._signals: dict[int, Any] = {}
        self._texts: dict[int, Any] = {}
        taken: set[tuple[tuple[str, ...], str]] = set()
        for row in rows:
            name = row.name
            while (row.scope, name) in taken:  # fields that lie in the same bits may share a name
                name += "_"
            taken.add((row.scope, name))
            if not row.width:
                self._texts[row.signal] = self._vcd.register_var(row.scope, name, "string",
                                                                 init="")
            elif row.signal in self._signals:
                self._vcd.register_alias(row.scope, name, self._signals[row.signal])
            else:
                self._signals[row.signal] = self._vcd.register_var(row.scope, name, "wire",
                                                                   size=row.width)

    def write(self, changes: Changes, texts: list[TextChange]) -> None:
        ordered = sorted(texts, key=lambda change: change.cycle)
        try:
            at = 0
            for cycle, value, signal, _ in changes.tolist():
                while at < len(ordered) and ordered[at].cycle < cycle:
                    self._text(ordered[at])
                    at += 1
                if signal in self._signals:
                    self._vcd.change(self._signals[signal], cycle, value)
            for change in ordered[at:]:
                self._text(change)
        except OSError as error:
            raise ImageError(f"{self._path}: {error.strerror or error}") from None

    def _text(self, change: TextChange) -> None:
        # VCD has no blanks in strings.
        self._vcd.change(self._texts[change.text], change.cycle, change.value.replace(" ", "_"))

    def close(self, end: int) -> None:
        try:
            self._vcd.close(end)
            self._file.close()
        except OSError as error:
            raise ImageError(f"{self._path}: {error.strerror or error}") from None
