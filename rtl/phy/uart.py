"""UART: the serial line of a board. 8 data bits, no parity, 1 stop bit."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.checks import check_bool, check_integer
from rtl.peripherals.tokens import SerialOctet

__all__ = ["Uart", "UartReceiver", "UartTransmitter", "rate_error"]

STEP_BITS        = 20     # of the fraction of a bit that passes in a cycle
MOST_RATE_ERROR  = 0.015  # the other side may be as far off: 3 % over ten bits miss no sample
LEAST_BIT_CYCLES = 8      # the three samples of a bit, an eighth of it apart, are three cycles


def _step(clock_hz, baud_hz):
    """The part of a bit that passes in a cycle, in units of 2^-STEP_BITS."""
    check_integer("clock_hz", clock_hz, least=1)
    check_integer("baud_hz", baud_hz, least=1)
    if clock_hz < LEAST_BIT_CYCLES * baud_hz:
        raise ValueError(f"clock_hz must be at least {LEAST_BIT_CYCLES} times baud_hz, "
                         f"not {clock_hz!r} for {baud_hz!r}")
    step  = round((baud_hz << STEP_BITS) / clock_hz)
    error = step * clock_hz / (baud_hz << STEP_BITS) - 1
    if abs(error) > MOST_RATE_ERROR:
        raise ValueError(f"baud_hz {baud_hz} at a clock of {clock_hz} Hz would be off by "
                         f"{error:+.1%}; at most {MOST_RATE_ERROR:.1%} are allowed")
    return step


def rate_error(*, clock_hz, baud_hz):
    """By how much the rate of bits differs from `baud_hz`, as a part of it.

    Besides, an edge comes up to a cycle late, which does not add up from one bit to the next.
    Raises `ValueError` for a rate that no `Uart` would have.
    """
    return _step(clock_hz, baud_hz) * clock_hz / (baud_hz << STEP_BITS) - 1


class UartTransmitter(wiring.Component):
    """Sends octets.

    Parameters
    ----------
    clock_hz, baud_hz : int
        Of `sync`, and bits a second; `rate_error` says which go together.

    Members
    -------
    octets : In(stream)
        The next one is taken as the stop bit of the last one ends.
    may_send : In(1)
        While it is low no octet begins.
    send_break : In(1)
        While it is high and no octet is under way, the line is held low; then it is high for a
        bit before the next octet. Ten bits are the shortest break.
    tx : Out(1)
        A register's output; high while idle.
    """
    octets:     In(stream.Signature(8))
    may_send:   In(1)
    send_break: In(1)
    tx:         Out(1, init=1)

    def __init__(self, *, clock_hz, baud_hz):
        self.step = _step(clock_hz, baud_hz)
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        # The fraction runs on from bit to bit: what one bit is too long, a later one is shorter.
        fraction, bit_end = Signal(STEP_BITS), Signal()
        frame = Signal(9)          # data bits still to go, and the stop bit
        left  = Signal(range(11))  # bits of the frame still to end
        is_breaking = Signal()
        m.d.sync += Cat(fraction, bit_end).eq(fraction + self.step)

        with m.If(left == 0):
            begins = [fraction.eq(self.step), bit_end.eq(0)]  # a bit, with the edge to come
            with m.If(self.send_break):
                m.d.sync += [self.tx.eq(0), is_breaking.eq(1)]
            with m.Elif(is_breaking):
                m.d.sync += [self.tx.eq(1), is_breaking.eq(0), left.eq(1), *begins]
            with m.Else():
                m.d.comb += self.octets.ready.eq(self.may_send)
                with m.If(self.octets.valid & self.octets.ready):
                    m.d.sync += [self.tx.eq(0), frame.eq(Cat(self.octets.payload, 1)),
                                 left.eq(10), *begins]
        with m.Elif(bit_end):
            m.d.sync += [Cat(self.tx, frame).eq(Cat(frame, 1)), left.eq(left - 1)]

        return m


class UartReceiver(wiring.Component):
    """Receives octets: each bit is what two of three samples around its middle say.

    A start bit whose middle is high was a disturbance, and is ignored. After a stop bit whose
    middle is low the line has to be high before the next octet.

    Parameters
    ----------
    clock_hz, baud_hz : int
        Of `sync`, and bits a second; `rate_error` says which go together.

    Members
    -------
    rx : In(1)
        Comes through a synchroniser.
    octet : Out(8)
    arrives : Out(1)
        Strobe: `octet` was received.
    has_bad_stop : Out(1)
        Strobe: an octet ended without a stop bit, and is lost.
    is_break : Out(1)
        Strobe: the line was low for a whole octet and its stop bit; once for each break.
    """
    rx:           In(1)
    octet:        Out(8)
    arrives:      Out(1)
    has_bad_stop: Out(1)
    is_break:     Out(1)

    def __init__(self, *, clock_hz, baud_hz):
        self.step = _step(clock_hz, baud_hz)
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        line = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, line, init=1)

        # Samples are taken as the fraction of the bit passes 3/8, 4/8 and 5/8.
        fraction, after, bit_ends = Signal(STEP_BITS), Signal(STEP_BITS), Signal()
        m.d.comb += Cat(after, bit_ends).eq(fraction + self.step)
        eighth, next_eighth = fraction[-3:], after[-3:]
        samples = Signal(2)
        majority = (samples[0] & samples[1]) | (line & samples.any())
        takes_sample, is_middle = Signal(), Signal()
        m.d.comb += [
            takes_sample.eq((eighth != next_eighth) & ((next_eighth == 3) | (next_eighth == 4))),
            is_middle.eq((eighth != next_eighth) & (next_eighth == 5)),
        ]
        with m.If(takes_sample):
            m.d.sync += samples.eq(Cat(line, samples))

        # IDLE   the line is high
        # START  it went low: still so in the middle of the bit?
        # DATA   eight bits
        # STOP   its middle decides; the rest of it is not waited for, the sender may be faster
        # LOW    the line has to be high again
        left = Signal(range(8), init=7)
        with m.FSM():
            with m.State("IDLE"):
                # The edge was half a cycle ago, more or less.
                m.d.sync += [fraction.eq(self.step + self.step // 2), left.eq(7)]
                with m.If(~line):
                    m.next = "START"
            with m.State("START"):
                m.d.sync += fraction.eq(after)
                with m.If(bit_ends):
                    m.next = "DATA"
                with m.If(is_middle & majority):
                    m.next = "IDLE"
            with m.State("DATA"):
                m.d.sync += fraction.eq(after)
                with m.If(is_middle):
                    m.d.sync += self.octet.eq(Cat(self.octet[1:], majority))
                with m.If(bit_ends):
                    m.d.sync += left.eq(left - 1)
                    with m.If(left == 0):
                        m.next = "STOP"
            with m.State("STOP"):
                m.d.sync += fraction.eq(after)
                with m.If(is_middle):
                    m.d.comb += [
                        self.arrives.eq(majority),
                        self.is_break.eq(~majority & (self.octet == 0)),
                        self.has_bad_stop.eq(~majority & (self.octet != 0)),
                    ]
                    m.next = "LOW"
            with m.State("LOW"):
                with m.If(line):
                    m.next = "IDLE"

        return m


class Uart(wiring.Component):
    """A UART behind the streams of the serial peripheral.

    What is received waits in a queue until the peripheral has room. If the queue overflows, the
    octet is lost; the next one that is offered then does not wait, so that the peripheral, which
    is full, drops it and shows its overrun bit to the program. A break is no octet: a board makes
    of `is_break` what it likes. With flow control `rts` goes low while there is room for as many
    octets as a sender with a queue of its own may still have on the way.

    Parameters
    ----------
    clock_hz : int
        Of `sync`, at least 8 times `baud_hz`.
    baud_hz : int
        Bits a second: 115,200 to 3,000,000 on boards. `rate_error` says how exact it is; one that
        would be off by more than 1.5 % is refused.
    flow_control : bool
        Mind `cts`. `rts` is driven in any case.
    receive_depth, transmit_depth : int
        Octets in the queues, at least 2; half of the receiver's, at most 32, is kept for what
        comes in spite of `rts`.

    Members
    -------
    to_host : In(stream)
        Octets to the line; as the peripheral's.
    from_host : Out(stream)
        `SerialOctet` from the line; as the peripheral's.
    send_break : In(1)
        Holds the line low between octets.
    is_break, has_bad_stop, overruns : Out(1)
        Strobes: a break was received, an octet without a stop bit was, an octet was lost because
        the queue is full.
    tx : Out(1)
    rx : In(1)
    rts : Out(1)
        High: the other side may send. A board inverts it if its line is active low.
    cts : In(1)
        High: the other side may be sent to. Comes through a synchroniser; without flow control it
        is ignored.
    """
    to_host:      In(stream.Signature(8))
    from_host:    Out(stream.Signature(SerialOctet))
    send_break:   In(1)
    is_break:     Out(1)
    has_bad_stop: Out(1)
    overruns:     Out(1)
    tx:           Out(1, init=1)
    rx:           In(1)
    rts:          Out(1)
    cts:          In(1)

    def __init__(self, *, clock_hz, baud_hz, flow_control=False, receive_depth=512,
                 transmit_depth=64):
        _step(clock_hz, baud_hz)
        self.clock_hz       = clock_hz
        self.baud_hz        = baud_hz
        self.flow_control   = check_bool("flow_control", flow_control)
        self.receive_depth  = check_integer("receive_depth", receive_depth, least=2)
        self.transmit_depth = check_integer("transmit_depth", transmit_depth, least=2)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        rates = {"clock_hz": self.clock_hz, "baud_hz": self.baud_hz}

        # Transmit
        m.submodules.transmitter = transmitter = UartTransmitter(**rates)
        m.submodules.outgoing = outgoing = SyncFIFOBuffered(width=8, depth=self.transmit_depth)
        may_send = Signal()
        if self.flow_control:
            m.submodules.synchroniser = FFSynchronizer(self.cts, may_send)
        else:
            m.d.comb += may_send.eq(1)
        connect(m, flipped(self.to_host), outgoing.w_stream)
        connect(m, outgoing.r_stream, transmitter.octets)
        m.d.comb += [
            transmitter.may_send.eq(may_send),
            transmitter.send_break.eq(self.send_break),
            self.tx.eq(transmitter.tx),
        ]

        # Receive
        m.submodules.receiver = receiver = UartReceiver(**rates)
        m.submodules.incoming = incoming = SyncFIFOBuffered(width=8, depth=self.receive_depth)
        spare = min(32, self.receive_depth // 2)
        m.d.sync += self.rts.eq(incoming.level < self.receive_depth - spare)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.is_break.eq(receiver.is_break),
            self.has_bad_stop.eq(receiver.has_bad_stop),
            self.overruns.eq(receiver.arrives & ~incoming.w_rdy),
            incoming.w_data.eq(receiver.octet),
            incoming.w_en.eq(receiver.arrives),
        ]

        # What is offered stays as it is until it is taken, so whether it waits is decided before.
        offered, has_lost = self.from_host, Signal()
        with m.If(~offered.valid | offered.ready):
            m.d.comb += incoming.r_en.eq(1)
            m.d.sync += [
                offered.valid.eq(incoming.r_rdy),
                offered.payload.octet.eq(incoming.r_data),
                offered.payload.waits.eq(~has_lost),
            ]
            with m.If(incoming.r_rdy):
                m.d.sync += has_lost.eq(0)
        with m.If(self.overruns):
            m.d.sync += has_lost.eq(1)

        return m
