"""Proofs about the core as a whole: its trace records, and its ports, for any program.

Around the core everything is free: the words that are fetched and loaded, when memory answers, the
page table, interrupts, another master. Parts of it are replaced (`substitutes.py`). The interrupt
table, two registers and two words of memory hold anything at the start. Only the pipeline begins
empty, so that a few cycles show what can happen in any of them.
"""

from amaranth import Cat, Fragment, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from rtl.bus import Access, Reason
from rtl.core.core import Core
from tests.formal.follower import (
    FAULT,
    INSN,
    INT,
    INTERRUPT,
    LOADED,
    MEMORY,
    REGISTER,
    Follower,
)
from tests.formal.prover import Bug, Proof
from tests.formal.substitutes import RESULTS, with_substitutes

__all__ = ["PROOFS"]

RAM_WORDS = 0x2000
LOW       = 0x1000      # below may be no RAM
WINDOW    = (0x300, 2)  # address and size
SOURCES   = (2, 3)
LONGEST   = 9           # cycles between two records, if nothing outside makes it wait
EXECUTION = 2           # cycles in which a word that is written may still be executed as it was


def is_window(address):
    return (address >= WINDOW[0]) & (address < sum(WINDOW))


def is_ram(address):
    in_table = (address < 0x45) & (address != 1)
    return (address < RAM_WORDS) & ~in_table & ~is_window(address)


class PageTable:
    """One page, any one, that is mapped anywhere; the rest is not mapped.

    Which accesses a page table grants is proven in `mmu.py`; here it is enough that some are, some
    are not, and all kinds of physical addresses come out.
    """
    PAGE_BITS = 12

    def __init__(self):
        self.page, self.frame = AnyConst(32 - self.PAGE_BITS), AnyConst(32 - self.PAGE_BITS)
        self.flags = AnyConst(3)  # by `Access`

    def translate(self, m, va, access, active, name):
        """Reason and physical address of an access."""
        reason, pa = Signal(3, name=f"{name}_reason"), Signal(32, name=f"{name}_pa")
        is_mapped, allowed = Signal(name=f"{name}_mapped"), Signal(name=f"{name}_allowed")
        page, offset = va[self.PAGE_BITS:], va[:self.PAGE_BITS]
        m.d.comb += [
            pa.eq(Cat(offset, Mux(active, self.frame, page))),
            is_mapped.eq(page == self.page),
            allowed.eq(self.flags.bit_select(Cat(access), 1)),
        ]
        with m.If(active & ~(is_mapped & allowed)):
            m.d.comb += reason.eq(Reason.MEMORY_FAULT)
        with m.Elif(~(pa < RAM_WORDS)):
            m.d.comb += reason.eq(Reason.OUT_OF_BOUNDS)
        return reason, pa

    def may_change(self, va):
        """Whether the next word may be mapped otherwise."""
        return va[:self.PAGE_BITS].all()

    def program(self, m, ip, active, stored):
        """The two words at an address, as far as they are known: for the follower."""
        for name, address in ("at_ip", ip), ("imm", (ip + 1)[:32]):
            reason, pa = self.translate(m, address, Access.EXECUTE, active, f"{name}_fetch")
            known, word = stored(pa, name)
            yield reason, known & (reason == 0), word


class CoreProof(wiring.Component):
    """The core, with everything around it free, and what is claimed of it.

    Parameters
    ----------
    groups : tuple of str
        What is claimed: groups of the follower's claims, or methods of this class.
    whole : bool
        With fetch and queue; else a free stream of words is in their place.
    fpu : bool
        The core's.
    prompt : bool
        Memory answers at once, and there is no other master.
    only : tuple of int
        Opcodes that retire; none for all.
    shared : bool
        The other master writes, too. The follower, which knows of no writes but the program's, has
        then nothing to say about what is loaded; `claim_shared` has. Of words that are executed it
        knows what RAM holds, once they have rested for as long as an execution takes.
    """
    def __init__(self, *groups, whole=False, fpu=True, prompt=False, only=(), shared=False):
        self.groups, self.whole, self.fpu = groups, whole, fpu
        self.prompt, self.only, self.shared = prompt, only, shared
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        core = self.core = Core(
            ram_words=RAM_WORDS, fpu=self.fpu, windows=[WINDOW], sources=SOURCES, masters=1,
            target_entries=2, return_entries=2)
        m.submodules.core, self.parts = with_substitutes(core, platform, whole=self.whole)
        self.registers = self.parts["Registers"]

        # Two words of memory, any two that are RAM.
        self.addresses = [AnyConst(32) for _ in range(2)]
        self.contents  = [Signal(32, name=f"ram{n}", attrs={"keep": 1}) for n in range(2)]
        m.d.comb += [Assume(is_ram(address)) for address in self.addresses]
        m.d.comb += Assume(self.addresses[0] != self.addresses[1])

        self.paged = AnyConst(1)
        self.table = PageTable()
        self._elaborate_translation(m)
        self._elaborate_ram(m)
        self._elaborate_master(m)
        m.d.comb += [core.irq.eq(AnySeq(len(SOURCES))), core.windows[0].r_data.eq(AnySeq(32))]

        program = (self.table if self.whole else self.parts["FetchQueue"]).program
        if self.whole and self.shared:
            program = self._rested_program(m)
        follower = self.follower = Follower(
            registers=self.registers.numbers, words=self.addresses, results=RESULTS,
            program=program,
            translate=self.table.translate, ram_words=RAM_WORDS, fpu=self.fpu, paged=self.paged)
        m.d.comb += [follower.traces.eq(core.traces), follower.record.eq(core.trace)]
        m.submodules.follower = Fragment.get(follower, platform)  # which makes the claims

        # Assume: what holds anything at the start belongs together.
        with m.If(Initial()):
            m.d.comb += Assume(core.status.is_enabled == (follower.enabled != 0))
        if self.prompt:
            m.d.comb += [Assume(core.fetch_port.done), Assume(core.data_port.done),
                         Assume(~core.masters[0].req.valid)]
        if self.only:
            opcode = core.trace.insn[24:]
            m.d.comb += Assume(~(core.traces & (core.trace.kind == INSN))
                               | Cat(opcode == known for known in self.only).any())

        for group, when, must in follower.claims:
            if group in self.groups:
                with m.If(when):
                    m.d.comb += Assert(must)
        for group in self.groups:
            if hasattr(self, f"claim_{group}"):
                getattr(self, f"claim_{group}")(m)
        return m

    # --- the environment -------------------------------------------------------------------------

    def _elaborate_translation(self, m):
        """The page table's answers, after any time if it is used."""
        core = self.core
        active = core.translates & self.paged
        m.d.comb += core.is_privileged.eq(~active)
        for name, port in ("insn", core.insn_translate), ("data", core.data_translate):
            reason, pa = self.table.translate(m, port.va, port.access, active, f"{name}_port")
            is_last = self.table.may_change(port.va) | AnySeq(1)
            m.d.comb += [
                port.hit.eq(~active | AnySeq(1)),
                port.reason.eq(reason),
                port.pa.eq(pa),
                port.is_low.eq(pa < LOW),
                port.is_plain.eq(port.hit & (reason == 0) & ~(pa < LOW)),
                port.is_last.eq((active & is_last) | (pa == RAM_WORDS - 1)),
            ]
            with m.If(~port.hit):
                m.d.comb += [port.reason.eq(AnySeq(3)), port.pa.eq(AnySeq(32)),
                             port.is_low.eq(AnySeq(1))]

    def _elaborate_ram(self, m):
        """Memory that answers after any time, with anything but for the two words."""
        fetch, data = self.core.fetch_port, self.core.data_port

        f_done, d_done = Signal(init=1), Signal(init=1)
        m.d.comb += [fetch.done.eq(f_done | AnySeq(1)), data.done.eq(d_done | AnySeq(1))]
        m.d.sync += [f_done.eq(fetch.done & ~fetch.en), d_done.eq(data.done & ~data.en)]
        with m.If(fetch.en):
            m.d.sync += [fetch.first.eq(AnySeq(32)), fetch.second.eq(AnySeq(32))]
        with m.If(data.en):
            m.d.sync += data.r_data.eq(AnySeq(32))
        # A fetch in the cycle of a write sees either word.
        sees_new = AnySeq(1)
        for address, word in zip(self.addresses, self.contents, strict=True):
            is_written = data.en & data.write & (data.addr == address)
            fetched = Mux(is_written & sees_new, data.w_data, word)
            with m.If(fetch.en & (fetch.addr == address)):
                m.d.sync += fetch.first.eq(fetched)
            with m.If(fetch.en & ((fetch.addr + 1)[:32] == address)):
                m.d.sync += fetch.second.eq(fetched)
            with m.If(data.en & (data.addr == address)):
                m.d.sync += data.r_data.eq(word)
            with m.If(is_written):
                m.d.sync += word.eq(data.w_data)

    def _elaborate_master(self, m):
        """A device that reads, or writes, anything but windows, by the rules of its bus. What it
        writes is no word of the interrupt table."""
        bus, data = self.core.masters[0], self.core.data_port
        asked = bus.req.payload
        stands, stood = Signal(), Signal(asked.shape())
        self.m_pending, self.m_request = Signal(), Signal(asked.shape())
        m.d.comb += [
            bus.req.valid.eq((stands | AnySeq(1)) & (~self.m_pending | bus.rsp.valid)),
            asked.eq(Mux(stands, stood, AnySeq(len(stood.as_value())))),
            bus.rsp.ready.eq(1),
            Assume(~is_window(asked.addr)),
            Assume(~asked.write | is_ram(asked.addr) | (asked.addr >= RAM_WORDS)
                   if self.shared else ~asked.write),
        ]
        m.d.sync += [stands.eq(bus.req.valid & ~bus.req.ready), stood.eq(asked)]
        with m.If(bus.rsp.valid):
            m.d.sync += self.m_pending.eq(0)
        with m.If(bus.req.valid & bus.req.ready):
            m.d.sync += [self.m_pending.eq(1), self.m_request.eq(asked)]

        # The next access to RAM behind a request is the master's: `m_acts`.
        self.m_is_due, self.m_acts = Signal(), Signal()
        m.d.comb += self.m_acts.eq(self.m_is_due & data.en)
        with m.If(bus.req.valid & bus.req.ready & is_ram(asked.addr)):
            m.d.sync += self.m_is_due.eq(1)
        with m.Elif(self.m_acts):
            m.d.sync += self.m_is_due.eq(0)

    def _rested_program(self, m):
        """The program as it is in RAM: the words that nobody has written for some cycles.

        Assumes that what is being executed waits for nothing but the other master.
        """
        data, rests = self.core.data_port, []
        for n, address in enumerate(self.addresses):
            age = Signal(range(EXECUTION + 1), init=EXECUTION, name=f"age{n}")
            m.d.sync += age.eq(Mux(age == EXECUTION, age, age + 1))
            with m.If(data.en & data.write & (data.addr == address)):
                m.d.sync += age.eq(0)
            rests.append(age == EXECUTION)
        m.d.comb += [Assume(data.done), Assume(self.core.data_translate.hit),
                     *(Assume(~self.parts[name].waits) for name in ("Divider", "Fpu"))]

        def rested(m, address, name):
            known, word = Signal(name=f"{name}_rests"), Signal(32, name=f"{name}_now")
            for where, content, rest in zip(self.addresses, self.contents, rests, strict=True):
                with m.If(address == where):
                    m.d.comb += [known.eq(rest), word.eq(content)]
            return known, word

        def program(m, ip, active, stored):
            return self.table.program(m, ip, active, lambda *asked: rested(m, *asked))
        return program

    # --- claims about the ports ------------------------------------------------------------------

    def claim_interrupts(self, m):
        """An interrupt is taken only if they are enabled and its source has asked for it."""
        core, follower = self.core, self.follower
        asked = []
        for n, source in enumerate(SOURCES):
            count = Signal(4, name=f"asked{source}")  # and was not taken yet
            taken = core.traces & (core.trace.kind == INTERRUPT) & (core.trace.code == source)
            m.d.sync += count.eq(count + core.irq[n] - taken)
            asked.append((core.trace.code == source) & (count != 0))
        with m.If(follower.is_interrupt):
            m.d.comb += [Assert(follower.is_enabled), Assert(Cat(asked).any())]

    def claim_writes(self, m):
        """A register is written when and as a record says so: not by what faults."""
        core, write = self.core, self.registers.write
        m.d.comb += Assert(write.en == (core.traces & (core.trace.kind == INSN)
                                        & (core.trace.wrote & REGISTER).any()))
        with m.If(write.en):
            m.d.comb += [Assert(write.number == core.trace.d),
                         Assert(write.value == core.trace.value)]

    def claim_frame(self, m):
        """Behind an interrupt, a fault or a return, registers and frame hold what they should."""
        core, follower = self.core, self.follower
        is_int = core.trace.insn[24:] == INT
        was = {name: Signal(name=f"was_{name}")
               for name in ("interrupt", "fault", "refused", "int", "returned")}
        m.d.sync += [
            was["interrupt"].eq(core.traces & (core.trace.kind == INTERRUPT)),
            was["fault"].eq(core.traces & (core.trace.kind == FAULT) & ~follower.returns),
            was["refused"].eq(core.traces & (core.trace.kind == FAULT) & follower.returns),
            was["int"].eq(core.traces & (core.trace.kind == INSN) & is_int & ~follower.returns),
            was["returned"].eq(core.traces & (core.trace.kind == INSN) & follower.returns),
        ]
        with m.If(Cat(was.values()).any() & ~follower.is_lost & ~core.traces):
            m.d.comb += [Assert(ours == theirs) for ours, theirs in (
                *zip(self.registers.live, follower.live, strict=True),
                *zip(self.registers.frame, follower.frame, strict=True))]

        # Reach: the slowest of each kind within the proof's depth, a return that is refused.
        changed = Signal()  # the registers, by what is looked at
        m.d.sync += changed.eq(self.registers.save | self.registers.restore | changed)
        m.d.comb += [Cover(one & changed & ~follower.is_lost & ~core.traces)
                     for one in was.values()]

    def claim_stores(self, m):
        """RAM is written once for each store, just before its record, and by nothing else."""
        core = self.core
        is_due, addr, word = Signal(), Signal(32), Signal(32)
        stores = (core.traces & (core.trace.kind == INSN) & (core.trace.wrote & MEMORY).any()
                  & is_ram(core.trace.address))
        with m.If(core.traces):
            m.d.comb += Assert(is_due == stores)
            m.d.sync += is_due.eq(0)
        with m.If(stores):
            m.d.comb += [Assert(core.trace.address == addr), Assert(core.trace.data == word)]
        with m.If(core.data_port.en & core.data_port.write & ~self.m_acts):
            m.d.comb += Assert(~is_due | core.traces)
            m.d.sync += [is_due.eq(1), addr.eq(core.data_port.addr),
                         word.eq(core.data_port.w_data)]

    def claim_shared(self, m):
        """A request of the other master is made to RAM once, before its answer. A read, by it or by
        a `load`, gives what the word held in the cycle in which RAM was asked for it."""
        core, data, bus = self.core, self.core.data_port, self.core.masters[0]
        request, answer = self.m_request, bus.rsp.payload
        with m.If(self.m_acts):
            m.d.comb += [Assert(data.addr == request.addr), Assert(data.write == request.write),
                         Assert(~data.write | (data.w_data == request.data))]
        with m.If(bus.rsp.valid):
            m.d.comb += [Assert(~self.m_is_due),
                         Assert((answer.reason == Reason.NONE) == (request.addr < RAM_WORDS))]

        loads = (core.traces & (core.trace.kind == INSN) & (core.trace.wrote & LOADED).any()
                 & is_ram(core.trace.address))
        is_asked, addr = Signal(), Signal(32)
        with m.If(core.traces):
            m.d.sync += is_asked.eq(0)
        with m.If(data.en & ~data.write & ~self.m_acts):
            m.d.sync += [is_asked.eq(1), addr.eq(data.addr)]
        with m.If(loads):
            m.d.comb += [Assert(is_asked), Assert(addr == core.trace.address)]
        for n, (where, content) in enumerate(zip(self.addresses, self.contents, strict=True)):
            by_core, by_master = Signal(32, name=f"by_core{n}"), Signal(32, name=f"by_master{n}")
            with m.If(self.m_acts):
                m.d.sync += by_master.eq(content)
            with m.If(data.en & ~data.write & ~self.m_acts):
                m.d.sync += by_core.eq(content)
            with m.If(loads & (core.trace.address == where)):
                m.d.comb += Assert(core.trace.data == by_core)
            with m.If(bus.rsp.valid & ~request.write & (request.addr == where)):
                m.d.comb += Assert(answer.data == by_master)

        # Reach: the word that is loaded was changed by the other one while the program ran.
        changed = Signal()
        with m.If(self.m_acts & data.write & (data.addr == self.addresses[0])):
            m.d.sync += changed.eq(1)
        m.d.comb += Cover(changed & loads & (core.trace.address == self.addresses[0]))

    def claim_changes(self, m):
        """Not a claim: a word that the other master has changed is executed."""
        core, data, follower = self.core, self.core.data_port, self.follower
        changed = Signal()
        with m.If(self.m_acts & data.write & (data.addr == self.addresses[0])
                  & (data.w_data != self.contents[0])):
            m.d.sync += changed.eq(1)
        m.d.comb += Cover(changed & follower.is_insn & ~follower.translates
                          & (core.trace.ip == self.addresses[0]))

    def claim_windows(self, m):
        """A window is touched exactly once for each access, three cycles before its record."""
        self._assume_few_interrupts(m)
        core, window = self.core, self.core.windows[0]
        is_write, is_read = Signal(3), Signal(3)
        addr, word = [Signal(9) for _ in range(3)], [Signal(32) for _ in range(3)]
        m.d.sync += [
            is_write.eq(Cat(window.w_stb, is_write)), is_read.eq(Cat(window.r_stb, is_read)),
            addr[0].eq(window.addr), addr[1].eq(addr[0]), addr[2].eq(addr[1]),
            word[0].eq(window.w_data),
            word[1].eq(Mux(is_read[0], window.r_data, word[0])),
            word[2].eq(word[1]),
        ]
        touches = (core.traces & (core.trace.kind == INSN) & is_window(core.trace.address)
                   & (core.trace.wrote & (MEMORY | LOADED)).any())
        m.d.comb += [
            Assert(~(window.w_stb & window.r_stb)),
            Assert((is_write[2] | is_read[2]) == touches),
        ]
        with m.If(touches):
            m.d.comb += [
                Assert(core.trace_is_slow),
                Assert(is_write[2] == (core.trace.wrote & MEMORY).any()),
                Assert(core.trace.address == WINDOW[0] + addr[2]),
                Assert(core.trace.data == word[2]),
            ]

    def claim_bus(self, m):
        """Memory is asked only when it may be, and for what the page table grants."""
        self._assume_few_interrupts(m)
        core, fetch, data = self.core, self.core.fetch_port, self.core.data_port
        m.d.comb += [Assert(~fetch.en | fetch.done), Assert(~data.en | data.done)]

        def grants(port):
            return (port.valid & port.hit & (port.reason == Reason.NONE) & ~port.is_low)

        insn, port = core.insn_translate, core.data_translate
        with m.If(fetch.en):
            m.d.comb += [Assert(grants(insn)), Assert(fetch.addr == insn.pa),
                         Assert(insn.access == Access.EXECUTE)]
        # A handler's address may be read before it is known whether there can be one.
        with m.If(data.en & data.write & (data.addr >= LOW)):
            m.d.comb += [Assert(grants(port)), Assert(data.addr == port.pa),
                         Assert(port.access == Access.WRITE)]
        bus = core.masters[0]
        with m.If(bus.rsp.valid):
            m.d.comb += [Assert(self.m_pending),
                         Assert((bus.rsp.payload.reason == Reason.NONE)
                                == (self.m_request.addr < RAM_WORDS))]

    def _assume_few_interrupts(self, m):
        """Handlers' addresses are read from where the entry table is, and not from far behind."""
        m.d.comb += Assume(self.follower.count < 0x100)

    def claim_life(self, m):
        """If nothing outside makes it wait, something happens in every so many cycles."""
        core, queue = self.core, self.parts["FetchQueue"]
        m.d.comb += [
            Assume(queue.second.valid & ~queue.first.jumps & ~queue.second.jumps),
            Assume(~self.parts["StoreWatch"].hit),
            Assume(core.data_translate.hit),
            *(Assume(~self.parts[name].waits) for name in ("Divider", "Fpu")),
        ]
        age = Signal(4)
        m.d.sync += age.eq(Mux(core.traces | core.status.asleep | core.status.stopped, 0, age + 1))
        m.d.comb += Assert(age < LONGEST)

    def claim_reach(self, m):
        """Not a claim: what the others are about does happen."""
        core, follower = self.core, self.follower
        back = Signal()
        with m.If(core.traces & (core.trace.kind == FAULT)):
            m.d.sync += back.eq(1)
        m.d.comb += [
            Cover(follower.is_insn & follower.computes & follower.all_known & follower.was_insn),
            Cover(follower.is_fault & follower.why_known & (core.trace.code == 3)),
            Cover(follower.is_interrupt & ~follower.is_lost),
            Cover(follower.is_insn & back & ~follower.is_lost),
            Cover(core.traces & core.trace_is_slow & is_window(core.trace.address)),
        ]


# What may hold anything at the start, in the core and in the follower.
STARTS = {f"dut.{ours}": f"dut.follower.{theirs}" for ours, theirs in (
    *((f"core.traps.{ours}", theirs) for ours, theirs in (
        ("enabled", "enabled"), ("saved_ip", "saved_ip"), ("reason", "reason"),
        ("highest", "count"), ("in_fault", "in_fault"), ("translates", "translates"))),
    *((f"core.registers.{name}{n}", f"{name}{n}") for name in ("live", "frame") for n in range(2)),
    *((f"ram{n}", f"word{n}") for n in range(2)))}
FREE = ("dut.core.traps.is_enabled",)


def core_proof(name, *groups, depth, bugs=(), reaches=0, **options):
    return Proof(f"core_{name}", lambda: CoreProof(*groups, **options), depth=depth, bugs=bugs,
                 reaches=reaches, starts=STARTS, free=(*STARTS, *STARTS.values(), *FREE))


(ARBITER, CONTROL, DECODE, EXECUTE, FETCH, JUMP, LOAD_STORE, QUEUE, RESERVED, TRAPS, UNITS,
 VERDICT, WATCH) = (
    f"rtl/core/{name}.py" for name in (
        "arbiter", "control", "decode", "execute", "fetch", "jump", "load_store", "queue",
        "reserved", "traps", "units", "verdict", "watch"))

# Without fetch and queue the first record can come in the third cycle, else in the fourth; then one
# a cycle. What is forwarded comes from the two instructions before.
PROOFS = (
    core_proof("value", "value", "writes", "reach", depth=7, reaches=11, bugs=(
        Bug(DECODE, "with m.Elif(in_x):", "with m.Elif(in_x & ~in_m):"),
        Bug(DECODE, "in_x, self.executing.is_late,", "in_x, 0,"),
        Bug(DECODE, "other.eq(self.first_ip)", "other.eq(self.first_ip + 1)"),
        Bug(UNITS, "unit.taken.eq(self.taken)", "unit.taken.eq(0)"),
        Bug(EXECUTE, "xm.writes_d.eq(control.writes_d & completes)",
            "xm.writes_d.eq(control.writes_d)"))),
    core_proof("ip", "ip", depth=6, bugs=(
        Bug(CONTROL, "word[24:30] == BY_MNEMONIC", "word[24:29] == BY_MNEMONIC"),
        Bug(JUMP, " | (takes & x_is_elsewhere)", ""),
        Bug(JUMP, "a_is_zero == control.if_zero", "a_is_zero"),
        Bug(DECODE, "self.first_ip + Mux(hints.is_constant, 2, 1)", "self.first_ip + 1"),
        Bug(EXECUTE, "self.ip.eq(trapped.ip)", "self.ip.eq(insn.next_ip)"))),
    core_proof("fault", "fault", "stop", depth=6, bugs=(
        Bug(CONTROL, "writes_d & (self.word.d == IP_FIELD)", "0"),
        Bug(CONTROL, "self.uses_s1 & (self.word.s1 > IP_FIELD)", "0"),
        Bug(VERDICT, "control.is_halt & ~self.is_privileged", "0"),
        Bug(TRAPS, "is_refused.eq(returns & ~self.is_privileged)", "is_refused.eq(0)"),
        Bug(TRAPS, "number > highest", "number >= highest"))),
    core_proof("access", "access", "stores", depth=6, bugs=(
        Bug(LOAD_STORE, "self.may_pass.eq(direct.ready & ~x_is_refused)", "self.may_pass.eq(1)"),
        Bug(LOAD_STORE, "direct.en.eq(x_accesses & translate.is_plain",
            "direct.en.eq(x_accesses & ~translate.is_low"))),
    core_proof("shared", "shared", "stores", depth=7, reaches=9, shared=True, bugs=(
        Bug(ARBITER, "direct.ready.eq(port_free & ~takes_port)", "direct.ready.eq(port_free)"),
        Bug(ARBITER, "port.write.eq(request.write),", "port.write.eq(0),"),
        Bug(ARBITER, "is_past_end.eq(request.addr >= self.ram_words)",
            "is_past_end.eq(request.addr > self.ram_words)"),
        Bug(ARBITER, "response.data.eq(port.r_data)", "response.data.eq(request.data)"))),
    core_proof("entry", "frame", "interrupts", "ip", depth=9, reaches=9, prompt=True,
               only=(1, 2), bugs=(
        Bug(TRAPS, "self.save.eq(self.is_enabled)", "self.save.eq(1)"),
        Bug(TRAPS, "self.restore.eq(request.valid & returns & self.is_privileged)",
            "self.restore.eq(request.valid & returns)"),
        Bug(TRAPS, "self.wants.eq(pending.any() & self.is_enabled)",
            "self.wants.eq(pending.any())"),
        Bug(TRAPS, "[self.returned.eq(1), result.valid.eq(1), result.jumps.eq(1)",
            "[self.returned.eq(1), result.valid.eq(1), result.jumps.eq(0)"))),
    core_proof("windows", "windows", "table", depth=9, prompt=True, bugs=(
        Bug(RESERVED, "self.frame_number.eq(addr - FRAME_REGISTERS)",
            "self.frame_number.eq(addr - FRAME_REGISTERS + 1)"),
        Bug(VERDICT, "self.interrupted & (x_is_fresh | control.is_wait)", "self.interrupted"),
        Bug(ARBITER, "takes_port & is_low & ~self.hold", "is_low & ~self.hold"))),
    core_proof("life", "life", depth=12, prompt=True, bugs=(
        Bug(LOAD_STORE, "self.waits.eq(self.is_slow & ~slow_done)",
            "self.waits.eq(self.is_slow)"),
        Bug(TRAPS, "with m.If(mem.req.valid & mem.req.ready):", "with m.If(mem.rsp.valid):"))),
    core_proof("bus", "bus", depth=6, whole=True, bugs=(
        Bug(FETCH, "(self.free > fd_valid) & port_free", "(self.free > fd_valid)"),
        Bug(FETCH, "self.port.en.eq(f_can_ask & self.translate.is_plain)",
            "self.port.en.eq(f_can_ask & self.translate.hit)"),
        Bug(ARBITER, "direct.ready.eq(port_free & ~takes_port)", "direct.ready.eq(~takes_port)"))),
    core_proof("fetch", "word", "ip", depth=7, whole=True, bugs=(
        Bug(QUEUE, "offset.eq(Mux(ends, spill, taken[0]))", "offset.eq(taken[0])"),
        Bug(FETCH, "f_is_pair.eq(f_two & (prediction.pos | ~prediction.taken))",
            "f_is_pair.eq(f_two)"),
        Bug(WATCH, "distance < 2", "distance < 1"),
        Bug(FETCH, "self.next_ip.eq(Mux(fd_waiting, fd.ip, f_ip))", "self.next_ip.eq(f_ip)"))),
    core_proof("changed", "word", "changes", depth=8, reaches=9, whole=True, shared=True, bugs=(
        Bug(ARBITER, "self.wrote.eq(port.en & port.write)",
            "self.wrote.eq(direct.en & port.write)"),
        Bug(WATCH, "distance < 2", "distance < 1"),
        Bug(VERDICT, "(self.is_stale & x_is_fresh) | was_void", "was_void"))),
)
