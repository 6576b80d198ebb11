"""What the engine must know about a piece of hardware to run it, and how it tells the C++ loop."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from toolchain.isa import BY_MNEMONIC
from toolchain.isa.trace import RECORD_WORDS, Kind, Word

__all__ = ["Design", "Slot", "Stream"]

TOP_CLASS = "Vtop"


@dataclass(frozen=True)
class Stream:
    """A stream at the top of a design: ports `name__valid`, `name__ready`, `name__payload`."""
    name:      str
    direction: str  # "out": the design is the source; "in": the host is
    width:     int  # of the payload, at most 64

    def __post_init__(self) -> None:
        if self.direction not in ("in", "out"):
            raise ValueError(f"a stream's direction must be 'in' or 'out', not {self.direction!r}")
        if not 0 < self.width <= 64:
            raise ValueError(f"stream {self.name} has a payload of {self.width} bits; "
                             "the engine carries 1 to 64")


@dataclass(frozen=True)
class Slot:
    """A trace record that the design may make in each cycle, when the port `valid` is high.

    `words` gives the value of each word of the record by its `Word`: a port's name or a number.
    Words that are missing are 0; `Word.CYCLE` is filled in by the engine. Of the slots with
    `is_kept` the last two records that can cause or be a stop are there without a trace, too.
    """
    valid:   str
    words:   dict[Word, str | int]
    is_kept: bool = False


@dataclass(frozen=True)
class Design:
    """A piece of hardware with clock `clk` and reset `rst`, as Verilog and as facts about it.

    Parameters
    ----------
    top : str
        The top module.
    verilog : str
        The whole text.
    ram : str
        Path of the RAM's array below the top module, such as ``ram.mem``.
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
    """
    top:       str
    verilog:   str = field(repr=False)
    ram:       str
    ram_words: int
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

    def side(self, direction: str) -> list[Stream]:
        """The streams of one direction, in the order of their numbers in the C++ loop."""
        return [stream for stream in self.streams if stream.direction == direction]

    def to_json(self) -> str:
        """All but the Verilog, for the cache."""
        facts = asdict(self)
        del facts["verilog"]
        return json.dumps(facts, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Design":
        facts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value
                                 for key, value in json.loads(text).items()}
        facts["streams"] = tuple(Stream(**stream) for stream in facts["streams"])
        facts["slots"] = tuple(
            Slot(slot["valid"], {Word(int(k)): v for k, v in slot["words"].items()},
                 slot["is_kept"]) for slot in facts["slots"])
        return cls(verilog="", **facts)

    def configuration(self) -> str:
        """Verilator's configuration file.

        What has a path stays reachable under its own name. Of a module that a path leads through
        only the instance's name is known, so any module's variable of that name is kept.

        Wide variables may be split. Structs travel as one vector each, and where one field is
        computed from another Verilator would see a loop and evaluate it over and over: with the
        FPU's that took a quarter of all time.
        """
        kept = {path.split(".")[-1]
                for path in (self.ram, *self.arrays, *self.registers, *self.tickers)}
        wide = {re.sub(r"\W", "*", name) for width, name in
                re.findall(r"^ *(?:wire|reg) \[(\d+):0\] \\?([^\s;]+)(?: = [^;]*)? *;$",
                           self.verilog, re.MULTILINE)
                if int(width) >= 32 and not re.fullmatch("_[0-9]+_", name)}
        return "\n".join([
            "`verilator_config",
            *(f'public_flat_rw -module "*" -var "{name}"' for name in sorted(kept)),
            *(f'split_var -module "*" -var "{name}"' for name in sorted(wide - kept)),
            ""])

    def header(self) -> str:
        """The text of `design.h`."""
        outs, ins = self.side("out"), self.side("in")
        lines = [
            "// Generated by sim/engine/design.py.",
            f'#include "{TOP_CLASS}.h"',
            f'#include "{TOP_CLASS}___024root.h"',
            f"typedef {TOP_CLASS} Top;",
            f"#define OUTPUTS {len(outs)}",
            f"#define INPUTS {len(ins)}",
            f"#define SLOTS {len(self.slots)}",
            f"#define RECORD_WORDS {RECORD_WORDS}",
            f"#define WORD_KIND {Word.KIND:d}",
            f"#define WORD_INSN {Word.INSN:d}",
            f"#define KIND_INSN {Kind.INSN:d}",
            f"#define OPCODE_HALT {BY_MNEMONIC['halt'].opcode}",
            f"#define RAM_WORDS {self.ram_words}ull",
            f"#define RAM(top) (&(top)->rootp->{self._path(self.ram)}[0])",
            f"#define ANY_OUTPUT_VALID(top) ({_any(f'{s.name}__valid' for s in outs)})",
            f"#define RETIRED(top) ({_sum(self.retired)})",
            f"#define IS_STOPPED(top) ({_any([self.stopped] if self.stopped else [])})",
            f"#define IS_ASLEEP(top) ({_any([self.asleep] if self.asleep else [])})",
            *_macro("EACH_OUTPUT", [_stream("OUTPUT", i, s) for i, s in enumerate(outs)]),
            *_macro("EACH_INPUT", [_stream("INPUT", i, s) for i, s in enumerate(ins)]),
            *_macro("EACH_SLOT", [self._slot("SLOT", slot) for slot in self.slots]),
            *_macro("EACH_KEPT", [self._slot("KEPT", slot) for slot in self.slots if slot.is_kept]),
            *_macro("EACH_PROBE", [f"PROBE({i}, {mangle(p)})" for i, p in enumerate(self.probes)]),
            *_macro("EACH_ARRAY", [f"ARRAY({i}, {self._path(path)})"
                                   for i, path in enumerate(self.arrays)]),
            f"#define TICKER_WRAP {self.ticker_wrap}ull",
            *_macro("EACH_TICKER", [f"TICKER({self._path(path)})" for path in self.tickers]),
            *_macro("EACH_REGISTER", [f"REGISTER({i}, {self._path(path)})"
                                      for i, path in enumerate(self.registers)]),
        ]
        return "\n".join(lines) + "\n"

    def _path(self, path: str) -> str:
        return "__DOT__".join([mangle(self.top), *map(mangle, path.split("."))])

    @staticmethod
    def _slot(macro: str, slot: Slot) -> str:
        words = ["0"] * RECORD_WORDS
        for word, value in slot.words.items():
            words[word] = (f"static_cast<uint32_t>(top->{mangle(value)})"
                           if isinstance(value, str) else f"{value}u")
        words[Word.CYCLE] = "static_cast<uint32_t>(cycles)"
        return f"{macro}(top->{mangle(slot.valid)}, {', '.join(words)})"


def mangle(name: str) -> str:
    """A Verilog name as Verilator writes it in C++."""
    return name.replace("__", "___05F")


def _any(ports: Iterable[str]) -> str:
    return " | ".join(f"(top)->{mangle(port)}" for port in ports) or "false"


def _sum(ports: tuple[str, ...]) -> str:
    return " + ".join(f"(top)->{mangle(port)}" for port in ports) or "0"


def _stream(macro: str, index: int, stream: Stream) -> str:
    ports = ", ".join(mangle(f"{stream.name}__{part}") for part in ("valid", "ready", "payload"))
    return f"{macro}({index}, {ports})"


def _macro(name: str, lines: list[str]) -> list[str]:
    return [f"#define {name} \\", *(f"    {line} \\" for line in lines), ""]
