"""What a run is to be stopped at: breakpoints, watches and catches, as the person sets them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from debug.values import BYTE
from sim.engine.library import ANYWHERE, Condition, Hit, What
from toolchain.debug_info import DebugType

__all__ = ["Breakpoint", "Catch", "Stop", "Watch"]


@dataclass(eq=False)
class Stop:
    """One of the person's stops.

    Members
    -------
    number : int
        As `info breakpoints` lists it.
    text : str
        How it was given.
    condition : str
        An expression that must be true besides; empty for none.
    skips : int
        How often it is passed over before it counts.
    """
    number:    int
    text:      str
    enabled:   bool = True
    temporary: bool = False
    condition: str  = ""
    skips:     int  = 0
    hits:      int  = 0

    kind = "stop"

    def conditions(self) -> list[Condition]:
        """What the engine looks for."""
        raise NotImplementedError

    def concerns(self, hit: Hit) -> bool:
        """Whether a hit that can be judged without the machine's state may be this stop's."""
        return True


@dataclass(eq=False)
class Breakpoint(Stop):
    """At code. `program` is the process that it is for: a name or a number; empty for any."""
    addresses: list[int] = field(default_factory=list)
    space:     int       = ANYWHERE
    program:   str       = ""
    runs:      Callable[[int, str], bool] = lambda space, program: True

    kind = "breakpoint"

    def conditions(self) -> list[Condition]:
        return [Condition(What.POINT, address, space=self.space) for address in self.addresses]

    def concerns(self, hit: Hit) -> bool:
        return not self.program or self.runs(hit.space, self.program)


@dataclass(eq=False)
class Watch(Stop):
    """At a change of words, or of a register, which are shown as of this type."""
    type:     DebugType                   = BYTE
    physical: tuple[tuple[int, int], ...] = ()  # from, up to
    register: int | None                  = None
    words:    list[int | None]            = field(default_factory=list)  # when last looked at
    before:   list[int | None]            = field(default_factory=list)  # and the time before
    read:     Callable[[], list[int | None]] = list

    kind = "watchpoint"

    def conditions(self) -> list[Condition]:
        if self.register is not None:
            return [Condition(What.REGISTER, self.register)]
        return [Condition(What.STORE, low, high) for low, high in self.physical]


@dataclass(eq=False)
class Catch(Stop):
    """At a fault, an interrupt or a system call; `wanted` is a reason or a number, None for any."""
    what:   What       = What.FAULT
    wanted: int | None = None

    kind = "catchpoint"

    def conditions(self) -> list[Condition]:
        if self.what is What.INTERRUPT and self.wanted is not None:
            return [Condition(self.what, self.wanted, self.wanted)]
        return [Condition(self.what, 1, 0)]

    def concerns(self, hit: Hit) -> bool:
        from isa.trace import Word
        return (self.what is not What.FAULT or self.wanted is None
                or hit.record[Word.CODE] == self.wanted)
