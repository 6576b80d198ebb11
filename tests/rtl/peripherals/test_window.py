"""The words through which programs and a peripheral talk."""

from amaranth.sim import Simulator

from rtl.peripherals.window import Window

OFFSETS = {name: offset for offset, name in enumerate(("control", "size", "capacity"))}


def rig(bench, init=None):
    window = Window(words=tuple(OFFSETS), given=("capacity",), init=init)
    simulator = Simulator(window)
    simulator.add_clock(1e-6)

    async def run(ctx):
        await bench(ctx, window)
    simulator.add_testbench(run)
    simulator.run()


async def store(ctx, window, name, value):
    """One cycle with a store; whether it was said to take place."""
    ctx.set(window.bus.addr, OFFSETS[name])
    ctx.set(window.bus.w_data, value)
    ctx.set(window.bus.w_stb, 1)
    is_stored = ctx.get(window.stored[name])
    await ctx.tick()
    ctx.set(window.bus.w_stb, 0)
    return is_stored


async def load(ctx, window, name):
    ctx.set(window.bus.addr, OFFSETS[name])
    ctx.set(window.bus.r_stb, 1)
    await ctx.tick()
    ctx.set(window.bus.r_stb, 0)
    return ctx.get(window.bus.r_data)


def test_a_word_holds_what_was_stored():
    async def bench(ctx, window):
        assert await store(ctx, window, "size", 0xDEADBEEF)
        assert await load(ctx, window, "size") == ctx.get(window.values.size) == 0xDEADBEEF
        assert await load(ctx, window, "control") == 0
    rig(bench)


def test_words_begin_as_they_are_told():
    async def bench(ctx, window):
        assert await load(ctx, window, "size") == 7
    rig(bench, init={"size": 7})


def test_a_store_to_a_locked_word_does_nothing():
    async def bench(ctx, window):
        ctx.set(window.locked.size, 1)
        assert not await store(ctx, window, "size", 1)
        assert await load(ctx, window, "size") == 0
        assert await store(ctx, window, "control", 2)
    rig(bench)


def test_the_device_wins_over_a_store_in_the_same_cycle():
    async def bench(ctx, window):
        ctx.set(window.set.size, 1)
        ctx.set(window.new.size, 5)
        assert await store(ctx, window, "size", 9)
        ctx.set(window.set.size, 0)
        assert await load(ctx, window, "size") == 5
    rig(bench)


def test_a_load_does_not_see_a_change_in_its_own_cycle():
    async def bench(ctx, window):
        ctx.set(window.set.size, 1)
        ctx.set(window.new.size, 5)
        assert await load(ctx, window, "size") == 0
        assert await load(ctx, window, "size") == 5
    rig(bench)


def test_a_given_word_reads_as_it_is_given_and_keeps_no_store():
    async def bench(ctx, window):
        ctx.set(window.new.capacity, 253)
        assert await store(ctx, window, "capacity", 9)
        assert await load(ctx, window, "capacity") == 253
    rig(bench)
