"""The stand-in for the MMU, by itself."""

import pytest
from amaranth.sim import Simulator

from isa.machine import RESERVED_LIMIT
from rtl.bus import Reason
from rtl.mmu.untranslated import Untranslated

RAM_WORDS = 0x1357  # small, and no power of two


@pytest.mark.manual("5.1")
@pytest.mark.parametrize("va, is_low, is_inside, is_last", [
    (0,                   True,  True,  False),
    (RESERVED_LIMIT - 1,  True,  True,  False),
    (RESERVED_LIMIT,      False, True,  False),
    (RAM_WORDS - 2,       False, True,  False),
    (RAM_WORDS - 1,       False, True,  True),
    (RAM_WORDS,           False, False, False),
    (0x80000000,          False, False, False),
    (0xFFFFFFFF,          False, False, False),
])
def test_an_address_is_plain_only_above_the_reserved_words_and_inside_ram(
        va, is_low, is_inside, is_last):
    dut = Untranslated(ram_words=RAM_WORDS)

    async def bench(ctx):
        for port, other in (dut.insn, dut.data), (dut.data, dut.insn):
            ctx.set(port.va, va)
            ctx.set(other.va, RESERVED_LIMIT)  # the ports do not disturb each other
            await ctx.delay(1e-6)
            assert ctx.get(port.hit) and ctx.get(port.pa) == va
            assert ctx.get(port.is_low) == is_low
            assert ctx.get(port.is_last) == is_last
            assert ctx.get(port.reason) == (Reason.NONE if is_inside else Reason.OUT_OF_BOUNDS)
            assert ctx.get(port.is_plain) == (is_inside and not is_low)

    simulator = Simulator(dut)
    simulator.add_testbench(bench)
    simulator.run()
