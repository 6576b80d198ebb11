"""The buffered protocol that console output, console input and host file share."""

from amaranth import Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

from isa.events import EventKind, event_arg
from isa.machine import BUFFER_CAPACITY, READ_REST, BufferedControl
from rtl.bus import DeviceEvent, PeripheralBus
from rtl.peripherals.tokens import (
    BufferedFromHost,
    BufferedFromHostKind,
    BufferedToHost,
    BufferedToHostKind,
)

__all__ = ["BufferedDevice"]

CONTROL, CAPACITY, SIZE, DATA = 0, 1, 2, 3  # words of the window

IS_ERROR = 1  # in a CONTROL event


class BufferedDevice(wiring.Component):
    """Messages of any length through a window of 253 data words, a part at a time.

    A write takes the data at once although the words leave one by one: they leave from a copy of
    the window, which the program's stores do not reach until the word has left. A read fills the
    window word by word while control reads pending, an event each.

    Parameters
    ----------
    writes, reads : bool
        Which operations there are; the other one gives error.
    answered : bool
        A written message ends with the host's answer; else as the last token is taken.

    Members
    -------
    bus : In(PeripheralBus)
        Window of 256 words. While control reads pending, stores to it do nothing; stores to
        capacity never do.
    event : Out(DeviceEvent)
        `CONTROL`, `SIZE` and `WORD`.
    to_host : Out(stream)
        `BufferedToHost`.
    from_host : In(stream)
        `BufferedFromHost`; only if something is ever answered.
    """
    def __init__(self, *, writes, reads, answered):
        if not (writes or reads):
            raise ValueError("a buffered device must write, read or both")
        self.writes   = writes
        self.reads    = reads
        self.answered = answered
        members = {
            "bus":     In(PeripheralBus),
            "event":   Out(DeviceEvent),
            "to_host": Out(stream.Signature(BufferedToHost)),
        }
        if reads or answered:
            members["from_host"] = In(stream.Signature(BufferedFromHost))
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.buffer = buffer = Buffer()
        bus = self.bus
        if self.reads or self.answered:
            from_host = self.from_host
        else:
            from_host = stream.Signature(BufferedFromHost).create()  # never valid

        # --- the words that are not data
        is_pending = Signal()
        is_error   = Signal()
        size       = Signal(32)
        r_word     = Signal(32)
        r_is_data  = Signal()
        is_data    = bus.addr[:8] >= DATA
        command    = Signal()  # a store to control; heard only while nothing is pending
        m.d.comb += [
            command.eq(bus.w_stb & (bus.addr[:8] == CONTROL)),
            buffer.w_stb.eq(bus.w_stb & is_data),
            buffer.w_addr.eq(bus.addr - DATA),
            buffer.w_data.eq(bus.w_data),
            buffer.r_stb.eq(bus.r_stb & is_data),
            buffer.r_addr.eq(bus.addr - DATA),
            bus.r_data.eq(Mux(r_is_data, buffer.r_data, r_word)),
        ]
        m.d.sync += r_is_data.eq(is_data)
        with m.Switch(bus.addr[:2]):
            with m.Case(CONTROL):
                m.d.sync += r_word.eq(Mux(is_pending, BufferedControl.PENDING,
                                          Mux(is_error, BufferedControl.ERROR,
                                              BufferedControl.READY)))
            with m.Case(CAPACITY):
                m.d.sync += r_word.eq(BUFFER_CAPACITY)
            with m.Default():
                m.d.sync += r_word.eq(size)
        with m.If(bus.w_stb & (bus.addr[:8] == SIZE)):
            m.d.sync += size.eq(bus.w_data)

        # --- operations
        index       = Signal(8)
        part_words  = Signal(8)   # of this operation
        more        = Signal()    # this written part is not the last one
        undelivered = Signal(32)  # words of the message being read that are not in the window yet
        is_last     = index + 1 == part_words
        m.d.comb += [buffer.index.eq(index), buffer.limit.eq(part_words)]

        def part_of(words):
            return Mux(words > BUFFER_CAPACITY, BUFFER_CAPACITY, words[:8])

        def send(kind, data=0):
            return [self.to_host.valid.eq(1), self.to_host.payload.kind.eq(kind),
                    self.to_host.payload.data.eq(data)]

        def finish(error):
            m.d.comb += [
                self.event.valid.eq(1),
                self.event.arg.eq(event_arg(EventKind.CONTROL) | Mux(error, IS_ERROR, 0)),
            ]
            m.d.sync += [is_pending.eq(0), is_error.eq(error)]
            m.next = "IDLE"

        # DISCARD  a write begins; the rest of a message that was being read is dropped
        # TAKE     the next word to write is fetched from the copy, COPY and REPAIR bring the copy
        #          up to date behind it, OFFER sends it
        # ASK      a read begins
        # ANSWER   a message was written, or wanted: the host's turn
        # COUNT    size is set; then FILL. A read of the rest alone comes here at once
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += index.eq(0)
                with m.If(command):
                    m.d.sync += is_error.eq(1)
                    if self.writes:
                        with m.If(bus.w_data == BufferedControl.WRITE):
                            m.d.sync += [
                                is_pending.eq(1),
                                part_words.eq(part_of(size)),
                                more.eq(size > BUFFER_CAPACITY),
                            ]
                            m.next = "DISCARD"
                    if self.reads:
                        with m.If(bus.w_data == BufferedControl.READ):
                            m.d.sync += is_pending.eq(1)
                            m.next = "ASK"
                            with m.If((undelivered != 0) | (size == READ_REST)):
                                m.next = "COUNT"
            if self.writes:
                with m.State("DISCARD"):
                    m.d.comb += [buffer.freeze.eq(1), from_host.ready.eq(undelivered != 0)]
                    with m.If(from_host.valid & from_host.ready):
                        m.d.sync += undelivered.eq(undelivered - 1)
                    with m.If(undelivered == 0):
                        m.next = "TAKE"
                        with m.If(part_words == 0):
                            m.next = "END"
                with m.State("TAKE"):
                    m.d.comb += [buffer.freeze.eq(1), buffer.take.eq(1)]
                    m.next = "COPY"
                with m.State("COPY"):
                    m.d.comb += [buffer.freeze.eq(1), buffer.copy.eq(1)]
                    with m.If(~buffer.r_stb & ~buffer.w_stb):
                        m.next = "REPAIR"
                with m.State("REPAIR"):
                    m.d.comb += [buffer.freeze.eq(1), buffer.repair.eq(1)]
                    m.next = "OFFER"
                    with m.If(buffer.w_stb):
                        m.next = "COPY"
                with m.State("OFFER"):
                    m.d.comb += [
                        buffer.freeze.eq(1),
                        buffer.is_repaired.eq(1),
                        *send(BufferedToHostKind.WORD, buffer.taken),
                    ]
                    with m.If(self.to_host.ready):
                        m.d.sync += index.eq(index + 1)
                        m.next = "TAKE"
                        with m.If(is_last):
                            m.next = "END"
                with m.State("END"):
                    with m.If(more):
                        finish(error=0)
                    with m.Else():
                        m.d.comb += send(BufferedToHostKind.END)
                        with m.If(self.to_host.ready):
                            if self.answered:
                                m.next = "ANSWER"
                            else:
                                finish(error=0)
            if self.reads:
                with m.State("ASK"):
                    m.d.comb += send(BufferedToHostKind.READ)
                    with m.If(self.to_host.ready):
                        m.next = "ANSWER"
                with m.State("COUNT"):
                    m.d.comb += [
                        self.event.valid.eq(1),
                        self.event.arg.eq(event_arg(EventKind.SIZE)),
                    ]
                    m.d.sync += [size.eq(part_of(undelivered)), part_words.eq(part_of(undelivered))]
                    m.next = "FILL"
                with m.State("FILL"):
                    with m.If(index == part_words):
                        finish(error=0)
                    with m.Elif(~bus.w_stb):
                        m.d.comb += from_host.ready.eq(1)
                        with m.If(from_host.valid
                                  & (from_host.payload.kind == BufferedFromHostKind.WORD)):
                            m.d.comb += [
                                buffer.w_stb.eq(1),
                                buffer.w_addr.eq(index),
                                buffer.w_data.eq(from_host.payload.data),
                                self.event.valid.eq(1),
                                self.event.arg.eq(event_arg(EventKind.WORD) | index),
                            ]
                            m.d.sync += [index.eq(index + 1), undelivered.eq(undelivered - 1)]
            if self.reads or self.answered:
                with m.State("ANSWER"):
                    m.d.comb += from_host.ready.eq(1)
                    with m.If(from_host.valid):
                        with m.Switch(from_host.payload.kind):
                            with m.Case(BufferedFromHostKind.DONE):
                                finish(error=0)
                            with m.Case(BufferedFromHostKind.FAIL):
                                finish(error=1)
                            with m.Case(BufferedFromHostKind.LENGTH):
                                m.d.sync += undelivered.eq(from_host.payload.data)
                                m.next = "COUNT"

        return m


class Buffer(wiring.Component):
    """The data words twice: as the program sees them, and as they were when a write began.

    Members
    -------
    w_stb, w_addr, w_data : In
        A store, into both; while `freeze`, only into what the program sees, for the words from
        `index` (or the one after it, once that `is_repaired`) to below `limit`.
    r_stb, r_addr : In
        A load of the program's; `r_data` has its word in the next cycle.
    take : In(1)
        Fetch word `index` of the copy into `taken`, which keeps it until the next time.
    copy : In(1)
        Fetch word `index` as the program sees it, if neither `r_stb` nor `w_stb` is in the way;
        and in the next cycle ...
    repair : In(1)
        ... store it into the copy, unless `w_stb`.
    """
    w_stb:       In(1)
    w_addr:      In(8)
    w_data:      In(32)
    r_stb:       In(1)
    r_addr:      In(8)
    r_data:      Out(32)
    freeze:      In(1)
    index:       In(8)
    limit:       In(8)
    take:        In(1)
    taken:       Out(32)
    copy:        In(1)
    repair:      In(1)
    is_repaired: In(1)

    def elaborate(self, platform):
        m = Module()
        m.submodules.seen   = seen   = memory.Memory(shape=32, depth=256, init=[])
        m.submodules.frozen = frozen = memory.Memory(shape=32, depth=256, init=[])
        seen_w,   seen_r   = seen.write_port(),   seen.read_port()
        frozen_w, frozen_r = frozen.write_port(), frozen.read_port()

        has_left = (self.w_addr < self.index) | (self.is_repaired & (self.w_addr == self.index))
        m.d.comb += [
            seen_w.en.eq(self.w_stb),
            seen_w.addr.eq(self.w_addr),
            seen_w.data.eq(self.w_data),
            seen_r.en.eq(self.r_stb | self.copy),
            seen_r.addr.eq(Mux(self.r_stb, self.r_addr, self.index)),
            self.r_data.eq(seen_r.data),

            frozen_r.en.eq(self.take),
            frozen_r.addr.eq(self.index),
            self.taken.eq(frozen_r.data),
        ]
        with m.If(self.w_stb):
            m.d.comb += [
                frozen_w.en.eq(~self.freeze | has_left | (self.w_addr >= self.limit)),
                frozen_w.addr.eq(self.w_addr),
                frozen_w.data.eq(self.w_data),
            ]
        with m.Else():
            m.d.comb += [
                frozen_w.en.eq(self.repair),
                frozen_w.addr.eq(self.index),
                frozen_w.data.eq(seen_r.data),
            ]
        return m
