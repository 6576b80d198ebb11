"""Load/store: the one access to memory that an instruction may make."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from isa.machine import WINDOWS
from rtl.bus import Access, MemBus, Reason, TranslateBus
from rtl.core.arbiter import DirectPort
from rtl.core.decode import Decoded

__all__ = ["LoadStore"]


class LoadStore(wiring.Component):
    """Translates the address of a load or store, and sends the access on its way.

    RAM is asked directly: a store is done as the instruction leaves, a load's data come to retire.
    What lies below `RESERVED_LIMIT` may be no RAM; it takes the slow way, through the arbiter, and
    the instruction waits here for the answer.

    Members
    -------
    insn : In(Decoded)
        Held until it leaves.
    might_act, acts : In(1)
        There is an instruction, and nothing comes before it. Whether its address is asked for
        depends on `might_act` alone, which may be wrong: the answer is then not looked at.
    room : In(1)
        Retire takes an instruction in this cycle.
    translate : Out(TranslateBus)
    direct : Out(DirectPort)
        To RAM.
    slow : Out(MemBus)
        To what is below `RESERVED_LIMIT`.
    reason : Out(Reason)
        The access faults: known a cycle after the address translation.
    passes, may_pass : Out(1)
        There is no access, or nothing of it is missing but, on the slow way, its answer; or it only
        has to be plain, which is the first thing that the address translation says. Known early.
    waits : Out(1)
        For that answer. Known early.
    is_slow : Out(1)
        The access has gone the slow way, on which `addr` and `r_data` are from here on.
    addr : Out(32)
        Physical address of the access.
    r_data : Out(32)
        What was read, on the slow way, unless it `waits`.
    remaps : Out(1)
        A store to a window ends in this cycle: memory may be mapped otherwise from now on.
    """
    insn:      In(Decoded)
    might_act: In(1)
    acts:      In(1)
    room:      In(1)
    translate: Out(TranslateBus)
    direct:    Out(DirectPort)
    slow:      Out(MemBus)
    reason:    Out(Reason)
    passes:    Out(1)
    may_pass:  Out(1)
    waits:     Out(1)
    is_slow:   Out(1)
    addr:      Out(32)
    r_data:    Out(32)
    remaps:    Out(1)

    def elaborate(self, platform):
        m = Module()
        control, translate, direct = self.insn.control, self.translate, self.direct

        x_accesses, x_asks = Signal(), Signal()
        x_is_refused = Signal()  # in the cycle before; now it faults
        is_access    = control.is_load | control.is_store
        m.d.comb += [
            x_asks.eq(is_access & (self.insn.reason == Reason.NONE) & ~self.is_slow
                      & ~x_is_refused),
            x_accesses.eq(self.acts & x_asks),
            translate.valid.eq(self.might_act & x_asks),
            translate.va.eq(self.insn.a),
            translate.access.eq(Mux(control.is_store, Access.WRITE, Access.READ)),
            direct.en.eq(x_accesses & translate.is_plain & self.room),
            direct.write.eq(control.is_store),
            direct.addr.eq(translate.pa),
            direct.w_data.eq(self.insn.b),
        ]

        x_goes_slow = Signal()  # what may be no RAM; the arbiter finds out, with more time
        slow_addr   = Signal(32)
        slow_done   = Signal()
        m.d.comb += [
            x_goes_slow.eq(self.might_act & x_asks & translate.hit & translate.is_low
                           & (translate.reason == Reason.NONE)),
            self.waits.eq(self.is_slow & ~slow_done),
            self.addr.eq(Mux(self.is_slow, slow_addr, translate.pa)),
            self.remaps.eq(slow_done & control.is_store & self.room & (slow_addr >= WINDOWS)),
        ]
        with m.If(~self.is_slow):
            m.d.sync += slow_addr.eq(translate.pa)
        self._elaborate_slow(m, x_goes_slow & self.room, slow_addr, slow_done)

        # The address translation is known last. Of all that it says, only whether an access is
        # plain decides if the instruction leaves now.
        m.d.comb += [
            self.passes.eq(~is_access | self.is_slow),
            self.may_pass.eq(direct.ready & ~x_is_refused),
        ]
        x_reason = Signal(Reason)
        m.d.sync += [
            x_is_refused.eq(x_accesses & translate.hit & (translate.reason != Reason.NONE)),
            x_reason.eq(translate.reason),
        ]
        with m.If(x_is_refused):
            m.d.comb += self.reason.eq(x_reason)

        return m

    def _elaborate_slow(self, m, begins, addr, done):
        """One access to what may be no RAM; it is `done` as its answer comes."""
        slow = self.slow
        m.d.comb += [
            slow.req.payload.addr.eq(addr),
            slow.req.payload.write.eq(self.insn.control.is_store),
            slow.req.payload.data.eq(self.insn.b),
            self.r_data.eq(slow.rsp.payload.data),
        ]

        # REST  no such access
        # ASK   it is offered, unless the instruction turned out not to act; else it will complete,
        #       whatever comes
        # HEAR  its answer lets it
        with m.FSM():
            with m.State("REST"):
                with m.If(begins):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += [self.is_slow.eq(1), slow.req.valid.eq(self.might_act)]
                with m.If(~self.might_act):
                    m.next = "REST"
                with m.Elif(slow.req.ready):
                    m.next = "HEAR"
            with m.State("HEAR"):
                m.d.comb += [self.is_slow.eq(1), slow.rsp.ready.eq(1), done.eq(slow.rsp.valid)]
                with m.If(slow.rsp.valid):
                    m.next = "REST"
