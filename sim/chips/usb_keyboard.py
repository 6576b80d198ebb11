"""A USB keyboard of low speed: does what the USB 1.1 specification (chapters 7 to 9) and the HID
class's boot protocol ask of one, and notices what they forbid a host.

Written from these, apart from the host: it shares nothing with `rtl.phy`.
"""

from types import SimpleNamespace

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["SimulatedUsbKeyboard", "UsbDisturbance", "UsbFault"]

BIT_HZ = 1_500_000

# Identifiers of packets, without the inverted half.
OUT, IN, SETUP           = 0x1, 0x9, 0xD
DATA0, DATA1             = 0x3, 0xB
ACK, NAK, STALL          = 0x2, 0xA, 0xE

# The first four octets of requests (type, request, value), the lowest first.
SET_ADDRESS       = 0x0500  # value: the address
SET_CONFIGURATION = 0x0900
SET_PROTOCOL      = 0x0B21
SET_IDLE          = 0x0A21

CRC5_RIGHT, CRC16_RIGHT = 0x06, 0xB001  # what is left behind a right one, its first bit lowest
ALWAYS = Const(1)
MOST_OCTETS = 11  # of a packet: an identifier, eight of data, a CRC


class UsbFault(enum.Enum, shape=5):
    """What the host did that the specification forbids."""
    NONE       = 0
    LINE       = 1   # both lines high
    CONTENTION = 2   # it drives while the keyboard does
    RESET      = 3   # both lines low for longer than an end of packet, and for less than a reset
    KEEP_ALIVE = 4   # none for three frames
    SYNC       = 5   # a packet does not begin with KJKJKJKK
    STUFFING   = 6   # seven bits without a change
    OCTETS     = 7   # not whole ones, or too many
    END        = 8   # the end of a packet is not two bits
    IDENTIFIER = 9   # its halves do not agree, or it is none that a host of a keyboard sends
    CRC5       = 10
    CRC16      = 11
    LENGTH     = 12  # of a token, of a request, of an answer
    ORDER      = 13  # data or ACK without what comes before, or something else instead of them
    GAP        = 14  # packets closer than two bits, or too far apart for an answer
    REQUEST    = 15  # one that no host of a keyboard needs
    EARLY      = 16  # keys are asked for before there are a configuration and the boot protocol


class UsbDisturbance(enum.Enum, shape=3):
    """How the next questions for keys are answered."""
    NONE     = 0
    NAK      = 1  # none were pressed, it says
    CRC      = 2  # with a wrong one
    LOST_ACK = 3  # rightly, but the host's ACK is not heard
    SILENT   = 4  # not at all


class BitTimer(wiring.Component):
    """Strobes at a rate that need not divide the clock's.

    Members
    -------
    restart : In(1)
        Half a bit from now comes the next strobe.
    strobe : Out(1)
    """
    restart: In(1)
    strobe:  Out(1)

    def __init__(self, *, clock_hz, bit_hz):
        self.clock_hz, self.bit_hz = clock_hz, bit_hz
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        left = Signal(range(2 * self.clock_hz))
        with m.If(self.restart):
            m.d.sync += left.eq(self.clock_hz // 2)
        with m.Elif(left < self.bit_hz):
            m.d.comb += self.strobe.eq(1)
            m.d.sync += left.eq(left + self.clock_hz - self.bit_hz)
        with m.Else():
            m.d.sync += left.eq(left - self.bit_hz)
        return m


class SimulatedUsbKeyboard(wiring.Component):
    """The keyboard at the end of its cable.

    Parameters
    ----------
    clock_hz : int
        Of `sync`; at least 6 MHz.
    bit_hz : int
        The keyboard's own idea of 1.5 MHz, from which it may be off by 1.5 %.
    frame_us : int
        What the host calls a millisecond.
    reset_us : int
        The shortest reset; 10 ms on a real line.

    Members
    -------
    host_dp, host_dm, host_oe : In(1)
        What the host drives, if it does.
    dp, dm : Out(1)
        The lines, as both sides see them.
    is_plugged : In(1)
    refuses_idle : In(1)
        The request to report changes only is answered by STALL.
    disturbance : In(UsbDisturbance)
        Of the questions from now on.
    reports : In(stream)
        Reports to tell: eight octets, the first one lowest. Taken as the host has acknowledged one.
    is_ready : Out(1)
        The keyboard has an address, its configuration, and speaks the boot protocol.
    resets, requests, questions : Out(8)
        How many there were: the second since the last reset, the third for keys.
    fault : Out(UsbFault)
        The first; it stays.
    """
    def __init__(self, *, clock_hz, bit_hz=BIT_HZ, frame_us=1000, reset_us=10_000):
        if clock_hz < 4 * BIT_HZ:
            raise ValueError(f"clock_hz must be at least {4 * BIT_HZ}, not {clock_hz!r}")
        if abs(bit_hz - BIT_HZ) > BIT_HZ * 0.015:
            raise ValueError(f"bit_hz must be within 1.5 % of {BIT_HZ}, not {bit_hz!r}")
        self.clock_hz, self.bit_hz = clock_hz, bit_hz
        self.frame_us, self.reset_us = frame_us, reset_us
        super().__init__({
            "host_dp":      In(1),
            "host_dm":      In(1),
            "host_oe":      In(1),
            "dp":           Out(1),
            "dm":           Out(1),
            "is_plugged":   In(1),
            "refuses_idle": In(1),
            "disturbance":  In(UsbDisturbance),
            "reports":      In(stream.Signature(64)),
            "is_ready":     Out(1),
            "resets":       Out(8),
            "requests":     Out(8),
            "questions":    Out(8),
            "fault":        Out(UsbFault),
        })

    def _us(self, us):
        return int(self.clock_hz * us / 1e6)

    def _forbid(self, m, kind, when=ALWAYS):
        with m.If(when & (self.fault == UsbFault.NONE)):
            m.d.sync += self.fault.eq(kind)

    def elaborate(self, platform):
        m = Module()

        # The lines: the host's pull-downs, the keyboard's pull-up, and who drives.
        own_level, own_zero, own_oe = Signal(init=1), Signal(), Signal()
        with m.If(self.host_oe):
            m.d.comb += [self.dp.eq(self.host_dp), self.dm.eq(self.host_dm)]
        with m.Elif(own_oe):
            m.d.comb += [self.dp.eq(~own_level & ~own_zero), self.dm.eq(own_level & ~own_zero)]
        with m.Else():
            m.d.comb += self.dm.eq(self.is_plugged)
        self._forbid(m, UsbFault.LINE, self.dp & self.dm)
        self._forbid(m, UsbFault.CONTENTION, self.host_oe & own_oe)

        is_zero = Signal()
        m.d.comb += is_zero.eq(~self.dp & ~self.dm)
        resets = self._elaborate_reset(m, is_zero & ~own_oe & self.is_plugged)
        sent   = self._elaborate_sender(m, own_level, own_zero, own_oe)
        heard  = self._elaborate_receiver(m, is_zero, own_oe, resets)
        self._elaborate_protocol(m, heard, sent, resets)
        return m

    def _elaborate_reset(self, m, is_zero):
        """Both lines low: an end of packet, a sign of life, a reset; the keyboard is to forget."""
        zeros = Signal(range(self._us(self.reset_us) + 2))
        quiet = Signal(range(self._us(3 * self.frame_us) + 2))
        resets, is_noted, was_reset = Signal(), Signal(), Signal()
        m.d.sync += quiet.eq(Mux(is_zero, 0, quiet + (quiet <= self._us(3 * self.frame_us))))
        self._forbid(m, UsbFault.KEEP_ALIVE, was_reset & (quiet == self._us(3 * self.frame_us)))
        with m.If(is_zero):
            m.d.sync += zeros.eq(zeros + (zeros <= self._us(self.reset_us)))
        with m.Elif(zeros != 0):
            m.d.sync += [zeros.eq(0), is_noted.eq(0)]
            # Of low speed the end of a packet is 1.25 to 1.5 us; the clock adds its own cycle.
            self._forbid(m, UsbFault.END, self.is_plugged & (
                (zeros < self._us(1.25) - 1)
                | (zeros > self._us(1.5) + 1) & (zeros < self._us(2.5))))
            self._forbid(m, UsbFault.RESET, (zeros >= self._us(2.5))
                         & (zeros <= self._us(self.reset_us)) & self.is_plugged)
        with m.If((zeros == self._us(2.5)) & ~is_noted):
            m.d.comb += resets.eq(1)
            m.d.sync += [self.resets.eq(self.resets + 1), is_noted.eq(1), was_reset.eq(1)]
        with m.If(~self.is_plugged):
            m.d.comb += resets.eq(1)
            m.d.sync += was_reset.eq(0)
        return resets

    def _elaborate_sender(self, m, level, zero, oe):
        """Sends an identifier, with octets and their CRC if it has data."""
        sent = SimpleNamespace(
            start=Signal(), identifier=Signal(4), has_data=Signal(), length=Signal(4),
            octets=Signal(64), spoils=Signal(), is_busy=Signal())
        m.submodules.sender = timer = BitTimer(clock_hz=self.clock_hz, bit_hz=self.bit_hz)
        rest, left = Signal(80), Signal(range(81))  # bits that are still to go
        ones, crc  = Signal(3), Signal(16)
        part, bit  = Signal(2), Signal()
        m.d.comb += [bit.eq(rest[0]), sent.is_busy.eq(1)]
        has_crc, spoils = Signal(), Signal()

        def send_bit():
            m.d.sync += [level.eq(level ^ ~bit), ones.eq(Mux(bit, ones + 1, 0)),
                         rest.eq(rest >> 1), left.eq(left - 1)]

        # IDLE  nothing is to be sent
        # WAIT  two bits and a half after the host's packet
        # BITS  synchronisation and identifier; then data; then their CRC
        # END   two bits of zero, one of rest
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += sent.is_busy.eq(0)
                m.d.sync += [oe.eq(0), level.eq(1), zero.eq(0), ones.eq(0), part.eq(0),
                             crc.eq(0xFFFF)]
                with m.If(sent.start):
                    m.d.comb += timer.restart.eq(1)
                    m.d.sync += [rest.eq(Cat(Const(0x80, 8), sent.identifier, ~sent.identifier,
                                             sent.octets)), left.eq(3),
                                 has_crc.eq(sent.has_data), spoils.eq(sent.spoils)]
                    m.next = "WAIT"
            with m.State("WAIT"):
                with m.If(timer.strobe):
                    m.d.sync += left.eq(left - 1)
                    with m.If(left == 1):
                        m.d.sync += left.eq(16)
                        m.next = "BITS"
            with m.State("BITS"):
                with m.If(timer.strobe):
                    m.d.sync += oe.eq(1)
                    with m.If(ones == 6):
                        m.d.sync += [level.eq(~level), ones.eq(0)]
                    with m.Elif(left != 0):
                        send_bit()
                        with m.If(part == 1):
                            m.d.sync += crc.eq(crc >> 1 ^ Mux(crc[0] ^ bit, 0xA001, 0))
                        # The end of a part: its last bit goes now.
                        with m.If((left == 1) & (part == 0) & has_crc):
                            m.d.sync += [part.eq(Mux(sent.length == 0, 2, 1)),
                                         left.eq(Mux(sent.length == 0, 16, sent.length << 3))]
                            with m.If(sent.length == 0):
                                m.d.sync += rest.eq(~crc ^ (spoils << 3))
                        with m.If((left == 1) & (part == 1)):
                            m.d.sync += [part.eq(2), left.eq(16), rest.eq(
                                ~(crc >> 1 ^ Mux(crc[0] ^ bit, 0xA001, 0)) ^ (spoils << 3))]
                    with m.Else():
                        m.d.sync += [zero.eq(1), left.eq(3)]
                        m.next = "END"
            with m.State("END"):
                with m.If(timer.strobe):
                    m.d.sync += [left.eq(left - 1), zero.eq(left == 3), level.eq(1)]
                    with m.If(left == 1):
                        m.d.sync += oe.eq(0)
                        m.next = "IDLE"
        return sent

    def _elaborate_receiver(self, m, is_zero, own_oe, resets):
        """The host's packets, as octets."""
        heard = SimpleNamespace(
            begins=Signal(), is_busy=Signal(), is_whole=Signal(), length=Signal(4),
            octets=Signal(data.ArrayLayout(8, MOST_OCTETS)), crc5=Signal(5), crc16=Signal(16))
        m.submodules.receiver = timer = BitTimer(clock_hz=self.clock_hz, bit_hz=self.bit_hz)
        was_dm, level = Signal(init=1), Signal(init=1)  # a cycle ago, a bit ago
        count, ones   = Signal(7), Signal(3)
        bit           = Signal()
        m.d.sync += was_dm.eq(self.dm)
        m.d.comb += [bit.eq(self.dm == level), timer.restart.eq(self.dm != was_dm),
                     heard.length.eq(count >> 3)]

        # QUIET    the line is at rest
        # SYNC     eight bits
        # PACKET   bits, until both lines are low
        # END      until they are no longer
        # DEAF     somebody else's packet: our own
        sync = Signal(8)
        m.d.comb += heard.is_busy.eq(1)
        with m.FSM():
            with m.State("QUIET"):
                m.d.comb += heard.is_busy.eq(0)
                m.d.sync += [level.eq(1), count.eq(0), sync.eq(0)]
                with m.If(own_oe):
                    m.next = "DEAF"
                with m.Elif(self.dp & ~self.dm):
                    m.d.comb += heard.begins.eq(1)
                    m.next = "SYNC"
            with m.State("SYNC"):
                with m.If(timer.strobe):
                    m.d.sync += [level.eq(self.dm), sync.eq(Cat(sync[1:], bit)),
                                 count.eq(count + 1)]
                    with m.If(count == 7):
                        m.d.sync += [ones.eq(1), count.eq(0), heard.crc5.eq(0x1F),
                                     heard.crc16.eq(0xFFFF)]
                        self._forbid(m, UsbFault.SYNC, Cat(sync[1:], bit) != 0x80)
                        m.next = "PACKET"
            with m.State("PACKET"):
                with m.If(timer.strobe & is_zero):
                    self._forbid(m, UsbFault.OCTETS, (count[:3] != 0) | (count == 0))
                    m.next = "END"
                with m.Elif(timer.strobe):
                    m.d.sync += level.eq(self.dm)
                    with m.If(ones == 6):
                        self._forbid(m, UsbFault.STUFFING, bit)
                        m.d.sync += ones.eq(0)
                    with m.Elif(count == 8 * MOST_OCTETS):
                        self._forbid(m, UsbFault.OCTETS)
                    with m.Else():
                        octet = heard.octets[count >> 3]
                        m.d.sync += [octet.eq(Cat(octet[1:], bit)), count.eq(count + 1),
                                     ones.eq(Mux(bit, ones + 1, 0))]
                        with m.If(count >= 8):
                            m.d.sync += [
                                heard.crc5.eq(heard.crc5 >> 1
                                              ^ Mux(heard.crc5[0] ^ bit, 0x14, 0)),
                                heard.crc16.eq(heard.crc16 >> 1
                                               ^ Mux(heard.crc16[0] ^ bit, 0xA001, 0))]
            with m.State("END"):
                with m.If(~is_zero):
                    m.d.comb += heard.is_whole.eq(1)
                    m.next = "QUIET"
            with m.State("DEAF"):
                with m.If(~own_oe):
                    m.next = "QUIET"
        return heard

    def _elaborate_protocol(self, m, heard, sent, resets):
        """Tokens, requests, questions."""
        address = Signal(7)
        is_configured, is_boot, toggle = Signal(), Signal(), Signal()
        request   = Signal(data.StructLayout({"kind": 16, "value": 16, "rest": 32}))
        is_due    = Signal()   # a request's status has not been acknowledged
        is_report = Signal()   # what was sent last
        since     = Signal(range(self._us(20) + 1))  # the end of the last packet
        m.d.sync += since.eq(Mux(heard.is_busy | sent.is_busy, 0, since + (since != self._us(20))))
        m.d.comb += self.is_ready.eq(is_configured & is_boot & (address != 0))

        octets, disturbance = heard.octets, self.disturbance
        identifier = octets[0][:4]
        value      = Cat(octets[1], octets[2])
        is_ours    = value[:7] == address
        endpoint   = value[7:11]
        with m.If(heard.is_whole):
            self._forbid(m, UsbFault.IDENTIFIER, identifier != ~octets[0][4:])

        def answer(identifier, **fields):
            m.d.comb += [sent.start.eq(1), sent.identifier.eq(identifier),
                         *(getattr(sent, name).eq(value) for name, value in fields.items())]

        # What is sent stays as it is while it goes out.
        m.d.comb += [sent.length.eq(Mux(is_report, 8, 0)), sent.octets.eq(self.reports.payload)]

        # The host leaves two bits between packets; what must follow comes within 18.
        self._forbid(m, UsbFault.GAP, heard.begins & (since < self._us(2 / 1.5) - 1))

        # TOKEN    what is to come
        # REQUEST  the eight octets after a SETUP
        # SENDS    an answer with data
        # ACK      the host's, for what was sent
        with m.FSM():
            with m.State("TOKEN"):
                with m.If(heard.is_whole):
                    self._elaborate_token(m, heard, identifier)
                with m.If(heard.is_whole & is_ours & (identifier == SETUP)):
                    m.next = "REQUEST"
                with m.If(heard.is_whole & is_ours & (identifier == IN) & (endpoint == 0)):
                    self._forbid(m, UsbFault.ORDER, ~is_due)
                    with m.If((request.kind == SET_IDLE) & self.refuses_idle):
                        m.d.sync += is_due.eq(0)
                        answer(STALL)
                    with m.Else():
                        m.d.sync += is_report.eq(0)
                        answer(DATA1, has_data=1)
                        m.next = "SENDS"
                with m.If(heard.is_whole & is_ours & (identifier == IN) & (endpoint == 1)):
                    m.d.sync += self.questions.eq(self.questions + 1)
                    self._forbid(m, UsbFault.EARLY, ~self.is_ready)
                    with m.If(disturbance == UsbDisturbance.SILENT):
                        m.next = "TOKEN"
                    with m.Elif((disturbance == UsbDisturbance.NAK) | ~self.reports.valid):
                        answer(NAK)
                    with m.Else():
                        m.d.sync += is_report.eq(1)
                        answer(Mux(toggle, DATA1, DATA0), has_data=1,
                               spoils=disturbance == UsbDisturbance.CRC)
                        m.next = "SENDS"
            with m.State("REQUEST"):
                with m.If(heard.is_whole):
                    self._forbid(m, UsbFault.ORDER, identifier != DATA0)
                    self._forbid(m, UsbFault.LENGTH, heard.length != MOST_OCTETS)
                    self._forbid(m, UsbFault.CRC16, heard.crc16 != CRC16_RIGHT)
                    m.d.sync += [request.eq(Cat(octets[n] for n in range(1, 9))), is_due.eq(1),
                                 self.requests.eq(self.requests + 1)]
                    answer(ACK)
                    m.next = "TOKEN"
                self._forbid(m, UsbFault.GAP, since == self._us(18 / 1.5))
                with m.If(resets):
                    m.next = "TOKEN"
            with m.State("SENDS"):
                with m.If(~sent.is_busy):
                    m.next = "ACK"
            with m.State("ACK"):
                with m.If(heard.is_whole):
                    self._forbid(m, UsbFault.ORDER, identifier != ACK)
                    self._forbid(m, UsbFault.LENGTH, heard.length != 1)
                    m.next = "TOKEN"
                    with m.If(is_report & (disturbance != UsbDisturbance.LOST_ACK)):
                        m.d.comb += self.reports.ready.eq(1)
                        m.d.sync += toggle.eq(~toggle)
                    with m.If(~is_report):
                        m.d.sync += is_due.eq(0)
                        self._carry_out(m, request, address, is_configured, is_boot, toggle)
                with m.Elif(resets | (since == self._us(18 / 1.5))):
                    m.next = "TOKEN"
        with m.If(resets):
            m.d.sync += [address.eq(0), is_configured.eq(0), is_boot.eq(0), toggle.eq(0),
                         is_due.eq(0), self.requests.eq(0)]

    def _elaborate_token(self, m, heard, identifier):
        self._forbid(m, UsbFault.IDENTIFIER, (identifier != SETUP) & (identifier != IN))
        self._forbid(m, UsbFault.LENGTH, heard.length != 3)
        self._forbid(m, UsbFault.CRC5, heard.crc5 != CRC5_RIGHT)

    def _carry_out(self, m, request, address, is_configured, is_boot, toggle):
        """A request whose status was acknowledged."""
        with m.Switch(request.kind):
            with m.Case(SET_ADDRESS):
                m.d.sync += address.eq(request.value)
                self._forbid(m, UsbFault.REQUEST, (request.value == 0) | (request.value > 127))
            with m.Case(SET_CONFIGURATION):
                m.d.sync += [is_configured.eq(1), toggle.eq(0)]
                self._forbid(m, UsbFault.REQUEST, request.value != 1)
            with m.Case(SET_PROTOCOL):
                m.d.sync += is_boot.eq(1)
                self._forbid(m, UsbFault.REQUEST, request.value != 0)
            with m.Case(SET_IDLE):
                self._forbid(m, UsbFault.REQUEST, request.value[:8] != 0)
            with m.Default():
                self._forbid(m, UsbFault.REQUEST)
