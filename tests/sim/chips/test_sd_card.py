# amaranth: UnusedElaboratable=no
"""The simulated SD card, driven octet by octet: it answers as specified, and notices mistakes."""

import pytest
from amaranth.sim import Simulator

from sim.chips.sd_card import SdFault, SimulatedSdCard
from tests.support.sd_rig import CARD_SECTORS, SdRig, words_of

SLOW, FAST = 13, 1  # cycles of half a clock: 385 kHz and 5 MHz
GO, CHECK, ECHO, CRC_ON, APP, START = (0, 0), (8, 0x1AA), 0x1AA, (59, 1), (55, 0), (41, 1 << 30)


def crc(octets, width, polynomial):
    """A check bit by bit, the first bit first."""
    value = 0
    for octet in octets:
        for bit in range(7, -1, -1):
            carries = (value >> width - 1 ^ octet >> bit) & 1
            value = value << 1 & (1 << width) - 1 ^ (polynomial if carries else 0)
    return value


def frame(index, argument=0):
    octets = bytes([0x40 | index]) + argument.to_bytes(4, "big")
    return octets + bytes([crc(octets, 7, 0x09) << 1 | 1])


def octets_of(sector):
    return b"".join(word.to_bytes(4, "little") for word in words_of(sector))


def checked(octets):
    """A block with its check."""
    return octets + crc(octets, 16, 0x1021).to_bytes(2, "big")


class Host:
    """A host in Python at the card's pins."""

    def __init__(self, **quirks):
        self.rig  = SdRig(**{"starting": 0, "answer_octets": 2} | quirks)
        self.half = SLOW

    def send(self, octets, *, deselected=False):
        """Send octets, and give what came."""
        self.rig.simulation.send("octets", [
            self.half << 9 | deselected << 8 | octet for octet in octets])
        heard = []
        while len(heard) < len(octets):
            self.rig.step()
            heard += self.rig.simulation.receive("heard").tolist()
        return bytes(heard)

    def clocks(self, octets=10):
        assert self.send(b"\xFF" * octets, deselected=True) == b"\xFF" * octets

    def command(self, index, argument=0, *, tail=0, skips=0, release=True):
        """First octet of the answer, and the rest as a number; None for no answer."""
        self.send(b"\xFF")
        self.send(frame(index, argument) + b"\xFF" * skips)
        answer = next((octet for octet in (self.send(b"\xFF")[0] for _ in range(9))
                       if not octet & 0x80), None)
        rest = int.from_bytes(self.send(b"\xFF" * tail), "big") if answer is not None else 0
        if release:
            self.send(b"\xFF", deselected=True)
        return (answer, rest) if tail and answer is not None else answer

    def start(self):
        """Make the card ready."""
        self.clocks()
        assert self.command(*GO) == 1
        assert self.command(*CHECK, tail=4) == (1, ECHO)
        assert self.command(*CRC_ON) == 1
        assert self.command(*APP) == 1 and self.command(*START) == 0
        self.half = FAST
        return self

    def block(self, size=512):
        """A block that comes, checked."""
        for _ in range(2000):
            token = self.send(b"\xFF")[0]
            if token != 0xFF:
                break
        assert token == 0xFE
        octets = self.send(b"\xFF" * (size + 2))
        assert crc(octets, 16, 0x1021) == 0
        return octets[:-2]

    def put(self, token, octets):
        """Send a block; what the card thinks of it, and for how many octets it is busy."""
        self.send(b"\xFF" + bytes([token]))
        self.send(octets)
        opinion = self.send(b"\xFF")[0] & 0x1F
        return opinion, self.busy()

    def busy(self):
        for count in range(5000):
            if self.send(b"\xFF")[0] == 0xFF:
                return count
        raise AssertionError("busy for good")


def test_answers_come_after_the_octets_that_it_takes_for_them():
    for answer_octets in (0, 7):
        host = Host(answer_octets=answer_octets)
        host.clocks()
        assert host.send(frame(0) + b"\xFF" * 9)[6:] == (
            b"\xFF" * (1 + answer_octets) + b"\x01" + b"\xFF" * (7 - answer_octets))
        host.rig.close()


def test_it_is_ready_when_it_was_asked_often_enough():
    host = Host(starting=3)
    host.clocks()
    host.command(*GO)
    host.command(*CHECK, tail=4)
    answers = []
    for _ in range(5):
        host.command(*APP)
        answers.append(host.command(*START))
    assert answers == [1, 1, 1, 0, 0]
    assert host.command(58, tail=4) == (0, 0xC0FF8000)
    host.rig.close()


def test_a_card_of_high_capacity_waits_for_a_host_that_knows_it():
    host = Host()
    host.clocks()
    host.command(*GO)
    assert host.command(58, tail=4) == (1, 0x00FF8000)
    for argument, answer in ((0, 1), (0, 1), (1 << 30, 0)):
        host.command(*APP)
        assert host.command(41, argument) == answer
    host.rig.close()


def test_a_card_of_version_1_does_not_know_the_check():
    host = Host(is_v1=1, is_standard=1)
    host.clocks()
    assert host.command(*GO) == 1 and host.command(*CHECK) == 5
    host.command(*APP)
    assert host.command(41, 0) == 0 and host.command(58, tail=4) == (0, 0x80FF8000)
    host.rig.close()


@pytest.mark.parametrize("quirks, size", [
    ({}, lambda csd: ((csd[7] & 63) << 16 | csd[8] << 8 | csd[9]) + 1 << 10),
    ({"is_standard": 1, "size_shift": 4},
     lambda csd: ((csd[6] & 3) << 10 | csd[7] << 2 | csd[8] >> 6) + 1
     << ((csd[9] & 3) << 1 | csd[10] >> 7) + 2 + (csd[5] & 15) - 9),
    ({"is_standard": 1, "size_shift": 10},
     lambda csd: ((csd[6] & 3) << 10 | csd[7] << 2 | csd[8] >> 6) + 1
     << ((csd[9] & 3) << 1 | csd[10] >> 7) + 2 + (csd[5] & 15) - 9),
])
def test_its_data_tell_its_size(quirks, size):
    host = Host(**quirks).start()
    assert host.command(9, release=False) == 0
    csd = host.block(16)
    assert csd[0] >> 6 == (not quirks) and csd[3] == 0x32 and size(csd) == CARD_SECTORS
    host.rig.close()


def test_sectors_are_read_one_by_one_and_in_a_run():
    host = Host(access_octets=5).start()
    assert host.command(17, 7, release=False) == 0 and host.block() == octets_of(7)
    assert host.command(18, 20, release=False) == 0
    assert [host.block() for _ in range(3)] == [octets_of(n) for n in (20, 21, 22)]
    assert host.command(12, skips=1, release=False) == 0
    host.busy()
    assert host.command(13, tail=1) == (0, 0)
    host.rig.close()


def test_sectors_are_written_one_by_one_and_in_a_run():
    host = Host(busy_octets=30, is_standard=1).start()
    assert host.command(24, 5 * 512, release=False) == 0
    opinion, busy = host.put(0xFE, checked(octets_of(99)))
    assert opinion == 5 and busy >= 30 and host.rig.sectors == {5: words_of(99)}
    assert host.command(25, 8 * 512, release=False) == 0
    for n in range(2):
        assert host.put(0xFC, checked(octets_of(50 + n)))[0] == 5
    host.send(b"\xFF\xFD\xFF")
    assert host.busy() >= 30
    assert host.command(13, tail=1) == (0, 0)
    assert host.rig.sectors == {5: words_of(99), 8: words_of(50), 9: words_of(51)}
    host.rig.close()


def test_what_it_cannot_do_it_says():
    host = Host(has_bad=1, bad_sector=6).start()
    assert host.command(17, 6, release=False) == 0
    assert [octet for octet in host.send(b"\xFF" * 40) if octet != 0xFF] == [0x05]
    host.send(b"\xFF", deselected=True)
    assert host.command(24, 6, release=False) == 0
    assert host.put(0xFE, checked(octets_of(1)))[0] == 0xD
    assert host.command(13, tail=1) == (0, 4) and host.command(13, tail=1) == (0, 0)
    host.rig.set(is_protected=1)
    assert host.command(24, 7, release=False) == 0
    assert host.put(0xFE, checked(octets_of(1)))[0] == 0xD and not host.rig.sectors
    assert host.command(13, tail=1) == (0, 0x20)
    host.rig.close()


def test_it_is_disturbed_above_the_clock_that_it_bears():
    host = Host(weak_cycles=4).start()
    assert host.command(17, 6, release=False) == 0
    with pytest.raises(AssertionError):
        host.block()
    assert host.command(24, 6, release=False) == 0
    assert host.put(0xFE, checked(octets_of(1)))[0] == 0xB and not host.rig.sectors
    host.half = 2
    assert host.command(24, 6, release=False) == 0
    assert host.put(0xFE, checked(octets_of(1)))[0] == 5 and host.rig.sectors
    host.rig.close()


def test_pulled_out_it_is_silent_and_then_as_new():
    host = Host().start()
    host.rig.set(is_out=1)
    host.rig.idle(10)
    assert host.command(13, tail=1) is None
    host.rig.set(is_out=0)
    host.half = SLOW
    assert host.command(13, tail=1) is None
    host.rig.close(SdFault.NO_POWER_UP)
    Host().start().rig.close()


# --- what it notices -----------------------------------------------------------------------------

def unclocked(host):
    host.clocks(9)
    host.command(*GO)


def hasty(host):
    host.half = 12
    host.clocks()


def fast_command(host):
    host.clocks()
    host.half = 12
    host.command(*GO)


def broken_command(host):
    host.start().send(frame(13)[:5] + b"\x01")


def broken_end(host):
    host.start()
    host.send(frame(13)[:5] + bytes([frame(13)[5] & 0xFE]))


def broken_block(host):
    host.start().command(24, 3, release=False)
    assert host.put(0xFE, octets_of(3) + b"\0\0")[0] == 0xB and not host.rig.sectors


def cut_command(host):
    host.start().send(frame(13)[:4])
    host.clocks(1)


def cut_block(host):
    host.start().command(17, 3, release=False)
    host.send(b"\xFF" * 100)
    host.clocks(1)


def while_busy(host):
    host.start().command(24, 3, release=False)
    host.send(b"\xFF\xFE" + checked(octets_of(3)) + b"\xFF\xFF")
    host.send(frame(13))


def too_early(host):
    host.clocks()
    host.command(*GO)
    assert host.command(17, 3) == 5


def unknown(host):
    assert host.start().command(23, 3) == 4


def no_application(host):
    assert host.start().command(*START) == 4


def past_the_end(host):
    assert host.start().command(17, CARD_SECTORS) == 0x20


def odd_block(host):
    assert host.start().command(16, 1024) == 0x40


def wrong_token(host):
    host.start().command(25, 3, release=False)
    host.send(b"\xFE")


def nothing_known(host):
    host.start().send(b"\x00")


def overlapping(host):
    host.start().send(frame(13) + b"\xFF" + frame(13))


def other_voltage(host):
    host.clocks()
    host.command(*GO)
    host.command(8, 0x2AA, tail=4)


@pytest.mark.parametrize("mistake, fault, index", [
    (unclocked, SdFault.NO_POWER_UP, 0), (hasty, SdFault.FAST_START, 0),
    (fast_command, SdFault.FAST_START, 0), (broken_command, SdFault.COMMAND_CRC, 13),
    (broken_end, SdFault.FRAME, 13), (broken_block, SdFault.BLOCK_CRC, 24),
    (cut_command, SdFault.CUT, 13), (cut_block, SdFault.CUT, 17), (while_busy, SdFault.BUSY, 24),
    (too_early, SdFault.NOT_IN_IDLE, 17), (unknown, SdFault.ILLEGAL, 23),
    (no_application, SdFault.ILLEGAL, 41), (past_the_end, SdFault.PARAMETER, 17),
    (odd_block, SdFault.PARAMETER, 16), (wrong_token, SdFault.TOKEN, 25),
    (nothing_known, SdFault.FRAME, 41), (overlapping, SdFault.OVERLAP, 13),
    (other_voltage, SdFault.VOLTAGE, 8),
], ids=lambda value: getattr(value, "__name__", ""))
def test_mistakes_are_noticed(mistake, fault, index):
    host = Host(answer_octets=7, busy_octets=20)
    mistake(host)
    host.rig.idle(100)
    assert (host.rig.fault, host.rig.probe("index")) == (fault, index)


@pytest.mark.parametrize("cycles, fault", [(3, SdFault.FAST), (4, SdFault.FAST_START)])
def test_a_clock_above_25_mhz_is_noticed(cycles, fault):
    card = SimulatedSdCard(clock_hz=100_000_000)

    async def bench(ctx):
        ctx.set(card.from_host.payload, {"kind": 3, "data": 1024})
        ctx.set(card.from_host.valid, 1)
        ctx.set(card.cs_n, 1)
        await ctx.tick()
        ctx.set(card.from_host.valid, 0)
        for _ in range(4):
            ctx.set(card.sck, 1)
            await ctx.tick().repeat(2)
            ctx.set(card.sck, 0)
            await ctx.tick().repeat(cycles - 2)
        assert SdFault(ctx.get(card.fault)) == fault

    simulator = Simulator(card)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()
