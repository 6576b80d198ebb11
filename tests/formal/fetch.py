"""Proofs about how fetch reads words that may be no RAM: windows, saved registers, the table."""

from unittest.mock import patch

from amaranth import Fragment, Module, Mux, Signal
from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assert, Assume, Cover
from amaranth.lib import wiring

import rtl.core.fetch
from rtl.bus import Reason
from rtl.core.control import arrange_operands, hints_of
from rtl.core.fetch import Fetch
from tests.formal.prover import Bug, Proof
from tests.formal.substitutes import FreeReturns, FreeTargets

__all__ = ["PROOFS"]

LOW = 0x1000  # below may be no RAM


class OddFetchProof(wiring.Component):
    """A word below `LOW` that comes out of fetch is what it holds then, whoever may change it.

    One such word is followed, any. An instruction under way may change it in any cycle, as a
    redirection may, which can be that of an interrupt, which saves registers. While nothing is
    under way and nobody redirects, it stays. Predictions are anything.
    """

    def __init__(self):
        super().__init__({})

    def elaborate(self, platform):
        m = Module()
        dut = Fetch(target_entries=2, return_entries=2)
        with (patch.object(rtl.core.fetch, "BranchTargets", FreeTargets),
              patch.object(rtl.core.fetch, "ReturnStack", FreeReturns)):
            m.submodules.dut = Fragment.get(dut, platform)
        slow, translate, redirect = dut.slow, dut.translate, dut.redirect
        where, content = AnyConst(32), Signal(32)

        # Assume: what was put out is under way in the next cycle, and once it is done, nothing is
        # until more is put out. Only a redirection makes words void that wait in the queue, and it
        # comes with an instruction, or with an interrupt.
        was_idle, had_put_out = Signal(init=1), Signal()
        m.d.comb += [
            dut.idle.eq(AnySeq(1)),
            redirect.eq(AnySeq(len(redirect.as_value()))),
            Assume(~had_put_out | ~dut.idle | redirect.valid),
            Assume(~was_idle | had_put_out | dut.idle),
            dut.free.eq(AnySeq(3)),
            Assume(dut.free <= 3),
        ]
        m.d.sync += [was_idle.eq(dut.idle), had_put_out.eq(dut.o_valid & ~redirect.valid)]
        with m.If(~dut.idle | redirect.valid):
            m.d.sync += content.eq(AnySeq(32))

        # Assume: words are where their addresses say, as far as the MMU knows that at the moment;
        # one cannot be fetched.
        bad, hit = AnyConst(32), AnySeq(1)
        reason   = Mux(translate.va == bad, Reason.MEMORY_FAULT, Reason.NONE)
        m.d.comb += [
            translate.hit.eq(hit),
            translate.pa.eq(translate.va),
            translate.reason.eq(reason),
            translate.is_low.eq(translate.va < LOW),
            translate.is_plain.eq(hit & (translate.va != bad) & (translate.va >= LOW)),
            translate.is_last.eq(AnySeq(1)),
        ]

        # Assume: memory of both kinds answers at any time, and with the word, if it is that one.
        pending, answer = Signal(), Signal(32)
        done = Signal(init=1)
        m.d.comb += [
            slow.req.ready.eq(AnySeq(1) & ~pending),
            slow.rsp.valid.eq(pending & AnySeq(1)),
            slow.rsp.payload.data.eq(answer),
            dut.port.done.eq(done | AnySeq(1)),
            dut.port.first.eq(AnySeq(32)),
            dut.port.second.eq(AnySeq(32)),
        ]
        m.d.sync += done.eq(dut.port.done & ~dut.port.en)
        with m.If(slow.rsp.valid & slow.rsp.ready):
            m.d.sync += pending.eq(0)
        with m.If(slow.req.valid & slow.req.ready):
            m.d.sync += [pending.eq(1), answer.eq(AnySeq(32))]
            with m.If(slow.req.payload.addr == where):
                m.d.sync += answer.eq(content)

        # Promise.
        before, is_held = Signal(32), Signal()
        m.d.sync += [is_held.eq(slow.req.valid & ~slow.req.ready),
                     before.eq(slow.req.payload.addr)]
        m.d.comb += [
            Assert(~(is_held & ~slow.req.valid)),
            Assert(~is_held | (slow.req.payload.addr == before)),
            Assert(~slow.req.valid | (slow.req.payload.addr < LOW)),
            Assert(~slow.req.valid | ~slow.req.payload.write),
            Assert(~slow.rsp.valid | slow.rsp.ready),
        ]
        comes = dut.o_valid & (dut.o.reason == Reason.NONE) & (dut.o.ip < LOW)
        is_it = comes & (dut.o.ip == where)
        with m.If(comes):
            m.d.comb += Assert(~dut.o.is_pair)
        with m.If(is_it & ~redirect.valid):
            m.d.comb += [Assert(dut.o.words[0] == arrange_operands(content)),
                         Assert(dut.o.hints[0].as_value() == hints_of(content))]

        # Reach: it comes twice, and is another then.
        first, seen = Signal(32), Signal()
        with m.If(is_it & ~redirect.valid & ~seen):
            m.d.sync += [seen.eq(1), first.eq(content)]
        m.d.comb += Cover(seen & is_it & (content != first))
        return m


FETCH = "rtl/core/fetch.py"
PROOFS = (
    # A word, a redirection at any time, and the word again.
    Proof("fetch_odd", OddFetchProof, depth=11, reaches=13, bugs=(
        Bug(FETCH, "wanted & self.idle & ~self.redirect.valid", "wanted & ~self.redirect.valid"),
        Bug(FETCH, "wanted & self.idle & ~self.redirect.valid", "wanted & self.idle"),
        Bug(FETCH, "~self.translate.is_last & ~slow_fires", "~self.translate.is_last"),
        Bug(FETCH, "fires.eq(~is_void)", "fires.eq(1)"))),
)
