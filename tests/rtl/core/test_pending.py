# amaranth: UnusedElaboratable=no
"""Pending interrupts: kept while masked, or lost where the machine is to lose them."""

import pytest

from isa.machine import ENABLED
from rtl.core.traps import Traps
from tests.support.unit import simulate


def wants_after(drops_masked, steps):
    """Whether an interrupt may be taken after these steps: a value for `ENABLED`, or "irq"."""
    dut, seen = Traps(ram_words=0x2000, sources=(2,), drops_masked=drops_masked), []

    async def bench(ctx):
        for step in steps:
            ctx.set(dut.irq, int(step == "irq"))
            ctx.set(dut.bus.addr, ENABLED)
            ctx.set(dut.bus.w_stb, int(step != "irq"))
            ctx.set(dut.bus.w_data, 0 if step == "irq" else step)
            await ctx.tick()
            ctx.set(dut.irq, 0)
            ctx.set(dut.bus.w_stb, 0)
        for _ in range(3):
            await ctx.tick()
        seen.append(ctx.get(dut.wants))

    simulate(dut, bench)
    return bool(seen[0])


@pytest.mark.manual("3.11", "7.1")
@pytest.mark.parametrize("steps, kept, lost", [
    (["irq"],              True,  True),   # not masked at all
    ([0, "irq", 1],        True,  False),
    ([0, "irq", "irq", 1], True,  False),
    ([0, 1, "irq"],        True,  True),
    (["irq", 0, 1],        True,  False),  # not taken in time
    ([0, "irq"],           False, False),  # still masked
])
def test_what_comes_while_masked_is_kept_or_lost(steps, kept, lost):
    assert wants_after(False, steps) == kept
    assert wants_after(True, steps) == lost


def test_a_wrong_kind_of_option_is_refused():
    with pytest.raises(TypeError, match="drops_masked must be"):
        Traps(ram_words=0x2000, sources=(2,), drops_masked=1)
