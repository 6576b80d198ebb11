"""The figures in the tables of `docs/formal.md`, as a run gives them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGE", "Figures", "rows", "updated"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formal.md"


@dataclass(frozen=True)
class Figures:
    """Of a proof: the cycles it looks at, processor time without its bugs, bugs it found."""
    cycles:  str
    seconds: float
    bugs:    int


def cells_of(line: str) -> list[str] | None:
    """The cells of a line that is a row about proofs."""
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| `") else None


def names_of(cell: str) -> list[str]:
    return cell.replace("`", "").split()


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each proof's row, by its name; proofs may share one.

    Raises
    ------
    ValueError
        If a proof has two.
    """
    found: dict[str, list[str]] = {}
    for cells in filter(None, map(cells_of, text.splitlines())):
        for name in names_of(cells[0]):
            if name in found:
                raise ValueError(f"{name} has two rows")
            found[name] = cells
    return found


def updated(text: str, figures: dict[str, Figures]) -> str:
    """The page with the figures of these proofs in their rows: cycles, seconds, bugs.

    A row of several proofs has the figures of the one that takes longest; it stays as it is unless
    all of them are there.
    """
    return "".join(_row(line, figures) for line in text.splitlines(keepends=True))


def _row(line: str, figures: dict[str, Figures]) -> str:
    cells = cells_of(line.rstrip("\n"))
    if cells is None or not figures.keys() >= set(names := names_of(cells[0])):
        return line
    name, claim, _, why, *_ = cells
    most = max((figures[one] for one in names), key=lambda one: one.seconds)
    return _line((name, claim, most.cycles, why, f"{max(1, round(most.seconds))}", str(most.bugs)))


def _line(cells: Iterable[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|\n"
