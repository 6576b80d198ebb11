"""Counters in the library of the bare machine."""

import numpy as np
import pytest

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.machine import Status
from tests.support.qll import build


def result(body, *fitted):
    """What a main returns on a machine with these besides."""
    golden = Golden(MachineConfig().fit(*fitted))
    golden.load(build([f"function main(): byte {{ {body} }}"], "bare"))
    assert golden.run(1_000_000) is Status.STOPPED
    return golden.registers().general[0]


@pytest.mark.parametrize("others", [(), ("display", "serial")])
def test_counts_are_found_wherever_the_counters_are(others):
    assert result("""
        var before = counters::take();
        var first = *<unsafe * byte>0x301;
        var after = counters::take();
        if (before.cycles.high != 0 || before.instructions.low != before.cycles.low) { return 1; }
        return after.cycles.low - before.cycles.low;""", "counters", *others) in range(10, 80)


def test_a_machine_without_counters_is_told_from_one_with():
    asked = "return counters::take().cycles.low * 2 + <byte>counters::are_fitted();"
    assert result(asked) == 0
    assert result(asked, "counters") & 1 == 1


def test_what_an_interrupt_handler_takes_in_between_is_not_mixed_in():
    golden = Golden(MachineConfig().fit("counters"))
    golden.load(build(["""
        function main(): byte {
          var last = 0;
          for (var i = 0; i < 300; i = i + 1) {
            var now = counters::take();
            // On this machine an instruction takes a cycle.
            if (now.cycles.low != now.instructions.low || now.cycles.low <= last) { return 0xBAD; }
            last = now.cycles.low;
          }
          return last;
        }"""], "bare"))
    handled = 0
    while golden.run(37) is Status.RUNNING:
        # What such a handler leaves: another store to `take`, and other counts.
        golden.memory[golden.windows["counters"]:][:5] += np.array([1000, 7, 0, 9, 0], np.uint32)
        handled += 1
    assert handled > 100
    assert golden.registers().general[0] > 37 * 100


@pytest.mark.parametrize("earlier, later, expected", [
    ((5, 0), (9, 0), 4),
    ((0xFFFFFFFF, 0), (1, 1), 2),
    ((0xFFFFFFFF, 3), (0, 5), (1 << 32) + 1),
    ((3, 3), (3, 3), 0),
])
def test_differences_carry(earlier, later, expected):
    call = ("counters::between(counters::count {{ low = {}, high = {} }}, "
            "counters::count {{ low = {}, high = {} }}).{}")
    for part, value in (("low", expected & 0xFFFFFFFF), ("high", expected >> 32)):
        assert result(f"return {call.format(*earlier, *later, part)};") == value
