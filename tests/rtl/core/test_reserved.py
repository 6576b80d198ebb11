"""The reserved words: each access goes to whoever has the word, and to nobody else."""

import random

from amaranth.sim import Simulator

from isa import REGISTERS
from isa.machine import FRAME_REGISTERS
from rtl.core.reserved import Reserved

WINDOWS = [(0x300, 2), (0x302, 5), (0x307, 1)]


def owner_of(address):
    """Who has a word, and its place there; by the manual's map."""
    if FRAME_REGISTERS <= address < FRAME_REGISTERS + REGISTERS:
        return "frame", address - FRAME_REGISTERS
    for n, (first, size) in enumerate(WINDOWS):
        if first <= address < first + size:
            return n, address - first
    return None, None


def test_an_access_is_one_of_its_owner_and_only_a_store_to_the_frame_waits():
    dut, rng = Reserved(windows=WINDOWS), random.Random(1)
    edges = [at + n for at in (FRAME_REGISTERS, FRAME_REGISTERS + REGISTERS, *(
        first for first, _ in WINDOWS), 0x308) for n in (-1, 0)]

    async def bench(ctx):
        for _ in range(250):
            address = rng.choice([*edges, rng.randrange(0x1000)])
            owner, place = owner_of(address)
            stb, write, blocked = (rng.random() < 0.7 for _ in range(3))
            word = rng.getrandbits(32)
            for name, value in (("stb", stb), ("addr", address), ("write", write),
                                ("w_data", word)):
                ctx.set(getattr(dut.port, name), value)
            ctx.set(dut.frame_blocked, blocked)
            values = [rng.getrandbits(32) for _ in range(len(WINDOWS) + 1)]
            for window, value in zip(dut.windows, values, strict=False):
                ctx.set(window.r_data, value)
            ctx.set(dut.frame_value, values[-1])

            waits = owner == "frame" and write and blocked
            assert ctx.get(dut.port.ready) == (not waits)
            assert ctx.get(dut.frame_write.en) == (stb and write and owner == "frame"
                                                   and not blocked)
            if owner == "frame":
                assert ctx.get(dut.frame_number) == ctx.get(dut.frame_write.number) == place
                assert ctx.get(dut.frame_write.value) == word
            for n, window in enumerate(dut.windows):
                assert ctx.get(window.w_stb) == (stb and write and owner == n)
                assert ctx.get(window.r_stb) == (stb and not write and owner == n)
                if owner == n:
                    assert (ctx.get(window.addr), ctx.get(window.w_data)) == (place, word)
            if owner is not None:
                assert ctx.get(dut.port.r_data) == values[-1 if owner == "frame" else owner]
            await ctx.delay(1e-6)

    simulator = Simulator(dut)
    simulator.add_testbench(bench)
    simulator.run()
