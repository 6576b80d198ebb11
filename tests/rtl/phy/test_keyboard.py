# amaranth: UnusedElaboratable=no
"""Keys of PS/2 keyboards and buttons arrive at the keyboard peripheral."""

import random

import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.sim import Simulator

from rtl.phy.key_map import KeyMap
from rtl.phy.keyboard import KeyboardPhy
from rtl.phy.ps2_keyboard import EXTENDED, PLAIN
from sim.chips.ps2_keyboard import Disturbance, Ps2Fault, SimulatedPs2Keyboard
from sim.host.keyboard import Key, Keyboard, KeyChange

CLOCK_HZ = 250_000


def change(key, down):
    """What the host of simulations sends for a key."""
    host = Keyboard()
    host.set(key, True)
    if not down:
        host.changes(0)
        host.set(key, False)
    return {(found.word, found.bit, found.down) for found in host.changes(0)}


class Desk(wiring.Component):
    """A phy with a keyboard plugged in.

    What is typed waits in a queue, and what arrives is kept in one, so that a bench sleeps while
    the clock runs. `slowness` is the time between two changes that the machine takes, in cycles.
    """
    def __init__(self, half_us=40, slowness=1):
        self.phy   = KeyboardPhy(clock_hz=CLOCK_HZ, buttons=6)
        self.model = SimulatedPs2Keyboard(clock_hz=CLOCK_HZ, half_us=half_us)
        self.slowness = slowness
        self.typed = SyncFIFO(width=8, depth=32)
        self.found = SyncFIFO(width=9, depth=512)
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.phy, m.submodules.model = self.phy, self.model
        m.submodules.typed, m.submodules.found = typed, found = self.typed, self.found
        pins, model, out = self.phy.ps2, self.model, self.phy.from_host
        cycle = Signal(range(self.slowness))
        m.d.sync += cycle.eq(Mux(cycle == self.slowness - 1, 0, cycle + 1))
        m.d.comb += [
            pins.clock_i.eq(model.clock), pins.data_i.eq(model.data),
            model.host_clock_low.eq(pins.clock_low), model.host_data_low.eq(pins.data_low),
            model.codes.payload.eq(typed.r_data), model.codes.valid.eq(typed.r_rdy),
            typed.r_en.eq(model.codes.ready),
            found.w_data.eq(out.payload), out.ready.eq(cycle == 0),
            found.w_en.eq(out.valid & out.ready),
        ]
        return m


def simulate(bench, **options):
    """Run a bench on a desk; gives the changes, as (word, bit, down)."""
    desk, found = Desk(**options), []
    simulator = Simulator(desk)
    simulator.add_clock(1 / CLOCK_HZ)

    async def run(ctx):
        await bench(ctx, desk)
        assert Ps2Fault(ctx.get(desk.model.fault)) == Ps2Fault.NONE
        assert not ctx.get(desk.typed.r_rdy), "it was not sent"
        ctx.set(desk.found.r_en, 1)
        while ctx.get(desk.found.r_rdy):
            token = ctx.get(desk.found.r_data)
            found.append((token >> 5 & 7, token & 31, token >> 8))
            await ctx.tick()

    simulator.add_testbench(run)
    simulator.run()
    return found


async def after(ctx, ms):
    await ctx.delay(ms * 1e-3)
    await ctx.tick()


async def press(ctx, desk, *octets):
    """Have the keyboard send octets, and wait until the host is done with them."""
    for octet in octets:
        ctx.set(desk.typed.w_data, octet)
        ctx.set(desk.typed.w_en, 1)
        await ctx.tick()
    ctx.set(desk.typed.w_en, 0)
    await after(ctx, 1.2 * len(octets) + 0.3)


async def press_disturbed(ctx, desk, octet, disturbance):
    """The same with a frame that goes wrong."""
    ctx.set(desk.model.disturbance, disturbance)
    await press(ctx, desk)
    ctx.set(desk.typed.w_data, octet)
    ctx.set(desk.typed.w_en, 1)
    await ctx.tick()
    ctx.set(desk.typed.w_en, 0)
    await after(ctx, 0.5)
    ctx.set(desk.model.disturbance, Disturbance.NONE)
    await after(ctx, 6)


def test_a_key_gives_what_a_window_gives():
    keys = {0x1C: ord("a"), 0x5A: Key.ENTER, 0x76: Key.ESCAPE, 0x29: Key.SPACE, 0x4E: ord("-")}

    async def bench(ctx, desk):
        for code in keys:
            await press(ctx, desk, code, 0xF0, code)

    found = simulate(bench)
    for key in keys.values():
        for down in (True, False):
            assert change(key, down) <= set(found)
    # A key that goes up takes both of its characters back.
    assert set(found) - {each for key in keys.values() for down in (True, False)
                         for each in change(key, down)} == {
        (1 + code // 32, code % 32, 0) for code in (ord("A"), ord("_"))}


def test_arrows_are_extended_and_numbers_of_the_keypad_are_not():
    async def bench(ctx, desk):
        await press(ctx, desk, 0xE0, 0x75, 0x75)

    assert simulate(bench) == [*change(Key.UP, True), *change(ord("8"), True)]


def test_shift_and_caps_lock_choose_the_character():
    async def bench(ctx, desk):
        await press(ctx, desk, 0x12, 0x1C, 0x16)              # shift, a, 1
        await press(ctx, desk, 0xF0, 0x12, 0x58, 0x58, 0x58)  # shift up; caps lock is held
        await press(ctx, desk, 0x32, 0x1E, 0x12, 0x21)        # b, 2, shift, c
        await press(ctx, desk, 0x14, 0x23)                    # control, d

    downs = [(word - 1) * 32 + bit for word, bit, down in simulate(bench) if word and down]
    assert bytes(downs) == b"A!B2cd"


def test_shift_is_held_as_long_as_one_of_the_two_is():
    async def bench(ctx, desk):
        await press(ctx, desk, 0x12, 0x59, 0xF0, 0x12, 0xF0, 0x59)

    assert simulate(bench) == [(0, Key.SHIFT, 1)] * 3 + [(0, Key.SHIFT, 0)]


@pytest.mark.parametrize("disturbance", [Disturbance.PARITY, Disturbance.STOP, Disturbance.CUT])
def test_a_frame_that_was_disturbed_comes_once_more(disturbance):
    async def bench(ctx, desk):
        await press_disturbed(ctx, desk, 0x1C, disturbance)
        assert (ctx.get(desk.model.command), ctx.get(desk.model.commands)) == (0xFE, 1)

    assert set(simulate(bench)) == change(ord("a"), True)


def test_what_cannot_be_received_at_all_releases_all_keys():
    async def bench(ctx, desk):
        await press(ctx, desk, 0x1C)
        ctx.set(desk.model.disturbance, Disturbance.PARITY)
        await press(ctx, desk, 0x1C)
        await after(ctx, 12)
        assert ctx.get(desk.model.commands) == 3

    found = simulate(bench)
    assert set(found[:1]) == change(ord("a"), True)
    assert {each for each in found[1:] if not each[2]} == {
        (word, bit, 0) for word in range(5) for bit in range(32)}


def test_a_keyboard_that_is_plugged_in_begins_with_all_keys_up():
    async def bench(ctx, desk):
        await press(ctx, desk, 0xAA)

    assert len(simulate(bench)) == 160


def test_a_pause_key_and_unknown_codes_change_nothing():
    async def bench(ctx, desk):
        await press(ctx, desk, 0xE1, 0x14, 0x77, 0xE1, 0xF0, 0x14, 0xF0, 0x77, 0x83, 0x05,
                    0xE0, 0x12, 0x1C)

    assert set(simulate(bench)) == change(ord("a"), True)


@pytest.mark.slow
@pytest.mark.parametrize("half_us", [30, 50])
def test_nothing_is_lost_when_the_machine_is_slow(half_us):
    codes = random.Random(half_us).choices([0x1C, 0x32, 0x21, 0x23], k=8)

    async def bench(ctx, desk):
        await press(ctx, desk, *codes)
        await after(ctx, 30)

    found = simulate(bench, slowness=900, half_us=half_us)
    letters = {0x1C: "a", 0x32: "b", 0x21: "c", 0x23: "d"}
    assert found == [each for code in codes for each in change(ord(letters[code]), True)]


def test_buttons_are_debounced_keys():
    async def bench(ctx, desk):
        for level in (1, 0, 1, 0, 1):
            ctx.set(desk.phy.buttons, level << 2)
            await after(ctx, 2)
        await after(ctx, 9)
        ctx.set(desk.phy.buttons, 0b11_0100)
        await after(ctx, 11)
        ctx.set(desk.phy.buttons, 0b11_0000)
        await after(ctx, 11)

    found = simulate(bench)
    assert set(found) == change(Key.UP, True) | change(Key.UP, False) | change(
        Key.ENTER, True) | change(Key.ESCAPE, True)
    assert len(found) == 6


def test_every_key_with_a_character_has_a_scan_code():
    usages = set(PLAIN.values()) | set(EXTENDED.values())
    assert len(set(PLAIN.values())) == len(PLAIN) and len(usages) == len(PLAIN) + len(EXTENDED)
    assert usages >= {*range(0x04, 0x32), *range(0x33, 0x3A), 0x4C, *range(0x4F, 0x53),
                      *range(0x54, 0x65), *range(0xE0, 0xE8)}


def test_a_stroke_takes_at_most_three_changes():
    """All the usages there are, known or not, down and up."""
    dut, found = KeyMap(), []
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        ctx.set(dut.changes.ready, 1)
        for usage in range(256):
            for down in (1, 0):
                ctx.set(dut.strokes.payload, {"usage": usage, "down": down})
                ctx.set(dut.strokes.valid, 1)
                held = len(found)
                for _ in range(5):
                    if ctx.get(dut.changes.valid):
                        token = ctx.get(dut.changes.payload.as_value())
                        assert token >> 8 == down
                        found.append(KeyChange.of_token(token))
                    await ctx.tick()
                    ctx.set(dut.strokes.valid, 0)
                    if ctx.get(dut.strokes.ready):
                        break
                assert len(found) - held <= 2 + (not down)

    simulator.add_testbench(bench)
    simulator.run()
    codes = {(each.word - 1) * 32 + each.bit for each in found if each.word and each.down}
    assert codes >= {*range(32, 65), *range(91, 127)} - {*map(ord, '!@#$%^&*()_+{}|:"~<>?')}


@pytest.mark.parametrize("options, error, message", [
    ({"clock_hz": 1000}, ValueError, "clock_hz must be at least 200000, not 1000"),
    ({"buttons": 7}, ValueError, "buttons must be from 0 to 6, not 7"),
    ({"ps2": 1}, TypeError, "ps2 must be true or false, not 1"),
    ({"usb": True}, ValueError, "clock_hz must be at least 6000000, not 250000"),
    ({"ps2": False, "buttons": 0}, ValueError, "a keyboard must have ps2, usb or buttons"),
])
def test_bad_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        KeyboardPhy(**{"clock_hz": CLOCK_HZ, **options})
