"""The store of regions by itself: which places addresses have."""

import pytest

from rtl.mmu.store import RegionStore
from tests.support.unit import simulate

ENTRIES, GRANULE_BITS = 16, 4


@pytest.mark.parametrize("apart", range(1, 8))
def test_granules_that_are_neighbours_or_a_power_of_two_apart_have_places_of_their_own(apart):
    """Four from one on, each so far behind the last one."""
    dut = RegionStore(entries=ENTRIES, granule_bits=GRANULE_BITS)
    granules = [0x3, *(0x3 + (1 << n) for n in range(apart - 1, min(apart + 2, 8)))]

    async def bench(ctx):
        await ctx.tick().repeat(ENTRIES + 1)  # at first its places are emptied
        for granule in granules:
            first = granule << GRANULE_BITS
            ctx.set(dut.va, first)
            ctx.set(dut.filled.first, first)
            ctx.set(dut.filled.last, first + (1 << GRANULE_BITS) - 1)
            ctx.set(dut.fill, 1)
            await ctx.tick()
        ctx.set(dut.fill, 0)
        for granule in granules:
            ctx.set(dut.va, (granule << GRANULE_BITS) + 5)
            ctx.set(dut.look, 1)
            await ctx.tick()
            ctx.set(dut.look, 0)
            await ctx.tick()
            assert ctx.get(dut.hit), hex(granule)
            assert ctx.get(dut.region.first) == granule << GRANULE_BITS

    simulate(dut, bench)
