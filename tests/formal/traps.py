"""Proofs about how interrupts wait."""

from amaranth import Cat, Module, Signal
from amaranth.asserts import AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

from isa.trace import Kind
from rtl.core.traps import Cause, Traps
from tests.formal.prover import Bug, Proof

__all__ = ["PROOFS"]

SOURCES = (2, 3, 6)


class InterruptsProof(wiring.Component):
    """Of the interrupts that wait, the one with the lowest number is taken; none is lost or taken
    twice, but for those of one source that come while one of it waits, which are one."""

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = Traps(ram_words=0x2000, sources=SOURCES)
        request, result, mem, bus = dut.request, dut.result, dut.mem, dut.bus

        # Assume: a request is held until its result; an interrupt is asked for only if one waits.
        # Memory and the program that writes to the table do what they like.
        m.d.comb += [port.eq(AnySeq(len(port))) for port in (
            dut.irq, dut.is_privileged, mem.req.ready, mem.rsp.valid, mem.rsp.payload.data,
            bus.addr, bus.r_stb, bus.w_stb, bus.w_data)]
        m.d.comb += request.as_value().eq(AnySeq(len(request.as_value())))
        waiting = Signal(len(SOURCES))  # model
        before, is_held = Signal.like(request.as_value()), Signal()
        begins = request.valid & ~dut.busy
        m.d.sync += [before.eq(request.as_value()),
                     is_held.eq((begins | is_held) & ~result.valid)]
        with m.If(is_held):
            m.d.comb += Assume(request.as_value()[1:] == before[1:])
        takes = begins & (request.cause == Cause.PERIPHERAL)
        m.d.comb += Assume(~takes | waiting.any())

        # Model: which wait, and which is taken.
        number, chosen = Signal(8), Signal(len(SOURCES))
        for n, source in reversed(list(enumerate(SOURCES))):
            with m.If(waiting[n]):
                m.d.comb += [chosen.eq(1 << n), number.eq(source)]
        expected = Signal(8)
        m.d.sync += waiting.eq(waiting | dut.irq)
        with m.If(takes):
            m.d.sync += [waiting.eq((waiting & ~chosen) | dut.irq), expected.eq(number)]

        # Promise.
        m.d.comb += Assert(dut.wants == (waiting.any() & dut.is_enabled))
        is_interrupt = result.valid & (result.kind == Kind.INTERRUPT)
        with m.If(is_interrupt):
            m.d.comb += [Assert(request.cause == Cause.PERIPHERAL), Assert(result.code == expected)]

        # Reach: two that came together are taken one after the other.
        taken = Signal(len(SOURCES))
        with m.If(is_interrupt):
            m.d.sync += taken.eq(taken | Cat(result.code == source for source in SOURCES))
        came = Signal()
        with m.If(dut.irq == 0b101):
            m.d.sync += came.eq(1)
        m.d.comb += Cover(came & (taken == 0b101))
        return m


TRAPS = "rtl/core/traps.py"
PROOFS = (
    # Two traps of the longest kind, and what comes meanwhile.
    Proof("interrupts", InterruptsProof, depth=14, reaches=14, bugs=(
        Bug(TRAPS, "reversed(list(enumerate(self.sources)))", "list(enumerate(self.sources))"),
        Bug(TRAPS, "Mux(accepts, pending & ~lowest, pending) | self.irq",
            "Mux(accepts, pending & ~lowest, pending | self.irq)"),
        Bug(TRAPS, "trap.source.eq(pending_number)", "trap.source.eq(trap.number)"))),
)
