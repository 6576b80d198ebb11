"""Clocks of a design, and in which order their edges come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from math import lcm
from typing import TYPE_CHECKING

from sim.engine.netlist import Edge, NetlistError

if TYPE_CHECKING:
    from amaranth import Instance

__all__ = ["SYNC", "Clock", "Schedule", "simulated_clock"]

SYNC    = "sync"
LONGEST = 1 << 12  # edges before a schedule must repeat itself


@dataclass(frozen=True)
class Clock:
    """A clock domain's clock, of which a half is high.

    Parameters
    ----------
    domain : str
    period_ps : int
        In picoseconds, at least 2.
    phase_ps : int
        Of the first rising edge, from 0 up to the period. Edges of several domains that fall on the
        same picosecond are one: each register sees what the others were before. A clock whose phase
        is half its period or more is high at the beginning.
    """
    domain:    str
    period_ps: int
    phase_ps:  int = 0

    def __post_init__(self) -> None:
        if self.period_ps < 2:
            raise ValueError(f"the period of {self.domain} must be at least 2 ps, "
                             f"not {self.period_ps}")
        if not 0 <= self.phase_ps < self.period_ps:
            raise ValueError(f"the phase of {self.domain} must be within its period of "
                             f"{self.period_ps} ps, not {self.phase_ps} ps")


def simulated_clock(domain: str) -> "Instance":
    """A submodule that drives the clock of a domain which the design defines itself, as a PLL does
    on a board; `Design.clocks` says its period."""
    from amaranth import ClockSignal, Instance
    return Instance("simulated_clock", p_DOMAIN=domain, o_clk=ClockSignal(domain))


class Schedule:
    """When which edges come, over and over.

    Parameters
    ----------
    clocks : sequence of Clock
    edges : iterable of Edge
        Those at which anything happens.

    Members
    -------
    kinds : list of frozenset of Edge
        Edges that come together somewhere.
    order : list of int
        The moments of a round, by the numbers of their kinds.
    """
    def __init__(self, clocks: Sequence[Clock], edges: Iterable[Edge]):
        moments: dict[int, set[Edge]] = defaultdict(set)
        by_domain = {clock.domain: clock for clock in clocks}
        wanted = sorted(edges)
        round_ps = lcm(*(by_domain[edge.domain].period_ps for edge in wanted))
        if sum(round_ps // by_domain[edge.domain].period_ps for edge in wanted) > LONGEST:
            periods = ", ".join(f"{clock.domain} {clock.period_ps} ps" for clock in clocks)
            raise NetlistError(f"the clocks ({periods}) repeat themselves only after more than "
                               f"{LONGEST} edges; choose periods whose ratio is that of small "
                               "numbers")
        for edge in wanted:
            clock = by_domain[edge.domain]
            first = clock.phase_ps if edge.rises else clock.phase_ps + clock.period_ps // 2
            for n in count():
                at = first % clock.period_ps + n * clock.period_ps
                if at >= round_ps:
                    break
                moments[at].add(edge)
        found = [frozenset(moments[at]) for at in sorted(moments)]
        self.kinds = list(dict.fromkeys(found))
        self.order = [self.kinds.index(kind) for kind in found]
