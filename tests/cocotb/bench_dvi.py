"""Bench of the picture's way: pictures into the display phy, frames out of the cable.

What comes out is decoded twice: by the simulated monitor, and by tables here. The monitor is also
shown signals that are made here, with a fault in each.
"""

import random
from dataclasses import replace

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from sim.chips.dvi_monitor import DviFault
from tests.support.dvi import CONTROLS, DROP, END, PIXEL, SMALL, decode, tokens_of

WIDTH, HEIGHT, SCALE = 8, 4, 2
FRAME_NS = SMALL.h_total * SMALL.v_total * 40
INPUTS = ("to_host__valid", "to_host__payload", "slowness", "damage", "foreign", "is_foreign")


def picture(seed):
    chance = random.Random(seed)
    return [chance.getrandbits(32) for _ in range(WIDTH * HEIGHT)]


def expected(pixels):
    """The frame: each pixel twice in both directions, in the middle, black around it."""
    left, top = (SMALL.h_active - SCALE * WIDTH) // 2, (SMALL.v_active - SCALE * HEIGHT) // 2
    frame = [0] * (SMALL.h_active * SMALL.v_active)
    for y in range(SCALE * HEIGHT):
        for x in range(SCALE * WIDTH):
            frame[(top + y) * SMALL.h_active + left + x] = (
                pixels[y // SCALE * WIDTH + x // SCALE] & 0xFFFFFF)
    return frame


async def begin(dut, phases=(300, 1100), is_foreign=False):
    """Start the clocks of 50, 25 and 125 MHz, the latter two late by some picoseconds, and reset;
    only the last one if the monitor is shown a signal of the bench's own."""
    for name in INPUTS:
        getattr(dut, name).value = 0
    resets = [dut.rst, dut.pixel_rst, dut.tmds_rst]
    for reset in resets:
        reset.value = 1
    dut.is_foreign.value = is_foreign
    if is_foreign:
        Clock(dut.tmds_clk, 8, unit="ns").start()
        await Timer(100, unit="ns")
        dut.tmds_rst.value = 0
        return
    Clock(dut.clk, 20, unit="ns").start()
    for clock, period, phase in ((dut.pixel_clk, 40, phases[0]), (dut.tmds_clk, 8, phases[1])):
        clock.value = 0
        await Timer(phase, unit="ps")
        Clock(clock, period, unit="ns").start()
    await Timer(100, unit="ns")
    for reset in resets:
        reset.value = 0


async def flip(dut, tokens):
    for token in tokens:
        dut.to_host__valid.value, dut.to_host__payload.value = 1, token
        ready = 0
        while not ready:
            await FallingEdge(dut.clk)
            ready = int(dut.to_host__ready.value)
            await RisingEdge(dut.clk)
    dut.to_host__valid.value = 0


class Watch:
    """Keeps the monitor's frames, and the bits of each lane."""

    def __init__(self, dut, keeps_bits=False):
        self.dut, self.frames, self.bits = dut, [], [[] for _ in range(4)]
        self._frame = None
        cocotb.start_soon(self._run())
        if keeps_bits:
            cocotb.start_soon(self._keep_bits())

    async def _run(self):
        dut = self.dut
        while True:
            await RisingEdge(dut.shows)
            await FallingEdge(dut.tmds_clk)
            token = int(dut.shown.value)
            if token >> 24:
                self.frames += [self._frame] if self._frame is not None else []
                self._frame = []
            elif self._frame is not None:
                self._frame.append(token)

    async def _keep_bits(self):
        while True:
            await FallingEdge(self.dut.tmds_clk)
            lanes = int(self.dut.lanes.value)
            for n, bits in enumerate(self.bits):
                bits += [lanes >> n & 1, lanes >> n + 4 & 1]

    async def until_frames(self, count):
        for _ in range(3 * count + 12):
            if len(self.frames) >= count:
                return
            await Timer(FRAME_NS // 2, unit="ns")
        raise AssertionError(f"{count} frames were wanted, {len(self.frames)} came")


def fault(dut):
    return DviFault(int(dut.fault.value))


def symbols(bits):
    """A lane's symbols: where most controls are found is where symbols begin."""
    cuts = [[sum(bit << n for n, bit in enumerate(bits[at:at + 10]))
             for at in range(start, len(bits) - 9, 10)] for start in range(10)]
    return max(cuts, key=lambda cut: sum(symbol in CONTROLS for symbol in cut))


def frames_of(bits):
    """What the bits of four lanes show, and each line's and frame's lengths."""
    lanes  = [[decode(symbol) for symbol in symbols(lane)] for lane in bits[:3]]
    frames, frame, rests = [], None, True
    for blue, green, red in zip(*lanes, strict=False):
        assert blue[0] == green[0] == red[0]
        if blue[0] == "data":
            if frame is not None:
                frame.append(blue[1] | green[1] << 8 | red[1] << 16)
        else:
            assert green[1] == red[1] == 0
            if rests and not blue[1] & 2:
                frames += [frame] if frame is not None else []
                frame = []
            rests = bool(blue[1] & 2)
    return frames


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_picture_comes_out_as_it_went_in_and_stays(dut):
    await begin(dut)
    watch = Watch(dut, keeps_bits=True)
    await flip(dut, tokens_of(picture(1), WIDTH))
    await watch.until_frames(3)
    assert watch.frames == [expected(picture(1))] * 3
    assert frames_of(watch.bits)[-3:] == watch.frames
    start = "".join(map(str, watch.bits[3])).index("0000011111") % 10
    clock = watch.bits[3][start + 1000:]
    assert clock == ([0] * 5 + [1] * 5) * (len(clock) // 10) + ([0] * 5 + [1] * 5)[:len(clock) % 10]
    assert fault(dut) == DviFault.NONE and not int(dut.underran.value)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def no_frame_shows_parts_of_two_pictures(dut):
    """Flips as fast as they are taken; between them one dropped, one too short, one too long."""
    broken = [tokens_of(picture(7), WIDTH)[:9] + [DROP], tokens_of(picture(8)[:-8], WIDTH),
              tokens_of(picture(8), WIDTH)[:-9] + [END],
              tokens_of(picture(9), WIDTH)[:-1] + [PIXEL, END]]
    await begin(dut, phases=(17_000, 6500))
    dut.slowness.value = 1
    watch = Watch(dut)
    await flip(dut, tokens_of(picture(1), WIDTH))
    await watch.until_frames(1)
    for n in range(2, 5):
        for tokens in (*broken, tokens_of(picture(n), WIDTH)):
            await flip(dut, tokens)
    await watch.until_frames(len(watch.frames) + 3)
    changes = [frame for frame, before in zip(watch.frames, [None, *watch.frames], strict=False)
               if frame != before]
    assert changes == [expected(picture(n)) for n in range(1, 5)]
    assert fault(dut) == DviFault.NONE


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def without_a_picture_there_are_bars(dut):
    await begin(dut)
    watch = Watch(dut)
    await watch.until_frames(2)
    rows = [watch.frames[0][at:at + SMALL.h_active]
            for at in range(0, SMALL.h_active * SMALL.v_active, SMALL.h_active)]
    assert rows[0] == [0] * SMALL.h_active and len(set(rows[5])) == 8
    assert watch.frames[0] == watch.frames[1] and fault(dut) == DviFault.NONE


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def a_memory_that_is_too_slow_is_told_and_forgotten(dut):
    await begin(dut)
    watch = Watch(dut)
    await flip(dut, tokens_of(picture(1), WIDTH))
    await watch.until_frames(2)
    dut.slowness.value = 90
    underran = 0
    for _ in range(40):
        await Timer(FRAME_NS // 20, unit="ns")
        underran |= int(dut.underran.value)
    assert underran
    dut.slowness.value = 0
    await watch.until_frames(len(watch.frames) + 3)
    # No pixel was at the wrong place, and in the end all are there again.
    right = expected(picture(1))
    late  = [frame for frame in watch.frames if frame != right]
    assert late and watch.frames[-1] == right and fault(dut) == DviFault.NONE
    assert any(all(pixel in (0, there) for pixel, there in zip(frame, right, strict=True))
               for frame in late)


# --- a signal of our own, for the monitor ---------------------------------------------------------

def encode(octet, excess):
    """The table of DVI 1.0, figure 3-5; the symbol, and the ones sent too many from now on."""
    ones   = octet.bit_count()
    is_xor = not (ones > 4 or (ones == 4 and not octet & 1))
    q = [octet & 1]
    for n in range(1, 8):
        q.append(q[-1] ^ (octet >> n & 1) ^ (not is_xor))
    balance = 2 * sum(q) - 8
    if excess == 0 or balance == 0:
        inverts = not is_xor
    else:
        inverts = (excess > 0) == (balance > 0)
    if inverts:
        q = [1 - bit for bit in q]
    q += [int(is_xor), int(inverts)]
    return sum(bit << n for n, bit in enumerate(q)), excess + 2 * sum(q) - 10


BY_CONTROL = {control: symbol for symbol, control in CONTROLS.items()}


def frame_symbols(timing=SMALL, *, high=False, pulls=0, control=0):
    """One frame of the signal: for each pixel the symbols of three lanes."""
    chance = random.Random(3)
    h_from, v_from = timing.h_active + timing.h_front, timing.v_active + timing.v_front - 1
    excess = [0, 0, 0]
    for at in range(timing.h_total * timing.v_total):
        y, x = divmod(at, timing.h_total)
        since = (y - v_from) * timing.h_total + x - h_from  # the beginning of v_sync
        h = not h_from <= x < h_from + timing.h_sync
        v = not 0 <= since < timing.v_sync * timing.h_total
        if x < timing.h_active and y < timing.v_active:
            found = []
            for n in range(3):
                symbol, excess[n] = encode(0 if pulls else chance.getrandbits(8), excess[n])
                found.append(0b0100000000 if pulls else symbol)
            yield found
        else:
            excess = [0, 0, 0]
            bits = (not h if high else h) | (not v if high else v) << 1
            yield [BY_CONTROL[bits], BY_CONTROL[control], BY_CONTROL[0]]


async def show(dut, stream, *, frames, shift=3, late=0, clock=0b0000011111):
    """Send frames of symbols, which begin with any bit, lane 2 later by some bits."""
    stream = list(stream) * frames
    lanes  = [sum(found[lane] << 10 * at for at, found in enumerate(stream)) << shift
              for lane in range(3)]
    lanes.append(sum(clock << 10 * at for at in range(len(stream))) << shift)
    lanes[2] <<= late
    for at in range(len(stream)):
        dut.foreign.value = sum((lane >> 10 * at & 0x3FF) << 10 * n for n, lane in enumerate(lanes))
        await Timer(40, unit="ns")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def the_monitor_has_nothing_against_a_right_signal(dut):
    await begin(dut, is_foreign=True)
    watch = Watch(dut)
    await show(dut, frame_symbols(), frames=5, shift=7)
    assert len(watch.frames) >= 1 and fault(dut) == DviFault.NONE
    chance = random.Random(3)
    right  = [chance.getrandbits(8) | chance.getrandbits(8) << 8 | chance.getrandbits(8) << 16
              for _ in range(SMALL.h_active * SMALL.v_active)]
    assert watch.frames == [right] * len(watch.frames)


def changed(**times):
    return {"timing": replace(SMALL, **{name: getattr(SMALL, name) + by
                                        for name, by in times.items()})}


# What is noticed first; a line that is too long may be noticed where no pixels say which part was.
WRONG = [
    ({DviFault.H_ACTIVE, DviFault.H_FRONT}, changed(h_active=1, h_front=-1), {}),
    ({DviFault.H_FRONT}, changed(h_front=1), {}),
    ({DviFault.H_SYNC}, changed(h_sync=1, h_back=-1), {}),
    ({DviFault.H_BACK, DviFault.H_FRONT}, changed(h_back=1), {}),
    ({DviFault.V_ACTIVE}, changed(v_active=1), {}),
    ({DviFault.V_FRONT}, changed(v_front=1), {}),
    ({DviFault.V_SYNC}, changed(v_sync=1), {}),
    ({DviFault.V_BACK}, changed(v_back=1), {}),
    ({DviFault.POLARITY, DviFault.H_FRONT}, {"high": True}, {}),
    ({DviFault.CONTROL}, {"control": 2}, {}),
    ({DviFault.DISPARITY}, {"pulls": 1}, {}),
    ({DviFault.SKEW}, {}, {"late": 10}),
    ({DviFault.CLOCK}, {}, {"clock": 0b0000001111}),
]


@cocotb.test(timeout_time=5, timeout_unit="ms")
@cocotb.parametrize(case=range(len(WRONG)))
async def the_monitor_names_what_is_wrong(dut, case):
    wanted, signal, cable = WRONG[case]
    await begin(dut, is_foreign=True)
    await show(dut, frame_symbols(**signal), frames=4, shift=0, **cable)
    assert fault(dut) in wanted


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def the_monitor_notices_a_signal_that_has_nothing_but_data(dut):
    await begin(dut, is_foreign=True)
    stream, excess = list(frame_symbols()) * 3, 0
    for n in range(4 * SMALL.h_total):
        symbol, excess = encode(n & 0xFF, excess)
        stream.append([symbol] * 3)
    await show(dut, stream, frames=1)
    assert fault(dut) == DviFault.LOST


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def the_monitor_notices_bits_that_turn_over(dut):
    await begin(dut)
    watch = Watch(dut)
    await flip(dut, tokens_of(picture(1), WIDTH))
    await watch.until_frames(2)
    assert fault(dut) == DviFault.NONE
    for n in range(5 * SMALL.h_total):
        dut.damage.value = 0x02 if n % 21 == 0 else 0
        await RisingEdge(dut.tmds_clk)
    await Timer(FRAME_NS, unit="ns")
    assert fault(dut) != DviFault.NONE
