"""The default memory map against the addresses in the manual."""

import pytest

from isa.machine import PERIPHERALS, window_addresses

REQUIRED = ("timer", "clock", "debug_break", "console_output", "console_input", "host_file", "mmu")


def test_windows_of_the_default_set():
    assert window_addresses(REQUIRED) == {
        "timer": 0x300, "clock": 0x301, "debug_break": 0x302, "console_output": 0x303,
        "console_input": 0x403, "host_file": 0x503, "mmu": 0x603,
    }


def test_optional_peripherals_stand_in_table_order():
    windows = window_addresses(tuple(kind.name for kind in PERIPHERALS))
    assert [windows[name] for name in ("display", "keyboard", "block", "serial", "counters",
                                           "mmu")] == [
        0x603, 0x607, 0x60C, 0x614, 0x617, 0x61C]


def test_unknown_peripheral_is_named():
    with pytest.raises(ValueError, match="unknown peripherals: abacus"):
        window_addresses(("abacus",))
