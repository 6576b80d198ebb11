"""The half of the cache that answers: it looks for words, and knows when they are not there."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.cache_shape import BankPort, RefillPort
from rtl.memory.ports import DataPort, FetchPort

__all__ = ["Lookup"]


class Lookup(wiring.Component):
    """Looks up each request in the cycle in which it is made, and answers in the next.

    A store is looked up first and written later, when no load needs the port. Until then it waits
    in a queue of two, from which loads take their word. A fetch of a row of words that a store will
    change looks again when the store is done.

    Parameters
    ----------
    shape : CacheShape

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
    fetch_en, fetch_addr : Out
        Read the two words at this address, and the tags of their lines.
    fetch_words, fetch_tags : In
        The words, the even one below, and the tags, that of the even line below.
    words, tags : Out(BankPort)
    refill : Out(RefillPort)
    """
    def __init__(self, *, shape):
        self.shape = shape
        super().__init__({
            "fetch":       In(FetchPort),
            "data":        In(DataPort),
            "fetch_en":    Out(1),
            "fetch_addr":  Out(shape.addr_bits),
            "fetch_words": In(64),
            "fetch_tags":  In(2 * (shape.tag_bits + 1)),
            "words":       Out(BankPort(depth=shape.words, width=32)),
            "tags":        Out(BankPort(depth=shape.lines, width=shape.tag_bits + 1)),
            "refill":      Out(RefillPort(shape)),
        })

    def elaborate(self, platform):
        m = Module()
        shape = self.shape

        m.submodules.queue = queue = StoreQueue(place_bits=shape.place_bits)
        self._elaborate_data(m, queue)
        self._elaborate_fetch(m, queue)

        return m

    def _tag(self, line):
        """What the tags hold if a line is there."""
        return (line >> self.shape.index_bits) | 1 << self.shape.tag_bits

    def _half(self, tags, odd):
        """One of a pair of tags."""
        width = self.shape.tag_bits + 1
        return Mux(odd, tags[width:], tags[:width])

    def _elaborate_data(self, m, queue):
        shape, port, refill = self.shape, self.data, self.refill

        is_busy, is_looked_up = Signal(), Signal()  # asked for and not answered; the result is here
        addr, write, w_data = Signal(shape.addr_bits), Signal(), Signal(32)
        line  = addr >> shape.offset_bits
        found = Signal()
        m.d.comb += found.eq(
            is_looked_up & (self._half(self.tags.r_data, line[0]) == self._tag(line)))

        waits = is_busy & ~found | is_busy & write & queue.is_full
        m.d.comb += port.done.eq(~waits)
        m.d.comb += queue.push.eq(is_busy & found & write & ~queue.is_full)

        # A lookup, of what is asked for now or of what waits; the latter only behind all stores.
        looks, again = Signal(), Signal()
        looked_for   = Signal(shape.addr_bits)
        m.d.comb += [
            again.eq(is_busy & ~is_looked_up),
            looked_for.eq(Mux(again, addr, port.addr)),
            looks.eq(~refill.holds & ~refill.has_ports
                     & (port.en | again & queue.is_empty)),
            self.tags.read.eq(looks),
            self.tags.addr.eq(looked_for >> shape.offset_bits),
            self.words.read.eq(looks & ~Mux(again, write, port.write)),
            self.words.write.eq(queue.valid[0] & ~self.words.read),
            queue.pop.eq(self.words.write),
            self.words.addr.eq(Mux(self.words.read, looked_for, queue.places[0])),
            self.words.w_data.eq(queue.data[0]),
        ]
        with m.If(looks):
            m.d.sync += is_looked_up.eq(1)
        with m.If(port.en):
            m.d.sync += [addr.eq(port.addr), write.eq(port.write), w_data.eq(port.w_data),
                         is_busy.eq(1), is_looked_up.eq(looks)]
        with m.Elif(port.done):
            m.d.sync += is_busy.eq(0)
        with m.If(refill.ends | is_busy & is_looked_up & ~found):
            m.d.sync += is_looked_up.eq(0)

        # A load's word: of the newest store that waits, or of the bank; kept once it was answered.
        newest, stored, kept = Signal(), Signal(32), Signal(32)
        with m.If(port.en):
            m.d.sync += newest.eq(0)
            for valid, place, word in (*zip(queue.valid, queue.places, queue.data, strict=True),
                                       (is_busy & write, addr, w_data)):
                with m.If(valid & (place[:shape.place_bits] == port.addr[:shape.place_bits])):
                    m.d.sync += [newest.eq(1), stored.eq(word)]
        with m.Elif(looks):
            m.d.sync += newest.eq(0)
        word = Signal(32)
        m.d.comb += word.eq(Mux(newest, stored, Mux(addr[0], self.words.r_data[32:],
                                                    self.words.r_data[:32])))
        m.d.comb += port.r_data.eq(Mux(is_busy, word, kept))
        with m.If(is_busy):
            m.d.sync += kept.eq(word)

        m.d.comb += [
            queue.place.eq(addr),
            queue.word.eq(w_data),
            queue.asked.eq(is_busy & write),
            refill.data_misses.eq(is_looked_up & ~found),
            refill.data_line.eq(line),
            refill.stores.eq(queue.push),
            refill.stored_index.eq(line),
            refill.is_settled.eq(~(is_busy & is_looked_up) & queue.is_empty),
        ]
        self._data_is_busy = is_busy

    def _elaborate_fetch(self, m, queue):
        shape, port, refill = self.shape, self.fetch, self.refill

        is_busy, is_looked_up = Signal(), Signal()
        addr, line_after = Signal(shape.addr_bits), Signal(shape.line_bits)
        line = addr >> shape.offset_bits
        needs_both = addr[:shape.offset_bits].all()
        found_first, found_second, found = Signal(), Signal(), Signal()
        m.d.comb += [
            found_first.eq(self._half(self.fetch_tags, line[0]) == self._tag(line)),
            found_second.eq(self._half(self.fetch_tags, ~line[0]) == self._tag(line_after)),
            found.eq(is_looked_up & found_first & (found_second | ~needs_both)),
            port.done.eq(~is_busy | found),
        ]

        again = Signal()
        m.d.comb += [
            again.eq(is_busy & ~is_looked_up),
            self.fetch_en.eq(port.en | again),
            self.fetch_addr.eq(Mux(again, addr, port.addr)),
            queue.read_place.eq(self.fetch_addr),
        ]
        with m.If(self.fetch_en):
            m.d.sync += is_looked_up.eq(~queue.changes)
        with m.If(port.en):
            m.d.sync += [addr.eq(port.addr), is_busy.eq(1),
                         line_after.eq((port.addr >> shape.offset_bits) + 1)]
        with m.Elif(port.done):
            m.d.sync += is_busy.eq(0)
        with m.If(refill.ends | refill.writes_tag):
            m.d.sync += is_looked_up.eq(0)

        even, odd = self.fetch_words[:32], self.fetch_words[32:]
        m.d.comb += [
            port.first.eq(Mux(addr[0], odd, even)),
            port.second.eq(Mux(addr[0], even, odd)),
            refill.fetch_misses.eq(is_busy & is_looked_up & ~found),
            refill.fetch_line.eq(Mux(found_first, line_after, line)),
            # The last store was written by now, or is in this cycle.
            refill.is_quiet.eq(~is_busy & ~self._data_is_busy & ~self.data.en),
        ]


class StoreQueue(wiring.Component):
    """Stores that were found in the cache and wait to be written; `valid[0]` is the oldest."""
    def __init__(self, *, place_bits):
        self.place_bits = place_bits
        super().__init__({
            "push":       In(1),
            "pop":        In(1),
            "asked":      In(1),           # a store is being looked up: it will be the next
            "place":      In(place_bits),  # of the store that is looked up or pushed
            "word":       In(32),
            "valid":      Out(data.ArrayLayout(1, 2)),
            "places":     Out(data.ArrayLayout(place_bits, 2)),
            "data":       Out(data.ArrayLayout(32, 2)),
            "is_full":    Out(1),
            "is_empty":   Out(1),
            "read_place": In(place_bits),  # of a pair of words
            "changes":    Out(1),          # a store will change a word in their rows
        })

    def elaborate(self, platform):
        m = Module()
        valid, places, words = self.valid, self.places, self.data

        m.d.comb += [self.is_full.eq(valid[1]), self.is_empty.eq(~valid[0])]
        with m.If(self.pop):
            m.d.sync += [valid[0].eq(valid[1]), places[0].eq(places[1]), words[0].eq(words[1]),
                         valid[1].eq(0)]
        with m.If(self.push):  # only if it is not full: nothing moves into the second place
            with m.If(valid[0] & ~self.pop):
                m.d.sync += [valid[1].eq(1), places[1].eq(self.place), words[1].eq(self.word)]
            with m.Else():
                m.d.sync += [valid[0].eq(1), places[0].eq(self.place), words[0].eq(self.word)]

        even_row, odd_row = (self.read_place + 1)[1:self.place_bits], self.read_place[1:]
        hits = []
        for taken, place in ((valid[0], places[0]), (valid[1], places[1]),
                             (self.asked, self.place)):
            hits.append(taken & (place[1:] == Mux(place[0], odd_row, even_row)))
        m.d.comb += self.changes.eq(hits[0] | hits[1] | hits[2])

        return m
