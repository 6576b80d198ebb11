"""Memory after reset against tables written by hand from the manual.

Hardware and golden model both begin with what `isa.reset` says, so that neither would notice a
mistake in it: these tables are the witness.
"""

from dataclasses import replace

import pytest

from isa.config import MachineConfig, PageTable
from isa.machine import PROGRAM, WINDOWS
from isa.reset import low_memory

# constant r0 <window>; constant r1 1; store r0 r1; constant r0 0; int r0
HANDLER = [0x05000000, None, 0x05010000, 1, 0x03000100, 0x05000000, 0, 0x01000000]

DEFAULT = {
    0x000: 1, 0x001: 0x45, 0x044: 3, 0x048: 0x100,
    0x200: 7,
    0x201: 0x01, 0x202: 0x300,        # timer
    0x203: 0x06, 0x204: 0x301,        # clock
    0x205: 0x02, 0x206: 0x302,        # debug break
    0x207: 0x03, 0x208: 0x303,        # console output
    0x209: 0x04, 0x20A: 0x403,        # console input
    0x20B: 0x11, 0x20C: 0x503,        # host file
    0x20D: 0x80000002, 0x20E: 0x603,  # mmu
}

OPTIONAL = {
    **DEFAULT,
    0x044: 4,
    0x200: 12,
    0x20D: 0x05, 0x20E: 0x603,        # display
    0x20F: 0x10, 0x210: 0x607,        # keyboard
    0x211: 0x20, 0x212: 0x60C,        # block device
    0x213: 0x40, 0x214: 0x614,        # serial line
    0x215: 0x50, 0x216: 0x617,        # counters
    0x217: 0x80000002, 0x218: 0x61C,  # mmu
}

ALL = MachineConfig().fit("display", "keyboard", "block", "serial", "counters")

TWO_LEVEL = {**DEFAULT, 0x20D: 0x80000001}
TIMER     = {0x000: 1, 0x001: 0x45, 0x044: 2, 0x200: 1, 0x201: 0x01, 0x202: 0x300}
NOTHING   = {0x000: 1, 0x001: 0x45, 0x044: 1, 0x200: 0}


def with_handler(table, window):
    words = [window if word is None else word for word in HANDLER]
    return table | {0x100 + n: word for n, word in enumerate(words)}


@pytest.mark.manual("2.2", "3.2", "5.8", "6.1", "6.6")
@pytest.mark.parametrize("config, expected", [
    (MachineConfig(), with_handler(DEFAULT, 0x302)),
    (ALL, with_handler(OPTIONAL, 0x302)),
    (replace(MachineConfig(), page_table=PageTable.TWO_LEVEL), with_handler(TWO_LEVEL, 0x302)),
    (MachineConfig(peripherals=("debug_break",)),
     with_handler({0x000: 1, 0x001: 0x45, 0x044: 3, 0x048: 0x100, 0x200: 1, 0x201: 0x02,
                   0x202: 0x300}, 0x300)),
    (MachineConfig(peripherals=("timer",)), TIMER),
    (MachineConfig(peripherals=()), NOTHING),
], ids=["default", "all", "two-level", "debug break alone", "timer alone", "nothing"])
def test_memory_after_reset_is_that_of_the_manual(config, expected):
    assert low_memory(config) == expected


def test_no_word_of_a_window_or_of_the_program_is_among_them():
    words = low_memory(ALL)
    assert all(at < WINDOWS < PROGRAM for at in words)
