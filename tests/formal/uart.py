"""Proofs about the UART: what the transmitter puts on the line."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.phy.uart import UartTransmitter
from tests.formal.prover import Bug, Proof

__all__ = ["PROOFS"]

# The slowest clock that the UART bears: with more cycles in a bit, everything is more exact.
BIT_CYCLES = 8
RATES      = {"clock_hz": 8_000_000, "baud_hz": 1_000_000}
FRAME_BITS = 10


class TransmitterProof(wiring.Component):
    """The line has start bit, data bits from the lowest up and stop bit, each for exactly 8 cycles;
    an octet is taken when the last one is over, and the line is high between them."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = UartTransmitter(**RATES)
        octets = dut.octets

        # Assume: an octet that is offered stays until it is taken.
        stood, octet = Signal(), Signal(8)
        m.d.comb += [octets.valid.eq(AnySeq(1)), octets.payload.eq(AnySeq(8)),
                     dut.may_send.eq(AnySeq(1))]
        m.d.sync += [stood.eq(octets.valid & ~octets.ready), octet.eq(octets.payload)]
        with m.If(stood):
            m.d.comb += Assume(octets.valid & (octets.payload == octet))

        # Model: the frame that is under way, and for how many cycles.
        age, is_sent, frame = Signal(range(FRAME_BITS * BIT_CYCLES)), Signal(), Signal(FRAME_BITS)
        ends = age == FRAME_BITS * BIT_CYCLES - 1
        m.d.sync += age.eq(age + 1)
        with m.If(ends):
            m.d.sync += is_sent.eq(0)
        with m.If(octets.valid & octets.ready):
            m.d.sync += [is_sent.eq(1), age.eq(0), frame.eq(Cat(0, octets.payload, 1))]

        # Promise.
        m.d.comb += Assert(dut.tx == Mux(is_sent, frame.bit_select(age[3:], 1), 1))
        m.d.comb += Assert(octets.ready == (dut.may_send & ~is_sent))

        # Reach: an octet right behind another one.
        was_sent, followed = Signal(), Signal()
        m.d.sync += was_sent.eq(is_sent)
        with m.If(octets.valid & octets.ready & was_sent):
            m.d.sync += followed.eq(1)
        m.d.comb += Cover(followed & (age == 20))
        return m


UART = "rtl/phy/uart.py"
PROOFS = (
    # A frame, and the first bits of one right behind it.
    Proof("uart_transmitter", TransmitterProof, depth=110, reaches=110, in_bits=True, bugs=(
        Bug(UART, "begins = [fraction.eq(self.step), bit_end.eq(0)]", "begins = [bit_end.eq(0)]"),
        Bug(UART, "Cat(self.octets.payload, 1)", "Cat(self.octets.payload[::-1], 1)"))),
)
