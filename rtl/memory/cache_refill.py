"""The half of the cache that exchanges lines with the memory behind it."""

from amaranth import Cat, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.cache_shape import BankPort, RefillPort
from rtl.memory.line_port import LinePort

__all__ = ["Refill"]


class Refill(wiring.Component):
    """Fetches the line that is missed, and writes back what was there before if it is dirty.

    The request for the line goes out first. While memory looks for it, a dirty victim is copied
    into a buffer; from there it goes to memory, while the line comes and the cache works again.

    Parameters
    ----------
    shape : CacheShape
    dirty : list of int
        Which lines are dirty after power-up.

    Members
    -------
    lookup : In(RefillPort)
    words, tags : Out(BankPort)
        In use while `has_ports`.
    has_ports : Out(1)
    memory : Out(LinePort)
    flush : In(1)
    is_clean : Out(1)
        See `Cache`.
    """
    def __init__(self, *, shape, dirty):
        self.shape, self.dirty = shape, dirty
        super().__init__({
            "lookup":    In(RefillPort(shape)),
            "words":     Out(BankPort(depth=shape.words, width=32)),
            "tags":      Out(BankPort(depth=shape.lines, width=shape.tag_bits + 1)),
            "has_ports": Out(1),
            "memory":    Out(LinePort),
            "flush":     In(1),
            "is_clean":  Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        shape, lookup, mem = self.shape, self.lookup, self.memory

        m.submodules.dirty = bits = memory.Memory(shape=1, depth=shape.lines, init=self.dirty)
        is_dirty, mark = bits.read_port(), bits.write_port()
        m.submodules.victim = victim = VictimBuffer(shape=shape)

        line   = Signal(shape.line_bits)   # being fetched, or looked at by a flush
        index  = line[:shape.index_bits]
        asks   = Signal()                  # for the line; memory has not taken the request yet
        copied = Signal(range(shape.line_words // 2 + 1))
        filled = Signal(range(shape.line_words))

        # Requests: the line that is missed before the victim of its place.
        m.d.comb += mem.request.valid.eq(asks | victim.asks)
        with m.If(asks):
            m.d.comb += mem.request.payload.line.eq(line)
            with m.If(mem.request.ready):
                m.d.sync += asks.eq(0)
        with m.Else():
            m.d.comb += [mem.request.payload.line.eq(victim.line),
                         mem.request.payload.write.eq(1),
                         victim.is_taken.eq(victim.asks & mem.request.ready)]
        wiring.connect(m, victim.written, wiring.flipped(mem.written))

        # Lookups mark a line as dirty, the machine below marks it as clean.
        cleans = Signal()
        m.d.comb += [
            is_dirty.addr.eq(index),
            mark.en.eq(lookup.stores | cleans),
            mark.addr.eq(index),
            mark.data.eq(0),
        ]
        with m.If(lookup.stores):
            m.d.comb += [mark.addr.eq(lookup.stored_index), mark.data.eq(1)]

        is_flushing, was_flushed = Signal(), Signal()
        m.d.comb += self.is_clean.eq(self.flush & was_flushed & ~victim.is_full)
        with m.If(lookup.stores | ~self.flush):
            m.d.sync += was_flushed.eq(0)

        valid, tag = Signal(), Signal(shape.tag_bits)
        half = shape.tag_bits + 1
        m.d.comb += [
            Cat(tag, valid).eq(self.tags.r_data.word_select(line[0], half)),
            victim.new_line.eq(Cat(index, tag)),
            victim.pair.eq(self.words.r_data),
            self.tags.addr.eq(index),
            self.words.w_data.eq(mem.read.payload),
            lookup.has_ports.eq(self.has_ports),
            lookup.writes_tag.eq(self.tags.write),
        ]

        # IDLE    nothing is missed, or the last victim is still in its buffer
        # SETTLE  stores that wait are written; then the place is looked at
        # LOOK    its tag and dirty bit are here; the tag goes
        # COPY    the victim goes into the buffer, two words a cycle
        # FILL    the line comes, a word at a time; the tag comes with the last one
        # SCAN    a flush looks at one place after another
        # SCANNED its tag and dirty bit are here
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [copied.eq(0), filled.eq(0), is_flushing.eq(0)]
                with m.If((lookup.data_misses | lookup.fetch_misses) & ~victim.is_full):
                    m.d.sync += [line.eq(lookup.fetch_line), asks.eq(1)]
                    with m.If(lookup.data_misses):
                        m.d.sync += line.eq(lookup.data_line)
                    m.next = "SETTLE"
                with m.Elif(self.flush & lookup.is_quiet & ~was_flushed):
                    m.d.sync += [line.eq(0), is_flushing.eq(1)]
                    m.next = "SCAN"
            with m.State("SETTLE"):
                m.d.comb += lookup.holds.eq(1)
                with m.If(lookup.is_settled):
                    m.d.comb += [self.has_ports.eq(1), self.tags.read.eq(1)]
                    m.next = "LOOK"
            with m.State("LOOK"):
                m.d.comb += [self.has_ports.eq(1), self.tags.write.eq(1)]
                m.next = "FILL"
                with m.If(valid & is_dirty.data):
                    m.d.comb += victim.begins.eq(1)
                    m.next = "COPY"
            with m.State("COPY"):
                m.d.comb += [
                    self.has_ports.eq(1),
                    self.words.read.eq(copied != shape.line_words // 2),
                    self.words.addr.eq(Cat(0, copied[:shape.offset_bits - 1], index)
                                       if shape.offset_bits > 1 else Cat(0, index)),
                    victim.takes.eq(copied != 0),
                ]
                m.d.sync += copied.eq(copied + 1)
                with m.If(copied == shape.line_words // 2):
                    m.d.sync += copied.eq(0)
                    m.next = "FILL"
                    with m.If(is_flushing):
                        m.d.comb += cleans.eq(1)
                        m.next = "NEXT"
            with m.State("FILL"):
                m.d.comb += [
                    self.has_ports.eq(1),
                    mem.read.ready.eq(1),
                    self.words.addr.eq(Cat(filled, index)),
                    self.words.write.eq(mem.read.valid),
                    self.tags.w_data.eq(Cat(line[shape.index_bits:], 1)),
                ]
                with m.If(mem.read.valid):
                    m.d.sync += filled.eq(filled + 1)
                    with m.If(filled == shape.line_words - 1):
                        m.d.comb += [self.tags.write.eq(1), cleans.eq(1), lookup.ends.eq(1)]
                        m.next = "IDLE"
            self._scan(m, victim, valid & is_dirty.data, line, index, was_flushed)

        return m

    def _scan(self, m, victim, is_victim, line, index, was_flushed):
        """States of a flush, which looks at one place after another."""
        lookup, shape = self.lookup, self.shape
        with m.State("SCAN"):
            m.d.comb += [self.has_ports.eq(1), self.tags.read.eq(1)]
            m.next = "SCANNED"
        with m.State("SCANNED"):
            m.d.comb += self.has_ports.eq(1)
            m.next = "NEXT"
            with m.If(is_victim):
                m.next = "SCANNED"  # while the last one is still in the buffer
                with m.If(~victim.is_full):
                    m.d.comb += victim.begins.eq(1)
                    m.next = "COPY"
        with m.State("NEXT"):
            m.d.comb += self.has_ports.eq(1)
            m.d.sync += line.eq(line + 1)
            m.next = "SCAN"
            with m.If(index == shape.lines - 1):
                m.d.sync += was_flushed.eq(1)
                m.d.comb += lookup.ends.eq(1)
                m.next = "IDLE"


class VictimBuffer(wiring.Component):
    """A line on its way from the cache to memory.

    Members
    -------
    begins, new_line : In
        A line of this number will come: the buffer is full from now on.
    takes, pair : In
        Its next two words are here, the first below the second.
    is_full : Out(1)
    asks, line : Out
        A request to write the line is wanted; all its words are here.
    is_taken : In(1)
        The request was taken.
    written : Out
        The line's words, all of them one after another.
    """
    def __init__(self, *, shape):
        self.shape = shape
        port = LinePort.members["written"]
        super().__init__({
            "begins":   In(1),
            "new_line": In(shape.line_bits),
            "takes":    In(1),
            "pair":     In(64),
            "is_full":  Out(1),
            "asks":     Out(1),
            "line":     Out(shape.line_bits),
            "is_taken": In(1),
            "written":  port,
        })

    def elaborate(self, platform):
        m = Module()
        count = self.shape.line_words

        words = Signal(32 * count)  # the next one to go lowest
        held  = Signal(range(count + 1))
        is_coming = Signal()
        goes, is_asked = Signal(), Signal()  # all words are here; the request is still to be taken
        m.d.comb += [
            self.asks.eq(goes & is_asked),
            self.written.valid.eq(goes),
            self.written.payload.eq(words[:32]),
            self.is_full.eq(goes | is_coming),
        ]
        with m.If(self.begins):
            m.d.sync += [is_coming.eq(1), self.line.eq(self.new_line)]
        with m.If(self.takes):
            m.d.sync += [words.eq(Cat(words[64:], self.pair)), held.eq(held + 2)]
            with m.If(held == count - 2):
                m.d.sync += [is_coming.eq(0), goes.eq(1), is_asked.eq(1)]
        with m.If(self.is_taken):
            m.d.sync += is_asked.eq(0)
        with m.If(goes & self.written.ready):
            m.d.sync += [words.eq(words >> 32), held.eq(held - 1)]
            with m.If(held == 1):
                m.d.sync += goes.eq(0)

        return m
