"""Proofs about the MMU around walker and TLBs: the second level, and who is told what when.

By induction, so for all times and any number of flushes: the invariant is that nothing that can
still answer says more of an address than walks have found since the last flush.
"""

from types import SimpleNamespace
from unittest.mock import patch

from amaranth import Array, Cat, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

import rtl.mmu.mmu
import rtl.mmu.store
from isa.config import PageTable
from isa.machine import RESERVED_LIMIT
from rtl.bus import Reason
from rtl.mmu.list_walker import ListWalker
from rtl.mmu.mmu import Mmu
from rtl.mmu.region import Found, Region
from tests.formal.prover import Bug, Inside, Proof
from tests.formal.substitutes import Kept

__all__ = ["PROOFS"]

RAM_WORDS = 0x2000
ENTRIES   = 2

NONE, MEMORY_FAULT, OUT_OF_BOUNDS = (
    reason.value for reason in (Reason.NONE, Reason.MEMORY_FAULT, Reason.OUT_OF_BOUNDS))


class FreeWalker(ListWalker):
    """Finds anything that can be found at all, after any time, and forgets it at once.

    Promises for the MMU: what it asks for stands until it is found, or it is not asked any more;
    then comes a pause.
    """
    def elaborate(self, platform):
        m = Module()
        walk, found = self.walk, self.walk.found
        m.d.comb += [
            walk.done.eq(walk.en & AnySeq(1)),
            found.as_value().eq(AnySeq(len(found.as_value()))),
            Assume(~(walk.va < found.back)), Assume(~(~walk.va < found.ahead)),
            # Physical addresses are 33 bits long because the last of a region may be there.
            Assume(~found.flags.present | (found.pa >= found.back)),
            Assume(~found.flags.present | ~(found.pa + found.ahead)[33]),
        ]
        return m


class Places(wiring.Component):
    """Block RAM as registers, so that an invariant can speak of them. What is read as it is written
    is anything, as block RAM has it.

    It stands in for `Memory`, with one port for reading and one for writing.
    """
    def __init__(self, *, shape, depth, init, attrs):
        bits = (depth - 1).bit_length()
        self.cells = [Signal(shape, name=f"place{n}") for n in range(depth)]
        self.read  = SimpleNamespace(addr=Signal(bits), en=Signal(), data=Signal(shape))
        self.write = SimpleNamespace(addr=Signal(bits), en=Signal(), data=Signal(shape))
        super().__init__({})

    def read_port(self):
        return self.read

    def write_port(self):
        return self.write

    def elaborate(self, platform):
        m = Module()
        read, write = self.read, self.write
        cells   = Array([cell.as_value() for cell in self.cells])
        clashes = write.en & (write.addr == read.addr)
        with m.If(read.en):
            m.d.sync += read.data.as_value().eq(
                Mux(clashes, AnySeq(len(read.data.as_value())), cells[read.addr]))
        with m.If(write.en):
            m.d.sync += cells[write.addr].eq(write.data.as_value())
        return m


class Question:
    """One address, one kind of access, and one answer, any of them; and whether it was given.

    All claims are about these, and so about all addresses and answers.

    Attributes
    ----------
    was_said : Signal(1)
        A walk has given this answer since the last flush.
    was_said_on : Signal(1)
        It has found the next word behind the same, in virtual and physical memory.
    """
    def __init__(self, m):
        self.address, self.access = AnyConst(32), AnyConst(2)
        self.reason, self.pa      = AnyConst(3), AnyConst(32)
        self.was_said, self.was_said_on = Signal(), Signal()
        m.d.comb += Assume(self.access != 3)

    def is_answer(self, is_granted, is_outside, pa):
        """Whether this comes to the answer."""
        reason = Mux(is_granted, Mux(is_outside, OUT_OF_BOUNDS, NONE), MEMORY_FAULT)
        return (reason == self.reason) & ((reason != NONE) | (pa == self.pa))

    def in_found(self, m, found, va, name):
        """Whether what was found for `va` gives the answer; and says the next word is alike."""
        flags = Cat(found.flags.read, found.flags.write, found.flags.execute)
        ahead, pa = Signal(33, name=f"{name}_ahead"), Signal(33, name=f"{name}_pa")
        granted, gives = Signal(name=f"{name}_granted"), Signal(name=f"{name}_gives")
        m.d.comb += [
            ahead.eq(self.address - va),
            pa.eq(found.pa + ahead.as_signed()),
            granted.eq(found.flags.present & flags.bit_select(self.access, 1)),
            gives.eq(~(self.address < (va - found.back)[:32])
                     & ~((va + found.ahead)[:32] < self.address)
                     & self.is_answer(granted, pa >= RAM_WORDS, pa)),
        ]
        is_last = (self.address == (va + found.ahead)[:32]) | (
            granted & ((pa == RAM_WORDS - 1) | (pa == RESERVED_LIMIT - 1)))
        return gives, gives & ~is_last

    def keeps(self, region):
        """What must be true of a region that may still answer: of the address, it says what was
        said, and where in RAM that is."""
        flags   = Cat(region.read, region.write, region.execute)
        granted = flags.bit_select(self.access, 1)
        pa      = (self.address + region.offset)[:32]
        is_here = covers(region, self.address)
        gives   = is_here & self.is_answer(granted, region.is_outside, pa)
        is_ram  = is_here & granted & ~region.is_outside
        return [Assert(~gives | self.was_said),
                Assert(~gives | (self.address == region.last) | self.was_said_on),
                Assert(~is_ram | ((pa < RAM_WORDS) & (region.is_low == (pa < RESERVED_LIMIT))))]


def covers(region, va):
    return ~(va < region.first) & ~(region.last < va)


class MmuProof(wiring.Component):
    """What the MMU answers, a walk has found since the last flush, cut where RAM ends; and what was
    found is answered."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        walkers, places = Kept(FreeWalker), Kept(Places)
        dut = Mmu(ram_words=RAM_WORDS, page_table=PageTable.LIST, insn_entries=ENTRIES,
                  data_entries=ENTRIES, stored_entries=ENTRIES)
        with (patch.dict(rtl.mmu.mmu.WALKERS, {PageTable.LIST: walkers}),
              patch.object(rtl.mmu.store, "Memory", places)):
            inside = Inside(dut, platform)
        m.submodules.dut = inside.fragment
        walk, ports = walkers.made.walk, (dut.insn, dut.data)

        # Assume: translation is only turned on by a return from interrupt, which flushes.
        was_on, was_flushed = Signal(), Signal()
        m.d.comb += [port.eq(AnySeq(len(port))) for port in (
            dut.on, dut.flush, dut.bus.w_stb, dut.bus.w_data)]
        m.d.comb += [signal.eq(AnySeq(len(signal))) for port in ports
                     for signal in (port.valid, port.va, port.access.as_value())]
        m.d.sync += [was_on.eq(dut.on), was_flushed.eq(dut.flush)]
        m.d.comb += [Assume(~dut.on | was_on | was_flushed),
                     *(Assume(port.access.as_value() != 3) for port in ports)]

        # Model: the register `base`; the question.
        forgets, base = dut.flush | dut.bus.w_stb, Signal(32)
        with m.If(dut.bus.w_stb):
            m.d.sync += base.eq(dut.bus.w_data)
        ask = Question(m)
        gives, gives_on = ask.in_found(m, walk.found, walk.va, "walk")
        with m.If(walk.done & gives):
            m.d.sync += ask.was_said.eq(1)
        with m.If(walk.done & gives_on):
            m.d.sync += ask.was_said_on.eq(1)
        with m.If(forgets):
            m.d.sync += [ask.was_said.eq(0), ask.was_said_on.eq(0)]

        self._promise_walks(m, walk, base, forgets)
        active = dut.on & (base != 0)
        m.d.comb += [Assert(dut.active == active), Assert(inside["base"] == base),
                     Assert(inside["has_base"] == (base != 0))]
        for port in ports:
            self._promise_answers(m, port, active, ask)
        self._keep(m, inside, walk, places.made.cells, places.made.read.data, ask)
        self._promise_found(m, inside, dut, active, forgets)
        return m

    def _promise_walks(self, m, walk, base, forgets):
        """The rules of `WalkerSignature`; and no walk outlives a flush."""
        was_en, was_done, forgot, va = Signal(), Signal(), Signal(), Signal(32)
        m.d.sync += [was_en.eq(walk.en), was_done.eq(walk.done), forgot.eq(forgets),
                     va.eq(walk.va)]
        with m.If(walk.en):
            m.d.comb += [Assert(walk.base == base), Assert(~was_done),
                         Assert(~was_en | ~forgot), Assert(~was_en | (walk.va == va))]

    def _promise_answers(self, m, port, active, ask):
        reason = port.reason.as_value()
        m.d.comb += Assert(port.is_plain == (port.hit & (reason == NONE) & ~port.is_low))
        with m.If(~active):
            m.d.comb += [
                Assert(port.hit), Assert(port.is_last == (port.va == RAM_WORDS - 1)),
                Assert(reason == Mux(port.va < RAM_WORDS, NONE, OUT_OF_BOUNDS)),
                Assert(port.is_low == (port.va < RESERVED_LIMIT)),
            ]
            with m.If(reason == NONE):
                m.d.comb += Assert(port.pa == port.va)
        with m.Elif(port.hit & (port.va == ask.address) & (port.access.as_value() == ask.access)
                    & (reason == ask.reason)):
            with m.If((reason != NONE) | (port.pa == ask.pa)):
                m.d.comb += [Assert(ask.was_said), Assert(port.is_last | ask.was_said_on)]
            with m.If((reason == NONE) & (port.pa == ask.pa)):
                m.d.comb += Assert(port.is_low == (ask.pa < RESERVED_LIMIT))

    def _keep(self, m, inside, walk, cells, r_data, ask):
        """The invariant: of all that may still answer."""
        for name in "insn_tlb", "data_tlb":
            tlb, oldest = inside.part(name), inside.part(name)["oldest"]
            m.d.comb += Assert(oldest.any() & ((oldest & (oldest - 1)) == 0))  # one of them
            for n in range(ENTRIES):
                with m.If(tlb["valid"][n]):
                    m.d.comb += ask.keeps(Region(tlb[f"region{n}"]))

        store = inside.part("store")
        generation, is_emptying = store["generation"], store["is_emptying"]
        was_usable, hit = store["was_usable"], store["hit"]
        m.d.comb += [Assert(generation != 0), Assert(~is_emptying | (generation == 1)),
                     Assert(is_emptying | (store["emptied"] == 0)),
                     Assert(~(was_usable & is_emptying))]
        for n, cell in enumerate(cells):
            with m.If(~is_emptying):
                m.d.comb += Assert(cell.generation <= generation)
                with m.If(cell.generation == generation):
                    m.d.comb += ask.keeps(cell.region)
            with m.Elif(store["emptied"] > n):
                m.d.comb += Assert(cell.generation == 0)
        with m.If(was_usable & (r_data.generation == generation)):
            m.d.comb += ask.keeps(r_data.region)

        va, region = inside["va"], Region(inside["region"])
        is_first, is_second = inside["is_first"], inside["is_second"]
        m.d.comb += Assert(inside.ongoing("IDLE", "WALK", "BOUND", "FILL"))
        with m.If(inside.ongoing("IDLE")):  # a look that was given up
            m.d.comb += Assert(~(was_usable & inside["active"]))
        with m.If(inside.ongoing("WALK")):
            m.d.comb += [Assert(~(is_first & is_second)), Assert(~(is_first & hit)),
                         Assert(~was_usable | is_second), Assert(~(is_second & hit))]
            with m.If(hit):
                m.d.comb += [*ask.keeps(r_data.region), Assert(covers(r_data.region, va))]
        with m.If(inside.ongoing("FILL")):
            m.d.comb += [*ask.keeps(region), Assert(covers(region, va))]
        with m.If(inside.ongoing("BOUND")):
            self._keep_found(m, inside, ask)

    def _keep_found(self, m, inside, ask):
        """What was found is what a walk said, and where memory changes is what it should be."""
        found, va, pa = Found(inside["found"]), inside["va"], Signal(33)
        gives, gives_on = ask.in_found(m, found, va, "kept")
        is_low = pa < RESERVED_LIMIT
        m.d.comb += [
            pa.eq(found.pa),
            Assert(~gives | ask.was_said), Assert(~gives_on | ask.was_said_on),
            Assert(~(va < found.back)), Assert(~(~va < found.ahead)),
            Assert(~found.flags.present | (pa >= found.back)),
            Assert(~found.flags.present | ~(pa + found.ahead)[33]),
            Assert(inside["is_low"] == is_low),
            Assert(inside["below"] == pa - Mux(is_low, 0, RESERVED_LIMIT)),
            Assert(inside["above"] == Mux(is_low, RESERVED_LIMIT, RAM_WORDS) - 1 - pa),
        ]

    def _promise_found(self, m, inside, dut, active, forgets):
        """What is filled in is answered at once, unless older regions contradict."""
        for port, name, is_data in (dut.insn, "insn_tlb", 0), (dut.data, "data_tlb", 1):
            has_two = inside.part(name)["has_two"]
            fills, va = Signal(name=f"{name}_fills"), Signal(32, name=f"{name}_va")
            m.d.sync += [fills.eq(inside.ongoing("FILL") & (inside["is_data"] == is_data)
                                  & ~forgets & ~has_two),
                         va.eq(inside["va"])]
            with m.If(fills & (port.va == va)):
                m.d.comb += Assert(port.hit | has_two)
                # Reach: one is answered with what was walked for the other one's sake.
                m.d.comb += Cover(active & port.hit & port.is_plain & ~inside["was_walked"])


MMU, STORE = "rtl/mmu/mmu.py", "rtl/mmu/store.py"

PROOFS = (
    Proof("mmu", MmuProof, induction=1, depth=2, reaches=16, bugs=(
        Bug(STORE, "[generation.eq(1), is_emptying.eq(1)]", "generation.eq(1)"),
        Bug(STORE, "is_emptying.eq(emptied != self.entries - 1)", "is_emptying.eq(0)"),
        Bug(STORE, "(read.data.generation == generation)", "(read.data.generation != 0)"),
        Bug(STORE, "& ~(self.region.last < self.va)", ""),
        Bug(MMU, "with m.If(forget | ~self.active):", "with m.If(~self.active):"),
        Bug(MMU, "tlb.flush.eq(forget)", "tlb.flush.eq(self.flush)"),
        Bug(MMU, "self.ram_words) - 1 - pa", "self.ram_words) - pa"),
        Bug(MMU, "store.flush.eq(forget)", "store.flush.eq(self.bus.w_stb)"))),
)
