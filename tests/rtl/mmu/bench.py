"""An MMU with a memory of uneven speed, compiled, that takes orders and gives answers."""

from pathlib import Path

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import Access, Reason
from rtl.memory.ram import SimulatedRam
from rtl.mmu.mmu import Mmu
from sim.engine import build
from sim.engine.design import Design, Stream
from sim.engine.library import Simulation
from toolchain.places import ROOT

__all__ = ["Kind", "MmuBench"]


class Kind(enum.Enum, shape=3):
    DATA      = 0  # look `word` up on the data side
    INSN      = 1  # ...on the fetch side
    BASE      = 2  # write `word` to `base`
    RETURN    = 3  # from interrupt: translation goes on
    INTERRUPT = 4  # translation goes off
    GLANCE    = 5  # ask for `word` on the fetch side, but for one cycle only


class Order(data.Struct):
    word:   32
    access: Access
    kind:   Kind


class Answer(data.Struct):
    pa:      32
    reason:  Reason
    is_last: 1
    cycles:  24


class MmuHarness(wiring.Component):
    """Does what it is told, an order after the other."""
    order:      In(stream.Signature(Order))
    answer:     Out(stream.Signature(Answer))
    misbehaved: Out(1)  # has ever written, or read past the end of RAM

    def __init__(self, mmu, *, is_uneven):
        self.mmu       = mmu
        self.is_uneven = is_uneven
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.mmu = mmu = self.mmu

        # The memory: as fast as it can be, or with pauses drawn from a shift register.
        chance = Signal(16, init=0xACE1)
        m.d.sync += chance.eq(Cat(chance[15] ^ chance[13] ^ chance[12] ^ chance[10], chance))
        req, rsp  = mmu.mem.req, mmu.mem.rsp
        is_due    = Signal()
        last_addr = Signal(32)
        accept    = req.valid & req.ready
        m.submodules.memory = memory = SimulatedRam(words=mmu.ram_words)
        m.d.comb += [
            memory.data.en.eq(1),
            memory.data.addr.eq(Mux(accept, req.payload.addr, last_addr)),
            rsp.payload.data.eq(memory.data.r_data),
            rsp.valid.eq(is_due & ~(self.is_uneven & chance[0] & chance[3])),
            req.ready.eq((~is_due | rsp.valid) & ~(self.is_uneven & chance[1])),
        ]
        with m.If(accept):
            m.d.sync += [is_due.eq(1), last_addr.eq(req.payload.addr)]
            with m.If(req.payload.write | (req.payload.addr >= mmu.ram_words)):
                m.d.sync += self.misbehaved.eq(1)
        with m.Elif(rsp.valid):
            m.d.sync += is_due.eq(0)

        order  = self.order.payload
        cycles = Signal(24)
        m.d.comb += [
            mmu.insn.va.eq(order.word),
            mmu.data.va.eq(order.word),
            mmu.insn.access.eq(order.access),
            mmu.data.access.eq(order.access),
            mmu.bus.w_data.eq(order.word),
            self.answer.payload.cycles.eq(cycles),
        ]
        with m.If(self.order.valid):
            with m.Switch(order.kind):
                for kind, port in (Kind.DATA, mmu.data), (Kind.INSN, mmu.insn):
                    with m.Case(kind):
                        m.d.comb += [
                            port.valid.eq(1),
                            self.answer.valid.eq(port.hit),
                            self.answer.payload.pa.eq(port.pa),
                            self.answer.payload.reason.eq(port.reason),
                            self.answer.payload.is_last.eq(port.is_last),
                            self.order.ready.eq(port.hit & self.answer.ready),
                        ]
                with m.Case(Kind.BASE):
                    m.d.comb += [mmu.bus.w_stb.eq(1), self.order.ready.eq(1)]
                with m.Case(Kind.RETURN):
                    m.d.comb += [mmu.flush.eq(1), self.order.ready.eq(1)]
                    m.d.sync += mmu.on.eq(1)
                with m.Case(Kind.INTERRUPT):
                    m.d.comb += self.order.ready.eq(1)
                    m.d.sync += mmu.on.eq(0)
                # Asks, and changes its mind a cycle later.
                with m.Case(Kind.GLANCE):
                    m.d.comb += [mmu.insn.valid.eq(1), self.order.ready.eq(1)]
            m.d.sync += cycles.eq(cycles + 1)
            with m.If(self.order.ready):
                m.d.sync += cycles.eq(0)
        return m


class MmuBench:
    """An MMU with its memory, ready for orders.

    Parameters
    ----------
    ram_words : int
    page_table : PageTable
    is_uneven : bool
        Whether the memory hesitates now and then.
    stored_entries : int
        Of the second level; few, so that its places are emptied soon and regions meet in them.
    """
    def __init__(self, *, ram_words, page_table, is_uneven=True, stored_entries=4):
        def design():
            mmu = Mmu(ram_words=ram_words, page_table=page_table, insn_entries=2, data_entries=4,
                      stored_entries=stored_entries)
            return Design(component=MmuHarness(mmu, is_uneven=is_uneven),
                          ram="memory.ram", ram_words=ram_words,
                          streams=(Stream("order", "in", Order.as_shape().size),
                                   Stream("answer", "out", Answer.as_shape().size)),
                          probes=("misbehaved",))

        folders = [ROOT / "rtl", Path(build.__file__).parent, Path(__file__).parent]
        key = build.source_key(folders, ram_words, page_table, is_uneven, stored_entries)
        self.model = build.built(key, design, lambda line: None)
        self.simulation = None

    def reset(self):
        """Start afresh, with an empty memory."""
        if self.simulation is not None:
            self.simulation.close()
        self.simulation = Simulation(*self.model)
        self.ram  = self.simulation.ram
        self.sent = 0
        return self

    def order(self, kind, word=0, access=Access.READ):
        """Queue an order; each DATA and INSN has an answer."""
        self.simulation.send("order", [Order.const(
            {"kind": kind, "word": word, "access": access}).as_bits()])
        self.sent += kind in (Kind.DATA, Kind.INSN)

    def answers(self, budget=5_000_000):
        """Run, and take the answers to all orders since the last time."""
        taken = []
        while budget > 0 and (len(taken) < self.sent or self.simulation.unsent("order")):
            self.simulation.run(500)
            budget -= 500
            taken.extend(int(token) for token in self.simulation.receive("answer"))
        assert len(taken) == self.sent, "the MMU did not answer"
        assert not self.simulation.probe("misbehaved"), "a walk wrote, or read past the end of RAM"
        self.sent = 0
        return [Answer.from_bits(token) for token in taken]
