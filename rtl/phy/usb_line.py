"""Packets on a USB line at low speed, 1.5 Mbit/s: bits, stuffing, synchronisation, ends."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer

__all__ = ["BIT_HZ", "PacketOctet", "UsbPins", "UsbReceiver", "UsbTransmitter", "crc16", "crc5"]

BIT_HZ    = 1_500_000
SYNC      = 0x80
MOST_ONES = 6  # one after another; a zero is put in then
RESIDUE   = 0xB001  # of a right CRC-16, with the first bit lowest

# The lines have pull-downs on our side; a device of low speed pulls `dm` up.
UsbPins = wiring.Signature({
    "dp_i": In(1),
    "dm_i": In(1, init=1),
    "dp_o": Out(1),
    "dm_o": Out(1),
    "oe":   Out(1),
})


class PacketOctet(data.Struct):
    octet: 8
    last:  1


def crc5(value, bits=11):
    """Of a token's address and endpoint, as it is sent: inverted, its first bit lowest."""
    rest = 0x1F
    for n in range(bits):
        bit  = (rest ^ value >> n) & 1
        rest = rest >> 1 ^ (0x14 if bit else 0)
    return rest ^ 0x1F


def crc16(octets):
    """Of a packet's data, as it is sent."""
    rest = 0xFFFF
    for octet in octets:
        rest ^= octet
        for _ in range(8):
            rest = rest >> 1 ^ (0xA001 if rest & 1 else 0)
    return rest ^ 0xFFFF


class BitClock(wiring.Component):
    """A strobe for each bit, a cycle early or late at most.

    Members
    -------
    restart : In(1)
        The next strobe comes half a bit from now.
    tick : Out(1)
    """
    restart: In(1)
    tick:    Out(1)

    def __init__(self, *, clock_hz):
        self.clock_hz = clock_hz
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        phase = Signal(range(self.clock_hz + BIT_HZ))
        m.d.comb += self.tick.eq(phase >= self.clock_hz - BIT_HZ)
        m.d.sync += phase.eq(Mux(self.tick, phase - (self.clock_hz - BIT_HZ), phase + BIT_HZ))
        with m.If(self.restart):
            m.d.sync += phase.eq(self.clock_hz // 2)
        return m


class UsbTransmitter(wiring.Component):
    """Sends a packet, or its end alone, which keeps a device of low speed awake.

    Parameters
    ----------
    clock_hz : int
        Of `sync`; at least four cycles a bit.

    Members
    -------
    octets : In(stream)
        `PacketOctet`, from the packet's identifier on. They must not pause.
    keeps_alive : In(1)
        Strobe, while not busy.
    is_busy : Out(1)
    dp, dm, oe : Out(1)
    """
    octets:      In(stream.Signature(PacketOctet))
    keeps_alive: In(1)
    is_busy:     Out(1)
    dp:          Out(1)
    dm:          Out(1)
    oe:          Out(1)

    def __init__(self, *, clock_hz):
        self.clock_hz = check_integer("clock_hz", clock_hz, least=4 * BIT_HZ)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.clock = clock = BitClock(clock_hz=self.clock_hz)

        level  = Signal(init=1)  # J, which rests
        ones   = Signal(range(MOST_ONES + 1))
        octet  = Signal(8)
        left   = Signal(range(9))
        is_last, is_zero = Signal(), Signal()  # `is_zero`: neither line is high
        ends   = Signal(range(4))
        bit    = Mux(left == 0, self.octets.payload.octet[0], octet[0])
        m.d.comb += [self.is_busy.eq(1), self.dp.eq(~level & ~is_zero),
                     self.dm.eq(level & ~is_zero)]

        # IDLE   nothing is driven
        # SEND   the synchronisation, then the packet, a bit a tick
        # END    two bits with both lines low, one of rest
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.is_busy.eq(0)
                m.d.sync += [level.eq(1), ones.eq(0), octet.eq(SYNC), left.eq(8), is_last.eq(0),
                             ends.eq(0), is_zero.eq(0)]
                with m.If(self.keeps_alive):
                    m.next = "END"
                with m.Elif(self.octets.valid):
                    m.next = "SEND"
            with m.State("SEND"):
                with m.If(clock.tick):
                    m.d.sync += self.oe.eq(1)
                    with m.If(ones == MOST_ONES):
                        m.d.sync += [level.eq(~level), ones.eq(0)]
                    with m.Elif((left == 0) & is_last):
                        m.d.sync += [is_zero.eq(1), ends.eq(1)]
                        m.next = "END"
                    with m.Else():
                        m.d.sync += [
                            level.eq(level ^ ~bit), ones.eq(Mux(bit, ones + 1, 0)),
                            octet.eq(octet >> 1), left.eq(left - 1),
                        ]
                        with m.If(left == 0):
                            m.d.comb += self.octets.ready.eq(1)
                            m.d.sync += [octet.eq(self.octets.payload.octet >> 1), left.eq(7),
                                         is_last.eq(self.octets.payload.last)]
            with m.State("END"):
                with m.If(clock.tick):
                    m.d.sync += [self.oe.eq(1), is_zero.eq(ends < 2), level.eq(1),
                                 ends.eq(ends + 1)]
                    with m.If(ends == 3):
                        m.d.sync += self.oe.eq(0)
                        m.next = "IDLE"

        return m


class UsbReceiver(wiring.Component):
    """Receives packets and checks them.

    Parameters
    ----------
    clock_hz : int
        Of `sync`; at least four cycles a bit.

    Members
    -------
    dp, dm : In(1)
        Synchronised.
    listens : In(1)
        Else what is on the line is our own.
    octet, has_octet : Out
        `has_octet` is a strobe.
    begins, ends : Out(1)
        Strobes: a packet is coming; it is over.
    is_fine, has_crc : Out(1)
        With `ends`: whole octets, without a wrong bit; and a right CRC-16 after the first one.
    """
    dp:        In(1)
    dm:        In(1)
    listens:   In(1)
    octet:     Out(8)
    has_octet: Out(1)
    begins:    Out(1)
    ends:      Out(1)
    is_fine:   Out(1)
    has_crc:   Out(1)

    def __init__(self, *, clock_hz):
        self.clock_hz = check_integer("clock_hz", clock_hz, least=4 * BIT_HZ)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.clock = clock = BitClock(clock_hz=self.clock_hz)

        was, before = Signal(init=1), Signal(init=1)  # a cycle ago, a bit ago
        zeros, ones = Signal(range(8)), Signal(range(MOST_ONES + 1))
        count  = Signal(range(8))
        first  = Signal()   # no octet yet
        wrong  = Signal()
        crc    = Signal(16)
        bit    = Signal()
        value  = Cat(self.octet[1:], bit)
        m.d.comb += [bit.eq(self.dm == before), clock.restart.eq(self.dm != was),
                     self.is_fine.eq(~wrong & (count == 0) & ~first),
                     self.has_crc.eq(crc == RESIDUE)]
        m.d.sync += [was.eq(self.dm), self.has_octet.eq(0)]
        is_zero = ~self.dp & ~self.dm

        # WAIT     for the synchronisation: zeros and a one
        # PACKET   bits, until both lines are low
        with m.FSM():
            with m.State("WAIT"):
                m.d.sync += [ones.eq(1), count.eq(0), first.eq(1), wrong.eq(0), crc.eq(0xFFFF)]
                with m.If(clock.tick):
                    m.d.sync += [before.eq(self.dm), zeros.eq(0)]
                    with m.If(~bit & ~is_zero):
                        m.d.sync += zeros.eq(Mux(zeros == 7, 7, zeros + 1))
                    with m.Elif((zeros >= 5) & ~is_zero):
                        m.d.comb += self.begins.eq(1)
                        m.next = "PACKET"
            with m.State("PACKET"):
                with m.If(clock.tick):
                    m.d.sync += before.eq(self.dm)
                    with m.If(is_zero):
                        m.d.comb += self.ends.eq(1)
                        m.d.sync += zeros.eq(0)
                        m.next = "WAIT"
                    with m.Elif(ones == MOST_ONES):
                        m.d.sync += [ones.eq(0), wrong.eq(wrong | bit)]
                    with m.Else():
                        m.d.sync += [self.octet.eq(value), count.eq(count + 1),
                                     ones.eq(Mux(bit, ones + 1, 0))]
                        with m.If(~first):
                            m.d.sync += crc.eq(Cat(crc[1:], 0)
                                               ^ Mux(crc[0] ^ bit, 0xA001, 0))
                        with m.If(count == 7):
                            m.d.sync += [self.has_octet.eq(1), first.eq(0)]
        with m.If(~self.listens):
            m.d.sync += [zeros.eq(0), before.eq(1), wrong.eq(1)]

        return m
