"""Proofs about the memory of boards: the cache gives what was written last."""

from unittest.mock import patch

from amaranth import Array, Cat, Fragment, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.memory.cache import Banks, Cache
from rtl.memory.cache_shape import CacheShape
from tests.formal.prover import Bug, Proof

__all__ = ["PROOFS"]


class FreeBanks(Banks):
    """The banks as registers, so that a proof can begin with anything in them."""
    made = []

    def __init__(self, **options):
        super().__init__(**options)
        self.cells = [Signal(self.width, name=f"cell{n}") for n in range(self.depth)]
        FreeBanks.made.append(self)

    def elaborate(self, platform):
        m = Module()
        cells = Array(self.cells)
        for bank in range(2):
            place = slice(bank * self.width, (bank + 1) * self.width)
            row   = ((self.pair_addr + 1 - bank) >> 1)[:len(self.pair_addr) - 1]
            with m.If(self.pair_en):
                m.d.sync += self.pair[place].eq(cells[Cat(bank == 1, row)])
            with m.If(self.port.read):
                m.d.sync += self.port.r_data[place].eq(cells[Cat(bank == 1, self.port.addr[1:])])
        with m.If(self.port.write):
            m.d.sync += cells[self.port.addr].eq(self.port.w_data)
        return m


class LineMemory(wiring.Component):
    """What a `LinePort` may do, as one word sees it: any delays, anything in all other words.

    Promises for the cache: what it offers stands until it is taken, and the words of a line that is
    written are there with the request.

    Attributes
    ----------
    word : Signal(1)
        Bit 0 of what memory holds at `address`; any value at the start.
    """
    def __init__(self, port, *, address, line_words):
        self.port, self.address, self.line_words = port, address, line_words
        self.word = Signal(name="word")
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        port, count = self.port, self.line_words
        bits    = (count - 1).bit_length()
        request = port.request
        is_ours = request.payload.line == self.address >> bits
        ours    = self.address[:bits]

        # A line's words are taken before the request to write it is, the last one with it.
        writes = request.valid & request.payload.write
        at, takes = Signal(bits), Signal()
        m.d.comb += [takes.eq(writes & AnySeq(1)), port.written.ready.eq(takes)]
        with m.If(writes):
            m.d.comb += Assert(port.written.valid)
        with m.If(takes):
            m.d.sync += at.eq(at + 1)
            with m.If(is_ours & (at == ours)):
                m.d.sync += self.word.eq(port.written.payload[0])

        # A read gives what was there as it was asked for; all but the last word may come before the
        # request is taken.
        reads, read_ours, read_word, read_at = Signal(), Signal(), Signal(), Signal(bits)
        begins = request.valid & ~request.payload.write & ~reads
        m.d.comb += request.ready.eq(Mux(request.payload.write, takes & (at == count - 1),
                                         AnySeq(1) & ~reads))
        with m.If(begins & request.ready):
            m.d.sync += [reads.eq(1), read_ours.eq(is_ours), read_word.eq(self.word)]
        m.d.comb += [
            port.read.valid.eq(AnySeq(1) & (reads | begins & (read_at != count - 1))),
            port.read.payload.eq(Mux(Mux(reads, read_ours, is_ours) & (read_at == ours),
                                     Mux(reads, read_word, self.word), AnySeq(1))),
        ]
        with m.If(port.read.valid & port.read.ready):
            m.d.sync += read_at.eq(read_at + 1)
            with m.If(read_at == count - 1):
                m.d.sync += reads.eq(0)

        stood, standing = Signal(), Signal.like(request.payload.as_value())
        m.d.sync += [stood.eq(request.valid & ~request.ready),
                     standing.eq(request.payload.as_value())]
        with m.If(stood):
            m.d.comb += Assert(request.valid & (request.payload.as_value() == standing))
        return m


class CacheProof(wiring.Component):
    """A read gives the last write, of one word that is any word.

    Cache and memory begin with anything in them that goes together: the word is in its place in
    the cache, perhaps newer than in memory, or only in memory. The ports and memory do what they
    are allowed to, at any time; either fetches come or flushes.

    Of words bit 0 alone is looked at: they are moved as they are, and nothing looks into them.
    """
    def __init__(self, *, line_words, flushes):
        words = 4 * line_words
        self.shape = CacheShape(ram_words=2 * words, words=words, line_words=line_words)
        self.flushes = flushes
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        shape = self.shape

        FreeBanks.made.clear()
        with patch("rtl.memory.cache.Banks", FreeBanks):
            cache = Cache(shape=shape)
            cache._dirty = [1] * shape.lines  # whether or not memory has the same
            m.submodules.dut = Fragment.get(cache, platform)
        words, tags = FreeBanks.made
        # All tags are alike, and so are all even lines, and all odd ones.
        address = Signal(shape.addr_bits)
        m.d.comb += address.eq(AnyConst(shape.offset_bits + 1))
        m.submodules.memory = memory = LineMemory(cache.memory, address=address,
                                                  line_words=shape.line_words)
        last = Signal(name="last")  # what was written last
        is_first = Signal(init=1)
        m.d.sync += is_first.eq(0)
        tag = Array(tags.cells)[address[shape.offset_bits:shape.place_bits]]
        is_held = tag == Cat(address[shape.place_bits:], 1)
        held    = Array(words.cells)[address[:shape.place_bits]][0]
        with m.If(is_first):
            m.d.comb += Assume(last == Mux(is_held, held, memory.word))

        fetch, data = cache.fetch, cache.data
        m.d.comb += [
            fetch.en.eq(AnySeq(1) & fetch.done & (not self.flushes)),
            fetch.addr.eq(AnySeq(shape.addr_bits)),
            data.en.eq(AnySeq(1) & data.done), data.addr.eq(AnySeq(shape.addr_bits)),
            data.write.eq(AnySeq(1)), data.w_data.eq(AnySeq(1)),
            cache.flush.eq(AnySeq(1) & self.flushes),
        ]
        writes = data.en & data.write & (data.addr == address)
        with m.If(writes):
            m.d.sync += last.eq(data.w_data[0])

        # Promise: a load gives what was written last, and goes on giving it.
        loads, expected = Signal(), Signal()
        with m.If(data.en):
            m.d.sync += [loads.eq(~data.write & (data.addr == address)), expected.eq(last)]
        with m.If(loads & data.done):
            m.d.comb += Assert(data.r_data[0] == expected)

        fetched = self._promise_fetch(m, fetch, address, last, writes, data.w_data[0])

        # Promise: a flush that is done has brought the word to memory, but for a store under way.
        stores = Signal()
        with m.If(data.en):
            m.d.sync += stores.eq(data.write)
        with m.Elif(data.done):
            m.d.sync += stores.eq(0)
        with m.If(cache.is_clean & ~stores):
            m.d.comb += Assert(memory.word == last)

        # Reach: the word is changed in the cache, leaves it, and comes back for a load, or for a
        # fetch; it is flushed.
        wrote, left, came_back = Signal(), Signal(), Signal()
        with m.If(writes & (data.w_data[0] != memory.word)):
            m.d.sync += wrote.eq(1)
        with m.If(wrote & ~is_held & (memory.word == last)):
            m.d.sync += left.eq(1)
        with m.If(left & is_held):
            m.d.sync += came_back.eq(1)
        if self.flushes:
            m.d.comb += Cover(cache.is_clean & wrote)
        else:
            m.d.comb += [Cover(came_back & loads & data.done),
                         Cover(came_back & fetched & fetch.done)]
        return m

    def _promise_fetch(self, m, fetch, address, last, writes, written):
        """Promise: if a fetch gives a value, either one, then the word had it when the fetch was
        asked for, or got it since; and it goes on giving it. Gives whether the word is fetched."""
        fetched = Signal()
        for name, answer, ours in (("first", fetch.first[0], fetch.addr == address),
                                   ("second", fetch.second[0],
                                    (fetch.addr + 1)[:self.shape.addr_bits] == address)):
            waits, had, is_there, kept = (Signal(2 if what == "had" else 1, name=f"{name}_{what}")
                                          for what in ("waits", "had", "is_there", "kept"))
            has   = Mux(last, 0b10, 0b01)
            gains = Mux(writes, Mux(written, 0b10, 0b01), 0)
            with m.If(fetch.en):
                m.d.sync += [waits.eq(ours), is_there.eq(0), had.eq(has | gains)]
            with m.Else():
                m.d.sync += had.eq(had | gains)
            with m.If(waits & fetch.done & ~is_there):
                m.d.comb += Assert(had.bit_select(answer, 1))
                m.d.sync += [is_there.eq(~fetch.en), kept.eq(answer)]
            with m.If(waits & is_there):
                m.d.comb += Assert(answer == kept)
            with m.If(waits):
                m.d.comb += fetched.eq(1)
        return fetched


def cache_proof(name, *, depth, bugs, **options):
    free  = [f"dut.dut.words.cell{n}" for n in range(4 * options["line_words"])]
    free += [f"dut.dut.tags.cell{n}" for n in range(4)]
    return Proof(name, lambda: CacheProof(**options), depth=depth, reaches=depth, bugs=bugs,
                 in_bits=True, free=(*free, "dut.memory.word", "dut.last"))


REFILL = "rtl/memory/cache_refill.py"
LOOKUP = "rtl/memory/cache_lookup.py"
PROOFS = [
    cache_proof("cache", line_words=2, flushes=False, depth=17, bugs=(
        Bug(REFILL, "with m.If(valid & is_dirty.data):", "with m.If(valid & 0):"),
        Bug(LOOKUP, "m.d.sync += is_looked_up.eq(~queue.changes)",
            "m.d.sync += is_looked_up.eq(1)"),
        Bug(LOOKUP, "m.d.sync += [newest.eq(1), stored.eq(word)]", "m.d.sync += stored.eq(word)"),
    )),
    cache_proof("cache_flush", line_words=2, flushes=True, depth=17, bugs=(
        Bug(REFILL, "self.flush & was_flushed & ~victim.is_full", "self.flush & was_flushed"),
    )),
]
