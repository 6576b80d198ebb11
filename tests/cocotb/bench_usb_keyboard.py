"""Bench of the USB keyboard's host: a keyboard of our own is plugged in and types."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from tests.support.usb import CLOCK_HZ, FRAME_US, Keyboard

CLEARS = "all up"
SETUP  = [0x05, 0x09, 0x0B, 0x0A]  # the requests, in their order


class Strokes:
    """What came: (usage, down), or `CLEARS`."""

    def __init__(self, dut):
        self.seen = []
        dut.strokes__ready.value = 1
        cocotb.start_soon(self._run(dut))

    async def _run(self, dut):
        while True:
            await RisingEdge(dut.strokes__valid)
            while True:
                await FallingEdge(dut.clk)
                if not int(dut.strokes__valid.value):
                    break
                value = int(dut.strokes__payload.value)
                self.seen.append(CLEARS if value >> 9 else (value & 0xFF, value >> 8 & 1))


async def begin(dut):
    dut.dp.value = dut.dm.value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10 ** 12 // CLOCK_HZ // 2 * 2, unit="ps").start()
    await Timer(1, unit="us")
    dut.rst.value = 0
    return Keyboard(dut), Strokes(dut)


async def frames(count):
    await Timer(count * FRAME_US, unit="us")


async def plugged(dut, **behaviour):
    """With a keyboard that was set up."""
    keyboard, strokes = await begin(dut)
    for name, value in behaviour.items():
        setattr(keyboard, name, value)
    keyboard.plug()
    await frames(40)
    assert keyboard.requests == SETUP and keyboard.resets == 1
    return keyboard, strokes


def report(*keys, modifiers=0):
    return bytes([modifiers, 0, *keys, *[0] * (6 - len(keys))])


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_keyboard_is_set_up_and_its_keys_come(dut):
    keyboard, strokes = await plugged(dut)
    keyboard.reports.extend([
        report(0x04), report(0x04, 0x05), report(0x05, modifiers=0x02),
        report(1, 1, 1, 1, 1, 1, modifiers=0x02), report(0xDF, 0x7F, modifiers=0x82), report()])
    await frames(30)
    assert strokes.seen == [
        (0x04, 1), (0x05, 1), (0xE1, 1), (0x04, 0), (0xE7, 1), (0x05, 0), (0xDF, 1), (0x7F, 1),
        (0xE1, 0), (0xE7, 0), (0xDF, 0), (0x7F, 0)]


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def nothing_is_lost_or_doubled_on_a_bad_line(dut):
    keyboard, strokes = await plugged(dut)
    for fault in ("naks", "spoils", "deaf", "silent"):
        strokes.seen.clear()
        setattr(keyboard, fault, 2)
        keyboard.reports.extend([report(0x10), report(0x11), report()])
        await frames(24)
        assert strokes.seen == [(0x10, 1), (0x10, 0), (0x11, 1), (0x11, 0)], fault
    assert keyboard.resets == 1


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_keyboard_may_be_pulled_out_and_put_back(dut):
    keyboard, strokes = await plugged(dut)
    keyboard.reports.append(report(0x04))
    await frames(4)
    keyboard.plug(False)
    await frames(5)
    assert strokes.seen == [(0x04, 1), CLEARS] and not keyboard.address
    keyboard.plug()
    await frames(40)
    assert keyboard.requests == SETUP and keyboard.resets == 2
    keyboard.reports.extend([report(0x04), report()])
    await frames(10)
    assert strokes.seen[2:] == [(0x04, 1), (0x04, 0)]


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_keyboard_that_does_not_answer_is_set_up_again(dut):
    keyboard, strokes = await plugged(dut)
    keyboard.silent = 4
    await frames(60)
    assert keyboard.resets == 2 and keyboard.requests == SETUP and strokes.seen == [CLEARS]


@cocotb.test(timeout_time=100, timeout_unit="ms")
async def a_keyboard_may_refuse_to_be_quiet(dut):
    keyboard, strokes = await plugged(dut, refuses={0x0A})
    keyboard.reports.append(report(0x04))
    await frames(6)
    assert strokes.seen == [(0x04, 1)]
