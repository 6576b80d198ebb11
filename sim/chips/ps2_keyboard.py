"""A PS/2 keyboard that does what IBM's description of the interface says, and notices what it
forbids. Written from that description, apart from the phy: it shares nothing with `rtl.phy`."""

from amaranth import Cat, Module, Signal
from amaranth.lib import enum, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Disturbance", "Ps2Fault", "SimulatedPs2Keyboard"]

ACKNOWLEDGE, RESEND, RESET, ALIVE = 0xFA, 0xFE, 0xFF, 0xAA
BEFORE = 15  # half a period before the first clock of a command


class Ps2Fault(enum.Enum, shape=3):
    """What the host did that the interface forbids."""
    NONE          = 0
    SHORT_INHIBIT = 1  # a request to send without the clock held low for 100 us before
    UNSTABLE      = 2  # the data line changed while the clock was high
    PARITY        = 3
    STOP          = 4
    CONTENTION    = 5  # data pulled low while the keyboard sends


class Disturbance(enum.Enum, shape=2):
    """What goes wrong with the next frame that the keyboard sends."""
    NONE   = 0
    PARITY = 1
    STOP   = 2
    CUT    = 3  # it ends after seven bits


class SimulatedPs2Keyboard(wiring.Component):
    """The keyboard's two lines. It sends what is typed and answers commands with 0xFA; to 0xFE it
    sends the last octet again, to 0xFF it adds 0xAA.

    Parameters
    ----------
    clock_hz : int
        Of `sync`.
    half_us : int
        Half a period of its clock: 30 to 50.

    Members
    -------
    host_clock_low, host_data_low : In(1)
        The host drives the line low.
    clock, data : Out(1)
        The lines, as both sides see them.
    codes : In(stream)
        Octets to send: scan codes. Taken as they have been sent.
    disturbance : In(Disturbance)
        Of the frame that begins now.
    command, commands : Out(8), Out(8)
        The last octet from the host, and how many came.
    frames : Out(8)
        How many were sent to their end.
    fault : Out(Ps2Fault)
        The first; it stays.
    """
    def __init__(self, *, clock_hz, half_us=40):
        if not 30 <= half_us <= 50:
            raise ValueError(f"half_us must be from 30 to 50, not {half_us!r}")
        self.clock_hz, self.half_us = clock_hz, half_us
        super().__init__({
            "host_clock_low": In(1),
            "host_data_low":  In(1),
            "clock":          Out(1, init=1),
            "data":           Out(1, init=1),
            "codes":          In(stream.Signature(8)),
            "disturbance":    In(Disturbance),
            "command":        Out(8),
            "commands":       Out(8),
            "frames":         Out(8),
            "fault":          Out(Ps2Fault),
        })

    def _forbid(self, m, kind, when):
        with m.If(when & (self.fault == Ps2Fault.NONE)):
            m.d.sync += self.fault.eq(kind)

    def elaborate(self, platform):
        m = Module()
        half    = self.clock_hz * self.half_us // 1_000_000
        inhibit = self.clock_hz * 100 // 1_000_000

        pulls_clock, pulls_data = Signal(), Signal()
        m.d.comb += [self.clock.eq(~(self.host_clock_low | pulls_clock)),
                     self.data.eq(~(self.host_data_low | pulls_data))]

        held  = Signal(range(inhibit + 1))  # how long the host has held the clock low
        quiet = Signal(range(2 * half + 1))  # how long both lines have been up
        m.d.sync += [held.eq(0), quiet.eq(0)]
        with m.If(self.host_clock_low):
            m.d.sync += held.eq(held + (held != inhibit))
        with m.Elif(self.clock & self.data):
            m.d.sync += quiet.eq(quiet + (quiet != 2 * half))
        was_long = Signal()
        with m.If(self.host_clock_low):
            m.d.sync += was_long.eq(held == inhibit)

        # What waits to be sent: answers before codes.
        answers, count = Signal(16), Signal(2)
        last   = Signal(8)   # sent before
        octet  = Signal(8)   # being sent
        is_own = Signal()    # an answer
        frame  = Signal(11)
        bit    = Signal(4)
        phase  = Signal(range(2 * half))
        ends   = phase == 2 * half - 1
        is_cut = Signal()
        data_before = Signal(init=1)
        m.d.sync += [phase.eq(phase + 1), data_before.eq(self.data)]
        with m.If(ends):
            m.d.sync += phase.eq(0)

        # IDLE     nothing on the lines, or the host holds the clock
        # SEND     eleven bits, each changed in the middle of the clock's high half; a host that
        #          pulls the clock low meanwhile stops it
        # LISTEN   the host has asked to send: eleven clocks
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [pulls_clock.eq(0), pulls_data.eq(0), bit.eq(0), phase.eq(0)]
                with m.If(self.clock & self.host_data_low):
                    self._forbid(m, Ps2Fault.SHORT_INHIBIT, ~was_long)
                    m.d.sync += [phase.eq(half), bit.eq(BEFORE)]
                    m.next = "LISTEN"
                with m.Elif((quiet == 2 * half) & ((count != 0) | self.codes.valid)):
                    value = Signal(8)
                    m.d.comb += value.eq(self.codes.payload)
                    with m.If(count != 0):
                        m.d.comb += value.eq(answers[:8])
                    m.d.sync += [
                        is_own.eq(count != 0), octet.eq(value),
                        frame.eq(Cat(0, value, ~value.xor() ^ (self.disturbance
                                                               == Disturbance.PARITY),
                                     self.disturbance != Disturbance.STOP)),
                        is_cut.eq(self.disturbance == Disturbance.CUT),
                    ]
                    m.next = "SEND"
            with m.State("SEND"):
                # High first: data change, then the clock falls, then it rises again.
                m.d.sync += pulls_clock.eq(phase >= half)
                with m.If(phase == half // 2):
                    m.d.sync += pulls_data.eq(~frame[0])
                self._forbid(m, Ps2Fault.CONTENTION, self.host_data_low & ~self.host_clock_low)
                with m.If(ends):
                    m.d.sync += [frame.eq(frame >> 1), bit.eq(bit + 1)]
                    with m.If(is_cut & (bit == 6)):
                        m.d.sync += last.eq(octet)
                        m.next = "IDLE"
                    with m.If(bit == 10):
                        m.d.sync += [last.eq(octet), self.frames.eq(self.frames + 1)]
                        with m.If(is_own):
                            m.d.sync += [answers.eq(answers >> 8), count.eq(count - 1)]
                        m.next = "IDLE"
                        m.d.comb += self.codes.ready.eq(~is_own)
                with m.Elif(self.host_clock_low & ~pulls_clock & (phase < half)):
                    m.next = "IDLE"
            with m.State("LISTEN"):
                m.d.sync += pulls_clock.eq(phase < half)
                # The line may change at the edges, and while the clock is low.
                self._forbid(m, Ps2Fault.UNSTABLE, (phase > half + 2) & (bit < 10)
                             & (data_before != self.data) & ~pulls_data)
                with m.If(phase == half):
                    with m.If(bit < 8):
                        m.d.sync += self.command.eq(Cat(self.command[1:], self.data))
                    with m.If(bit == 8):
                        self._forbid(m, Ps2Fault.PARITY, self.data != ~self.command.xor())
                    with m.If(bit == 9):
                        self._forbid(m, Ps2Fault.STOP, ~self.data)
                        m.d.sync += pulls_data.eq(1)
                with m.If(ends):
                    m.d.sync += bit.eq(bit + 1)
                    with m.If(bit == 10):
                        m.d.sync += [self.commands.eq(self.commands + 1), pulls_data.eq(0),
                                     answers.eq(ACKNOWLEDGE), count.eq(1)]
                        with m.If(self.command == RESEND):
                            m.d.sync += answers.eq(last)
                        with m.If(self.command == RESET):
                            m.d.sync += [answers.eq(ALIVE << 8 | ACKNOWLEDGE), count.eq(2)]
                        m.next = "IDLE"

        return m
