"""What is done between two edges, in which blocks, and in what order."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from sim.engine.blocks import Block, Item, Path, Rest
from sim.engine.netlist import Netlist, Node, Part
from sim.engine.order import Scheduler
from sim.engine.placement import Placement
from sim.engine.stirs import find_stirs
from sim.engine.tidy import tidy

__all__ = ["Plan", "make_plan"]

# A block stays if it spares so many operations. Less, and a branch that the host's processor
# predicts wrongly costs more than it spares.
WORTHWHILE = 4


@dataclass
class Plan:
    """All of a cycle.

    Members
    -------
    root : Block
    nodes : list of Node
        All that have to be computed somewhere in it.
    rest : Rest
    """
    root:  Block
    nodes: list[Node]
    rest:  Rest


def make_plan(netlist: Netlist, resting: Set[Node] = frozenset(),
              put_to_rest: Callable[[list[Item]], Rest] | None = None) -> Plan:
    """Plan a cycle. What `put_to_rest` moves is done in some cycles only; `resting` are nodes that
    it can move."""
    everything = Placement(netlist, lambda path, bit: True, resting)
    costs = everything.costs()

    def is_worthwhile(path: Path, bit: Part) -> bool:
        return (costs[(*path, (bit, False))] + costs[(*path, (bit, True))]) >= WORTHWHILE

    placement = Placement(netlist, is_worthwhile, resting)
    placement.hold_conditions()
    items = placement.items
    rest  = put_to_rest(items) if put_to_rest is not None else Rest()
    placement.link()
    root = Scheduler(items).schedule()
    tidy(root, set(rest.kept))
    find_stirs(root, rest)
    return Plan(root,
                list(dict.fromkeys(item.made for item in items if item.made is not None)),
                rest)
