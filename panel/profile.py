"""What cycles went into, and who ran when, as plain data."""

from typing import Any

from debug.follower import Follower
from sim.profile.report import CAUSES, Cost

__all__ = ["profile", "turns"]

MOST_ROWS  = 24
MOST_TURNS = 4000


def profile(follower: Follower) -> Any:
    """Cycles by cause, process, function and line, the dearest first."""
    found = follower.profile()
    total = found.total()
    tables = {
        "process": {name: cost for name, cost in found.by_process().items()},
        "function": {f"{process}: {function}": cost for (process, function), cost in found.by(
            lambda row: (row.place.process, row.place.function)).items()},
        "line": {f"{file}:{line} {function}" if file else function: cost
                 for (file, line, function), cost in found.by(
                     lambda row: (row.place.file, row.place.line, row.place.function)).items()},
    }
    return {"cycles": found.cycles, "instructions": found.instructions,
            "causes": [[name, *CAUSES[name]] for name in found.causes], "total": total.tolist(),
            "tables": {name: _rows(table) for name, table in tables.items()}}


def _rows(table: dict[str, Cost]) -> Any:
    return [[name, cost.tolist()] for name, cost in list(table.items())[:MOST_ROWS]]


def turns(follower: Follower) -> Any:
    """Who ran from when on, up to the cycle that is known."""
    return {"until": follower.cycles, "list": [[turn.cycle, turn.number, turn.name]
                                               for turn in follower.turns[-MOST_TURNS:]]}
