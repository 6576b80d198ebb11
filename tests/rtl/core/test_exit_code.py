"""Who follows r0 and its word of the frame knows them as the register file does."""

import random

from rtl.core.exit_code import ExitCode
from tests.support.unit import simulate


def test_it_is_r0_whatever_is_saved_and_restored():
    dut, rng = ExitCode(), random.Random(1)

    async def bench(ctx):
        live = frame = 0
        for _ in range(300):
            kind = rng.choice(["write", "write", "frame", "save", "restore", "restore", "none"])
            number, value = rng.randrange(2), rng.getrandbits(32)
            for port, its in ((dut.write, "write"), (dut.frame_write, "frame")):
                ctx.set(port.en, kind == its)
                ctx.set(port.number, number)
                ctx.set(port.value, value)
            ctx.set(dut.save, kind == "save")
            ctx.set(dut.restore, kind == "restore")
            await ctx.tick()
            if kind == "write" and number == 0:
                live = value
            elif kind == "frame" and number == 0:
                frame = value
            elif kind == "save":
                frame = live
            elif kind == "restore":  # the frame is 0 then
                live, frame = frame, 0
            assert ctx.get(dut.value) == live

    simulate(dut, bench)
