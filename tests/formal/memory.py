"""Proofs about the memory of boards: the cache is coherent, the SDRAM chip's rules are kept."""

from unittest.mock import patch

from amaranth import Array, Cat, Fragment, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.memory.cache import Banks, Cache
from rtl.memory.cache_shape import CacheShape
from rtl.memory.sdram import Command, Sdram
from rtl.memory.sdram_chips import SdramChip
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


# A chip of two banks with short times, each another number of cycles where rules could be mixed up.
# The first refresh comes when a row can just have been opened: then only the time between opening
# it and refreshing keeps the two apart.
CLOCK_HZ       = 10_000_000
REFRESH_CYCLES = 28
CHIP = SdramChip(row_bits=11, column_bits=4, bank_bits=1, cas_cycles=2, clock_hz=CLOCK_HZ,
                 trcd_ns=300, trp_ns=400, tras_ns=500, trc_ns=1100, trrd_ns=200, trfc_ns=600,
                 twr_ns=300, refresh_ms=(REFRESH_CYCLES + 0.5) * 2048 / CLOCK_HZ * 1e3,
                 power_up_us=0.2)
LINE_WORDS = 4
BURST      = 8


class Since(wiring.Component):
    """Cycles since something happened, up to 15; 15 if it never did."""
    def __init__(self):
        super().__init__({})
        self.happens, self.cycles = Signal(), Signal(4, init=15)

    def elaborate(self, platform):
        m = Module()
        with m.If(self.happens):
            m.d.sync += self.cycles.eq(1)
        with m.Elif(self.cycles != 15):
            m.d.sync += self.cycles.eq(self.cycles + 1)
        return m


class ChipRules(wiring.Component):
    """What the data sheet asks of the pins, and one word of the chip, any one.

    Attributes
    ----------
    word : Signal(32)
        At line `line`, word `at` of it.
    """
    def __init__(self, pins, *, line, at):
        self.pins, self.line, self.at = pins, line, at
        self.word = Signal(32, name="word")
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        pins = self.pins

        def since(name, happens):
            m.submodules[name] = counter = Since()
            m.d.comb += counter.happens.eq(happens)
            return counter.cycles

        does = {command: pins.command == command for command in Command}
        activated  = since("activate", does[Command.ACTIVATE])
        refreshed  = since("refresh", does[Command.REFRESH])
        mode_set   = since("mode", does[Command.MODE])
        wrote      = since("data", pins.dq_oe)
        is_open    = [Signal(name=f"open{n}") for n in range(2)]
        rows       = [Signal(CHIP.row_bits, name=f"row{n}") for n in range(2)]
        m.d.comb += [Assert(pins.dqm == 0)]
        with m.If(does[Command.ACTIVATE]):
            m.d.comb += [Assert(activated >= 2), Assert(refreshed >= 6), Assert(mode_set >= 2)]
        with m.If(does[Command.REFRESH] | does[Command.MODE]):
            m.d.comb += [Assert(~is_open[0] & ~is_open[1]), Assert(refreshed >= 6),
                         Assert(mode_set >= 2)]
        for n in range(2):
            here   = pins.ba == n
            closes = does[Command.PRECHARGE] & (here | pins.a[10])
            opened = since(f"activate{n}", does[Command.ACTIVATE] & here)
            closed = since(f"precharge{n}", closes)
            with m.If(does[Command.ACTIVATE] & here):
                m.d.comb += [Assert(~is_open[n]), Assert(closed >= 4), Assert(opened >= 11)]
                m.d.sync += [is_open[n].eq(1), rows[n].eq(pins.a)]
            with m.If((does[Command.READ] | does[Command.WRITE]) & here):
                m.d.comb += [Assert(is_open[n]), Assert(opened >= 3), Assert(~pins.a[10])]
            with m.If(does[Command.REFRESH] | does[Command.MODE]):
                m.d.comb += [Assert(closed >= 4), Assert(opened >= 11)]
            with m.If(closes):
                m.d.comb += Assert(~is_open[n] | ((opened >= 5) & (wrote >= 3)))
                m.d.sync += is_open[n].eq(0)

        # Refreshes come in time: none is later than two periods after the last.
        late, begun = Signal(7), Signal()
        m.d.sync += late.eq(late + 1)
        with m.If(does[Command.REFRESH]):
            m.d.sync += [late.eq(0), begun.eq(1)]
        m.d.comb += Assert(~begun | (late < 2 * REFRESH_CYCLES))

        # The columns of a burst, and which of them are the word's.
        left, column, is_read, row, bank = (Signal(4), Signal(CHIP.column_bits), Signal(),
                                            Signal(CHIP.row_bits), Signal())
        now_left, now_column, now_read = Signal(4), Signal(CHIP.column_bits), Signal()
        now_row, now_bank = Signal.like(row), Signal.like(bank)
        begins = does[Command.READ] | does[Command.WRITE]
        m.d.comb += [
            now_left.eq(Mux(begins, BURST, left)),
            now_column.eq(Mux(begins, pins.a[:CHIP.column_bits], column)),
            now_read.eq(Mux(begins, does[Command.READ], is_read)),
            now_row.eq(Mux(begins, Mux(pins.ba[0], rows[1], rows[0]), row)),
            now_bank.eq(Mux(begins, pins.ba, bank)),
        ]
        with m.If(does[Command.PRECHARGE] & ((pins.ba == now_bank) | pins.a[10])):
            m.d.comb += now_left.eq(0)
        m.d.sync += [
            left.eq(now_left - (now_left != 0)), is_read.eq(now_read), row.eq(now_row),
            bank.eq(now_bank), column.eq(Cat((now_column + 1)[:3], now_column[3:])),
        ]
        where = Cat(now_column[1:], now_bank, now_row)
        ours  = (now_left != 0) & (where == Cat(self.at, self.line))
        drives = (now_left != 0) & now_read
        with m.If((now_left != 0) & ~now_read):
            m.d.comb += Assert(pins.dq_oe)
            with m.If(ours):
                m.d.sync += self.word.word_select(now_column[0], 16).eq(pins.dq_o)
        with m.Elif(1):
            m.d.comb += Assert(~pins.dq_oe)

        # What is read leaves the chip so many cycles later, and is in a register after one more.
        value = Signal(16)
        m.d.comb += value.eq(Mux(ours, self.word.word_select(now_column[0], 16), AnySeq(16)))
        for n in range(CHIP.cas_cycles + 1):
            drove, drives = drives, Signal(name=f"drives{n}")
            was, value    = value, Signal(16, name=f"value{n}")
            m.d.sync += [drives.eq(drove), value.eq(was)]
            if n == CHIP.cas_cycles - 1:
                m.d.comb += Assert(~drives | ~pins.dq_oe)
        m.d.comb += pins.dq_i.eq(Mux(drives, value, AnySeq(16)))
        return m


class SdramProof(wiring.Component):
    """The chip's rules are kept, and a line that is read has what was written to it last."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        with patch("rtl.memory.sdram.SetUp.REFRESHES", 1):
            dut = Sdram(chip=CHIP, clock_hz=CLOCK_HZ, line_words=LINE_WORDS)
            m.submodules.dut = Fragment.get(dut, platform)
        lines = dut.lines
        line, at = Signal(13), Signal(2)
        m.d.comb += [line.eq(AnyConst(13)), at.eq(AnyConst(2))]
        m.submodules.chip = chip = ChipRules(dut.pins, line=line, at=at)

        # A master: one line is read at a time, and not written meanwhile.
        request = lines.request
        asks, write, wanted = Signal(), Signal(), Signal(13)
        reads, read_line, read_at, written_at = Signal(), Signal(13), Signal(2), Signal(2)
        m.d.comb += [
            request.valid.eq(asks), request.payload.line.eq(wanted),
            request.payload.write.eq(write), lines.written.valid.eq(asks & write),
        ]
        word = Signal(32)
        m.d.comb += [word.eq(AnySeq(32)), lines.written.payload.eq(word)]
        held, holds = Signal(32), Signal()  # an offer stands until it is taken
        m.d.sync += [held.eq(word), holds.eq(lines.written.valid & ~lines.written.ready)]
        m.d.comb += Assume(~holds | (word == held))
        with m.If(~asks | request.ready):
            m.d.sync += [asks.eq(AnySeq(1)), write.eq(AnySeq(1)), wanted.eq(AnySeq(13))]
        begins_read = asks & ~write & request.ready
        with m.If(asks & reads):
            m.d.comb += Assume(write & (wanted != read_line))
        with m.If(begins_read):
            m.d.sync += [reads.eq(1), read_line.eq(wanted)]

        last = Signal(32, name="last")
        with m.If(lines.written.ready):
            m.d.comb += Assert(lines.written.valid)
            m.d.sync += written_at.eq(written_at + 1)
            with m.If((wanted == line) & (written_at == at)):
                m.d.sync += last.eq(word)
        is_first = Signal(init=1)
        m.d.sync += is_first.eq(0)
        with m.If(is_first):
            m.d.comb += Assume(last == chip.word)

        m.d.comb += lines.read.ready.eq(AnySeq(1))
        with m.If(lines.read.valid):
            m.d.comb += Assert(reads | asks & ~write)
            of = Mux(reads, read_line, wanted)
            with m.If((of == line) & (read_at == at)):
                m.d.comb += Assert(lines.read.payload == last)
            with m.If(lines.read.ready):
                m.d.sync += read_at.eq(read_at + 1)
                with m.If(read_at == LINE_WORDS - 1):
                    m.d.sync += reads.eq(0)

        wrote = Signal()
        with m.If(lines.written.ready & (wanted == line) & (word != 0)):
            m.d.sync += wrote.eq(1)
        m.d.comb += Cover(wrote & lines.read.valid & reads & (read_line == line) & (read_at == at))
        return m


REFILL = "rtl/memory/cache_refill.py"
LOOKUP = "rtl/memory/cache_lookup.py"
SDRAM  = "rtl/memory/sdram.py"
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
    Proof("sdram", SdramProof, depth=36, reaches=48, free=("dut.chip.word", "dut.last"), bugs=(
        # A cycle less would be right: to begin with a line takes one more.
        Bug(SDRAM, 'blocked("trcd", chip.trcd_ns, activates)',
            'blocked("trcd", chip.trcd_ns - 200, activates)'),
        Bug(SDRAM, 'max(chip.trc_ns, chip.trrd_ns)', 'chip.trrd_ns'),
        Bug(SDRAM, "written.valid & (coming == 0)", "written.valid"),
        Bug(SDRAM, "is_open[n] & (its_row == row)", "is_open[n]"),
    )),
]
