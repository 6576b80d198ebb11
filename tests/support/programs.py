"""Pieces of programs for the tests of the manual, and runs of them on both machines.

The pieces use r56 to r59; the handler of faults leaves its findings in r60 and r61.
"""

import itertools

from isa.config import MachineConfig
from isa.machine import ENTRY_TABLE, FRAME_IP, window_addresses
from sim.fuzz.campaign import CONFIGS
from tests.support.golden import list_table
from tests.support.lockstep import run_qasm

__all__ = ["CODE", "DEFAULT", "FULL", "NO_FPU", "TABLE", "TWO_LEVEL", "enter", "fault_of",
           "handlers", "load", "poke", "process", "run_process", "store", "wait_while"]

DEFAULT   = MachineConfig()
FULL      = CONFIGS["list"]       # every device; a millisecond is 20 cycles
TWO_LEVEL = CONFIGS["two-level"]
NO_FPU    = CONFIGS["no-fpu"]

TABLE = 0x8000                    # where page tables are put
CODE  = (0x1000, 0x1000, 0x1000, 9)  # a list's entry that maps the program where it is

_labels = itertools.count()

FAULT_HANDLER = """
@fault:
    constant r60 0x43
    load r60 r60
    constant r61 0x42
    load r61 r61
    halt
"""


def store(address, value):
    """Store a number, or a label's address, at an address."""
    return f"constant r58 {address}\nconstant r59 {value}\nstore r58 r59\n"


def load(register, address):
    return f"constant r58 {address}\nload r{register} r58\n"


def poke(words):
    """Store these, by address; zeros are not stored, for memory is zero."""
    return "".join(store(address, word) for address, word in words.items() if word)


def wait_while(address, busy):
    """Read a word until it is another than `busy`."""
    label = f"@wait{next(_labels)}"
    return f"""
        constant r58 {address}
        constant r56 {busy}
        constant r57 {label}
    {label}:
        load r59 r58
        eq r59 r59 r56
        jnz r59 r57
    """


def handlers(entries):
    """Install handlers: labels by their interrupt's number."""
    return "".join(store(ENTRY_TABLE + number, label) for number, label in entries.items())


def fault_of(body, **options):
    """Run a program whose fault ends it: r60 is the reason, r61 the saved ip."""
    return run_qasm(f"{handlers({1: '@fault'})}\n{body}\nhalt\n{FAULT_HANDLER}", **options)


def enter(label, config):
    """Go on at a label, behind the page table at `TABLE`; registers become 0."""
    return f"""
        {store(window_addresses(config.peripherals)['mmu'], TABLE)}
        {store(FRAME_IP, label)}
        constant r1 0
        int r1
    """


def process(body, table, config=DEFAULT):
    """A program that runs `body` unprivileged, behind a page table with these words."""
    words = dict(enumerate(table, TABLE))
    return f"""
        {handlers({1: '@fault'})}
        {poke(words)}
        {enter('@process', config)}
    @process:
        {body}
        halt
        {FAULT_HANDLER}
    """


def run_process(body, *entries, before="", **options):
    """Run `body` behind a list table of these entries and one for the program itself; how it ends,
    by a fault, is in r60 and r61. `before` is run before it, privileged."""
    text = process(body, list_table(CODE, *entries), options.get("config", DEFAULT))
    return run_qasm(before + text, **options)
