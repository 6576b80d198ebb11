"""Parts of the simulated SD card: its end of the pins, and its contents."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl.peripherals.tokens import (
    BlockFromHost,
    BlockFromHostKind,
    BlockToHost,
    BlockToHostKind,
    send,
)

__all__ = ["CardDisk", "CardLine"]

SECTOR_WORDS = 128
MOST_PERIOD  = 1023  # cycles that are counted of a clock's period


class CardLine(wiring.Component):
    """Octets out of bits, and bits out of octets, in SPI mode 0.

    Members
    -------
    cs_n, sck, mosi, miso
        The pins; `miso` is high while it is not driven.
    drives : In(1)
        Drive `miso` while selected.
    is_clinging : In(1)
        Drive it low until the eighth clock after that, too.
    rises : Out(1)
        Strobe: the clock rose.
    period : Out
        Cycles between the last two rises, the one of this cycle included.
    is_first : Out(1)
        With `rises`: the bit is the first one of an octet.
    got : Out(1), octet : Out(8)
        Strobe in the cycle of the last bit's rise: an octet was received.
    is_cut : Out(1)
        Deselected within an octet.
    takes : Out(1)
        Strobe: `next` is begun, as the clock falls after an octet.
    next : In(8)
        The next octet to send.
    first : In(8)
        What is sent first when the card is selected.
    """
    cs_n:        In(1)
    sck:         In(1)
    mosi:        In(1)
    miso:        Out(1)
    drives:      In(1)
    is_clinging: In(1)
    rises:       Out(1)
    period:      Out(range(MOST_PERIOD + 1))
    is_first:    Out(1)
    got:         Out(1)
    octet:       Out(8)
    is_cut:      Out(1)
    takes:       Out(1)
    next:        In(8)
    first:       In(8)

    def elaborate(self, platform):
        m = Module()

        before = Signal()
        falls  = before & ~self.sck
        m.d.sync += before.eq(self.sck)
        m.d.comb += self.rises.eq(self.sck & ~before)

        since, last = Signal.like(self.period, init=MOST_PERIOD), Signal.like(self.period)
        with m.If(self.rises):
            m.d.sync += [since.eq(1), last.eq(since)]
        with m.Elif(since != MOST_PERIOD):
            m.d.sync += since.eq(since + 1)
        m.d.comb += self.period.eq(Mux(self.rises, since, last))

        count, bits, out = Signal(3), Signal(7), Signal(8, init=0xFF)
        has_begun = Signal()  # an octet went by since the card was selected
        m.d.comb += [
            self.is_first.eq(count == 0),
            self.octet.eq(Cat(self.mosi, bits)),
            self.got.eq(self.rises & ~self.cs_n & (count == 7)),
            self.takes.eq(falls & ~self.cs_n & (count == 0) & has_begun),
            self.is_cut.eq(self.cs_n & (count != 0)),
        ]
        with m.If(self.rises):
            m.d.sync += [count.eq(count + 1), bits.eq(self.octet), has_begun.eq(1)]
        with m.If(falls):
            m.d.sync += out.eq(Mux(self.takes, self.next, Cat(1, out)))
        clings = Signal(range(9))
        with m.If(self.cs_n):
            m.d.sync += [count.eq(0), has_begun.eq(0), out.eq(self.first)]
            with m.If(self.rises & (clings != 0)):
                m.d.sync += clings.eq(clings - 1)
        with m.Else():
            m.d.sync += clings.eq(Mux(self.is_clinging & self.drives, 8, 0))
        m.d.comb += self.miso.eq(Mux(self.cs_n, clings == 0, out[7] | ~self.drives))
        return m


class CardDisk(wiring.Component):
    """One sector, and the host that has all of them.

    Members
    -------
    to_host, from_host
        As of the card.
    total : Out(32)
        Sectors; 0 until the host says how many.
    reads, writes, flushes : In(1)
        Strobes: read into the buffer, write it, see to it that all is stored. A flush may come
        with a write, and follows it. A read that is asked for before the last one is done
        replaces it.
    sector : In(32)
        With `reads` and `writes`.
    is_busy : Out(1)
        From the strobe on.
    has_failed, has_lost : Out(1)
        When it is no longer busy: the last read did; the last write, or the flush after it.
    r_addr : In(7), r_data : Out(32)
        A word of the buffer; comes in the next cycle.
    w_en, w_addr, w_place, w_octet : In
        An octet for the buffer. The words of a sector have to come from place 0 to 3.
    """
    to_host:    Out(stream.Signature(BlockToHost))
    from_host:  In(stream.Signature(BlockFromHost))
    total:      Out(32)
    reads:      In(1)
    writes:     In(1)
    flushes:    In(1)
    sector:     In(32)
    is_busy:    Out(1)
    has_failed: Out(1)
    has_lost:   Out(1)
    r_addr:     In(7)
    r_data:     Out(32)
    w_en:       In(1)
    w_addr:     In(7)
    w_place:    In(2)
    w_octet:    In(8)

    def elaborate(self, platform):
        m = Module()
        to_host, from_host = self.to_host, self.from_host

        m.submodules.buffer = buffer = Memory(shape=32, depth=SECTOR_WORDS, init=[])
        write, read = buffer.write_port(), buffer.read_port()
        index = Signal(range(SECTOR_WORDS + 1))
        wants_read, wants_write, wants_flush, wanted = Signal(), Signal(), Signal(), Signal(32)

        collected = Signal(24)
        with m.If(self.w_en):
            m.d.sync += collected.eq(Cat(collected[8:], self.w_octet))
        m.d.comb += [
            write.addr.eq(self.w_addr), write.data.eq(Cat(collected, self.w_octet)),
            write.en.eq(self.w_en & (self.w_place == 3)),
            read.addr.eq(self.r_addr), self.r_data.eq(read.data), from_host.ready.eq(1),
        ]

        kind = from_host.payload.kind
        is_answer = from_host.valid & ((kind == BlockFromHostKind.DONE)
                                        | (kind == BlockFromHostKind.FAIL))
        with m.If(from_host.valid & (kind == BlockFromHostKind.SIZE)):
            m.d.sync += self.total.eq(from_host.payload.data)

        is_idle = Signal()
        m.d.comb += self.is_busy.eq(~is_idle | self.reads | self.writes | self.flushes
                                    | wants_read | wants_write | wants_flush)
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += is_idle.eq(1)
                m.d.sync += index.eq(0)
                with m.If(wants_read):
                    m.d.comb += send(to_host, BlockToHostKind.READ, wanted)
                    with m.If(to_host.ready):
                        m.d.sync += [wants_read.eq(0), self.has_failed.eq(0)]
                        m.next = "READ"
                with m.Elif(wants_write):
                    m.d.comb += send(to_host, BlockToHostKind.WRITE, wanted)
                    with m.If(to_host.ready):
                        m.d.sync += [wants_write.eq(0), self.has_lost.eq(0)]
                        m.next = "LOOK_UP"
                with m.Elif(wants_flush):
                    m.d.comb += send(to_host, BlockToHostKind.FLUSH)
                    with m.If(to_host.ready):
                        m.d.sync += wants_flush.eq(0)
                        m.next = "ANSWER"
            with m.State("READ"):
                m.d.comb += [write.addr.eq(index), write.data.eq(from_host.payload.data),
                             write.en.eq(from_host.valid & (kind == BlockFromHostKind.WORD))]
                with m.If(write.en):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == SECTOR_WORDS - 1):
                        m.next = "IDLE"
                with m.If(from_host.valid & (kind == BlockFromHostKind.FAIL)):
                    m.d.sync += self.has_failed.eq(1)
                    m.next = "IDLE"
            with m.State("LOOK_UP"):
                m.d.comb += read.addr.eq(index)
                m.next = "WORD"
            with m.State("WORD"):
                m.d.comb += [*send(to_host, BlockToHostKind.WORD, read.data), read.addr.eq(index)]
                with m.If(to_host.ready):
                    m.d.sync += index.eq(index + 1)
                    m.next = "LOOK_UP"
                    with m.If(index == SECTOR_WORDS - 1):
                        m.next = "ANSWER"
            with m.State("ANSWER"):
                with m.If(is_answer):
                    m.next = "IDLE"
                    with m.If(kind == BlockFromHostKind.FAIL):
                        m.d.sync += self.has_lost.eq(1)

        with m.If(self.reads | self.writes):
            m.d.sync += [wanted.eq(self.sector), wants_read.eq(self.reads),
                         wants_write.eq(self.writes)]
        with m.If(self.flushes):
            m.d.sync += wants_flush.eq(1)
        return m
