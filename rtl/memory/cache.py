"""A cache in front of a slow memory: unified, direct mapped, write-back.

Everything that uses memory (fetch, loads and stores, walks, transfers of devices) goes through it,
so that all see the same words and no program needs a fence. `cache_lookup` answers the two ports
out of the two memories here, `cache_refill` exchanges lines.
"""

from amaranth import Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from rtl.memory.cache_lookup import Lookup
from rtl.memory.cache_refill import Refill
from rtl.memory.cache_shape import BankPort, CacheShape
from rtl.memory.line_port import LinePort
from rtl.memory.ports import DataPort, FetchPort

__all__ = ["Cache"]


class Cache(wiring.Component):
    """Answers in the next cycle what it holds; a miss waits for one line, or two of a fetch.

    Words lie in two banks, even and odd, and tags in two, of even and of odd lines, so that a fetch
    of two words finds both at once even where they are in two lines. One port of each memory
    serves fetch, the other data and refills.

    Parameters
    ----------
    shape : CacheShape
    init : dict of int to int
        Words by address that the cache holds after power-up, in lines that count as written.

    Members
    -------
    fetch : In(FetchPort)
    data : In(DataPort)
    memory : Out(LinePort)
    flush : In(1)
        While high, and as soon as nothing is asked for, all lines that were written to go to
        memory. They stay in the cache.
    is_clean : Out(1)
        `flush` is high, and memory has all that the cache has.

    Raises
    ------
    ValueError
        If two lines of `init` share a place in the cache.
    """
    fetch:    In(FetchPort)
    data:     In(DataPort)
    memory:   Out(LinePort)
    flush:    In(1)
    is_clean: Out(1)

    def __init__(self, *, shape, init=None):
        if not isinstance(shape, CacheShape):
            raise TypeError(f"shape must be a CacheShape, not {shape!r}")
        self.shape = shape
        self._words, self._tags, self._dirty = shape.contents(init or {})
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        shape = self.shape

        m.submodules.words  = words  = Banks(depth=shape.words, width=32, init=self._words)
        m.submodules.tags   = tags   = Banks(depth=shape.lines, width=shape.tag_bits + 1,
                                             init=self._tags)
        m.submodules.lookup = lookup = Lookup(shape=shape)
        m.submodules.refill = refill = Refill(shape=shape, dirty=self._dirty)

        wiring.connect(m, wiring.flipped(self.fetch), lookup.fetch)
        wiring.connect(m, wiring.flipped(self.data), lookup.data)
        wiring.connect(m, wiring.flipped(self.memory), refill.memory)
        wiring.connect(m, lookup.refill, refill.lookup)
        m.d.comb += [
            refill.flush.eq(self.flush),
            self.is_clean.eq(refill.is_clean),
            words.pair_en.eq(lookup.fetch_en),
            words.pair_addr.eq(lookup.fetch_addr),
            tags.pair_en.eq(lookup.fetch_en),
            tags.pair_addr.eq(lookup.fetch_addr >> shape.offset_bits),
            lookup.fetch_words.eq(words.pair),
            lookup.fetch_tags.eq(tags.pair),
        ]
        for bank, name in ((words, "words"), (tags, "tags")):
            ours, theirs = getattr(lookup, name), getattr(refill, name)
            for signal in ("read", "write", "addr", "w_data"):
                m.d.comb += getattr(bank.port, signal).eq(
                    Mux(refill.has_ports, getattr(theirs, signal), getattr(ours, signal)))
            m.d.comb += [ours.r_data.eq(bank.port.r_data), theirs.r_data.eq(bank.port.r_data)]

        return m


class Banks(wiring.Component):
    """Words in two banks: one port reads two neighbours, one reads or writes.

    Parameters
    ----------
    depth : int
        Words in both banks; a power of two.
    width : int
        Bits of a word.
    init : list of int

    Members
    -------
    pair_en, pair_addr : In
        Read the word at this address and the one after it, modulo `depth`.
    pair : Out
        Of the last such read: the word in the even bank, below the one in the odd bank.
    port : In(BankPort)
    """
    def __init__(self, *, depth, width, init):
        self.depth, self.width, self.init = depth, width, init
        super().__init__({
            "pair_en":   In(1),
            "pair_addr": In(range(depth)),
            "pair":      Out(2 * width),
            "port":      In(BankPort(depth=depth, width=width)),
        })

    def elaborate(self, platform):
        m = Module()

        row = Signal(range(self.depth // 2))
        m.d.comb += row.eq(self.port.addr >> 1)
        for n, name in enumerate(("even", "odd")):
            m.submodules[name] = bank = memory.Memory(
                shape=self.width, depth=self.depth // 2, init=self.init[n::2],
                attrs={"ram_style": "block", "no_rw_check": 1})
            pair_port, r_port, w_port = bank.read_port(), bank.read_port(), bank.write_port()
            place = slice(n * self.width, (n + 1) * self.width)
            m.d.comb += [
                # The word after an odd one is in the even bank, a row further.
                pair_port.addr.eq((self.pair_addr + 1 - n) >> 1),
                pair_port.en.eq(self.pair_en),
                self.pair[place].eq(pair_port.data),
                r_port.addr.eq(row),
                r_port.en.eq(self.port.read),
                self.port.r_data[place].eq(r_port.data),
                w_port.addr.eq(row),
                w_port.data.eq(self.port.w_data),
                w_port.en.eq(self.port.write & (self.port.addr[0] == n)),
            ]

        return m
