"""What the engine must know about a piece of hardware to run it, and how it tells the C++ loop."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from isa import BY_MNEMONIC
from isa.trace import RECORD_WORDS, Kind, Word, Wrote
from sim.engine.clocks import SYNC, Clock, Schedule
from sim.engine.cpp import Writer, port
from sim.engine.netlist import Edge, Netlist, NetlistError, Node
from sim.engine.netlist import Word as NetWord
from sim.engine.reader import read_netlist
from sim.engine.rest import busy_registers
from sim.engine.signals import Signal, named_signals

__all__ = ["Design", "Places", "Slot", "Stream", "Tally"]

Places = list[list[int]]  # register, lowest bit, width

COUNTING = "counting"  # an input that designs with a `Tally` get: somebody looks at it


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
        return json.dumps(asdict(replace(self, component=None, platform=None)), indent=1)

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

    def header(self) -> str:
        """The text of `design.h`: the hardware, and macros that tell the loop about it."""
        outs, ins = self.side("out"), self.side("in")
        netlist  = read_netlist(self.component, self.platform, watched=self.watched)
        guards   = self._guards()
        if self.tally:
            netlist.inputs[COUNTING] = Node("input", 1, name=COUNTING).word
            guards |= dict.fromkeys({self.tally.spent, self.tally.flow} - self._always(), COUNTING)
        netlist.outputs = {name: word for name, word in netlist.outputs.items()
                           if name in self._looked_at()}
        words: list[NetWord] = []
        if self.watched:
            signals, words = named_signals(netlist)
            self.signals_watched[:] = signals
        schedule = self._schedule(netlist)
        writer = Writer(netlist, [netlist.at(kind, self._outputs(netlist, kind))
                                  for kind in schedule.kinds], guards, words,
                        busy_registers(netlist, (*self.busy, *self.tickers))
                        if len(schedule.kinds) == 1 else None)
        self.signals.update(writer.signals())
        lines = [
            "// Generated by sim/engine/design.py.",
            writer.text(),
            f"#define MOMENTS {len(schedule.order)}",
            f"#define ORDER {', '.join(map(str, schedule.order))}",
            *_macro("EACH_TICK", [f"TICK({n}, {sum(map(self._mask, _rising(kind)))}u)"
                                  for n, kind in enumerate(schedule.kinds)]),
            f"#define SYNC {self._mask(SYNC)}u",
            f"#define OUTPUTS {len(outs)}",
            f"#define INPUTS {len(ins)}",
            f"#define SLOTS {len(self.slots)}",
            f"#define RECORD_WORDS {RECORD_WORDS}",
            f"#define WORD_KIND {Word.KIND:d}",
            f"#define WORD_INSN {Word.INSN:d}",
            f"#define KIND_INSN {Kind.INSN:d}",
            f"#define OPCODE_HALT {BY_MNEMONIC['halt'].opcode}",
            *self._record_facts(),
            *self._tally(),
            f"#define WATCHED {len(words)}",
            f"#define RAM_WORDS {self.ram_words}ull",
            f"#define RAM(top) {f'(&{writer.array(self.ram)}[0])' if self.ram else 'nullptr'}",
            f"#define RAM_WRITTEN(top, index) {self._written(writer)}",
            f"#define LARGES {len(writer.large())}",
            *_macro("EACH_LARGE", [f"LARGE({i}, top->{name})"
                                   for i, name in enumerate(writer.large())]),
            *_macro("EACH_FIELD", [f"FIELD({name})" for name in writer.fields()]),
            f"#define SPACE(top) {self._space(writer)}",
            f"#define ANY_OUTPUT_VALID(top) ({_any(f'{s.name}__valid' for s in outs)})",
            f"#define RETIRED(top) ({_sum(self.retired)})",
            f"#define IS_STOPPED(top) ({_any([self.stopped] if self.stopped else [])})",
            f"#define IS_ASLEEP(top) ({_any([self.asleep] if self.asleep else [])})",
            *_macro("EACH_OUTPUT", [self._stream("OUTPUT", i, s) for i, s in enumerate(outs)]),
            *_macro("EACH_INPUT", [self._stream("INPUT", i, s) for i, s in enumerate(ins)]),
            *_macro("EACH_SLOT", [self._slot("SLOT", slot) for slot in self.slots]),
            *_macro("EACH_KEPT", [self._slot("KEPT", slot) for slot in self.slots if slot.is_kept]),
            *_macro("EACH_PROBE", [f"PROBE({i}, {writer.value(path)})"
                                   for i, path in enumerate(self.probes)]),
            *_macro("EACH_ARRAY", [f"ARRAY({i}, {writer.array(path)})"
                                   for i, path in enumerate(self.arrays)]),
            f"#define TICKER_WRAP {self.ticker_wrap}ull",
            *_macro("EACH_TICKER", [f"TICKER({writer.place(path)})" for path in self.tickers]),
            *_macro("EACH_REGISTER", [f"REGISTER({i}, {writer.value(path)})"
                                      for i, path in enumerate(self.registers)]),
        ]
        return "\n".join(lines) + "\n"

    def _record_facts(self) -> list[str]:
        """What the search for stops knows of records."""
        words = (Word.IP, Word.WROTE, Word.D, Word.ADDRESS, Word.CODE)
        facts = {f"WORD_{word.name}": int(word) for word in words}
        facts |= {f"KIND_{kind.name}": int(kind) for kind in (Kind.FAULT, Kind.INTERRUPT)}
        facts |= {f"WROTE_{wrote.name}": int(wrote) for wrote in (Wrote.MEMORY, Wrote.REGISTER)}
        facts["OPCODE_INT"] = BY_MNEMONIC["int"].opcode
        return [f"#define {name} {value:d}" for name, value in facts.items()]

    def _written(self, writer: Writer) -> str:
        array = writer.array(self.ram) if self.ram else ""
        is_large = array.removeprefix("top->") in writer.large()
        return f"{array}.written(index)" if is_large else "(void)(index)"

    def _space(self, writer: Writer) -> str:
        if not self.space:
            return "0u"
        is_on, base = (writer.value(path) for path in self.space)
        return f"({is_on} ? static_cast<uint32_t>({base}) : 0u)"

    def _looked_at(self) -> set[str]:
        """Outputs that the loop looks at; others are not computed."""
        ports = {f"{stream.name}__{part}" for stream in self.streams
                 for part in ("valid", "ready", "payload")}
        ports |= {*self.retired, self.stopped, self.asleep}
        for slot in self.slots:
            ports |= {slot.valid, *(word for word in slot.words.values() if isinstance(word, str))}
        if self.tally:
            ports |= {self.tally.address, self.tally.spent, self.tally.flow}
        return ports

    def _tally(self) -> list[str]:
        tally = self.tally
        if tally is None:
            return ["#define TALLIES 0"]
        return [
            "#define TALLIES 1",
            f"#define CAUSES {len(tally.causes)}",
            f"#define TALLY_ADDRESS(top) ((top)->{port(tally.address)})",
            f"#define TALLY_SPENT(top) ((top)->{port(tally.spent)})",
            f"#define TALLY_FLOW(top) ((top)->{port(tally.flow)})",
            f"#define TALLY_WANTED(top) ((top)->{port(COUNTING)})",
        ]

    def _guards(self) -> dict[str, str]:
        """Ports that only one slot looks at, with the port that says when."""
        seen_by: dict[str, set[str]] = defaultdict(set)
        for slot in self.slots:
            for value in slot.words.values():
                if isinstance(value, str):
                    seen_by[value].add(slot.valid)
        return {port: next(iter(guards)) for port, guards in seen_by.items()
                if len(guards) == 1 and port not in self._always()}

    def _always(self) -> set[str]:
        """Ports that are looked at in each cycle."""
        return {*self.retired, self.stopped, self.asleep, *self.probes,
                *(slot.valid for slot in self.slots)}

    def _schedule(self, netlist: Netlist) -> Schedule:
        """When what happens."""
        edges = netlist.edges() | {Edge(SYNC)}
        named = [clock.domain for clock in self.clocks]
        for edge in sorted(edges):
            if edge.domain not in named:
                raise NetlistError(f"the domain {edge.domain} has no clock; there are "
                                   f"{', '.join(named)}")
        looked_at = {Edge(stream.domain) for stream in self.streams}
        looked_at |= {Edge(slot.domain) for slot in self.slots}
        return Schedule(self.clocks, edges | looked_at)

    def _outputs(self, netlist: Netlist, edges: Iterable[Edge]) -> set[str]:
        """The outputs that somebody looks at before these edges."""
        domains_of: dict[str, set[str]] = defaultdict(set)
        for stream in self.side("out"):
            for part in ("valid", "payload"):
                domains_of[f"{stream.name}__{part}"].add(stream.domain)
        for stream in self.side("in"):
            domains_of[f"{stream.name}__ready"].add(stream.domain)
        for slot in self.slots:
            for name in (slot.valid, *slot.words.values()):
                if isinstance(name, str):
                    domains_of[name].add(slot.domain)
        for name in netlist.outputs:
            if name not in domains_of or name in (*self.retired, self.stopped, self.asleep):
                domains_of[name].add(SYNC)
        return {name for name, domains in domains_of.items()
                if domains & set(_rising(edges)) and name in netlist.outputs}

    def _mask(self, domain: str) -> int:
        """A domain as the C++ loop knows it."""
        return 1 << [clock.domain for clock in self.clocks].index(domain)

    def _stream(self, macro: str, index: int, stream: Stream) -> str:
        ports = ", ".join(port(f"{stream.name}__{part}") for part in ("valid", "ready", "payload"))
        return f"{macro}({index}, {self._mask(stream.domain)}u, {ports})"

    def _slot(self, macro: str, slot: Slot) -> str:
        words = ["0"] * RECORD_WORDS
        for word, value in slot.words.items():
            words[word] = (f"static_cast<uint32_t>(top->{port(value)})"
                           if isinstance(value, str) else f"{value}u")
        words[Word.CYCLE] = "static_cast<uint32_t>(cycles)"
        return (f"{macro}({self._mask(slot.domain)}u, top->{port(slot.valid)}, "
                f"{', '.join(words)})")


def _any(ports: Iterable[str]) -> str:
    return " | ".join(f"(top)->{port(name)}" for name in ports) or "false"


def _sum(ports: tuple[str, ...]) -> str:
    return " + ".join(f"(top)->{port(name)}" for name in ports) or "0"


def _rising(edges: Iterable[Edge]) -> list[str]:
    """The domains whose clock rises."""
    return [edge.domain for edge in edges if edge.rises]


def _macro(name: str, lines: list[str]) -> list[str]:
    return [f"#define {name} \\", *(f"    {line} \\" for line in lines), ""]
