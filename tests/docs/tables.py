"""The tables of the manuals that state what the code says: made from it, so that a change of the
code changes them. ``make docs`` writes them anew; `test_tables` fails when one is old.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``. Its first two lines, the
titles, are the page's own.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import fields

from isa import ISA, machine
from isa.config import MachineConfig
from isa.machine import PERIPHERALS, Reason, window_addresses
from rtl.phy.display import DisplayPhy
from rtl.phy.keyboard import KeyboardPhy
from rtl.phy.sd_card import SdCard
from rtl.phy.uart import Uart
from rtl.soc import SocConfig
from sim.cli import _parser
from sim.machine import Exit
from sim.profile.report import CAUSES
from system.calls import calls_markdown, load_calls, number_text
from tests.cocotb.computer.listing import find_benches
from tests.support.crossings import declared
from toolchain.link.elf import Relocation
from toolchain.places import KERNEL, ROOT
from toolchain.qfs import layout
from toolchain.qll.cli import WARNINGS

__all__ = ["PAGES", "PHYS", "with_tables"]

DOCS = ROOT / "docs"


def row(*cells):
    """A row of a table; a bar within a cell is escaped."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


# --- machine.md, qasm.md --------------------------------------------------------------------------

def instructions():
    return [row(insn.opcode, f"`{' '.join([insn.mnemonic, *insn.operands])}`", insn.effect)
            for insn in ISA]


def memory():
    places = {
        machine.ENABLED: "interrupt words and table of handlers",
        machine.HANDLERS: "built-in handlers",
        machine.PERIPHERAL_TABLE: "table of peripherals",
        machine.WINDOWS: "windows of peripherals, one after another",
        machine.PROGRAM: "program, and the rest of RAM",
    }
    return [row(f"`{address:#06x}`", what) for address, what in places.items()]


def interrupts():
    places = {
        machine.ENABLED: "0 masks interrupts, all else lets them in; 1 after reset",
        machine.ENTRY_POINTER: f"where the handlers' table begins: `{machine.ENTRY_TABLE:#x}`",
        machine.FRAME_REGISTERS: "saved `r0`, followed by the others up to `r63`",
        machine.FRAME_IP: "saved `ip`",
        machine.FAULT_REASON: "reason of the last fault",
        machine.HIGHEST_INTERRUPT: "highest interrupt that may have a handler",
        machine.ENTRY_TABLE: "+ n: address of the handler of interrupt n, 0 for none",
    }
    return [row(f"`{address:#04x}`", what) for address, what in places.items()]


def reasons():
    return [row(reason.value, reason.name) for reason in Reason]


def peripherals():
    base = window_addresses(MachineConfig().peripherals)
    everything = window_addresses(tuple(kind.name for kind in PERIPHERALS))
    rows = []
    for kind in PERIPHERALS:
        interrupt = "" if kind.interrupt is None else str(int(kind.interrupt))
        optional = "" if kind.name in base else " (optional)"
        window = f"`{everything[kind.name]:#x}`"
        if kind.name in base and base[kind.name] != everything[kind.name]:
            window = f"`{base[kind.name]:#x}`; {window} with all optional ones"
        rows.append(row(kind.name.replace("_", " ") + optional, f"`{kind.identifier:#x}`",
                        f"{kind.io_words} + {kind.shared_words}", interrupt, window))
    return rows


# --- qfs.md ---------------------------------------------------------------------------------------

def _words(names, told):
    """Rows of named words; each must be told of."""
    assert set(told) == set(names), "a word without a text"
    return [row(int(word), word.name.lower().replace("_", " "), told[word]) for word in names]


def superblock():
    word = layout.SuperWord
    return _words(word, {
        word.MAGIC: f"`{layout.MAGIC:#x}`",
        word.VERSION: layout.VERSION,
        word.SECTOR_WORDS: layout.SECTOR_WORDS,
        word.SECTORS: f"of the whole disk, at least {layout.MIN_SECTORS}",
        word.FAT_FIRST: f"first sector of the allocation table, {layout.FAT_FIRST}",
        word.FAT_SECTORS: "how many it has",
        word.ROOT: "first sector of the root directory",
        word.DATA_FIRST: "first sector that the table gives out",
        word.FREE: "count of free sectors; a hint",
        word.CLEAN: f"`{layout.CLEAN_MARK:#x}` + free while nothing is to be mended, else 0",
        word.RECORD: f"the last change of an entry, {layout.RECORD_WORDS} words; zeros for none",
    })


def fat_words():
    return [row(f"`{layout.FAT_FREE}`", "free"),
            row(f"`{layout.FAT_END:#x}`", "last of its chain"),
            row(f"`{layout.FAT_RESERVED:#x}`", "not for files: the file system's own"),
            row("else", "the next sector of its chain")]


def entry_words():
    word = layout.EntryWord
    return _words(word, {
        word.FLAGS: "see below",
        word.FIRST: "first sector, 0 for none",
        word.SIZE: "octets of a file, entries of a directory",
        word.RESERVED: "0",
        word.NAME: f"{layout.NAME_WORDS} words: octets of UTF-8, one a word, zeros after it;  "
                   f"{layout.ENTRY_WORDS - word.NAME - layout.NAME_WORDS} unused words follow",
    })


def entry_flags():
    told = {layout.EntryFlag.USED: "it exists, unless deleted",
            layout.EntryFlag.DIRECTORY: "a directory",
            layout.EntryFlag.EXECUTABLE: "a program",
            layout.EntryFlag.DELETED: "its slot may be used again"}
    assert set(told) == set(layout.EntryFlag)
    return [row(f"`{int(flag):#x}`", flag.name.lower(), text) for flag, text in told.items()]


def record_words():
    word = layout.RecordWord
    return _words(word, {
        word.SECTOR: "where the entry stands",
        word.SLOT: f"which of the {layout.DIRECTORY_ENTRIES} in that sector",
        word.OLD_SECTOR: "where it stood before, if it was moved; else 0",
        word.OLD_SLOT: "",
        word.BEFORE: f"the slot's {layout.ENTRY_WORDS} words before the change",
        word.AFTER: "and after it",
        word.SUM: "of the words above, which makes the record valid",
    })


# --- the other pages ------------------------------------------------------------------------------

def calls():
    return calls_markdown(load_calls(KERNEL / "syscalls.toml")).splitlines()[2:]


def stubs():
    return [row(f"`{call.signature}`", call.result)
            for call in load_calls(KERNEL / "syscalls.toml").calls]


def structs():
    return [row(f"`{struct.name}`", f"`{struct.fields}`", struct.note)
            for struct in load_calls(KERNEL / "syscalls.toml").structs]


def constants():
    return [row(f"`{constant.name}`", number_text(constant.value), constant.note)
            for constant in load_calls(KERNEL / "syscalls.toml").constants]


def relocations():
    words = {Relocation.NONE: ("R_QPU_NONE", "nothing"),
             Relocation.WORD: ("R_QPU_32", "(address of the symbol + addend) / 4"),
             Relocation.RELATIVE: ("R_QPU_RELATIVE",
                                   "(address at which the file was loaded + addend) / 4")}
    return [row(kind.value, f"`{words[kind][0]}`", words[kind][1]) for kind in Relocation]


def sizes():
    """The options of `SocConfig` that are numbers, with what its docstring says of them."""
    said = re.findall(r"^    ((?:\w+, )*\w+) : \S.*\n((?:        .*\n)+)", SocConfig.__doc__ + "\n",
                      re.MULTILINE)
    what = {name: " ".join(text.split()) for names, text in said for name in names.split(", ")}
    numbers = [option for option in fields(SocConfig)
               if isinstance(option.default, int) and not isinstance(option.default, bool)]
    return [row(f"`{option.name}`", option.default, what[option.name]) for option in numbers]


def exits():
    words = {
        Exit.BAD_INPUT: "a file cannot be used: missing, empty, not whole words, larger than RAM, "
                        "mistakes in the source",
        Exit.BAD_COMMAND: "the command line cannot be used",
        Exit.FAULT: "a fault without a handler, or a double fault",
        Exit.STUCK: "the machine sleeps in a `wait` that nothing can end: masked, or no device "
                    "left that could interrupt",
        Exit.DIVERGED: "in lockstep, hardware and golden model disagree",
        Exit.LIMIT: "the cycles that `--cycles` allows are used up",
        Exit.INTERRUPTED: "ctrl-C, or ctrl-] where ctrl-C belongs to the machine",
        Exit.BROKEN_PIPE: "whoever read the output went away",
    }
    return [row(status.value, words[status]) for status in Exit]


def causes():
    """What a profile says of each cause."""
    return [row(heading, sentence) for heading, sentence in CAUSES.values()]


def options():
    """The simulator's options, as its --help explains them."""
    parser = _parser()
    formatter = parser._get_formatter()
    rows = []
    for action in parser._actions:
        if action.option_strings and action.dest != "help":
            text = formatter._expand_help(action)
            name = formatter._format_action_invocation(action)
            rows.append(row(f"`{name}`", text))
    return rows


def warnings():
    return [row(f"`{name}`", what) for name, what in WARNINGS.items()]


def benches():
    return [row(f"`{bench.name}`", f"`{name}`", about)
            for bench in find_benches() for name, about in bench.tests.items()]


# Each phy of a board, as boards have it.
PHYS = {
    "display":  lambda: DisplayPhy(first_line=0),
    "keyboard": lambda: KeyboardPhy(clock_hz=50_000_000, usb=True),
    "sd_card":  lambda: SdCard(clock_hz=50_000_000),
    "uart":     lambda: Uart(clock_hz=50_000_000, baud_hz=1_000_000, flow_control=True),
}


def crossings():
    return [row(f"`{'.'.join((name, *path))}`", before, f"`{after}`", how)
            for name, phy in PHYS.items() for path, before, after, how in declared(phy())]


Table = Callable[[], list[str]]

PAGES: dict[str, dict[str, Table]] = {
    "board-picture.md": {"crossings": crossings},
    "cocotb.md":     {"benches": benches},
    "core.md":       {"sizes": sizes},
    "kernel.md":     {"calls": calls},
    "library.md":    {"stubs": stubs, "structs": structs, "constants": constants},
    "link.md":       {"relocations": relocations},
    "machine.md":    {"instructions": instructions, "memory": memory, "interrupts": interrupts,
                      "reasons": reasons, "peripherals": peripherals},
    "profile.md":    {"causes": causes},
    "qasm.md":       {"instructions": instructions},
    "qfs.md":        {"superblock": superblock, "table": fat_words, "entry": entry_words,
                      "flags": entry_flags, "record": record_words},
    "qll.md":        {"warnings": warnings},
    "simulation.md": {"options": options, "exits": exits},
}


def with_tables(page: str, text: str) -> str:
    """The text of a page with its tables as the code has them."""
    def fill(match: re.Match[str]) -> str:
        head = match[0].split("\n")[:3]
        return "\n".join([*head, *PAGES[page][match[1]](), "<!-- end -->"])
    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", fill, text, flags=re.DOTALL)


def main() -> int:
    for name in PAGES:
        path = DOCS / name
        old = path.read_text()
        new = with_tables(name, old)
        if new != old:
            path.write_text(new)
            print(f"wrote {path.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
