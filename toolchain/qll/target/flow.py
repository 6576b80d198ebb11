"""What registers and slots surely hold, on whichever way the code came."""

from collections.abc import Callable, Iterable
from typing import Any

from toolchain.qll.middle.ir import Ins, Slot

__all__ = ["Effect", "Key", "State", "effect_of", "solve"]

Key   = Ins          # a value is the instruction that makes it
Where = int | Slot   # a register or a slot

# Instructions that write no register.
_NO_RESULT = frozenset(["store", "jmp", "jz", "jnz", "rjmp", "rjz", "rjnz", "int", "halt", "nop",
                        "wait"])


# What a line does to registers: nothing, or it gives one the value of another (-1: a new one).
Effect = tuple[int, int] | None


def effect_of(line: Any) -> Effect:
    """The effect of a line of text; labels and comments have none."""
    if not isinstance(line, str) or line.startswith("  ;"):
        return None
    op, _, operands = line[2:].partition(" ")
    if op in _NO_RESULT:
        return None
    target, _, source = operands.partition(" ")
    return int(target[1:]), int(source[1:]) if op == "mov" else -1


class State:
    """The values that are known to be in each register and slot."""
    __slots__ = ("held",)

    def __init__(self, held: dict[Where, frozenset[Key]] | None = None):
        self.held: dict[Where, frozenset[Key]] = held or {}

    def copy(self) -> "State":
        return State(dict(self.held))

    def where(self, value: Key) -> Where | None:
        """Some place that holds a value: a register if there is one."""
        found: Where | None = None
        for place, values in self.held.items():
            if value in values:
                if isinstance(place, int):
                    return place
                found = place
        return found

    def define(self, register: int, value: Key, wanted: set[Key]) -> None:
        """A value is made anew: what else holds it holds that of an earlier round."""
        if value not in wanted:
            return
        for place, values in list(self.held.items()):
            if value in values and place != register:
                self._put(place, values - {value})
        self.held[register] = self.held.get(register, frozenset()) | {value}

    def copy_to(self, target: Where, source: Where) -> None:
        self._put(target, self.held.get(source, frozenset()))

    def clobber(self, mask: int) -> None:
        for place in list(self.held):
            if isinstance(place, int) and mask >> place & 1:
                del self.held[place]

    def execute(self, effect: Effect) -> None:
        """What a line of text does."""
        if effect is None:
            return
        target, source = effect
        if source < 0:
            self.held.pop(target, None)
        else:
            self.copy_to(target, source)

    def meet(self, other: "State") -> bool:
        """Keep what holds in both; whether that is less than before."""
        changed = False
        for place, values in list(self.held.items()):
            both = values & other.held.get(place, frozenset())
            if both != values:
                self._put(place, both)
                changed = True
        return changed

    def _put(self, place: Where, values: frozenset[Key]) -> None:
        if values:
            self.held[place] = values
        else:
            self.held.pop(place, None)


def solve(nodes: list[Any],
          leave: Callable[[Any, State], Iterable[tuple[Any, State]]]) -> dict[Any, State]:
    """What holds where each node begins.

    `leave` goes through a node, and yields each node that it goes on to with what holds then. The
    first node begins with nothing.
    """
    states: dict[Any, State] = {nodes[0]: State()}
    waiting = [nodes[0]]
    while waiting:
        node = waiting.pop()
        for target, state in leave(node, states[node].copy()):
            known = states.get(target)
            if known is None:
                states[target] = state
            elif not known.meet(state):
                continue
            waiting.append(target)
    return states
