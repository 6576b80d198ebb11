# amaranth: UnusedElaboratable=no
"""SPI: octets both ways at every clock, whatever registers are on the way to the pins."""

import pytest
from amaranth import Cat, Module, Signal
from amaranth.lib import wiring

from rtl.phy.sd_crc import crc7, crc16
from rtl.phy.spi import Spi
from tests.support.unit import simulate

SENT, CAME = [0x00, 0xFF, 0xA5, 0x3C, 0x81], [0x5A, 0x01, 0xFE, 0x80, 0x7F]


class Far(wiring.Component):
    """A chip that answers in the cycle after its clock falls, behind registers both ways."""

    def __init__(self, there, back):
        self.dut = Spi(most_half_cycles=20, pin_cycles=there + back)
        self.there, self.back = there, back
        self.got = Signal(8 * len(SENT))
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = self.dut
        sck, mosi = self.dut.pins.sck, self.dut.pins.mosi
        for _ in range(self.there):
            later = Signal(2)
            m.d.sync += later.eq(Cat(sck, mosi))
            sck, mosi = later
        before = Signal()
        out = Signal(8 * len(CAME), init=int.from_bytes(CAME, "big"))
        m.d.sync += before.eq(sck)
        with m.If(sck & ~before):
            m.d.sync += self.got.eq(Cat(mosi, self.got))
        with m.If(~sck & before):
            m.d.sync += out.eq(out << 1)
        miso = out[-1]
        for _ in range(self.back):
            later = Signal()
            m.d.sync += later.eq(miso)
            miso = later
        m.d.comb += self.dut.pins.miso.eq(miso)
        return m


@pytest.mark.parametrize("half", [1, 2, 3, 20])
@pytest.mark.parametrize("there, back", [(0, 0), (1, 0), (1, 1)])
def test_octets_go_both_ways_without_a_gap(half, there, back):
    board, heard, cycles = Far(there, back), [], []
    dut = board.dut

    async def bench(ctx):
        ctx.set(dut.half_cycles, half)
        ctx.set(dut.octets.valid, 1)
        sent, count = 0, 0
        while len(heard) < len(CAME):
            ctx.set(dut.octets.payload, SENT[min(sent, len(SENT) - 1)])
            ctx.set(dut.octets.valid, sent < len(SENT))
            _, _, taken, arrives, octet = await ctx.tick().sample(
                dut.octets.ready, dut.arrives, dut.octet)
            if taken and sent < len(SENT):
                sent += 1
                cycles.append(count)
            if arrives:
                heard.append(octet)
            count += 1
        assert ctx.get(board.got) == int.from_bytes(SENT, "big")

    simulate(board, bench)
    assert heard == CAME
    assert {b - a for a, b in zip(cycles, cycles[1:], strict=False)} == {16 * half}


@pytest.mark.parametrize("function, width, octets, expected", [
    # The specification's own examples: CMD0, CMD17 and its answer; a block of ones.
    (crc7, 7, "4000000000", 0b1001010), (crc7, 7, "5100000000", 0b0101010),
    (crc7, 7, "1100000900", 0b0110011), (crc16, 16, "FF" * 512, 0x7FA1),
])
def test_checks_are_those_of_the_specifications_examples(function, width, octets, expected):
    crc, octet = Signal(width), Signal(8)
    m = Module()
    m.d.sync += crc.eq(function(crc, octet))

    async def bench(ctx):
        for value in bytes.fromhex(octets):
            ctx.set(octet, value)
            await ctx.tick()
        assert ctx.get(crc) == expected

    simulate(m, bench)
