# amaranth: UnusedElaboratable=no
"""All packets that the host of a USB keyboard sends, and what sends them."""

from amaranth import Array, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from rtl.phy.usb_line import PacketOctet, UsbTransmitter, crc5, crc16

__all__ = ["ACK", "ACK_PACKET", "NAK", "OPTIONAL", "POLL", "STALL", "STEPS", "PacketSender",
           "is_data"]

# Identifiers of packets; the upper half repeats the lower one, inverted.
SETUP, IN, DATA0, DATA1, ACK, NAK, STALL = 0x2D, 0x69, 0xC3, 0x4B, 0xD2, 0x5A, 0x1E

ADDRESS = 1  # that the keyboard gets
KEYS_ENDPOINT = 1


def token(identifier, address, endpoint):
    value = address | endpoint << 7
    value |= crc5(value) << 11
    return [identifier, value & 0xFF, value >> 8]


def is_data(identifier):
    return (identifier == DATA0) | (identifier == DATA1)


def request(*octets):
    """The data of a control transfer that has none but these."""
    crc = crc16(octets)
    return [DATA0, *octets, crc & 0xFF, crc >> 8]


# What is done one after another, a step a frame: a token, and the data that go with it. A token
# without data asks for some: none, which confirms the request before, or in the end a report.
STEPS = (
    (token(SETUP, 0, 0), request(0x00, 0x05, ADDRESS, 0, 0, 0, 0, 0)),  # set address
    (token(IN, 0, 0), []),
    (token(SETUP, ADDRESS, 0), request(0x00, 0x09, 1, 0, 0, 0, 0, 0)),  # set configuration
    (token(IN, ADDRESS, 0), []),
    (token(SETUP, ADDRESS, 0), request(0x21, 0x0B, 0, 0, 0, 0, 0, 0)),  # set protocol: boot
    (token(IN, ADDRESS, 0), []),
    (token(SETUP, ADDRESS, 0), request(0x21, 0x0A, 0, 0, 0, 0, 0, 0)),  # set idle: only changes
    (token(IN, ADDRESS, 0), []),
    (token(IN, ADDRESS, KEYS_ENDPOINT), []),
)
OPTIONAL = 4  # a keyboard may refuse the steps from here on
POLL     = len(STEPS) - 1
PACKETS  = [packet for step in STEPS for packet in step] + [[ACK]]
ACK_PACKET = len(PACKETS) - 1


class PacketSender(wiring.Component):
    """Sends packets that are known beforehand, by their numbers in `PACKETS`.

    Parameters
    ----------
    clock_hz : int

    Members
    -------
    start, packet : In
        Strobe. Not while busy.
    keeps_alive, dp, dm, oe
        See `UsbTransmitter`.
    is_busy : Out(1)
        From the cycle after `start` on.
    """
    def __init__(self, *, clock_hz):
        self.sends = UsbTransmitter(clock_hz=clock_hz)
        super().__init__({
            "start":       In(1),
            "packet":      In(range(len(PACKETS))),
            "keeps_alive": In(1),
            "is_busy":     Out(1),
            "dp":          Out(1),
            "dm":          Out(1),
            "oe":          Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.sends = sends = self.sends

        begins, octets = [], []
        for packet in PACKETS:
            begins.append(len(octets))
            octets += [{"octet": octet, "last": n == len(packet) - 1}
                       for n, octet in enumerate(packet)]
        m.submodules.packets = rom = memory.Memory(shape=PacketOctet, depth=len(octets),
                                                   init=octets)
        port  = rom.read_port()
        place = Signal(range(len(octets) + 1))  # of the octet that is offered
        looks_up, offers = Signal(), Signal()
        is_taken = sends.octets.valid & sends.octets.ready
        m.d.comb += [
            port.addr.eq(place + is_taken),
            sends.octets.valid.eq(offers),
            sends.octets.payload.eq(port.data),
            sends.keeps_alive.eq(self.keeps_alive),
            self.is_busy.eq(looks_up | offers | sends.is_busy),
            self.dp.eq(sends.dp), self.dm.eq(sends.dm), self.oe.eq(sends.oe),
        ]
        m.d.sync += [place.eq(place + is_taken), looks_up.eq(0)]
        with m.If(is_taken & port.data.last):
            m.d.sync += offers.eq(0)
        with m.If(looks_up):
            m.d.sync += offers.eq(1)
        with m.If(self.start):
            m.d.sync += [place.eq(Array(begins)[self.packet]), looks_up.eq(1)]

        return m
