# amaranth: UnusedElaboratable=no
"""The simulated PS/2 keyboard speaks as a keyboard does, and notices a host that does not."""

import pytest
from amaranth.sim import Simulator

from sim.chips.ps2_keyboard import Ps2Fault, SimulatedPs2Keyboard

US = 4  # microseconds a cycle: 250 kHz


def run(bench):
    model = SimulatedPs2Keyboard(clock_hz=250_000)
    simulator = Simulator(model)
    simulator.add_clock(US * 1e-6)

    async def wrapped(ctx):
        await bench(ctx, model)

    simulator.add_testbench(wrapped)
    simulator.run()


async def wait(ctx, us):
    await ctx.tick().repeat(us // US)


async def command(ctx, model, octet, *, inhibit_us=120, parity=None, stop=1, shifts_late=False):
    """Send a frame as a host does: change data while the clock is low."""
    ctx.set(model.host_clock_low, 1)
    await wait(ctx, inhibit_us)
    ctx.set(model.host_data_low, 1)
    ctx.set(model.host_clock_low, 0)
    parity = (octet.bit_count() + 1) % 2 if parity is None else parity
    for bit in [*(octet >> n & 1 for n in range(8)), parity, stop]:
        await edge(ctx, model, not shifts_late)
        if shifts_late:
            await wait(ctx, 12)
        ctx.set(model.host_data_low, not bit)
    await edge(ctx, model, False)
    ctx.set(model.host_data_low, 0)
    await wait(ctx, 150)


async def edge(ctx, model, falling):
    level = ctx.get(model.clock)
    for _ in range(100):
        await ctx.tick()
        before, level = level, ctx.get(model.clock)
        if (before, level) == ((1, 0) if falling else (0, 1)):
            return
    raise AssertionError("the clock stands")


async def read(ctx, model, limit=2000):
    """The eleven bits that come next, as they are when the clock falls."""
    bits = []
    for _ in range(11):
        await edge(ctx, model, True)
        bits.append(ctx.get(model.data))
    assert bits[0] == 0 and bits[10] == 1 and sum(bits[1:10]) % 2 == 1
    return sum(bit << n for n, bit in enumerate(bits[1:9]))


@pytest.mark.parametrize("octet, answers", [(0xED, [0xFA]), (0xFF, [0xFA, 0xAA]), (0x55, [0xFA])])
def test_commands_are_acknowledged(octet, answers):
    async def bench(ctx, model):
        await command(ctx, model, octet)
        assert (ctx.get(model.command), ctx.get(model.commands)) == (octet, 1)
        for answer in answers:
            assert await read(ctx, model) == answer
        assert Ps2Fault(ctx.get(model.fault)) == Ps2Fault.NONE

    run(bench)


def test_what_is_typed_comes_and_comes_again_when_asked():
    async def bench(ctx, model):
        ctx.set(model.codes.payload, 0x1C)
        ctx.set(model.codes.valid, 1)
        assert await read(ctx, model) == 0x1C
        await ctx.tick().until(model.codes.ready)
        ctx.set(model.codes.valid, 0)
        await command(ctx, model, 0xFE)
        assert await read(ctx, model) == 0x1C
        assert Ps2Fault(ctx.get(model.fault)) == Ps2Fault.NONE

    run(bench)


def test_a_frame_that_the_host_stops_comes_from_its_beginning():
    async def bench(ctx, model):
        ctx.set(model.codes.payload, 0x29)
        ctx.set(model.codes.valid, 1)
        for _ in range(5):
            await edge(ctx, model, False)
        ctx.set(model.host_clock_low, 1)
        await wait(ctx, 150)
        ctx.set(model.host_clock_low, 0)
        assert await read(ctx, model) == 0x29

    run(bench)


@pytest.mark.parametrize("wrong, fault", [
    ({"inhibit_us": 60}, Ps2Fault.SHORT_INHIBIT),
    ({"parity": 0}, Ps2Fault.PARITY),
    ({"stop": 0}, Ps2Fault.STOP),
    ({"shifts_late": True}, Ps2Fault.UNSTABLE),
])
def test_a_host_that_breaks_a_rule_is_noticed(wrong, fault):
    async def bench(ctx, model):
        await command(ctx, model, 0b0101_0101, **wrong)
        assert Ps2Fault(ctx.get(model.fault)) == fault

    run(bench)


def test_a_host_that_pulls_at_the_data_is_noticed():
    async def bench(ctx, model):
        ctx.set(model.codes.valid, 1)
        await edge(ctx, model, True)
        ctx.set(model.host_data_low, 1)
        await wait(ctx, 20)
        assert Ps2Fault(ctx.get(model.fault)) == Ps2Fault.CONTENTION

    run(bench)


def test_a_clock_that_no_keyboard_has_is_refused():
    with pytest.raises(ValueError, match="half_us must be from 30 to 50, not 20"):
        SimulatedPs2Keyboard(clock_hz=250_000, half_us=20)
