"""Execute: the commit point. What is decided here happens, and nothing behind it can fault."""

from amaranth import EnableInserter, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import PROGRAM, WINDOWS
from isa.trace import Kind
from rtl.bus import Access, MemBus, Reason, TranslateBus
from rtl.core.alu import Alu
from rtl.core.arbiter import DirectPort
from rtl.core.decode import Decoded, Forward
from rtl.core.decoder import Unit
from rtl.core.divider import Divider
from rtl.core.fetch import Redirect
from rtl.core.jump import Jump
from rtl.core.multiplier import Multiplier
from rtl.core.predictor import ReturnUpdate, TargetUpdate
from rtl.core.retire import Executed, Late
from rtl.core.traps import Cause, TrapRequest, TrapResult
from rtl.fpu.fpu import Fpu

__all__ = ["Execute"]


class Execute(wiring.Component):
    """Executes an instruction, or finds that it faults, or takes an interrupt instead.

    An instruction leaves it in its first cycle, unless a reason to wait is named below. It also
    keeps the architectural `ip`, which is exact whatever fetch has predicted.

    Parameters
    ----------
    fpu : bool
        Whether the floating-point instructions are there.

    Members
    -------
    i : In(stream.Signature(Decoded))
    o : Out(stream.Signature(Executed))
    forward : Out(Forward)
        To decode.
    redirect : Out(Redirect)
        To all before it.
    ip : Out(32)
        Of the instruction here, or the next one to come.
    asleep : Out(1)
        In a `wait`.
    product : Out(32)
        Of the multiplication that left in the cycle before.
    translate : Out(TranslateBus)
    direct : Out(DirectPort)
        To RAM.
    slow : Out(MemBus)
        To what is below `RESERVED_LIMIT`.
    is_stale : In(1)
        What was fetched, and begins to be executed now or later, is stale.
    is_privileged : In(1)
    interrupted : In(1)
        A peripheral's interrupt may be taken.
    trap : Out(TrapRequest)
    trapped : In(TrapResult)
    trap_busy, trap_stop, trap_stop_code : In(1), In(1), In(8)
    return_top : In(32)
    targets : Out(TargetUpdate)
    returns : Out(ReturnUpdate)
    """
    def __init__(self, *, fpu):
        self.fpu = fpu
        super().__init__({
            "i":              In(stream.Signature(Decoded)),
            "o":              Out(stream.Signature(Executed)),
            "forward":        Out(Forward),
            "redirect":       Out(Redirect),
            "ip":             Out(32, init=PROGRAM),
            "asleep":         Out(1),
            "product":        Out(32),
            "translate":      Out(TranslateBus),
            "direct":         Out(DirectPort),
            "slow":           Out(MemBus),
            "is_stale":       In(1),
            "is_privileged":  In(1),
            "interrupted":    In(1),
            "trap":           Out(TrapRequest),
            "trapped":        In(TrapResult),
            "trap_busy":      In(1),
            "trap_stop":      In(1),
            "trap_stop_code": In(8),
            "return_top":     In(32),
            "targets":        Out(TargetUpdate),
            "returns":        Out(ReturnUpdate),
        })

    def elaborate(self, platform):
        m = Module()
        insn, control = self.i.payload, self.i.payload.control

        m.submodules.alu  = alu  = Alu()
        m.submodules.jump = jump = Jump()
        m.submodules.multiplier = multiplier = Multiplier()
        # The big units stand still while they have nothing to do: that costs nothing in gates, and
        # spares a simulator most of their logic. They move for a little more than their `en`, which
        # is known too late to stop so many registers.
        units = {Unit.DIVIDE: Divider()}
        if self.fpu:
            units[Unit.FLOAT] = Fpu()
        for kind, unit in units.items():
            m.submodules[kind.name.lower()] = EnableInserter(
                self.i.valid & (control.unit == kind))(unit)

        # --- what becomes of the instruction in this cycle ---------------------------------------

        x_is_fresh       = Signal()  # in its first cycle here
        x_is_stale       = Signal()  # it was overwritten after it was fetched
        x_is_misfetched  = Signal()  # fetch left behind it although it is no jump
        x_is_interrupted = Signal()  # something else happens before it
        x_acts           = Signal()
        x_might_act      = Signal()  # unless it is stale, which is known late
        x_faults         = Signal()
        x_traps          = Signal()  # `int` and `halt`
        x_completes      = Signal()
        slow_busy        = Signal()  # an access below `RESERVED_LIMIT` has begun
        slow_done        = Signal()
        live             = Signal()
        refetches        = Signal()  # what comes next is stale
        m.d.sync += x_is_fresh.eq(~self.i.valid | self.i.ready)
        m.d.comb += [
            x_is_stale.eq((self.is_stale | refetches) & x_is_fresh),
            live.eq(self.i.valid & ~self.trap_busy & ~x_is_stale),
            x_is_misfetched.eq(live & insn.jumped.is_wrong),
            x_is_interrupted.eq(live & ~insn.jumped.is_wrong & self.interrupted
                                & (x_is_fresh | control.is_wait)),
            x_might_act.eq(self.i.valid & ~self.trap_busy & ~insn.jumped.is_wrong
                           & ~(self.interrupted & (x_is_fresh | control.is_wait))),
            x_acts.eq(x_might_act & ~x_is_stale),
        ]

        # --- memory ------------------------------------------------------------------------------

        x_reason      = Signal(Reason)
        x_accesses    = Signal()
        x_direct      = Signal()
        x_slow        = Signal()  # what may be no RAM; the arbiter finds out, with more time
        x_pa          = self.translate.pa
        is_access     = control.is_load | control.is_store
        m.d.comb += [
            x_accesses.eq(x_acts & is_access & (insn.reason == Reason.NONE) & ~slow_busy),
            self.translate.valid.eq(x_accesses),
            self.translate.va.eq(insn.a),
            self.translate.access.eq(Mux(control.is_store, Access.WRITE, Access.READ)),
            x_direct.eq(x_accesses & self.translate.is_plain),
            x_slow.eq(x_accesses & self.translate.hit & self.translate.is_low
                      & (self.translate.reason == Reason.NONE)),
            self.direct.en.eq(x_direct & self.o.ready),
            self.direct.write.eq(control.is_store),
            self.direct.addr.eq(x_pa),
            self.direct.w_data.eq(insn.b),
            x_reason.eq(insn.reason),
        ]
        with m.If(insn.reason == Reason.NONE):
            with m.If(control.is_halt & ~self.is_privileged):
                m.d.comb += x_reason.eq(Reason.INVALID_INSTRUCTION)
            with m.Elif(x_accesses & self.translate.hit):
                m.d.comb += x_reason.eq(self.translate.reason)
        slow_addr, slow_data = self._elaborate_slow(m, x_slow, x_pa, slow_busy, slow_done)

        # --- reasons to wait, and the end --------------------------------------------------------

        # The address translation is known last. Of all that it says, only whether an access is
        # plain decides if the instruction leaves now.
        x_stall_on_retire = ~self.o.ready
        x_stall_on_port   = ~self.direct.ready
        x_stall_on_slow   = slow_busy & ~slow_done
        x_stall_on_unit   = Signal()
        x_may_complete    = Signal()
        x_is_through      = Signal()
        m.d.comb += [
            x_faults.eq(x_acts & (x_reason != Reason.NONE)),
            x_traps.eq(x_acts & (control.is_int | control.is_halt)),
            x_may_complete.eq(x_might_act & (insn.reason == Reason.NONE) & ~control.is_int
                              & ~control.is_halt & ~control.is_wait & ~x_stall_on_retire
                              & ~x_stall_on_slow & ~x_stall_on_unit),
            x_is_through.eq(x_may_complete & (~is_access | slow_busy
                                              | (self.translate.is_plain & ~x_stall_on_port))),
            x_completes.eq(x_is_through & ~x_is_stale),
            self.asleep.eq(x_acts & control.is_wait & ~x_faults),
            # What is stale is cleared by the redirection, so that its leaving makes no difference.
            self.i.ready.eq(x_is_through),
        ]

        # --- results -----------------------------------------------------------------------------

        x_value = Signal(32)
        m.d.comb += [
            alu.op.eq(control.alu),
            alu.a.eq(insn.a),
            alu.b.eq(insn.b),
            multiplier.a.eq(insn.a),
            multiplier.b.eq(insn.b),
            # Early rather than exact: the product of what does not leave is not looked at.
            multiplier.en.eq(self.o.ready & (control.unit == Unit.MULTIPLY)),
            self.product.eq(multiplier.product),
            units[Unit.DIVIDE].op.eq(control.divide),
            units[Unit.DIVIDE].dividend.eq(insn.a),
            units[Unit.DIVIDE].divisor.eq(insn.b),
            x_value.eq(alu.result),
            self.forward.valid.eq(self.i.valid & control.writes_d),
            self.forward.d.eq(insn.d),
            self.forward.value.eq(alu.result),
            self.forward.is_late.eq(control.unit != Unit.ALU),
        ]
        if self.fpu:
            fpu = units[Unit.FLOAT]
            m.d.comb += [fpu.op.eq(control.fpu), fpu.a.eq(insn.a), fpu.b.eq(insn.b)]
        for kind, unit in units.items():
            with m.If(control.unit == kind):
                m.d.comb += [
                    unit.en.eq(x_acts & (insn.reason == Reason.NONE)),
                    unit.taken.eq(x_may_complete),  # it makes no access, so nothing else is missing
                    x_stall_on_unit.eq(~unit.done),
                    x_value.eq(unit.result),
                ]
        with m.If(slow_busy):
            m.d.comb += x_value.eq(slow_data)

        # xm: the register between execute and retire.
        xm = self.o.payload
        with m.If(self.o.ready):
            m.d.sync += [
                self.o.valid.eq(x_completes | self.trapped.valid | self.trap_stop),
                xm.kind.eq(Mux(self.trapped.valid, self.trapped.kind, Kind.INSN)),
                xm.ip.eq(self.ip),
                xm.word.eq(insn.word),
                xm.is_constant.eq(control.is_constant),
                xm.writes_d.eq(control.writes_d & x_completes),
                xm.is_load.eq(control.is_load),
                xm.is_store.eq(control.is_store),
                xm.d.eq(insn.d),
                xm.late.eq(Late.NONE),
                xm.value.eq(x_value),
                xm.addr.eq(Mux(slow_busy, slow_addr, x_pa)),
                xm.data.eq(insn.b),
                xm.code.eq(self.trapped.code),
                xm.is_slow.eq(slow_busy),
            ]
            with m.If(x_completes & control.is_load & ~slow_busy):
                m.d.sync += xm.late.eq(Late.LOAD)
            with m.If(x_completes & (control.unit == Unit.MULTIPLY)):
                m.d.sync += xm.late.eq(Late.MULTIPLY)
            with m.If(self.trap_stop):
                m.d.sync += [xm.kind.eq(Kind.STOP), xm.code.eq(self.trap_stop_code)]

        # --- traps -------------------------------------------------------------------------------

        m.d.comb += [
            self.trap.valid.eq(self.o.ready & (x_is_interrupted | x_faults | x_traps)),
            self.trap.cause.eq(Mux(control.is_halt, Cause.HALT, Cause.SOFTWARE)),
            self.trap.number.eq(insn.a),
            self.trap.reason.eq(x_reason),
            self.trap.ip.eq(self.ip),
            self.trap.next_ip.eq(insn.next_ip),
        ]
        with m.If(x_is_interrupted):
            m.d.comb += self.trap.cause.eq(Cause.PERIPHERAL)
        with m.Elif(x_faults):
            m.d.comb += self.trap.cause.eq(Cause.FAULT)

        # --- where to go on ----------------------------------------------------------------------

        # Jumps and constants complete in their first cycle if nothing is wrong with them. That is
        # known early: the way from here to fetch must not lead through the address translation.
        x_is_simple = Signal()
        m.d.comb += x_is_simple.eq(x_acts & (control.is_jump | control.is_constant)
                                   & (insn.reason == Reason.NONE) & ~x_stall_on_retire)
        # What is stale is fetched again in any case, and so need not be told from this.
        x_went_off = Signal()
        m.d.comb += x_went_off.eq((x_might_act & control.is_jump & (insn.reason == Reason.NONE)
                                   & ~x_stall_on_retire & jump.is_mispredicted)
                                  | (self.i.valid & ~self.trap_busy & insn.jumped.is_wrong))

        m.d.comb += [
            jump.insn.eq(insn),
            jump.ip.eq(self.ip),
            jump.leaves.eq(x_is_simple | x_is_misfetched),
            jump.return_top.eq(self.return_top),
            self.targets.eq(jump.targets),
            self.returns.eq(jump.returns),
        ]
        # Stale is also what was fetched before a store to a window: it may have changed the mapping
        # of memory. What lies below the windows changes no instruction that is fetched ahead.
        with m.If(self.redirect.valid):
            m.d.sync += refetches.eq(0)
        with m.Elif(self.is_stale):
            m.d.sync += refetches.eq(1)

        x_remaps = Signal()
        m.d.comb += [
            x_remaps.eq(slow_done & control.is_store & ~x_stall_on_retire & (slow_addr >= WINDOWS)),
            self.redirect.ip.eq(Mux(x_is_simple | x_remaps, jump.next_ip, self.ip)),
        ]
        with m.If(self.trapped.valid):
            with m.If(self.trapped.jumps):
                m.d.comb += [self.redirect.valid.eq(1), self.redirect.ip.eq(self.trapped.ip)]
                m.d.sync += self.ip.eq(self.trapped.ip)
            with m.Elif(self.trapped.kind == Kind.INSN):
                m.d.comb += self.i.ready.eq(1)  # an `int` without effect
                m.d.sync += self.ip.eq(insn.next_ip)
        with m.Else():
            is_late = (self.is_stale | refetches) & (x_is_fresh | ~self.i.valid)
            m.d.comb += self.redirect.valid.eq(x_went_off | x_remaps | is_late)
            with m.If(x_completes):
                m.d.sync += self.ip.eq(jump.next_ip)

        return m

    def _elaborate_slow(self, m, wanted, pa, busy, done):
        """One access to what may be no RAM; gives its address and what was read."""
        slow = self.slow
        addr = Signal(32, name="slow_addr")
        with m.If(~busy):
            m.d.sync += addr.eq(pa)
        m.d.comb += [
            slow.req.payload.addr.eq(addr),
            slow.req.payload.write.eq(self.i.payload.control.is_store),
            slow.req.payload.data.eq(self.i.payload.b),
        ]

        # REST  no such access
        # ASK   it is offered; the instruction will complete, whatever comes
        # HEAR  its answer lets it
        with m.FSM():
            with m.State("REST"):
                with m.If(wanted & self.o.ready):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += [busy.eq(1), slow.req.valid.eq(1)]
                with m.If(slow.req.ready):
                    m.next = "HEAR"
            with m.State("HEAR"):
                m.d.comb += [busy.eq(1), slow.rsp.ready.eq(1), done.eq(slow.rsp.valid)]
                with m.If(slow.rsp.valid):
                    m.next = "REST"
        return addr, slow.rsp.payload.data
