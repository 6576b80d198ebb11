"""Random runs with an oracle: the base of all kinds, their shrinking and their command line.

A kind of run is an object with these members; a new one is entered in `tests/stress.py`.

    name : str
        For the command line, and for the person who reads the failing seed.
    generate(seed) -> list
        The parts of a run, the same for the same seed; any sublist of them must be a run, too, so
        that a failing one can be shrunk. The parts are the kind's own, with a `str` that says what
        they do.
    check(parts) -> str or None
        Run them, on the golden model say, and tell what is wrong with the result, or None.

`run_seed` tries one seed and gives the failure, shrunk; `main_loop` many, and tells how far it is.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

__all__ = ["Failure", "Kind", "main_loop", "run_seed", "shrink"]

SHRINK_TRIES = 200


class Kind(Protocol):
    """A kind of random runs; see above."""
    name: str

    def generate(self, seed: int) -> list[Any]: ...

    def check(self, parts: Sequence[Any]) -> str | None: ...


@dataclass(frozen=True)
class Failure:
    """A seed that failed: why, and the fewest parts found that still fail."""
    kind:  str
    seed:  int
    why:   str
    parts: list[Any]

    def __str__(self) -> str:
        lines = "\n".join(f"    {part}" for part in self.parts)
        return (f"{self.kind}, seed {self.seed}: {self.why}\n"
                f"  again: python -m tests.stress --count 1 --kind {self.kind} "
                f"--first {self.seed}\n"
                f"  shrunk to {len(self.parts)} parts:\n{lines}")


def shrink(parts: list[Any], fails: Callable[[list[Any]], bool],
           tries: int = SHRINK_TRIES) -> list[Any]:
    """Fewer parts that still fail: ever smaller pieces are left out as long as that is so."""
    size = max(1, len(parts) // 2)
    while tries > 0:
        at = 0
        found = False
        while at < len(parts) and tries > 0:
            fewer = parts[:at] + parts[at + size:]
            tries -= 1
            if fewer and fails(fewer):
                parts, found = fewer, True
            else:
                at += size
        if size == 1 and not found:
            break
        size = max(1, size // 2)
    return parts


def run_seed(kind: Kind, seed: int, tries: int = SHRINK_TRIES) -> Failure | None:
    """Try one seed; its failure with the run shrunk in at most so many tries, or None."""
    parts = kind.generate(seed)
    why = kind.check(parts)
    if why is None:
        return None
    parts = shrink(parts, lambda fewer: kind.check(fewer) is not None, tries)
    return Failure(kind.name, seed, kind.check(parts) or why, parts)


def main_loop(kind: Kind, first: int, count: int, out: TextIO = sys.stdout,
              err: TextIO = sys.stderr) -> int:
    """Try `count` seeds from `first` on; how many failed. Failures go to `out` as they come."""
    failures = 0
    start = told = time.monotonic()
    for done in range(count):
        failure = run_seed(kind, first + done)
        if failure is not None:
            failures += 1
            print(failure, file=out, flush=True)
        now = time.monotonic()
        if now - told >= (2 if err.isatty() else 60):
            told = now
            rate = (done + 1) / (now - start)
            left = (count - done - 1) / rate
            print(f"{kind.name}: {done + 1} of {count}, {rate:.2f} a second, "
                  f"{left / 60:.0f} minutes left, {failures} failed", file=err, flush=True)
    print(f"{kind.name}: {count} seeds from {first} on, {failures} failed", file=out, flush=True)
    return failures
