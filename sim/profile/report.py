"""A profile: the cycles of a run by process, function, line and instruction, each with its cause.

`Profile` is what was counted, with names for all addresses, so that it means something without the
program: it is what a `.qprof` file holds. Every cycle of the run is in it exactly once by
instruction, and once more by the chain of calls that led there.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.machine import ImageError

__all__ = ["CAUSES", "Call", "Cost", "Place", "Profile", "Row", "read_profile", "write_profile"]

FORMAT  = "quince-profile"
VERSION = 1

# What is said of each cause: a heading for tables, and a sentence.
CAUSES = {
    "USED":         ("used",      "an instruction leaves execute"),
    "MISPREDICTED": ("mispred.",  "fetching anew behind a jump that was not foreseen"),
    "LOAD_USE":     ("load-use",  "the next instruction needs what was loaded just before it"),
    "RESULT_USE":   ("result",    "the next instruction needs a product, quotient or float"),
    "DIVIDER":      ("divider",   "a division is under way"),
    "FLOAT":        ("float",     "the FPU is at work"),
    "FETCH":        ("fetch",     "the instruction stream is not there yet"),
    "INSN_TLB":     ("insn TLB",  "the page table is walked for fetch"),
    "DATA_TLB":     ("data TLB",  "the page table is walked for a load or store"),
    "MEMORY":       ("memory",    "RAM is busy, or answers late"),
    "WINDOW":       ("window",    "an access to a device or the interrupt table"),
    "TRAP":         ("trap",      "an interrupt, a fault, int, halt, or the return from one"),
    "STALE":        ("stale",     "fetching anew what was overwritten"),
    "ASLEEP":       ("asleep",    "a wait"),
    "STOPPED":      ("stopped",   "the machine has stopped"),
}

Cost = NDArray[np.uint64]  # cycles by cause


class Place(NamedTuple):
    """Where an instruction comes from; file "" and line 0 if that is not known."""
    process:  str
    function: str
    file:     str = ""
    line:     int = 0


class Row(NamedTuple):
    """An instruction: the cycles in which it was the next to be executed."""
    place:   Place
    address: int
    text:    str   # disassembled; "" if its word is not known
    cost:    Cost


@dataclass
class Call:
    """A function in one chain of calls.

    Members
    -------
    caller : int
        Number of the call from which it was called, smaller than its own; -1 if from none.
    site : Place
        Where it was called.
    function, process : str
    entry : int
        Its address.
    calls : int
        How often.
    cost : Cost
        In the function itself.
    """
    caller:   int
    site:     Place
    process:  str
    function: str
    entry:    int
    calls:    int
    cost:     Cost


@dataclass
class Profile:
    """What was counted in a run.

    Members
    -------
    program : str
        What ran.
    cycles, instructions : int
        Of the run.
    causes : list of str
        Of which a cost has a count each.
    """
    program:      str
    cycles:       int
    instructions: int
    causes:       list[str]
    rows:         list[Row]  = field(default_factory=list)
    calls:        list[Call] = field(default_factory=list)

    def total(self) -> Cost:
        """Of all cycles, by cause."""
        return sum_of(self, (row.cost for row in self.rows))

    def by(self, key: Callable[[Row], Any]) -> dict[Any, Cost]:
        """Costs of the rows that have the same key, the dearest first."""
        found: dict[Any, Cost] = {}
        for row in self.rows:
            one = key(row)
            if one in found:
                found[one] += row.cost
            else:
                found[one] = row.cost.copy()
        return dict(sorted(found.items(), key=lambda item: -int(item[1].sum())))

    def by_process(self) -> dict[str, Cost]:
        """Costs by the process for which they were spent, by the kernel as well."""
        found: dict[str, Cost] = {}
        names: list[str] = []
        for call in self.calls:
            names.append(call.process if call.caller < 0 else names[call.caller])
            found.setdefault(names[-1], np.zeros(len(self.causes), np.uint64))
            found[names[-1]] += call.cost
        return dict(sorted(found.items(), key=lambda item: -int(item[1].sum())))

    def inclusive(self) -> list[Cost]:
        """Of each call, the cost of the function and all that it called."""
        costs = [call.cost.copy() for call in self.calls]
        for number in range(len(self.calls) - 1, -1, -1):
            caller = self.calls[number].caller
            if caller >= 0:
                costs[caller] += costs[number]
        return costs


def sum_of(profile: Profile, costs: Iterable[Cost]) -> Cost:
    """All of them together."""
    total = np.zeros(len(profile.causes), np.uint64)
    for cost in costs:
        total += cost
    return total


# --- the file ------------------------------------------------------------------------------------

def write_profile(profile: Profile, path: Path) -> None:
    """Write all of it. Raises `OSError`."""
    places: dict[Place, int] = {}

    def number(place: Place) -> int:
        return places.setdefault(place, len(places))

    rows = [[number(row.place), row.address, row.text, *row.cost.tolist()]
            for row in profile.rows]
    calls = [[call.caller, number(call.site), call.process, call.function, call.entry, call.calls,
              *call.cost.tolist()] for call in profile.calls]
    text = json.dumps({
        FORMAT: VERSION, "program": profile.program, "cycles": profile.cycles,
        "instructions": profile.instructions, "causes": profile.causes,
        "places": list(places), "rows": rows, "calls": calls})
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def read_profile(path: Path) -> Profile:
    """Read what `write_profile` wrote. Raises `ImageError` that names the file."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror or error}") from None
    try:
        facts = json.loads(gzip.decompress(octets))
        if facts[FORMAT] != VERSION:
            raise ImageError(f"{path}: a profile of version {facts[FORMAT]}; this program reads "
                             f"version {VERSION}")
        places = [Place(*place) for place in facts["places"]]
        profile = Profile(facts["program"], facts["cycles"], facts["instructions"],
                          facts["causes"])
        for place, address, text, *cost in facts["rows"]:
            profile.rows.append(Row(places[place], address, text, np.array(cost, np.uint64)))
        for caller, site, process, function, entry, calls, *cost in facts["calls"]:
            profile.calls.append(Call(caller, places[site], process, function, entry, calls,
                                      np.array(cost, np.uint64)))
    except (ValueError, KeyError, TypeError, IndexError, EOFError, zlib.error,
            gzip.BadGzipFile):
        raise ImageError(f"{path}: this is no profile, or a damaged one: quince-sim --profile "
                         "writes one to a file whose name ends in .qprof") from None
    return profile
