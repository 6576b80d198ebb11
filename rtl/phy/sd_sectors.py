"""Sectors of an SD card that is set up: what the block device asks for becomes steps."""

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import enum, stream, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import SECTOR_WORDS
from rtl.peripherals.tokens import (
    BlockFromHost,
    BlockFromHostKind,
    BlockToHost,
    BlockToHostKind,
    send,
)
from rtl.phy.sd_link import LinkPort, Outcome, StepKind, WordPort, ask
from rtl.phy.sd_start import SECTOR_BITS

__all__ = ["SdSectors"]

ATTEMPTS = 4    # at an operation, the first one included
LOOK_MS  = 250  # between looks whether the card is still there, and for a new one
CLOSE_MS = 10   # without an operation, until a run of sectors is ended

READ_RUN, WRITE_RUN, STOP_RUN, SEND_STATUS = 18, 25, 12, 13  # commands


class Operation(enum.Enum, shape=unsigned(2)):
    NONE  = 0
    READ  = 1
    WRITE = 2
    FLUSH = 3


class Run(enum.Enum, shape=unsigned(2)):
    """What the card is in the middle of."""
    NONE  = 0
    READ  = 1
    WRITE = 2


class SdSectors(wiring.Component):
    """Reads and writes sectors, looks whether the card is there, and says how large it is.

    The card is in the middle of a run of sectors as long as each operation goes on where the last
    one ended. Any other operation ends the run first, and so do `CLOSE_MS` without any.

    Members
    -------
    to_host : In(stream)
    from_host : Out(stream)
        `BlockToHost` and `BlockFromHost`.
    starts : Out(1)
        High until `started`: a card has to be set up.
    started, is_ready : In(1)
        A card was set up if `is_ready`.
    by_octets, is_protected : In(1)
    first, total : In(28)
        The disk: its first sector on the card, and how many there are.
    has_card : Out(1)
    is_active : Out(1)
    is_disturbed : Out(1)
        Strobe: what went over the pins came disturbed.
    port : Out(LinkPort)
    words : Out(WordPort)
    ms_end : In(1)
    """
    to_host:      In(stream.Signature(BlockToHost))
    from_host:    Out(stream.Signature(BlockFromHost))
    starts:       Out(1)
    started:      In(1)
    is_ready:     In(1)
    by_octets:    In(1)
    is_protected: In(1)
    first:        In(SECTOR_BITS)
    total:        In(SECTOR_BITS)
    has_card:     Out(1)
    is_active:    Out(1)
    is_disturbed: Out(1)
    port:         Out(LinkPort)
    words:        Out(WordPort)
    ms_end:       In(1)

    def elaborate(self, platform):
        m = Module()
        port, to_host, from_host = self.port, self.to_host, self.from_host

        operation = Signal(Operation)
        sector    = Signal(SECTOR_BITS)          # on the card
        is_past   = Signal()                     # it is not on the disk
        run, next_sector = Signal(Run), Signal(SECTOR_BITS)
        attempts  = Signal(range(ATTEMPTS + 1))
        misses    = Signal()                     # the card did not answer when last looked for
        is_told   = Signal()                     # the machine knows that there is no card
        has_failed = Signal()                    # something that was written was not stored
        reply     = Signal(BlockFromHostKind)
        index     = Signal(range(SECTOR_WORDS))  # of a word
        waited_ms = Signal(range(LOOK_MS + 2))   # without an operation
        with m.If(operation != Operation.NONE):
            m.d.sync += waited_ms.eq(0)
        with m.Elif(self.ms_end & (waited_ms <= LOOK_MS)):
            m.d.sync += waited_ms.eq(waited_ms + 1)

        is_command = to_host.valid & (to_host.payload.kind != BlockToHostKind.WORD)
        is_word    = to_host.valid & (to_host.payload.kind == BlockToHostKind.WORD)
        is_fine    = (port.outcome == Outcome.FINE) & (port.answer == 0)
        goes_on    = (sector == next_sector) & (
            (operation == Operation.READ) & (run == Run.READ)
            | (operation == Operation.WRITE) & (run == Run.WRITE))
        m.d.comb += [self.is_active.eq(operation != Operation.NONE),
                     self.words.r_addr.eq(index), self.words.w_addr.eq(index),
                     self.words.w_data.eq(to_host.payload.data)]

        def answer(kind):
            m.d.sync += reply.eq(kind)
            m.next = "ANSWER"

        def fail():
            """The step that is done failed: try again, if the card is still there."""
            m.d.comb += self.is_disturbed.eq(port.outcome == Outcome.BAD_CHECK)
            m.d.sync += attempts.eq(attempts + 1)
            m.next = "ABORT"

        def lose():
            """The card is gone, with what it was told to write."""
            m.d.sync += [self.has_card.eq(0), run.eq(Run.NONE), waited_ms.eq(0), is_told.eq(0)]
            with m.If(run == Run.WRITE):
                m.d.sync += has_failed.eq(1)
            with m.If(operation == Operation.NONE):
                m.next = "TELL"
            with m.Else():
                answer(BlockFromHostKind.FAIL)

        # START    a card is set up
        # TELL     the machine is told the disk's size; REFUSE what it asked for meanwhile
        # IDLE     waits for an operation
        # COLLECT  the words of the sector to write come
        # BEGIN    ends a run that does not go on, else starts or goes on with one
        # COMMAND  starts a run; RECEIVE or SEND a sector of it
        # FETCH    looks up a word of the sector that was read, OFFER hands it over
        # STOP     ends a run, STATUS asks how it went
        # ABORT    ends a run in which something failed
        # LOOK     asks the card whether it is there
        # ANSWER   the operation is done, or failed
        with m.FSM():
            with m.State("START"):
                m.d.comb += self.starts.eq(1)
                m.d.sync += [waited_ms.eq(0), run.eq(Run.NONE), misses.eq(0)]
                with m.If(self.started):
                    m.d.sync += self.has_card.eq(self.is_ready)
                    m.next = "IDLE"
                    with m.If(self.is_ready | ~is_told):
                        m.next = "TELL"
            self._elaborate_telling(m, is_told, is_command)
            with m.State("IDLE"):
                m.d.comb += to_host.ready.eq(1)
                m.d.sync += [index.eq(0), attempts.eq(0), operation.eq(Operation.NONE),
                             is_past.eq(to_host.payload.data >= self.total),
                             sector.eq(self.first + to_host.payload.data)]
                with m.If(is_command):
                    with m.Switch(to_host.payload.kind):
                        for kind, state in (("READ", "BEGIN"), ("WRITE", "COLLECT"),
                                            ("FLUSH", "BEGIN")):
                            with m.Case(BlockToHostKind[kind]):
                                m.d.sync += operation.eq(Operation[kind])
                                m.next = state
                with m.Elif(waited_ms > LOOK_MS):
                    m.d.sync += waited_ms.eq(0)
                    m.next = "START"
                    with m.If(self.has_card):
                        m.next = "LOOK"
                with m.Elif((waited_ms > CLOSE_MS) & (run != Run.NONE)):
                    m.next = "STOP"
            with m.State("BEGIN"):
                is_flush = operation == Operation.FLUSH
                m.next = "COMMAND"
                with m.If(~self.has_card | ~is_flush & is_past
                          | (operation == Operation.WRITE) & self.is_protected):
                    answer(BlockFromHostKind.FAIL)
                with m.Elif(goes_on):
                    m.next = "SEND"
                    with m.If(operation == Operation.READ):
                        m.next = "RECEIVE"
                with m.Elif(Mux(is_flush, run == Run.WRITE, run != Run.NONE)):
                    m.next = "STOP"
                with m.Elif(is_flush):
                    m.d.sync += has_failed.eq(0)
                    answer(Mux(has_failed, BlockFromHostKind.FAIL, BlockFromHostKind.DONE))
            self._elaborate_run(m, operation, sector, run, next_sector, is_fine, fail, answer)
            self._elaborate_words(m, index, is_word, is_command)
            self._elaborate_end_of_run(m, operation, run, has_failed, is_fine)
            self._elaborate_look(m, operation, attempts, misses, lose, answer)
            with m.State("ANSWER"):
                m.d.comb += send(from_host, reply)
                with m.If(from_host.ready | is_command):
                    m.d.sync += operation.eq(Operation.NONE)
                    m.next = "IDLE"
                    with m.If(~self.has_card & ~is_told):
                        m.next = "TELL"

        return m

    def _elaborate_telling(self, m, is_told, is_command):
        """The states in which the machine is told the size of its disk.

        It takes that at once while it has no operation under way. If it just began one, it is
        waiting for an answer, and drops a size: then that operation fails, and it is told again.
        """
        to_host, from_host = self.to_host, self.from_host
        is_asking = Signal()
        with m.State("TELL"):
            m.d.comb += [*send(from_host, BlockFromHostKind.SIZE,
                               Mux(self.has_card, self.total, 0)), to_host.ready.eq(1)]
            with m.If(is_command):
                m.d.sync += is_asking.eq(1)
            with m.If(from_host.ready):
                m.d.sync += is_told.eq(~self.has_card)
                m.next = "IDLE"
                with m.If(is_asking):
                    m.next = "REFUSE"
        with m.State("REFUSE"):
            m.d.sync += is_asking.eq(0)
            m.d.comb += send(from_host, BlockFromHostKind.FAIL)
            with m.If(from_host.ready):
                m.next = "TELL"

    def _elaborate_words(self, m, index, is_word, is_command):
        """The states in which a sector comes from the machine or goes there, word by word."""
        to_host, from_host = self.to_host, self.from_host
        with m.State("COLLECT"):
            m.d.comb += [to_host.ready.eq(is_word), self.words.w_en.eq(is_word)]
            with m.If(is_word):
                m.d.sync += index.eq(index + 1)
                with m.If(index == SECTOR_WORDS - 1):
                    m.next = "BEGIN"
            with m.If(is_command):  # there are no words to write
                m.next = "IDLE"
        with m.State("FETCH"):
            m.next = "OFFER"
        with m.State("OFFER"):
            m.d.comb += send(from_host, BlockFromHostKind.WORD, self.words.r_data)
            with m.If(from_host.ready):
                m.d.sync += index.eq(index + 1)
                m.next = "FETCH"
                with m.If(index == SECTOR_WORDS - 1):
                    m.next = "IDLE"
            with m.If(is_command):
                m.next = "IDLE"

    def _elaborate_run(self, m, operation, sector, run, next_sector, is_fine, fail, answer):
        """The states of a sector, and of the command before the first one of a run."""
        port, is_read = self.port, operation == Operation.READ
        with m.State("COMMAND"):
            m.d.comb += ask(port, StepKind.COMMAND, index=Mux(is_read, READ_RUN, WRITE_RUN),
                            argument=Mux(self.by_octets, sector << 9, sector), waits=1, keeps=1)
            with m.If(port.done):
                with m.If(is_fine):
                    m.d.sync += run.eq(Mux(is_read, Run.READ, Run.WRITE))
                    m.next = "SEND"
                    with m.If(is_read):
                        m.next = "RECEIVE"
                with m.Else():
                    fail()
        for state, kind in (("RECEIVE", StepKind.RECEIVE), ("SEND", StepKind.SEND)):
            with m.State(state):
                m.d.comb += ask(port, kind, blocks=1, keeps=1)
                with m.If(port.done):
                    m.d.sync += next_sector.eq(sector + 1)
                    with m.If(port.outcome != Outcome.FINE):
                        fail()
                    with m.Elif(is_read):
                        m.next = "FETCH"
                    with m.Else():
                        answer(BlockFromHostKind.DONE)

    def _elaborate_look(self, m, operation, attempts, misses, lose, answer):
        """The state in which the card is asked whether it is there."""
        port = self.port
        with m.State("LOOK"):
            m.d.comb += ask(port, StepKind.COMMAND, index=SEND_STATUS, tail=1, waits=1)
            with m.If(port.done):
                is_gone = (port.outcome == Outcome.NO_ANSWER) | port.answer[0]
                m.d.sync += misses.eq(is_gone)
                with m.If(is_gone & misses):
                    lose()
                with m.Elif(is_gone):
                    m.next = "LOOK"
                with m.Elif(operation == Operation.NONE):
                    m.next = "IDLE"
                with m.Elif(attempts < ATTEMPTS):
                    m.next = "BEGIN"
                with m.Else():
                    answer(BlockFromHostKind.FAIL)

    def _elaborate_end_of_run(self, m, operation, run, has_failed, is_fine):
        """The states in which a run ends. How reads end does not matter."""
        port, is_read = self.port, run == Run.READ

        def go_on():
            m.d.sync += run.eq(Run.NONE)
            m.next = "BEGIN"
            with m.If(operation == Operation.NONE):
                m.next = "IDLE"

        with m.State("STOP"):
            m.d.comb += ask(port, StepKind.STOP, waits=0)
            with m.If(is_read):
                m.d.comb += ask(port, StepKind.COMMAND, index=STOP_RUN, skips=1)
            with m.If(port.done):
                with m.If(is_read):
                    go_on()
                with m.Else():
                    m.next = "STATUS"
        with m.State("STATUS"):
            m.d.comb += ask(port, StepKind.COMMAND, index=SEND_STATUS, tail=1, waits=1)
            with m.If(port.done):
                go_on()
                # Bit 7 is that a run of reads went past the end, as one of the last sector does.
                with m.If(~is_fine | (port.tail[:7] != 0)):
                    m.d.sync += has_failed.eq(1)
        with m.State("ABORT"):
            m.d.comb += ask(port, StepKind.COMMAND, index=STOP_RUN, skips=is_read)
            with m.If(run == Run.NONE):
                m.d.comb += port.valid.eq(0)
            with m.If(port.done | (run == Run.NONE)):
                m.d.sync += run.eq(Run.NONE)
                m.next = "LOOK"
