# amaranth: UnusedElaboratable=no
"""A host for one USB keyboard: finds it, sets it up, asks it for its keys."""

from amaranth import Module, Mux, Signal
from amaranth.lib import cdc, stream, wiring
from amaranth.lib.wiring import Out, connect, flipped

from rtl.checks import check_integer
from rtl.phy.key_map import KeyStroke
from rtl.phy.usb_line import BIT_HZ, UsbPins, UsbReceiver
from rtl.phy.usb_packets import (
    ACK,
    ACK_PACKET,
    NAK,
    OPTIONAL,
    POLL,
    STALL,
    STEPS,
    PacketSender,
    is_data,
)
from rtl.phy.usb_reports import KeyReports

__all__ = ["UsbKeyboard"]

TRIES    = 4  # before a keyboard is reset
SETTLE_FRAMES = 2  # that it may take for a request


class UsbKeyboard(wiring.Component):
    """A keyboard of low speed with the boot protocol, on a port of its own without a hub.

    Its keys are expected at endpoint 1, where keyboards have them. A keyboard that does not answer
    is reset and set up again; one that is pulled out has all keys up. The requests for the boot
    protocol and for reports of changes only may be refused.

    Parameters
    ----------
    clock_hz : int
        Of `sync`; at least four cycles a bit, 6 MHz.
    frame_us : int
        From one frame to the next: 1000 on a real line.
    attach_frames, reset_frames, recover_frames, poll_frames : int
        How long a keyboard must be there, is reset, and may rest afterwards; and from one question
        for its keys to the next.

    Members
    -------
    pins : Out(UsbPins)
    strokes : Out(stream)
        `KeyStroke`.
    """
    def __init__(self, *, clock_hz, frame_us=1000, attach_frames=100, reset_frames=15,
                 recover_frames=15, poll_frames=8):
        self.clock_hz = check_integer("clock_hz", clock_hz, least=4 * BIT_HZ)
        self.frame_us = check_integer("frame_us", frame_us, least=250)
        self.attach_frames  = check_integer("attach_frames", attach_frames, least=1, most=255)
        self.reset_frames   = check_integer("reset_frames", reset_frames, least=1, most=255)
        self.recover_frames = check_integer("recover_frames", recover_frames, least=1, most=255)
        self.poll_frames    = check_integer("poll_frames", poll_frames, least=1, most=255)
        self.sender   = PacketSender(clock_hz=clock_hz)
        self.receiver = UsbReceiver(clock_hz=clock_hz)
        super().__init__({"pins": Out(UsbPins), "strokes": Out(stream.Signature(KeyStroke))})

    def _cycles(self, us):
        return self.clock_hz * us // 1_000_000

    def elaborate(self, platform):
        m = Module()
        pins = self.pins

        dp, dm = Signal(), Signal(init=1)
        m.submodules.dp_cdc = cdc.FFSynchronizer(pins.dp_i, dp)
        m.submodules.dm_cdc = cdc.FFSynchronizer(pins.dm_i, dm, init=1)
        m.submodules.sender   = sender = self.sender
        m.submodules.receiver = hears  = self.receiver
        m.submodules.keys     = keys   = KeyReports()
        connect(m, keys.strokes, flipped(self.strokes))
        resets = Signal()
        m.d.comb += [hears.dp.eq(dp), hears.dm.eq(dm)]
        m.d.sync += [pins.dp_o.eq(sender.dp & ~resets), pins.dm_o.eq(sender.dm & ~resets),
                     pins.oe.eq(sender.oe | resets)]

        cycle  = Signal(range(self._cycles(self.frame_us)))
        frame  = Signal()  # one ends
        m.d.comb += frame.eq(cycle == self._cycles(self.frame_us) - 1)
        m.d.sync += cycle.eq(Mux(frame, 0, cycle + 1))
        frames = Signal(8)
        timer  = Signal(range(self._cycles(40) + 1))
        step   = Signal(range(len(STEPS)))
        m.d.sync += timer.eq(timer + (timer != self._cycles(40)))

        # What is heard: the identifier, and the rest for `keys`.
        heard, is_whole, is_first, has_begun = Signal(8), Signal(), Signal(), Signal()
        m.d.comb += [keys.octet.eq(hears.octet), keys.takes.eq(hears.has_octet & ~is_first),
                     keys.begins.eq(hears.begins)]
        with m.If(hears.has_octet & is_first):
            m.d.sync += [heard.eq(hears.octet), is_first.eq(0)]
        with m.If(hears.begins):
            m.d.sync += [is_first.eq(1), has_begun.eq(1)]

        fails = Signal(range(TRIES))  # one after another
        is_asking  = step[0] | (step == POLL)
        is_refused = step[0] & (step >= OPTIONAL) & (heard == STALL)

        def send(packet):
            m.d.comb += [sender.start.eq(1), sender.packet.eq(packet)]

        # AWAY     no keyboard, or not for long enough
        # RESET    both lines low
        # REST     until the next step is due; a sign of life each frame
        # ALIVE    it is going out
        # TOKEN    so is the step's token
        # GAP      between two packets
        # CONTENT  so are its data
        # LISTEN   for an answer
        # TURN     until the line has come to rest again
        # ANSWER   it was heard, or was not
        # ACK      it is acknowledged
        with m.FSM() as fsm:
            m.d.comb += hears.listens.eq(fsm.ongoing("LISTEN"))
            self._elaborate_presence(m, dp, dm, frame, frames, resets, keys)
            with m.State("ALIVE"):
                with m.If(~sender.is_busy):
                    send(step << 1)
                    m.next = "TOKEN"
            with m.State("TOKEN"):
                m.d.sync += [timer.eq(0), has_begun.eq(0)]
                with m.If(~sender.is_busy):
                    m.next = "LISTEN"
                    with m.If(~step[0] & (step != POLL)):
                        m.next = "GAP"
            with m.State("GAP"):
                with m.If(timer == self._cycles(2)):
                    send(step << 1 | 1)
                    m.next = "CONTENT"
            with m.State("CONTENT"):
                m.d.sync += [timer.eq(0), has_begun.eq(0)]
                with m.If(~sender.is_busy):
                    m.next = "LISTEN"
            with m.State("LISTEN"):
                with m.If(has_begun):
                    m.d.sync += timer.eq(0)
                with m.If(hears.ends):
                    m.d.sync += is_whole.eq(hears.is_fine & (~is_data(heard) | hears.has_crc))
                    m.next = "TURN"
                with m.Elif((timer == self._cycles(40)) | frame):
                    m.d.sync += is_whole.eq(0)
                    m.next = "TURN"
            with m.State("TURN"):
                with m.If((timer >= self._cycles(4)) & ~dp & dm):
                    m.next = "ANSWER"
                with m.Elif(frame):
                    m.next = "REST"
            with m.State("ANSWER"):
                m.d.sync += [fails.eq(0), frames.eq(Mux(step == POLL, self.poll_frames - 1, 0))]
                m.next = "REST"
                with m.If(is_whole & is_asking & is_data(heard)):
                    send(ACK_PACKET)
                    m.next = "ACK"
                    # A report that comes twice, because its ACK was lost, changes nothing.
                    m.d.comb += keys.compares.eq(step == POLL)
                    with m.If(step != POLL):
                        m.d.sync += [step.eq(step + 1), frames.eq(SETTLE_FRAMES)]
                with m.Elif(is_whole & ((~is_asking & (heard == ACK)) | is_refused)):
                    m.d.sync += step.eq(step + 1)
                with m.Elif(~(is_whole & is_asking & (heard == NAK))):
                    m.d.sync += fails.eq(fails + 1)
                    with m.If(fails == TRIES - 1):
                        m.d.comb += keys.clears.eq(1)
                        m.d.sync += frames.eq(0)
                        m.next = "RESET"
            with m.State("ACK"):
                with m.If(~sender.is_busy):
                    m.next = "REST"

        with m.If(fsm.ongoing("RESET")):
            m.d.sync += [step.eq(0), fails.eq(0)]

        return m

    def _elaborate_presence(self, m, dp, dm, frame, frames, resets, keys):
        """The states in which nothing is asked."""
        with m.State("AWAY"):
            with m.If(dp | ~dm):
                m.d.sync += frames.eq(0)
            with m.Elif(frame):
                m.d.sync += frames.eq(frames + 1)
                with m.If(frames == self.attach_frames - 1):
                    m.d.sync += frames.eq(0)
                    m.next = "RESET"
        with m.State("RESET"):
            m.d.comb += resets.eq(1)
            with m.If(frame):
                m.d.sync += frames.eq(frames + 1)
                with m.If(frames == self.reset_frames - 1):
                    m.d.sync += frames.eq(self.recover_frames)
                    m.next = "REST"
        with m.State("REST"):
            with m.If(frame & ~dp & ~dm):
                m.d.comb += keys.clears.eq(1)
                m.d.sync += frames.eq(0)
                m.next = "AWAY"
            with m.Elif(frame):
                m.d.comb += self.sender.keeps_alive.eq(1)
                m.d.sync += frames.eq(frames - 1)
                with m.If((frames == 0) & ~keys.is_busy):
                    m.next = "ALIVE"
                with m.Elif(frames == 0):
                    m.d.sync += frames.eq(0)
