"""How far a campaign is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

__all__ = ["Bars", "Lines", "progress_on"]

LINE_S = 30  # between two lines where there is no terminal


class Lines:
    """A line every so often, for logs."""

    def __init__(self, out: TextIO, every_s: float = LINE_S):
        self.out, self.every_s = out, every_s
        self.told = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def say(self, line: str) -> None:
        print(line, file=self.out, flush=True)

    def update(self, *, seeds: int, total: int | None, failures: int, elapsed_s: float,
               seconds: float | None, running: int) -> None:
        if time.monotonic() - self.told < self.every_s:
            return
        self.told = time.monotonic()
        left = _left_s(seeds, total, elapsed_s, seconds)
        self.say(f"{seeds:,} seeds{'' if total is None else f' of {total:,}'}, "
                 f"{seeds / max(elapsed_s, 1e-9):.1f} a second, {failures} failures, "
                 f"{'' if left is None else f'{left / 60:.0f} minutes left, '}"
                 f"{running} jobs under way")


def _left_s(seeds: int, total: int | None, elapsed_s: float, seconds: float | None) \
        -> float | None:
    """What is shorter: the rest of the time, or the time for the rest."""
    left = [] if seconds is None else [max(0.0, seconds - elapsed_s)]
    if total is not None and seeds:
        left.append((total - seeds) * elapsed_s / seeds)
    return min(left, default=None)


class Bars:
    """A bar with rate and time left; what is said scrolls by above it."""

    def __init__(self, out: TextIO):
        self.bar = Bar(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
                       TimeRemainingColumn(), console=Console(file=out), refresh_per_second=2)
        self.task = self.bar.add_task("preparing", total=None)

    def __enter__(self) -> "Bars":
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def say(self, line: str) -> None:
        self.bar.console.print(line, markup=False, highlight=False)

    def update(self, *, seeds: int, total: int | None, failures: int, elapsed_s: float,
               seconds: float | None, running: int) -> None:
        by_time = seconds is not None and (
            total is None or elapsed_s / seconds > seeds / max(total, 1))
        text = (f"{seeds:,} seeds, {seeds / max(elapsed_s, 1e-9):.1f}/s, {failures} failures, "
                f"{running} jobs")
        if by_time and seconds is not None and elapsed_s >= seconds:
            text += ", waiting for the last"
        self.bar.update(self.task, description=text, total=seconds if by_time else total,
                        completed=elapsed_s if by_time else seeds)


def progress_on(out: TextIO = sys.stderr) -> Bars | Lines:
    return Bars(out) if out.isatty() else Lines(out)
