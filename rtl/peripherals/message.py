"""Message: the operations of a buffered device, of which each moves a part of a message."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.events import EventKind, event_arg
from isa.machine import BUFFER_CAPACITY, READ_REST, BufferedControl
from rtl.bus import DeviceEvent
from rtl.checks import check_bool
from rtl.peripherals.tokens import (
    BufferedFromHost,
    BufferedFromHostKind,
    BufferedToHost,
    BufferedToHostKind,
    send,
)

__all__ = ["Message"]

IS_ERROR = 1  # in a CONTROL event


class Message(wiring.Component):
    """Writes and reads messages of any length, a part at a time.

    Parameters
    ----------
    writes, reads, answered : bool
        As those of `BufferedDevice`.

    Members
    -------
    command : In(1)
        Strobe: a store of `operation` to control; heard only while nothing is pending.
    operation : In(32)
        `BufferedControl`, or anything.
    size : In(32)
        Words to write, or `READ_REST`; read in the cycle of `command`.
    sets_size, new_size : Out(1), Out(32)
        Size becomes this.
    is_pending, is_error : Out(1)
        What control tells.
    freeze : Out(1)
        The words of a part must stay as they are, until they have been sent.
    sends, part_words : Out(1), Out(8)
        Strobe: so many words are to be sent, from the next cycle on.
    words : In(stream.Signature(32))
        These words.
    sent : In(1)
        Strobe: the last of them is taken.
    fills, index, word : Out(1), Out(8), Out(32)
        Strobe: data word `index` becomes `word`.
    waits : In(1)
        A program stores something in this cycle: nothing is filled.
    event : Out(DeviceEvent)
    to_host : Out(stream)
        `BufferedToHost`.
    from_host : In(stream)
        `BufferedFromHost`.
    """
    def __init__(self, *, writes, reads, answered):
        self.writes   = check_bool("writes", writes)
        self.reads    = check_bool("reads", reads)
        self.answered = check_bool("answered", answered)
        super().__init__({
            "command":    In(1),
            "operation":  In(32),
            "size":       In(32),
            "sets_size":  Out(1),
            "new_size":   Out(32),
            "is_pending": Out(1),
            "is_error":   Out(1),
            "freeze":     Out(1),
            "sends":      Out(1),
            "part_words": Out(8),
            "words":      In(stream.Signature(32)),
            "sent":       In(1),
            "fills":      Out(1),
            "index":      Out(8),
            "word":       Out(32),
            "waits":      In(1),
            "event":      Out(DeviceEvent),
            "to_host":    Out(stream.Signature(BufferedToHost)),
            "from_host":  In(stream.Signature(BufferedFromHost)),
        })

    def elaborate(self, platform):
        m = Module()

        more        = Signal()    # this written part is not the last one
        undelivered = Signal(32)  # words of the message being read that are not in the window yet
        m.d.comb += [
            self.new_size.eq(_part_of(undelivered)),
            self.word.eq(self.from_host.payload.data),
        ]

        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += self.index.eq(0)
                with m.If(self.command):
                    m.d.sync += self.is_error.eq(1)
                    if self.writes:
                        with m.If(self.operation == BufferedControl.WRITE):
                            m.d.sync += [
                                self.is_pending.eq(1),
                                self.part_words.eq(_part_of(self.size)),
                                more.eq(self.size > BUFFER_CAPACITY),
                            ]
                            m.next = "DISCARD"
                    if self.reads:
                        with m.If(self.operation == BufferedControl.READ):
                            m.d.sync += self.is_pending.eq(1)
                            m.next = "ASK"
                            with m.If((undelivered != 0) | (self.size == READ_REST)):
                                m.next = "COUNT"
            if self.writes:
                self._write(m, more, undelivered)
            if self.reads:
                self._read(m, undelivered)
            if self.reads or self.answered:
                self._hear_answer(m, undelivered)

        return m

    def _finish(self, m, error):
        """The operation is over."""
        m.d.comb += [
            self.event.valid.eq(1),
            self.event.arg.eq(event_arg(EventKind.CONTROL) | Mux(error, IS_ERROR, 0)),
        ]
        m.d.sync += [self.is_pending.eq(0), self.is_error.eq(error)]
        m.next = "IDLE"

    def _write(self, m, more, undelivered):
        """States of a write."""
        # DISCARD  the rest of a message that was being read is dropped
        # SEND     the part's words go out
        # END      the message is complete, if this was its last part
        to_host, from_host = self.to_host, self.from_host
        with m.State("DISCARD"):
            m.d.comb += [self.freeze.eq(1), from_host.ready.eq(undelivered != 0)]
            with m.If(from_host.valid & from_host.ready):
                m.d.sync += undelivered.eq(undelivered - 1)
            with m.If(undelivered == 0):
                m.next = "END"
                with m.If(self.part_words != 0):
                    m.d.comb += self.sends.eq(1)
                    m.next = "SEND"
        with m.State("SEND"):
            m.d.comb += [
                self.freeze.eq(1),
                *send(to_host, BufferedToHostKind.WORD, self.words.payload),
                to_host.valid.eq(self.words.valid),
                self.words.ready.eq(to_host.ready),
            ]
            with m.If(self.sent):
                m.next = "END"
        with m.State("END"):
            with m.If(more):
                self._finish(m, error=0)
            with m.Else():
                m.d.comb += send(to_host, BufferedToHostKind.END)
                with m.If(to_host.ready):
                    if self.answered:
                        m.next = "ANSWER"
                    else:
                        self._finish(m, error=0)

    def _read(self, m, undelivered):
        """States of a read."""
        # ASK    a message is wanted
        # COUNT  size is set; a read of the rest alone comes here at once
        # FILL   the part's words come
        from_host = self.from_host
        with m.State("ASK"):
            m.d.comb += send(self.to_host, BufferedToHostKind.READ)
            with m.If(self.to_host.ready):
                m.next = "ANSWER"
        with m.State("COUNT"):
            m.d.comb += [
                self.event.valid.eq(1),
                self.event.arg.eq(event_arg(EventKind.SIZE)),
                self.sets_size.eq(1),
            ]
            m.d.sync += self.part_words.eq(self.new_size)
            m.next = "FILL"
        with m.State("FILL"):
            with m.If(self.index == self.part_words):
                self._finish(m, error=0)
            with m.Elif(~self.waits):
                m.d.comb += from_host.ready.eq(1)
                with m.If(from_host.valid
                          & (from_host.payload.kind == BufferedFromHostKind.WORD)):
                    m.d.comb += [
                        self.fills.eq(1),
                        self.event.valid.eq(1),
                        self.event.arg.eq(event_arg(EventKind.WORD) | self.index),
                    ]
                    m.d.sync += [
                        self.index.eq(self.index + 1),
                        undelivered.eq(undelivered - 1),
                    ]

    def _hear_answer(self, m, undelivered):
        """A message was written, or wanted: the host's turn."""
        answer = self.from_host.payload
        with m.State("ANSWER"):
            m.d.comb += self.from_host.ready.eq(1)
            with m.If(self.from_host.valid):
                with m.Switch(answer.kind):
                    with m.Case(BufferedFromHostKind.DONE):
                        self._finish(m, error=0)
                    with m.Case(BufferedFromHostKind.FAIL):
                        self._finish(m, error=1)
                    with m.Case(BufferedFromHostKind.LENGTH):
                        m.d.sync += undelivered.eq(answer.data)
                        m.next = "COUNT"


def _part_of(words):
    return Mux(words > BUFFER_CAPACITY, BUFFER_CAPACITY, words[:8])
