"""Proofs about the UART: what the transmitter puts on the line, what the receiver hears there."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.phy.uart import UartReceiver, UartTransmitter
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


class ReceiverProof(wiring.Component):
    """What is sent arrives, each octet once, at any time, with a wrong cycle in each bit."""

    LATE_CYCLES = 8  # from the middle of the stop bit: two of them in the synchroniser

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = UartReceiver(**RATES)

        # Assume: a line that is high but for frames, of 8 cycles a bit; in each data bit one cycle
        # may have the other value.
        is_sent, age, octet = Signal(), Signal(range(FRAME_BITS * BIT_CYCLES)), Signal(8)
        begins, is_wrong, was_wrong = AnySeq(1), AnySeq(1), Signal()
        number = age[3:]
        ends   = age == FRAME_BITS * BIT_CYCLES - 1
        with m.If(begins & (~is_sent | ends)):
            m.d.sync += [is_sent.eq(1), age.eq(0), octet.eq(AnySeq(8))]
        with m.Elif(is_sent):
            m.d.sync += [is_sent.eq(~ends), age.eq(age + 1)]
        is_data = is_sent & (number > 0) & (number < FRAME_BITS - 1)
        m.d.comb += [dut.rx.eq(Mux(is_sent, Cat(0, octet, 1).bit_select(number, 1), 1) ^ is_wrong),
                     Assume(~is_wrong | (is_data & ~was_wrong))]
        m.d.sync += was_wrong.eq((was_wrong | is_wrong) & (age[:3] != BIT_CYCLES - 1))

        # Model: what is to arrive, and since when.
        is_due, due, waited = Signal(), Signal(8), Signal(range(self.LATE_CYCLES + 1))
        m.d.sync += waited.eq(waited + 1)
        with m.If(dut.arrives):
            m.d.sync += is_due.eq(0)
        with m.If(is_sent & (age == (FRAME_BITS - 1) * BIT_CYCLES + BIT_CYCLES // 2)):
            m.d.sync += [is_due.eq(1), due.eq(octet), waited.eq(0)]

        # Promise.
        with m.If(dut.arrives):
            m.d.comb += Assert(is_due & (dut.octet == due))
        m.d.comb += [Assert(~dut.has_bad_stop), Assert(~dut.is_break),
                     Assert(~is_due | (waited < self.LATE_CYCLES))]

        # Reach: an octet with a wrong cycle in its first bit has arrived, and the next one begins.
        was_disturbed, has_arrived = Signal(), Signal()
        with m.If(is_wrong & (number == 1)):
            m.d.sync += was_disturbed.eq(1)
        with m.If(dut.arrives):
            m.d.sync += has_arrived.eq(1)
        m.d.comb += Cover(has_arrived & was_disturbed & is_sent & (age == 4))
        return m


UART = "rtl/phy/uart.py"
PROOFS = (
    # A frame, and the first bits of one right behind it.
    Proof("uart_transmitter", TransmitterProof, depth=110, reaches=110, in_bits=True, bugs=(
        Bug(UART, "begins = [fraction.eq(self.step), bit_end.eq(0)]", "begins = [bit_end.eq(0)]"),
        Bug(UART, "Cat(self.octets.payload, 1)", "Cat(self.octets.payload[::-1], 1)"))),
    # A frame, which begins at once or after a few cycles, with what an earlier one may have left.
    Proof("uart_receiver", ReceiverProof, depth=92, reaches=92, in_bits=True,
          free=("dut.dut.samples",), bugs=(
        Bug(UART, "(samples[0] & samples[1]) | (line & samples.any())", "line"),
        Bug(UART, "Cat(self.octet[1:], majority)", "Cat(majority, self.octet[:-1])"),
        Bug(UART, "(next_eighth == 3) | (next_eighth == 4)", "(next_eighth == 3)"))),
)
