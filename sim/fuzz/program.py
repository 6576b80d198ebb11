"""A random program: a setting, and a list of atoms of which any part is a program too.

Everything in it is plain data, so that programs can be shrunk, compared and kept. `render` makes
the image: a prologue, the atoms, an epilogue, the handlers and the page tables; `as_qasm` says the
same in assembly, for people.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from isa import BY_MNEMONIC
from isa.config import MachineConfig
from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    PROGRAM,
    Interrupt,
    window_addresses,
)
from sim.fuzz.values import encode
from toolchain.qasm import disassemble_word

__all__ = ["DAWDLE", "STORE_WORDS", "Atom", "Here", "Item", "Label", "Next", "Program", "Setting",
           "Table", "constant", "list_table", "store_word"]


@dataclass(frozen=True)
class Here:
    """Address of the atom's own word `delta`, as the atom sees it."""
    delta: int


@dataclass(frozen=True)
class Next:
    """Where the atom `skip` atoms behind the next one begins, or the epilogue; plus `delta`."""
    skip:  int = 0
    minus: int | None = None  # if given: the distance from the atom's own word `minus`


@dataclass(frozen=True)
class Label:
    """Physical address of a piece plus `delta`, shifted left, with flags below."""
    name:  str
    delta: int = 0
    shift: int = 0
    flags: int = 0


Item = int | Here | Next | Label  # a word of the image


@dataclass(frozen=True)
class Atom:
    """A few words that stand for themselves."""
    kind:  str
    words: tuple[Item, ...]


@dataclass(frozen=True)
class Table:
    """A page table as data: whatever words, but for entries that map the atoms."""
    words: tuple[Item, ...]


@dataclass(frozen=True)
class Setting:
    """What is around the atoms.

    `tables` makes the program unprivileged if there are any: the first is in force at the start,
    system call 7 goes to the next. `user_offset` is the virtual minus the physical address of the
    atoms. `fault_step` is what the fault handler adds to the saved ip. The whole is gone through
    `rounds` times: with other operands, after what the atoms stored, and with jumps, returns and
    addresses that the hardware knows from before.
    """
    tables:        tuple[Table, ...] = ()
    user_offset:   int = 0
    fault_step:    int = 1
    fault_handler: bool = True
    bad_handler:   bool = False  # the fault handler faults itself
    timer_ms:      int = 0
    masked:        bool = False
    rounds:        int = 1
    highest:       int = 0x80
    line:          bytes = b""   # what arrives on the serial line
    stdin:         bytes = b""


@dataclass(frozen=True)
class Program:
    """See above. `seed` and `origin` only tell where it came from."""
    seed:    int
    config:  MachineConfig
    setting: Setting
    atoms:   tuple[Atom, ...] = field(default=())

    @property
    def rounds_at(self) -> int:
        """Address of the word that says how many rounds are left."""
        return self._starts["scratch"] + 1

    def with_atoms(self, atoms: Iterable[Atom]) -> "Program":
        return replace(self, atoms=tuple(atoms))

    def render(self) -> list[int]:
        """The image."""
        starts = self._starts
        words: list[int] = []
        for name, items in self._pieces:
            number = int(name[5:]) if name.startswith("atom ") else 0
            words += [item & 0xFFFFFFFF if type(item) is int
                      else self._word(item, starts, name, number) for item in items]
        return words

    def listing(self) -> list[tuple[str, int]]:
        """Each word of the image, and what a piece is called where it begins."""
        titles = []
        for name, items in self._pieces:
            title = f"{name}: {self.atoms[int(name[5:])].kind}" if name.startswith("atom ") \
                else name
            titles += [title if i == 0 else "" for i in range(len(items))]
        return list(zip(titles, self.render(), strict=True))

    @cached_property
    def _starts(self) -> dict[str, int]:
        """Where each piece begins; the atom behind the last is the epilogue."""
        starts, at = {}, PROGRAM
        for name, items in self._pieces:
            starts[name] = at
            at += len(items)
        starts[f"atom {len(self.atoms)}"] = starts["epilogue"]
        return starts

    def _word(self, item: Item, starts: dict[str, int], name: str, number: int) -> int:
        offset = self.setting.user_offset
        if isinstance(item, Here):
            return starts[name] + item.delta + offset & 0xFFFFFFFF
        if isinstance(item, Next):
            target = starts[f"atom {min(number + 1 + item.skip, len(self.atoms))}"]
            base = starts[name] + item.minus if item.minus is not None else -offset
            return target - base & 0xFFFFFFFF
        if isinstance(item, Label):
            if item.name == "atoms length":
                return starts["handlers"] - starts["prologue"]
            return (starts[item.name] + item.delta << item.shift | item.flags) & 0xFFFFFFFF
        return item & 0xFFFFFFFF

    def as_qasm(self, notes: Iterable[str] = ()) -> str:
        """The image as assembly that makes the same words, after some lines of comment."""
        lines = [f"; {note}" for note in (*notes, f"seed {self.seed}", repr(self.config),
                                          f"serial line {self.setting.line!r}, "
                                          f"input {self.setting.stdin!r}")]
        is_imm = False
        listing = [*self.listing(), ("", 0)]
        for at, (title, word) in enumerate(listing[:-1]):
            if title:
                lines.append(f"; --- {title}, at {PROGRAM + at:#x}")
            text = "" if is_imm else disassemble_word(word, listing[at + 1][1])
            is_imm = not is_imm and word >> 24 == BY_MNEMONIC["constant"].opcode
            lines.append(f"word {word:#010x}  ; {text}" if text else f"word {word:#010x}")
        return "\n".join(lines) + "\n"

    @cached_property
    def _pieces(self) -> list[tuple[str, list[Item]]]:
        s = self.setting
        end = [*constant(0, 5), encode("int", s0=0)] if s.tables else self._round()
        return [
            ("prologue", self._prologue()),
            *((f"atom {i}", list(atom.words)) for i, atom in enumerate(self.atoms)),
            ("epilogue", end),
            ("handlers", []),
            *self._handlers(),
            *((f"table {i}", list(table.words)) for i, table in enumerate(s.tables)),
            ("scratch", [0, s.rounds]),
        ]

    def _round(self) -> list[Item]:
        """The end, or the beginning of another round."""
        if self.setting.rounds == 1:
            return [encode("halt")]
        return [*constant(1, Label("scratch", 1)), encode("load", d=2, s0=1), *constant(3, 1),
                encode("sub", d=2, s0=2, s1=3), encode("store", d=1, s0=2),
                *constant(4, Label("prologue")), encode("jnz", s0=2, s1=4), encode("halt")]

    def _prologue(self) -> list[Item]:
        s, windows = self.setting, window_addresses(self.config.peripherals)
        words: list[Item] = []
        for number, handler in HANDLERS.items():
            if number != Interrupt.FAULT or s.fault_handler:
                words += store_word(ENTRY_TABLE + number, Label(handler))
        words += store_word(HIGHEST_INTERRUPT, s.highest)
        if s.timer_ms and "timer" in windows:
            words += store_word(windows["timer"], s.timer_ms)
        if s.tables:
            words += store_word(windows["mmu"], Label("table 0"))
            words += store_word(FRAME_IP, Label("atom 0", s.user_offset))
            words += [*constant(1, 0), encode("int", s0=1)]
        elif s.masked:
            words += store_word(ENABLED, 0)
        elif s.rounds > 1:  # an atom may have left it masked
            words += store_word(ENABLED, 1)
        return words

    def _handlers(self) -> list[tuple[str, list[Item]]]:
        s, windows = self.setting, window_addresses(self.config.peripherals)
        back: list[Item] = [*constant(0, 0), encode("int", s0=0)]

        # The saved ip goes on by a step; one that has left the program, to where r61 says.
        fault: list[Item] = [
            *constant(1, FRAME_IP), encode("load", d=2, s0=1),
            *constant(5, Label("prologue", s.user_offset)), *constant(6, Label("atoms length")),
            encode("sub", d=3, s0=2, s1=5), encode("lt", d=4, s0=3, s1=6),
            *constant(7, Label("fault", 19)), encode("jnz", s0=4, s1=7),
            encode("mov", d=2, s0=61),
            encode("sub", d=3, s0=2, s1=5), encode("lt", d=4, s0=3, s1=6),
            *constant(7, Label("fault", 22)), encode("jnz", s0=4, s1=7),
            encode("halt"),                                                     # 18
            *constant(8, s.fault_step), encode("add", d=2, s0=2, s1=8),         # 19
            encode("store", d=1, s0=2),                                         # 22
            *back,
        ]
        if s.bad_handler:
            fault[0] = 0xFF000000
        timer: list[Item] = [
            *constant(1, Label("scratch")), encode("load", d=2, s0=1), *constant(3, 1),
            encode("add", d=2, s0=2, s1=3), encode("store", d=1, s0=2),
            # A `wait` that r60 announced goes on.
            *constant(4, 11), encode("rjz", s0=60, s1=4),
            *constant(1, FRAME_IP), encode("load", d=2, s0=1), encode("add", d=2, s0=2, s1=3),
            encode("store", d=1, s0=2), *constant(1, FRAME_REGISTERS + 60), *constant(2, 0),
            encode("store", d=1, s0=2),
            *back,
        ]
        serial: list[Item] = list(back)
        if "serial" in windows:
            serial = [*constant(1, windows["serial"] + 2), encode("load", d=2, s0=1),
                      *constant(1, windows["serial"] + 1), encode("store", d=1, s0=2), *back]
        edit: list[Item] = list(back)
        switch: list[Item] = list(back)
        if s.tables:
            # Not the number of entries, which would make walks endless, nor what maps the atoms.
            size = len(s.tables[0].words) - SPARED_WORDS
            if size > 0:
                edit = [*constant(5, size), encode("mod", d=1, s0=1, s1=5),
                        *constant(5, Label("table 0", SPARED_WORDS)),
                        encode("add", d=1, s0=1, s1=5), encode("store", d=1, s0=2), *back]
            switch = [*store_word(windows["mmu"], Label(f"table {len(s.tables) - 1}")), *back]
        # Starts the timer and stays until its interrupt is pending.
        dawdle: list[Item] = list(back)
        if "timer" in windows:
            period_ms = max(1, 400 // self.config.cycles_per_ms)
            dawdle = [*store_word(windows["timer"], period_ms), *constant(1, 250),
                      *constant(2, 1), *constant(3, -1), encode("sub", d=1, s0=1, s1=2),
                      encode("rjnz", s0=1, s1=3), *back]
        return [("fault", fault), ("timer", timer), ("serial", serial), ("edit", edit),
                ("switch", switch), ("exit", self._round()), ("back", back),
                ("dawdle", dawdle)]


SPARED_WORDS = 9  # of a page table: its count, and two entries

# Handlers of interrupts, by the name of their piece.
DAWDLE   = 10
HANDLERS = {1: "fault", 2: "timer", 3: "back", 4: "serial", 5: "exit", 6: "edit", 7: "switch",
            8: "back", DAWDLE: "dawdle", 0x80: "back"}


def constant(register: int, value: Item) -> list[Item]:
    """`constant` with its immediate."""
    return [encode("constant", d=register), value]


STORE_WORDS = 5


def store_word(address: Item, value: Item, registers: tuple[int, int] = (1, 2)) -> list[Item]:
    """Store a known word at a known address."""
    a, v = registers
    return [*constant(a, address), *constant(v, value), encode("store", d=a, s0=v)]


def list_table(entries: Iterable[tuple[Item, Item, Item, Item]], count: int | None = None
               ) -> Table:
    """A list table of entries (virtual, physical, size, flags)."""
    rows = list(entries)
    words: list[Item] = [len(rows) if count is None else count]
    for row in rows:
        words += row
    return Table(tuple(words))
