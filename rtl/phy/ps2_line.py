"""Octets to and from a PS/2 device, over its two lines."""

from amaranth import Cat, Module, Signal
from amaranth.lib import cdc, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer

__all__ = ["Ps2Line", "Ps2Pins", "RESEND"]

RESEND = 0xFE  # host: the last octet was not understood

# Open collectors with a pull-up each: `low` drives a line to 0, else it floats.
Ps2Pins = wiring.Signature({
    "clock_i":   In(1, init=1),
    "clock_low": Out(1),
    "data_i":    In(1, init=1),
    "data_low":  Out(1),
})


class Ps2Line(wiring.Component):
    """Receives frames of 11 bits and checks them; sends such frames.

    The device makes the clock, 10 to 16.7 kHz. A frame that is wrong (start, parity, stop) or stays
    incomplete is asked for once more; after three times it is given up. While an octet waits to be
    taken, the device is told to wait.

    Parameters
    ----------
    clock_hz : int
        Of `sync`; at least 200 kHz.

    Members
    -------
    pins : Out(Ps2Pins)
    received : Out(stream)
        Octets.
    sent : In(stream)
        Octets; taken once sent, or given up because nobody listens.
    lost : Out(1)
        Strobe: a frame was given up.
    """
    def __init__(self, *, clock_hz):
        self.clock_hz = check_integer("clock_hz", clock_hz, least=200_000)
        super().__init__({
            "pins":     Out(Ps2Pins),
            "received": Out(stream.Signature(8)),
            "sent":     In(stream.Signature(8)),
            "lost":     Out(1),
        })

    def _cycles(self, us):
        return max(2, self.clock_hz * us // 1_000_000)

    def elaborate(self, platform):
        m = Module()
        pins = self.pins

        # The clock counts once it has been steady for a microsecond; data are looked at then.
        clock, data = Signal(init=1), Signal(init=1)
        m.submodules.clock_cdc = cdc.FFSynchronizer(pins.clock_i, clock, init=1)
        m.submodules.data_cdc  = cdc.FFSynchronizer(pins.data_i, data, init=1)
        steady, since = Signal(init=1), Signal(range(self._cycles(1) + 1))
        falls = Signal()
        with m.If(clock == steady):
            m.d.sync += since.eq(0)
        with m.Else():
            m.d.sync += since.eq(since + 1)
            with m.If(since == self._cycles(1)):
                m.d.sync += [since.eq(0), steady.eq(clock)]
                m.d.comb += falls.eq(steady)

        # Time since the last edge, or since a state began.
        most  = self._cycles(20_000)
        timer = Signal(range(most + 1))
        m.d.sync += timer.eq(timer + 1)
        with m.If(falls | (timer == most)):
            m.d.sync += timer.eq(0)

        bits     = Signal(11)
        count    = Signal(range(12))
        tries    = Signal(2)
        is_asked = Signal()  # `sent` is being sent, and no request to repeat
        is_taken = Signal()  # of an octet that had to wait
        is_over  = Signal()  # the clock was held low for long enough to be noticed
        is_fine  = ~bits[0] & bits[10] & bits[1:10].xor()
        octet    = Signal(8)
        m.d.comb += self.received.payload.eq(bits[1:9])

        # RECEIVE   bits come; between frames there may be something to send
        # CHECK     a frame is complete
        # OFFER     its octet may be taken
        # HOLD      it was not: the device may not send until it is
        # INHIBIT   the device is made to listen
        # SEND      a bit at each falling edge, the start bit before the first
        # RELEASE   until both lines are up
        with m.FSM():
            with m.State("RECEIVE"):
                with m.If(falls):
                    m.d.sync += [bits.eq(Cat(bits[1:], data)), count.eq(count + 1)]
                    with m.If(count == 10):
                        m.next = "CHECK"
                with m.Elif((count != 0) & (timer == self._cycles(1000))):
                    m.d.sync += bits.eq(0)  # never right
                    m.next = "CHECK"
                with m.Elif((count == 0) & self.sent.valid & steady):
                    m.d.sync += [octet.eq(self.sent.payload), is_asked.eq(1), timer.eq(0)]
                    m.next = "INHIBIT"
            with m.State("CHECK"):
                m.d.sync += [count.eq(0), is_asked.eq(0)]
                with m.If(is_fine):
                    m.d.sync += tries.eq(0)
                    m.next = "OFFER"
                with m.Elif(tries == 3):
                    m.d.comb += self.lost.eq(1)
                    m.d.sync += tries.eq(0)
                    m.next = "RECEIVE"
                with m.Else():
                    m.d.sync += [tries.eq(tries + 1), octet.eq(RESEND), timer.eq(0)]
                    m.next = "INHIBIT"
            with m.State("OFFER"):
                m.d.comb += self.received.valid.eq(1)
                m.d.sync += [timer.eq(0), is_over.eq(0)]
                m.next = "HOLD"
                with m.If(self.received.ready):
                    m.next = "RECEIVE"
            with m.State("HOLD"):
                m.d.comb += self.received.valid.eq(~is_taken)
                m.d.sync += pins.clock_low.eq(1)
                with m.If(self.received.ready):
                    m.d.sync += is_taken.eq(1)
                with m.If(timer == self._cycles(120)):
                    m.d.sync += is_over.eq(1)
                with m.If(is_taken & is_over):
                    m.d.sync += [pins.clock_low.eq(0), is_taken.eq(0), timer.eq(0)]
                    m.next = "RELEASE"
            with m.State("INHIBIT"):
                m.d.sync += [pins.clock_low.eq(1), count.eq(0)]
                with m.If(timer == self._cycles(110)):
                    m.d.sync += pins.data_low.eq(1)
                with m.If(timer == self._cycles(120)):
                    m.d.sync += [pins.clock_low.eq(0), timer.eq(0),
                                 bits.eq(Cat(octet, ~octet.xor(), 1))]
                    m.next = "SEND"
            with m.State("SEND"):
                # The host's own release of the clock rises; only the device makes it fall.
                with m.If(falls):
                    m.d.sync += [bits.eq(bits >> 1), count.eq(count + 1),
                                 pins.data_low.eq(~bits[0])]
                    with m.If(count == 10):
                        m.d.sync += pins.data_low.eq(0)
                        m.next = "RELEASE"
                with m.Elif(timer == most):
                    m.d.sync += pins.data_low.eq(0)
                    m.next = "RELEASE"
            with m.State("RELEASE"):
                m.d.sync += count.eq(0)
                with m.If(steady & data | (timer == most)):
                    m.d.comb += self.sent.ready.eq(is_asked)
                    m.d.sync += is_asked.eq(0)
                    m.next = "RECEIVE"

        return m
