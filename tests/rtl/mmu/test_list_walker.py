"""The list walker by itself, where the MMU's tests do not reach."""

from amaranth.sim import Simulator

from rtl.mmu.list_walker import ListWalker

RAM_WORDS = 11  # no power of two: an address of 4 bits can be past the end


def test_a_walk_abandoned_at_once_reads_nothing_past_the_end_of_ram():
    dut, asked = ListWalker(ram_words=RAM_WORDS), []

    async def bench(ctx):
        ctx.set(dut.mem.req.ready, 1)
        ctx.set(dut.walk.en, 1)
        ctx.set(dut.walk.base, 13)
        await ctx.tick()
        ctx.set(dut.walk.en, 0)   # a store to `base` ends the walk, and brings in another table
        ctx.set(dut.walk.base, 2)
        for _ in range(12):
            if ctx.get(dut.mem.req.valid):
                asked.append(ctx.get(dut.mem.req.payload.addr))
            ctx.set(dut.mem.rsp.valid, ctx.get(dut.mem.req.valid))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert [address for address in asked if address >= RAM_WORDS] == []
