"""Proofs about the MMU: TLB, both walkers, and the rules of the bus that they read by."""

from amaranth import Array, Cat, Const, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.mmu.list_walker import ListWalker
from rtl.mmu.region import Region
from rtl.mmu.tlb import Tlb
from rtl.mmu.two_level_walker import TwoLevelWalker
from tests.formal.prover import Bug, Proof

__all__ = ["PROOFS"]


def granted(region):
    """All that is said about a region besides where it is."""
    return Cat(region.is_outside, region.read, region.write, region.execute)


class TlbProof(wiring.Component):
    """What a TLB answers, some region said that was filled in since the last flush."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = Tlb(entries=2)

        region = dut.region
        m.d.comb += [port.eq(AnySeq(len(port))) for port in (dut.va, dut.fill, dut.flush)]
        m.d.comb += [region.as_value().eq(AnySeq(len(region.as_value()))),
                     Assume(~(region.last < region.first))]

        # Model: one address and one answer, any of them; whether a region has given this answer
        # for this address. Universal over both, so all addresses and answers are meant.
        address, answer = AnyConst(32), Signal(Region)
        m.d.comb += answer.as_value().eq(AnyConst(len(answer.as_value())))
        was_said = Signal()
        covers   = ~(address < region.first) & ~(region.last < address)
        says     = ((address + region.offset)[:32] == answer.offset) & (granted(region)
                                                                       == granted(answer))
        with m.If(dut.flush):
            m.d.sync += was_said.eq(0)
        with m.Elif(dut.fill & covers & says):
            m.d.sync += was_said.eq(1)

        # Promise.
        answers = (dut.pa == answer.offset) & (granted(dut) == granted(answer))
        with m.If(dut.hit & (dut.va == address) & answers):
            m.d.comb += Assert(was_said)
        m.d.comb += Assert(dut.hit | ~dut.is_plain)

        # Promise: what was filled in last is found at once, unless an older region contradicts;
        # then neither answers.
        is_fresh, fresh = Signal(), Signal(Region)
        m.d.sync += [is_fresh.eq(dut.fill & ~dut.flush), fresh.eq(region)]
        is_empty = Signal(init=1)
        with m.If(dut.flush):
            m.d.sync += is_empty.eq(1)
        with m.Elif(dut.fill):
            m.d.sync += is_empty.eq(0)
        is_alone = Signal()
        m.d.sync += is_alone.eq(is_empty)
        inside = ~(dut.va < fresh.first) & ~(fresh.last < dut.va)
        with m.If(is_fresh & inside):
            with m.If(is_alone):
                m.d.comb += Assert(dut.hit)
            with m.If(dut.hit):
                m.d.comb += [Assert(dut.pa == (dut.va + fresh.offset)[:32]),
                             Assert(dut.is_last == (dut.va == fresh.last))]

        # Reach: a hit after two fills; an older region that contradicts.
        m.d.comb += [Cover(dut.hit & was_said & ~is_alone & is_fresh),
                     Cover(~dut.hit & is_fresh & inside)]

        return m


def extended(value):
    """A word with the low bits of `value` and copies of its highest above: not far from 0."""
    return Cat(value, value[-1].replicate(32 - len(value)))


class Memory(wiring.Component):
    """A few words that hold anything but do not change, behind a `MemBus` that keeps its rules.

    Promises for the master: an offer stands until it is taken; one read at a time; no write, and
    nothing at or past the end of RAM.
    """
    def __init__(self, mem, *, words, bits, hesitations):
        self.mem   = mem
        self.words = [extended(AnyConst(bits)) for _ in range(words)]
        self.hesitations = hesitations
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        req, rsp = self.mem.req, self.mem.rsp

        pending, addr = Signal(), Signal(32)
        accept = req.valid & req.ready
        m.d.comb += [
            req.ready.eq(AnySeq(1)),
            rsp.valid.eq(pending & AnySeq(1)),
            rsp.payload.data.eq(Array(self.words)[addr]),
        ]
        m.d.sync += pending.eq(accept | (pending & ~rsp.valid))
        with m.If(accept):
            m.d.sync += addr.eq(req.payload.addr)

        # Assume: the memory hesitates in a few cycles at most.
        hesitates = (req.valid & ~req.ready) | (pending & ~rsp.valid)
        hesitated = Signal(range(self.hesitations + 1))
        m.d.sync += hesitated.eq(hesitated + hesitates)
        m.d.comb += Assume(~(hesitates & (hesitated == self.hesitations)))

        stands, stood = Signal(), Signal(32)
        m.d.sync += [stands.eq(req.valid & ~req.ready), stood.eq(req.payload.addr)]
        with m.If(stands):
            m.d.comb += [Assert(req.valid), Assert(req.payload.addr == stood)]
        with m.If(req.valid):
            m.d.comb += [
                Assert(~req.payload.write),
                Assert(req.payload.addr < len(self.words)),
                Assert(~pending | rsp.valid),
            ]
        m.d.comb += Assert(~pending | rsp.ready)

        return m


class ListModel:
    """Section 5's rule for list tables, over words that are signals."""

    def __init__(self, words, base):
        self.words, self.base = words, base

    def translate(self, m, va, name):
        """Physical address and flags (0 for none) of an address."""
        words, ram_words = self.words, len(self.words)
        pa, flags = Signal(33, name=f"{name}_pa"), Signal(4, name=f"{name}_flags")
        for base in range(ram_words):
            found, lowest, at, granted = Const(0), Const(0, 32), Const(0, 33), Const(0, 4)
            for index in range((ram_words - 1 - base) // 4):
                virtual, physical, size, bits = words[base + 1 + 4 * index:][:4]
                wins = ((index < words[base]) & ~(va < virtual) & ((va - virtual)[:32] < size)
                        & (~found | (virtual < lowest)))
                found, lowest = found | wins, Mux(wins, virtual, lowest)
                at      = Mux(wins, physical + (va - virtual)[:32], at)
                granted = Mux(wins, bits[:4], granted)
            with m.If(self.base == base):
                m.d.comb += [pa.eq(at), flags.eq(granted)]
        return pa, flags


class TwoLevelModel:
    """Section 5's rule for two-level tables, over words that are signals."""

    def __init__(self, words, base):
        self.words, self.base = words, base

    def translate(self, m, va, name):
        """Physical address and flags (0 for none) of an address."""
        first, second = Signal(32, name=f"{name}_first"), Signal(32, name=f"{name}_second")
        for n, word in enumerate(self.words):
            with m.If(self.base + va[22:] == n):
                m.d.comb += first.eq(word)
        for n, word in enumerate(self.words):
            with m.If(first[4:] + va[12:22] == n):
                m.d.comb += second.eq(word)
        flags = Signal(4, name=f"{name}_flags")
        m.d.comb += flags.eq(first & second)
        return Cat(va[:12], second[12:]), flags


class WalkerProof(wiring.Component):
    """What a walker finds is what the manual says, for the address and for all of its region.

    Parameters
    ----------
    walker, model : type
    words : int
        Length of RAM.
    cycles : int
        A walk lasts no longer.
    bits : int
        Addresses and words of RAM are this long, and their highest bit is repeated above.
    hesitations : int
        Cycles in which memory does not answer at once.
    abandons : bool
        Walks may be abandoned.
    """
    def __init__(self, walker, model, *, words, cycles, bits=32, hesitations=1, abandons=True):
        self.walker, self.model, self.abandons = walker, model, abandons
        self.words, self.cycles = words, cycles
        self.bits, self.hesitations = bits, hesitations
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut    = dut    = self.walker(ram_words=self.words)
        m.submodules.memory = memory = Memory(
            dut.mem, words=self.words, bits=self.bits, hesitations=self.hesitations)

        # Assume: `base` and `va` hold still during a walk, after which comes a pause.
        walk, found  = dut.walk, dut.walk.found
        base, va     = Signal(32), Signal(32)
        was_en, done = Signal(), Signal()
        m.d.comb += [walk.en.eq(AnySeq(1)), base.eq(extended(AnySeq(self.bits))),
                     va.eq(extended(AnySeq(self.bits))),
                     walk.base.eq(base), walk.va.eq(va)]
        last = Signal(64)
        m.d.sync += [was_en.eq(walk.en), done.eq(walk.done), last.eq(Cat(base, va))]
        with m.If(was_en & walk.en):
            m.d.comb += Assume(Cat(base, va) == last)
        m.d.comb += Assume(~(done & walk.en))
        if not self.abandons:
            m.d.comb += Assume(walk.en == ~done)

        # Promise: the mapping is the manual's, and so is that of any neighbour.
        model     = self.model(memory.words, base)
        neighbour = extended(AnyConst(self.bits))
        pa, flags = model.translate(m, va, "here")
        near_pa, near_flags = model.translate(m, neighbour, "near")
        first, final = Signal(33), Signal(33)
        m.d.comb += [first.eq(va - found.back), final.eq(va + found.ahead)]
        with m.If(walk.done):
            m.d.comb += [
                Assert(found.flags.present == flags[0]),
                Assert(~first[32]), Assert(~final[32]),
            ]
            with m.If(flags[0]):
                m.d.comb += [Assert(found.pa == pa), Assert(found.flags.as_value() == flags)]
            with m.If(~(neighbour < first) & ~(final < neighbour)):
                m.d.comb += Assert(near_flags[0] == flags[0])
                with m.If(flags[0]):
                    m.d.comb += [Assert(near_flags == flags),
                                 Assert(near_pa - neighbour == pa - va)]

        # Promise: it ends.
        age = Signal(8)
        m.d.sync += age.eq(Mux(walk.en & ~walk.done, age + 1, 0))
        m.d.comb += Assert(age <= self.cycles)

        # Reach: a mapping and a gap, and a walk after an abandoned one.
        abandoned = Signal()
        with m.If(was_en & ~walk.en & ~done):
            m.d.sync += abandoned.eq(1)
        m.d.comb += [
            Cover(walk.done & flags[0] & (found.back != 0) & (found.ahead == 7)),
            Cover(walk.done & (flags == 0)),
        ]
        if self.abandons:
            m.d.comb += Cover(walk.done & abandoned)

        return m


JUDGE, LIST, TWO_LEVEL, TLB = (
    f"rtl/mmu/{name}.py" for name in ("list_judge", "list_walker", "two_level_walker", "tlb"))

PROOFS = (
    # Three fills into two entries, with a flush anywhere.
    Proof("tlb", TlbProof, depth=6, reaches=4, bugs=(
        Bug(TLB, "& ~(region.last < self.va)", ""),
        Bug(TLB, "hits.any() & ~has_two", "hits.any()"),
        Bug(TLB, "hits_plain.any() & ~has_two", "hits_plain.any()"),
        Bug(TLB, "with m.If(self.flush | has_two):", "with m.If(has_two):"))),
    # The longest walk. What it does is the same each time but for what it reads.
    Proof("list_walker", lambda: WalkerProof(
              ListWalker, ListModel, words=9, cycles=16, bits=5, hesitations=0, abandons=False),
          depth=18, reaches=18, bugs=(
        Bug(JUDGE, "delta[:32] > best_by", "delta[:32] < best_by"),
        Bug(JUDGE, "covers     = ~is_above & (rest < 0)",
            "covers     = ~is_above & (rest <= 0)"),
        Bug(LIST, "Mux(word < fit, word, fit)", "word"),
        Bug(JUDGE, "found.ahead.eq(~self.va)", "found.ahead.eq(~0)"))),
    # A walk at any time in another one, of tables with one entry or none.
    Proof("list_walker_abandoned", lambda: WalkerProof(
              ListWalker, ListModel, words=5, cycles=20, bits=4),
          depth=20, reaches=20, bugs=(
        Bug(LIST, "walk.en & ~is_abandoned", "walk.en"),
        Bug(LIST, "(walk.base >= self.ram_words) | ~walk.en", "walk.base >= self.ram_words"))),
    Proof("two_level_walker",
          lambda: WalkerProof(TwoLevelWalker, TwoLevelModel, words=6, cycles=9),
          depth=12, reaches=12, bugs=(
        Bug(TWO_LEVEL, "found.flags.as_value() & first.flags", "first.flags"),
        Bug(TWO_LEVEL, "entry >= self.ram_words", "entry > self.ram_words"),
        Bug(TWO_LEVEL, "walk.en & ~is_abandoned", "walk.en"))),
)
