"""The register file against two plain lists: the live registers and the frame."""

import random

import pytest

from rtl.core.registers import Registers
from tests.support.unit import simulate


@pytest.mark.manual("3.3.4", "3.5")
@pytest.mark.parametrize("seed", range(4))
def test_live_registers_and_frame_are_two_independent_copies(seed):
    dut   = Registers(reads=2)
    rng   = random.Random(seed)
    live, frame = [0] * 64, [0] * 64

    async def bench(ctx):
        nonlocal live, frame
        for _ in range(600):
            kind = rng.choice(["write", "write", "frame", "frame", "save", "restore", "look"])
            number, value = rng.randrange(8), rng.getrandbits(32)
            ctx.set(dut.write.en, kind == "write")
            ctx.set(dut.may_write, kind == "write" or (kind != "frame" and rng.random() < 0.5))
            ctx.set(dut.frame_write.en, kind == "frame")
            for port in (dut.write, dut.frame_write):
                ctx.set(port.number, number)
                ctx.set(port.value, value)
            ctx.set(dut.save, kind == "save")
            ctx.set(dut.restore, kind == "restore")
            looked = [rng.randrange(10) for _ in range(2)]
            for port, at in zip(dut.read, looked, strict=True):
                ctx.set(port.number, at)
            asked = rng.randrange(10)
            ctx.set(dut.frame_number, asked)
            assert [ctx.get(port.value) for port in dut.read] == [live[at] for at in looked]
            expected = frame[asked]
            await ctx.tick()
            if kind != "frame":  # a word that is written is not read in the same cycle
                assert ctx.get(dut.frame_value) == expected
            if kind == "write":
                live[number] = value
            elif kind == "frame":
                frame[number] = value
            elif kind == "save":
                frame = list(live)
            elif kind == "restore":
                live, frame = frame, [0] * 64

    simulate(dut, bench)
