"""A USB keyboard of low speed, for benches: bit by bit, written from the USB 1.1 specification.

It shares nothing with `rtl.phy`, and is strict: what a host sends wrongly fails the bench.
"""

from collections import deque

import cocotb
from amaranth import Module, Mux
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from cocotb.triggers import RisingEdge, Timer, ValueChange
from cocotb.utils import get_sim_time

from rtl.phy.key_map import KeyStroke
from rtl.phy.usb_keyboard import UsbKeyboard

__all__ = ["CLOCK_HZ", "FRAME_US", "Keyboard", "UsbDesk"]

CLOCK_HZ, FRAME_US = 12_000_000, 250  # frames are four times as frequent as on a real line
BIT_PS = 666_667


class UsbDesk(wiring.Component):
    """A host, and the two lines of its port: `dp`, `dm` are what a device drives or pulls."""
    dp:      In(1)
    dm:      In(1)
    line_dp: Out(1)
    line_dm: Out(1)
    oe:      Out(1)
    strokes: Out(stream.Signature(KeyStroke))

    def elaborate(self, platform):
        m = Module()
        m.submodules.host = host = UsbKeyboard(clock_hz=CLOCK_HZ, frame_us=FRAME_US,
                                               attach_frames=3, reset_frames=4, recover_frames=2,
                                               poll_frames=2)
        pins = host.pins
        m.d.comb += [
            self.line_dp.eq(Mux(pins.oe, pins.dp_o, self.dp)),
            self.line_dm.eq(Mux(pins.oe, pins.dm_o, self.dm)),
            pins.dp_i.eq(self.line_dp), pins.dm_i.eq(self.line_dm),
            self.oe.eq(pins.oe),
        ]
        wiring.connect(m, host.strokes, wiring.flipped(self.strokes))
        return m


def remainder(bits, polynomial, width):
    """Of a division, the first bit first; what was sent with its CRC leaves a fixed one."""
    rest = (1 << width) - 1
    for bit in bits:
        top  = rest >> width - 1 & 1
        rest = (rest << 1 & (1 << width) - 1) ^ (polynomial if top != bit else 0)
    return rest


def bits_of(octets):
    return [octet >> n & 1 for octet in octets for n in range(8)]


class Keyboard:
    """Answers one host.

    Members
    -------
    reports : deque of bytes
        To be told, one a question.
    naks, spoils, deaf, silent : int
        So many of the next questions for keys are answered by NAK, with a wrong CRC, with the
        host's ACK unheard, or not at all.
    refuses : set of int
        Requests that are answered by STALL.
    requests : list of int
        Those that were made, since the last reset.
    resets : int
    """

    def __init__(self, dut):
        self.dut = dut
        self.reports, self.requests, self.refuses = deque(), [], set()
        self.naks = self.spoils = self.deaf = self.silent = self.resets = 0
        self.is_in = False
        self._reset()
        cocotb.start_soon(self._run())

    def _reset(self):
        self.address, self.configured, self.boots, self.toggle = 0, False, False, 0
        self.requests.clear()

    def plug(self, is_in=True):
        self.is_in = is_in
        self.dut.dp.value, self.dut.dm.value = 0, int(is_in)
        if not is_in:
            self._reset()

    async def _packet(self):
        """The octets that the host sends next."""
        dut = self.dut
        while True:
            await RisingEdge(dut.oe)
            start = get_sim_time("ns")
            await Timer(BIT_PS // 2, unit="ps")
            levels = []
            while True:
                level = int(dut.line_dp.value), int(dut.line_dm.value)
                if level == (0, 0) or not int(dut.oe.value):
                    break
                assert level in ((0, 1), (1, 0)) and len(levels) < 200
                levels.append(level[1])
                await Timer(BIT_PS, unit="ps")
            assert level == (0, 0), "a packet without its end"
            while (int(dut.line_dp.value), int(dut.line_dm.value)) == (0, 0):
                await ValueChange(dut.line_dm)
            length_us = (get_sim_time("ns") - start) / 1000
            if levels:
                return self._decode(levels)
            if length_us > 3:
                assert length_us > 2.5 * FRAME_US, "the reset is too short"
                self.resets += 1
                self._reset()

    def _decode(self, levels):
        bits, before, ones, result = [], 1, 0, []
        for level in levels:
            bits.append(int(level == before))
            before = level
        assert bits[:8] == [0] * 7 + [1], f"the synchronisation is wrong: {bits[:8]}"
        ones = 1
        for bit in bits[8:]:
            if ones == 6:
                assert bit == 0, "a bit was not stuffed"
                ones = 0
                continue
            result.append(bit)
            ones = ones + 1 if bit else 0
        assert len(result) % 8 == 0, "not whole octets"
        octets = [sum(bit << n for n, bit in enumerate(result[at:at + 8]))
                  for at in range(0, len(result), 8)]
        assert octets[0] >> 4 == ~octets[0] & 0xF, "the identifier's halves do not agree"
        return octets

    async def _send(self, octets):
        """A packet, after two bits of rest and a half."""
        await Timer(int(2.5 * BIT_PS), unit="ps")
        level, ones = 1, 0
        for bit in bits_of([0x80, *octets]):
            if bit == 0:
                level = 1 - level
            await self._drive(level)
            ones = ones + 1 if bit else 0
            if ones == 6:
                level, ones = 1 - level, 0
                await self._drive(level)
        self.dut.dp.value = self.dut.dm.value = 0
        await Timer(2 * BIT_PS, unit="ps")
        await self._drive(1)
        self.dut.dp.value, self.dut.dm.value = 0, int(self.is_in)

    async def _drive(self, level):
        assert not int(self.dut.oe.value), "both sides drive"
        self.dut.dp.value, self.dut.dm.value = 1 - level, level
        await Timer(BIT_PS, unit="ps")

    async def _run(self):
        request = None
        while True:
            octets = await self._packet()
            if not self.is_in:
                continue
            identifier = octets[0]
            assert identifier in (0x2D, 0x69), f"{identifier:#x} is no token of a keyboard's host"
            assert len(octets) == 3
            assert remainder(bits_of(octets[1:]), 0x05, 5) == 0b01100, "CRC5"
            value = octets[1] | octets[2] << 8
            if value & 0x7F != self.address:
                continue
            if identifier == 0x2D:
                data = await self._packet()
                assert data[0] == 0xC3 and len(data) == 11
                assert remainder(bits_of(data[1:]), 0x8005, 16) == 0x800D, "CRC16"
                request = data[1:9]
                self.requests.append(request[1])
                await self._send([0xD2])
            elif value >> 7 & 0xF == 0:
                await self._confirm(request)
            else:
                assert value >> 7 & 0xF == 1 and self.configured and self.boots
                await self._tell()

    async def _confirm(self, request):
        if request[1] in self.refuses:
            await self._send([0x1E])
            return
        await self._send([0x4B, 0, 0])
        assert await self._packet() == [0xD2]
        match request[:3]:
            case [0x00, 0x05, address]:
                self.address = address
            case [0x00, 0x09, 1]:
                self.configured, self.toggle = True, 0
            case [0x21, 0x0B, 0]:
                self.boots = True
            case [0x21, 0x0A, 0]:
                pass
            case _:
                raise AssertionError(f"the request {request} is not to be expected")

    async def _tell(self):
        if self.silent:
            self.silent -= 1
        elif self.naks or not self.reports:
            self.naks = max(0, self.naks - 1)
            await self._send([0x5A])
        else:
            report = self.reports[0]
            crc = remainder(bits_of(report), 0x8005, 16) ^ 0xFFFF
            tail = [int(f"{crc >> 8:08b}"[::-1], 2), int(f"{crc & 0xFF:08b}"[::-1], 2)]
            if self.spoils:
                self.spoils -= 1
                await self._send([0x4B if self.toggle else 0xC3, *report, tail[0] ^ 4, tail[1]])
                return
            await self._send([0x4B if self.toggle else 0xC3, *report, *tail])
            assert await self._packet() == [0xD2]
            if self.deaf:
                self.deaf -= 1
            else:
                self.toggle ^= 1
                self.reports.popleft()
