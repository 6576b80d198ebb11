"""Bench of the SD card's phy: a card in Python, another one than the simulation's."""

import binascii

import cocotb
from cocotb.triggers import FallingEdge, First, RisingEdge

from rtl.peripherals.tokens import BlockFromHostKind as From
from rtl.peripherals.tokens import BlockToHostKind as To
from tests.cocotb.phy import Part, begin, offer, take
from tests.cocotb.support import token

SECTORS = 64 * 1024
OUR_FIRST, OUR_SECTORS = 100, 50


def crc7(octets):
    """By long division of the whole number."""
    rest = int.from_bytes(octets, "big") << 7
    for bit in range(rest.bit_length() - 1, 6, -1):
        if rest >> bit & 1:
            rest ^= 0x89 << bit - 7
    return rest


def with_check(block):
    return block + binascii.crc_hqx(block, 0).to_bytes(2, "big")


def say(*octets):
    """Octets to the host, whatever comes from there."""
    for octet in octets:
        yield octet


class Card:
    """An SDHC card: a generator that is sent each octet of the host's and gives the next one."""

    def __init__(self, dut, sectors=None):
        self.dut = dut
        self.pins = dut.pins__miso, dut.pins__mosi, dut.pins__sck, dut.pins__cs_n
        self.sectors = sectors or {}
        self.commands = []
        self.disturb = 0     # that many blocks
        self.is_out = False
        self.clocks = 0      # before it was first selected
        self.checks = self.is_ready = False
        cocotb.start_soon(self._run())

    async def _run(self):
        dut, protocol = self.dut, None
        dut.pins__miso.value = 1
        while True:
            while int(dut.pins__cs_n.value):
                await First(RisingEdge(dut.pins__sck), FallingEdge(dut.pins__cs_n))
                self.clocks += int(dut.pins__sck.value)
            assert self.clocks >= 74
            protocol = self.protocol()
            out = next(protocol)
            while not int(dut.pins__cs_n.value):
                got = await self._exchange(out)
                if got is not None:
                    out = protocol.send(got)
            dut.pins__miso.value = 1

    async def _exchange(self, out):
        """An octet each way; None if the card is deselected before it begins."""
        miso, mosi, sck, cs_n = self.pins
        if self.is_out:
            out = 0xFF
        got, level = 0, None
        for bit in range(7, -1, -1):
            if out >> bit & 1 != level:
                miso.value = level = out >> bit & 1
            await (First(RisingEdge(sck), RisingEdge(cs_n)) if bit == 7 else RisingEdge(sck))
            if int(cs_n.value):
                assert bit == 7, "deselected within an octet"
                return None
            got = got << 1 | int(mosi.value)
            await FallingEdge(sck)
        return 0xFF if self.is_out else got

    def protocol(self):
        while True:
            octet = yield 0xFF
            if octet != 0xFF:
                yield from self.command(octet)

    def command(self, octet, skips=0):
        frame = [octet]
        for _ in range(5):
            frame.append((yield 0xFF))
        assert frame[0] >> 6 == 1 and frame[5] == crc7(bytes(frame[:5])) << 1 | 1, bytes(frame)
        index, argument = frame[0] & 63, int.from_bytes(frame[1:5], "big")
        self.commands.append(index)
        yield from say(*[0x00] * skips, 0xFF, 0xFF)
        if index == 0:
            self.is_ready = self.checks = False
            yield 1
        elif index == 8:
            yield from say(1, 0, 0, 1, argument & 0xFF)
        elif index == 59:
            self.checks = argument == 1
            yield 1
        elif index == 55:
            yield not self.is_ready
        elif index == 41:
            # The first time it is not ready yet.
            self.is_ready = self.commands.count(41) % 3 == 0 and argument == 1 << 30
            yield not self.is_ready
        elif index == 58:
            yield from say(0, 0xC0, 0xFF, 0x80, 0)
        elif index == 13:
            yield from say(0, 0)
        elif index == 9:
            size = SECTORS // 1024 - 1
            csd = bytes.fromhex("400E00325B5900") + size.to_bytes(3, "big") + bytes.fromhex(
                "7F800A400001")
            yield from say(0, 0xFF, 0xFE, *with_check(csd))
        elif index in (17, 18):
            yield 0
            yield from self.read(argument, index == 18)
        elif index == 25:
            yield 0
            yield from self.write(argument)
        else:
            assert index == 12, f"CMD{index}"
            yield 0

    def read(self, sector, is_run):
        while True:
            block = with_check(self.sectors.get(sector, bytes([sector & 0xFF]) * 512))
            if self.disturb:
                self.disturb -= 1
                block = block[:99] + bytes([block[99] ^ 4]) + block[100:]
            for octet in (0xFF, 0xFF, 0xFE, *block):
                got = yield octet
                if got != 0xFF:
                    assert got == 0x4C, "only CMD12 ends a run"
                    yield from self.command(got, skips=1)
                    return
            if not is_run:
                return
            sector += 1

    def write(self, sector):
        while True:
            octet = yield 0xFF
            if octet == 0xFF:
                continue
            if octet == 0xFD:
                yield from say(0xFF, 0, 0)
                return
            if octet == 0x4C:
                yield from self.command(octet)
                return
            assert octet == 0xFC
            block = []
            for _ in range(514):
                block.append((yield 0xFF))
            block = bytes(block)
            assert with_check(block[:512]) == block
            if self.disturb:
                self.disturb -= 1
                yield 0x0B
                continue
            self.sectors[sector] = block[:512]
            sector += 1
            yield from say(0xE5, 0, 0, 0)


async def fit(dut, sectors=None):
    """Reset with a card: the phy, the card, and the size that the machine is told."""
    dut = Part(dut, "sd")
    await begin(dut, to_host__valid=0, from_host__ready=0, whole_card=0, pins__miso=1)
    card = Card(dut, sectors)
    return dut, card, (await take(dut))[0]


async def read(dut, sector):
    await offer(dut, token(To.READ, sector))
    first, = await take(dut)
    if first == token(From.FAIL):
        return None
    words = [first, *await take(dut, 127)]
    assert all(word >> 32 == From.WORD.value for word in words)
    return b"".join((word & 0xFFFFFFFF).to_bytes(4, "little") for word in words)


async def write(dut, sector, octets):
    words = (int.from_bytes(octets[n:n + 4], "little") for n in range(0, 512, 4))
    await offer(dut, token(To.WRITE, sector), *(token(To.WORD, word) for word in words))
    return await take(dut) == [token(From.DONE)]


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def a_card_is_set_up_read_and_written(dut):
    dut, card, size = await fit(dut)
    assert size == token(From.SIZE, SECTORS)
    assert card.commands[:4] == [0, 8, 59, 55] and card.checks
    assert await read(dut, 7) == b"\x07" * 512 and await read(dut, 8) == b"\x08" * 512
    assert card.commands.count(18) == 1
    octets = bytes(range(256)) * 2
    assert await write(dut, 7, octets) and await write(dut, 8, octets[::-1])
    await offer(dut, token(To.FLUSH))
    assert await take(dut) == [token(From.DONE)]
    assert card.sectors == {7: octets, 8: octets[::-1]} and card.commands[-1] == 13
    assert await read(dut, 8) == octets[::-1]


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def what_comes_disturbed_is_tried_again(dut):
    dut, card, _ = await fit(dut)
    card.disturb = 2
    assert await read(dut, 7) == b"\x07" * 512
    card.disturb = 1
    assert await write(dut, 3, b"3" * 512) and card.sectors == {3: b"3" * 512}


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def the_disk_is_our_partition(dut):
    table = bytearray(512)
    table[446 + 16 + 4] = 0x51
    table[446 + 16 + 8:446 + 32] = (OUR_FIRST.to_bytes(4, "little")
                                    + OUR_SECTORS.to_bytes(4, "little"))
    table[510:] = b"\x55\xAA"
    dut, card, size = await fit(dut, {0: bytes(table)})
    assert size == token(From.SIZE, OUR_SECTORS)
    assert await read(dut, 9) == bytes([OUR_FIRST + 9]) * 512
    assert await write(dut, 0, b"x" * 512) and card.sectors[OUR_FIRST] == b"x" * 512
    assert await read(dut, OUR_SECTORS) is None


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def a_card_that_was_pulled_out_is_gone_and_comes_back(dut):
    dut, card, _ = await fit(dut)
    card.is_out = True
    assert await read(dut, 7) is None
    assert await take(dut) == [token(From.SIZE, 0)]
    card.is_out = False
    assert await take(dut) == [token(From.SIZE, SECTORS)]
    assert await read(dut, 7) == b"\x07" * 512
