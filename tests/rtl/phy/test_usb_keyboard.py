# amaranth: UnusedElaboratable=no
"""The host of a USB keyboard, with the keyboard of simulations at its port.

Each is written from the specification by itself, and each has tests against a third one made of
single bits; here they talk to each other, with clocks that are apart.
"""

from pathlib import Path

import pytest
from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.phy.key_map import KeyStroke
from rtl.phy.usb_keyboard import UsbKeyboard
from sim.chips.usb_keyboard import SimulatedUsbKeyboard, UsbDisturbance, UsbFault
from sim.engine.build import built, source_key
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from toolchain.places import ROOT

CLOCK_HZ, FRAME_US = 12_000_000, 250  # frames are four times as frequent as on a board
FRAME_CYCLES = CLOCK_HZ // 1_000_000 * FRAME_US
BIT_HZ = 1_520_000  # the keyboard's: 1.3 % too fast, and 1.5 are allowed
CLEARS = "all up"
MODIFIERS = [0xE0 + n for n in range(8)]
PROBES = ("fault", "is_ready", "resets", "requests")
RETRIED = UsbDisturbance.CRC, UsbDisturbance.SILENT  # four times; then the keyboard is reset


class Hand(data.Struct):
    is_plugged:   1
    refuses_idle: 1
    disturbance:  UsbDisturbance


class Port(wiring.Component):
    """Both, and a hand that pulls the keyboard out, or disturbs it."""
    hand:     In(stream.Signature(Hand))
    reports:  In(stream.Signature(64))
    strokes:  Out(stream.Signature(KeyStroke))
    fault:    Out(UsbFault)
    is_ready: Out(1)
    resets:   Out(8)
    requests: Out(8)

    def elaborate(self, platform):
        m = Module()
        m.submodules.host = host = UsbKeyboard(
            clock_hz=CLOCK_HZ, frame_us=FRAME_US, attach_frames=3, reset_frames=4,
            recover_frames=2, poll_frames=2)
        m.submodules.keyboard = keyboard = SimulatedUsbKeyboard(
            clock_hz=CLOCK_HZ, bit_hz=BIT_HZ, frame_us=FRAME_US, reset_us=3 * FRAME_US)
        pins = host.pins
        connect(m, flipped(self.reports), keyboard.reports)
        connect(m, host.strokes, flipped(self.strokes))
        m.d.comb += [
            keyboard.host_dp.eq(pins.dp_o), keyboard.host_dm.eq(pins.dm_o),
            keyboard.host_oe.eq(pins.oe), pins.dp_i.eq(keyboard.dp), pins.dm_i.eq(keyboard.dm),
            self.hand.ready.eq(1),
        ]
        with m.If(self.hand.valid):
            m.d.sync += [getattr(keyboard, name).eq(getattr(self.hand.payload, name))
                         for name in ("is_plugged", "refuses_idle", "disturbance")]
        m.d.sync += [getattr(self, name).eq(getattr(keyboard, name)) for name in PROBES]
        return m


class Rig:
    """Both in the engine. `strokes`: what came, (usage, down) or `CLEARS`."""
    def __init__(self, **hand):
        folders = [ROOT / "rtl" / "phy", ROOT / "sim" / "chips", ROOT / "sim" / "engine"]
        key = source_key(folders, "usb port", Path(__file__).read_text())
        self.simulation = Simulation(*built(key, lambda: Design(
            component=Port(), probes=PROBES,
            streams=(Stream("hand", "in", Hand.as_shape().size), Stream("reports", "in", 64),
                     Stream("strokes", "out", 10))), lambda line: None))
        self.strokes, self.held = [], {}
        self.set(is_plugged=1, **hand)

    def set(self, **hand):
        self.held |= hand
        self.simulation.send("hand", [Hand.const(self.held).as_value().value])

    def frames(self, count):
        end = self.simulation.cycles + count * FRAME_CYCLES
        while self.simulation.cycles < end:
            self.simulation.run(min(FRAME_CYCLES, end - self.simulation.cycles))
            for token in self.simulation.receive("strokes").tolist():
                self.strokes.append(CLEARS if token >> 9 else (token & 0xFF, token >> 8 & 1))

    def until_ready(self):
        for _ in range(40):
            self.frames(1)
            if self.probe("is_ready"):
                return
        raise AssertionError("it was never set up")

    def report(self, *usages, modifiers=0):
        octets = bytes([modifiers, 0, *usages, *[0] * (6 - len(usages))])
        self.simulation.send("reports", [int.from_bytes(octets, "little")])

    def probe(self, name):
        return self.simulation.probe(name)

    def close(self):
        assert UsbFault(self.probe("fault")) == UsbFault.NONE
        self.simulation.close()


@pytest.mark.slow
@pytest.mark.parametrize("disturbance", UsbDisturbance, ids=lambda kind: kind.name)
def test_keys_arrive_once_whatever_disturbs_a_report(disturbance):
    rig = Rig()
    rig.until_ready()
    rig.frames(2)
    assert rig.strokes in ([], [CLEARS])
    del rig.strokes[:]
    rig.set(disturbance=disturbance.value)
    rig.report(0x7F, 0x3F, modifiers=0xFF)  # many ones, so that bits are stuffed
    rig.report()
    rig.frames(5 if disturbance in RETRIED else 8)
    rig.set(disturbance=0)
    rig.frames(10)
    assert rig.strokes == [*((key, down) for down in (1, 0) for key in (*MODIFIERS, 0x7F, 0x3F))]
    assert rig.probe("resets") == 1
    rig.close()


def test_a_keyboard_that_is_pulled_out_or_falls_silent_has_all_keys_up():
    rig = Rig()
    rig.until_ready()
    rig.report(0x04)
    rig.frames(10)
    assert rig.strokes[-1] == (0x04, 1)
    rig.set(is_plugged=0)
    rig.frames(4)
    assert rig.strokes[-1] == CLEARS
    rig.set(is_plugged=1)
    rig.until_ready()
    rig.report(0x05)
    rig.frames(10)
    assert rig.strokes[-1] == (0x05, 1)
    rig.set(disturbance=UsbDisturbance.SILENT.value)
    rig.frames(20)
    assert rig.probe("resets") >= 3 and rig.strokes[-1] == CLEARS
    rig.close()


def test_a_keyboard_that_will_not_be_quiet_is_heard():
    rig = Rig(refuses_idle=1)
    rig.until_ready()
    rig.report(0x1E)
    rig.frames(10)
    assert rig.strokes[-1] == (0x1E, 1) and rig.probe("resets") == 1
    rig.close()
