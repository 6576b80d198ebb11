"""What the engine must know about a piece of hardware to run it."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from isa.trace import Word
from sim.engine.clocks import SYNC, Clock

__all__ = ["Design", "Places", "Signal", "Slot", "Stream", "Tally"]

Places = list[list[int]]  # register, lowest bit, width


@dataclass(frozen=True)
class Stream:
    """A stream at the top of a design: ports `name__valid`, `name__ready`, `name__payload`."""
    name:      str
    direction: str  # "out": the design is the source; "in": the host is
    width:     int  # of the payload, at most 64
    domain:    str = SYNC

    def __post_init__(self) -> None:
        if self.direction not in ("in", "out"):
            raise ValueError(f"a stream's direction must be 'in' or 'out', not {self.direction!r}")
        if not 0 < self.width <= 64:
            raise ValueError(f"stream {self.name} has a payload of {self.width} bits; "
                             "the engine carries 1 to 64")


@dataclass(frozen=True)
class Slot:
    """A trace record that the design may make in each cycle of a domain, when the port `valid` is
    high.

    `words` gives the value of each word of the record by its `Word`: a port's name or a number.
    Words that are missing are 0; `Word.CYCLE` is filled in by the engine. Of the slots with
    `is_kept` the last two records that can cause or be a stop are there without a trace, too.
    """
    valid:   str
    words:   dict[Word, str | int]
    is_kept: bool = False
    domain:  str  = SYNC


@dataclass(frozen=True)
class Tally:
    """Ports by which the engine counts, for a profile, what each cycle goes into.

    Parameters
    ----------
    address, spent, flow : str
        Ports: the address that a cycle is put down to; what it goes into; and how the program goes
        on, by the numbers of `Flow` in profile.h.
    causes : tuple of str
        Names of the values of `spent`, from 0 on, of which the first is no loss.
    """
    address: str
    spent:   str
    flow:    str
    causes:  tuple[str, ...]


@dataclass(frozen=True)
class Signal:
    """A name for a word of a netlist.

    Parameters
    ----------
    scope : tuple of str
        Components, then structs.
    name : str
    number : int
        Of the word.
    width : int
    enum : str
        Of its values; "" if they are plain numbers.
    members : tuple of (int, str)
    """
    scope:   tuple[str, ...]
    name:    str
    number:  int
    width:   int
    enum:    str                         = ""
    members: tuple[tuple[int, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "Signal":
        return cls(tuple(facts["scope"]), facts["name"], facts["number"], facts["width"],
                   facts["enum"], tuple((value, name) for value, name in facts["members"]))


@dataclass(frozen=True)
class Design:
    """A piece of hardware, and facts about it.

    Its time is that of the domain ``sync``: in cycles of that, budgets are given, instructions and
    sleep are looked for, and records are dated.

    Parameters
    ----------
    component : wiring.Component or None
        The hardware; None if it is compiled already.
    ram : str
        Path of the RAM's array below the component, such as ``ram.ram``; "" for none.
    ram_words : int
        Its length.
    streams : tuple of Stream
        The host's streams.
    slots : tuple of Slot
        Trace records in the order in which they take effect within a cycle.
    retired : tuple of str
        Ports that are high for each instruction that retires.
    stopped, asleep : str
        Ports that are high when the machine has stopped, and while it sleeps; "" for none.
    probes : tuple of str
        Output ports that the host reads between steps.
    arrays : tuple of str
        Paths of further memories that the host reads between steps.
    registers : tuple of str
        Paths of registers that the host reads between steps.
    tickers : tuple of str
        Paths of registers that count every cycle from 0 to `ticker_wrap` - 1, the only ones that
        change while the design sleeps and no token is on its way.
    ticker_wrap : int
        Where they begin again; 0 if they are not known, so that no sleep can be shortened.
    busy : tuple of str
        Paths of components and signals that change in most cycles. All else is taken to rest in
        most, and what is computed from it alone is computed after a change only: a matter of speed.
    space : tuple of str
        Paths of two registers: whether addresses are translated, and what tells one translation
        from others. Empty where none ever are.
    signals : dict of str to list
        All signals that are made of registers, by their paths: for each part, from the least
        significant one up, the register's number (-1 for a constant), its lowest bit (or value) and
        its width. Known only once the design was compiled.
    clocks : tuple of Clock
        Of all domains; by default that of ``sync`` alone.
    platform : object or None
        What the hardware is elaborated for.
    tally : Tally or None
        What to count in each cycle of `sync`.
    watched : bool
        Every signal can be looked at before each edge of `sync`.
    signals_watched : list of Signal
        These are their names. Known only once the design was compiled.
    header : str
        The text of `design.h`, if it was written before; see `header_of`.
    """
    component: Any = field(repr=False)
    ram:       str                  = ""
    ram_words: int                  = 0
    streams:   tuple[Stream, ...]   = ()
    slots:     tuple[Slot, ...]     = ()
    retired:   tuple[str, ...]      = ()
    stopped:   str                  = ""
    asleep:    str                  = ""
    probes:    tuple[str, ...]      = ()
    arrays:    tuple[str, ...]      = ()
    registers: tuple[str, ...]      = ()
    tickers:   tuple[str, ...]      = ()
    ticker_wrap: int                = 0
    busy:      tuple[str, ...]      = ()
    space:     tuple[str, ...]      = ()
    signals:   dict[str, Places]    = field(default_factory=dict, repr=False)
    clocks:    tuple[Clock, ...]    = (Clock(SYNC, 10_000),)
    platform:  Any = field(default=None, repr=False)
    tally:     Tally | None         = None
    watched:   bool                 = False
    signals_watched: list[Signal]   = field(default_factory=list, repr=False)
    header:    str                  = field(default="", repr=False)

    def __post_init__(self) -> None:
        domains = [clock.domain for clock in self.clocks]
        if len(set(domains)) != len(domains) or SYNC not in domains:
            raise ValueError(f"a design has one clock a domain, and one of {SYNC}; "
                             f"not {', '.join(domains)}")
        users = [(f"stream {stream.name}", stream.domain) for stream in self.streams]
        users += [(f"slot {slot.valid}", slot.domain) for slot in self.slots]
        for name, domain in users:
            if domain not in domains:
                raise ValueError(f"{name} is of the domain {domain}, which has no clock; "
                                 f"there are {', '.join(domains)}")
        for slot in self.slots:
            if slot.is_kept and slot.domain != SYNC:
                raise ValueError(f"slot {slot.valid} is kept, and must be of {SYNC}, "
                                 f"not {slot.domain}")
        if self.ticker_wrap and len(domains) > 1:
            raise ValueError("a design with several clocks is never at rest: its sleep cannot be "
                             "shortened, and ticker_wrap must be 0")

    def side(self, direction: str) -> list[Stream]:
        """The streams of one direction, in the order of their numbers in the C++ loop."""
        return [stream for stream in self.streams if stream.direction == direction]

    def to_json(self) -> str:
        """All but the component and what it is for, for the cache."""
        return json.dumps(asdict(replace(self, component=None, platform=None, header="")), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Design":
        facts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value
                                 for key, value in json.loads(text).items()}
        facts["streams"] = tuple(Stream(**stream) for stream in facts["streams"])
        facts["slots"] = tuple(
            Slot(slot["valid"], {Word(int(k)): v for k, v in slot["words"].items()},
                 slot["is_kept"], slot["domain"]) for slot in facts["slots"])
        facts["signals_watched"] = list(map(Signal.from_json, facts["signals_watched"]))
        if facts["tally"] is not None:
            facts["tally"] = Tally(**{**facts["tally"], "causes": tuple(facts["tally"]["causes"])})
        facts["clocks"] = tuple(Clock(**clock) for clock in facts["clocks"])
        return cls(**facts)
