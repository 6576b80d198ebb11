"""The list walker by itself, where the MMU's tests do not reach."""


from rtl.mmu.list_walker import ListWalker
from tests.support.unit import simulate

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

    simulate(dut, bench)
    assert [address for address in asked if address >= RAM_WORDS] == []


def test_of_a_walk_that_is_abandoned_hardly_anything_more_is_read():
    """Whenever that is, of a table of eight entries, of which the first applies."""
    dut   = ListWalker(ram_words=64)
    whole = 2 * 8 + 3 + 9  # cycles, until it is done
    table = {3: 8, **dict(enumerate([0x100, 0x200, 0x10, 0xF] * 8, 4))}

    async def bench(ctx):
        ctx.set(dut.mem.req.ready, 1)
        ctx.set(dut.walk.base, 3)
        ctx.set(dut.walk.va, 0x104)
        for held in range(1, whole + 2):
            for cycle in range(held + 12):
                ctx.set(dut.walk.en, cycle < held)
                asks, address = ctx.get(dut.mem.req.valid), ctx.get(dut.mem.req.payload.addr)
                assert not asks or cycle < held + 4, f"{address:#x}, of a walk of {held} cycles"
                assert ctx.get(dut.walk.done) == (cycle == whole < held)
                await ctx.tick()
                ctx.set(dut.mem.rsp.valid, asks)
                ctx.set(dut.mem.rsp.payload.data, asks and table[address])

    simulate(dut, bench)
