"""A profile in Callgrind's format, which KCachegrind and callgrind_annotate read."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.profile.report import CAUSES, Cost, Place, Profile

__all__ = ["callgrind"]


@dataclass
class Called:
    """Calls from one line to one function."""
    cost:  Cost
    calls: int = 0


Function = tuple[str, str, str]  # process, file, function
Callee   = tuple[int, str, str]  # line of the call, process, function


def callgrind(profile: Profile) -> Iterator[str]:
    """The lines. Events are all cycles, and those of each cause."""
    causes = [cause for cause in profile.causes if profile.total()[profile.causes.index(cause)]]
    columns = [profile.causes.index(cause) for cause in causes]
    yield "# callgrind format"
    yield "version: 1"
    yield "creator: quince-sim"
    yield f"cmd: {profile.program}"
    yield "positions: line"
    yield "event: Cycles : all cycles"
    for cause in causes:
        yield f"event: {_event(cause)} : {CAUSES[cause][1]}"
    yield f"events: {' '.join(['Cycles', *map(_event, causes)])}"
    yield f"summary: {_numbers(profile.total(), columns)}"

    own: dict[Function, dict[int, Cost]] = defaultdict(dict)
    for row in profile.rows:
        _add(own[_key(row.place)], row.place.line, row.cost)
    called = _calls(profile)
    for key in {**own, **called}:
        process, file, function = key
        yield ""
        yield f"ob={process}"
        yield f"fl={file or '???'}"
        yield f"fn={function}"
        for line, cost in sorted(own.get(key, {}).items()):
            yield f"{line} {_numbers(cost, columns)}"
        for (line, to_process, to_function), one in called.get(key, {}).items():
            yield f"cob={to_process}"
            yield f"cfn={to_function}"
            yield f"calls={one.calls} 0"
            yield f"{line} {_numbers(one.cost, columns)}"


def _calls(profile: Profile) -> dict[Function, dict[Callee, Called]]:
    """Calls from line to function, with the cost of all that happened in them. In a recursion the
    outermost call has it all, so that no cycle is counted twice."""
    found: dict[Function, dict[Callee, Called]] = defaultdict(dict)
    for number, cost in enumerate(profile.inclusive()):
        call = profile.calls[number]
        if call.caller < 0:
            continue
        key = (call.site.line, call.process, call.function)
        one = found[_key(call.site)].setdefault(key, Called(np.zeros(len(cost), np.uint64)))
        one.calls += call.calls
        if not _is_inside_itself(profile, number):
            one.cost += cost
    return found


def _is_inside_itself(profile: Profile, number: int) -> bool:
    call = profile.calls[number]
    at = call.caller
    while at >= 0:
        above = profile.calls[at]
        if (above.process, above.function) == (call.process, call.function):
            return True
        at = above.caller
    return False


def _key(place: Place) -> Function:
    return place.process, place.file, place.function


def _add(costs: dict[int, Cost], line: int, cost: Cost) -> None:
    costs[line] = costs[line] + cost if line in costs else cost


def _event(cause: str) -> str:
    return "".join(part.capitalize() for part in cause.split("_"))


def _numbers(cost: Cost, columns: list[int]) -> str:
    return " ".join(str(int(value)) for value in (cost.sum(), *cost[columns]))
