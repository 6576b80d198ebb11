"""Execute: the commit point. What is decided here happens, and nothing behind it can fault."""

from amaranth import Module, Mux
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from isa.machine import PROGRAM
from isa.trace import Kind
from rtl.bus import MemBus, Reason, TranslateBus
from rtl.checks import check_bool
from rtl.core.account import Flow, Progress
from rtl.core.arbiter import DirectPort
from rtl.core.control import Unit
from rtl.core.decode import Decoded, Forward
from rtl.core.fetch import Redirect
from rtl.core.jump import Jump
from rtl.core.load_store import LoadStore
from rtl.core.predictor import ReturnUpdate, TargetUpdate
from rtl.core.retire import Executed, Late
from rtl.core.traps import Cause, TrapRequest, TrapResult
from rtl.core.units import Units
from rtl.core.verdict import Verdict

__all__ = ["Execute"]


class Execute(wiring.Component):
    """Executes an instruction, or finds that it faults, or takes an interrupt instead.

    `Verdict` says what becomes of the instruction, `LoadStore` makes its access, `Units` compute
    its result, `Jump` follows where it leads. Here they are wired; and the architectural `ip` is
    kept, which is exact whatever fetch has predicted.

    An instruction leaves in its first cycle, unless retire has no room, its access does not pass or
    waits for an answer, or a unit is not done.

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
    progress : Out(Progress)
        For those who watch.
    """
    def __init__(self, *, fpu):
        self.fpu = check_bool("fpu", fpu)
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
            "progress":       Out(Progress),
        })

    def elaborate(self, platform):
        m = Module()
        insn, control = self.i.payload, self.i.payload.control

        m.submodules.verdict    = verdict    = Verdict()
        m.submodules.load_store = load_store = LoadStore()
        m.submodules.units      = units      = Units(fpu=self.fpu)
        m.submodules.jump       = jump       = Jump()

        connect(m, load_store.translate, flipped(self.translate))
        connect(m, load_store.direct, flipped(self.direct))
        connect(m, load_store.slow, flipped(self.slow))
        m.d.comb += [
            verdict.valid.eq(self.i.valid),
            verdict.insn.eq(insn),
            verdict.leaves.eq(self.i.ready),
            verdict.is_stale.eq(self.is_stale),
            verdict.redirected.eq(self.redirect.valid),
            verdict.interrupted.eq(self.interrupted),
            verdict.is_privileged.eq(self.is_privileged),
            verdict.trap_busy.eq(self.trap_busy),
            verdict.room.eq(self.o.ready),
            verdict.unit_done.eq(units.done),
            verdict.access_waits.eq(load_store.waits),
            verdict.access_passes.eq(load_store.passes),
            verdict.access_may_pass.eq(load_store.may_pass),
            verdict.access_is_plain.eq(self.translate.is_plain),
            verdict.access_reason.eq(load_store.reason),
            verdict.is_mispredicted.eq(jump.is_mispredicted),
            verdict.is_astray.eq(jump.is_astray),
            load_store.insn.eq(insn),
            load_store.might_act.eq(verdict.might_act), load_store.acts.eq(verdict.acts),
            load_store.room.eq(self.o.ready),
            units.valid.eq(self.i.valid),
            units.insn.eq(insn),
            # What is stale may begin, or what faults, and is given up in the next cycle.
            units.en.eq(verdict.might_act),
            units.taken.eq(verdict.may_complete),
            units.room.eq(self.o.ready),
            jump.insn.eq(insn),
            jump.ip.eq(self.ip),
            jump.leaves.eq(verdict.is_simple | verdict.is_misfetched),
            jump.return_top.eq(self.return_top),
            self.targets.eq(jump.targets),
            self.returns.eq(jump.returns),
            self.asleep.eq(verdict.asleep),
            self.product.eq(units.product),
            self.forward.valid.eq(self.i.valid & control.writes_d),
            self.forward.d.eq(insn.d),
            self.forward.value.eq(units.alu_result),
            self.forward.is_late.eq(control.unit != Unit.ALU),
            # What is stale is cleared by the redirection, so that its leaving makes no difference.
            self.i.ready.eq(verdict.is_through),
        ]
        self._request_trap(m, verdict)
        self._register_executed(m, verdict, load_store, units)
        self._go_on(m, verdict, load_store, jump)
        self._tell(m, verdict, load_store, units)

        return m

    def _request_trap(self, m, verdict):
        """A reason to interrupt the program, for `Traps` to look at."""
        insn, trap = self.i.payload, self.trap
        m.d.comb += [
            trap.valid.eq(self.o.ready & (verdict.is_interrupted | verdict.faults
                                          | verdict.traps)),
            trap.cause.eq(Mux(insn.control.is_halt, Cause.HALT, Cause.SOFTWARE)),
            trap.number.eq(insn.a),
            trap.reason.eq(verdict.reason),
            trap.ip.eq(self.ip),
            trap.next_ip.eq(insn.next_ip),
        ]
        with m.If(verdict.gives_way):
            m.d.comb += trap.cause.eq(Cause.PERIPHERAL)
        with m.Elif(verdict.reason != Reason.NONE):
            m.d.comb += trap.cause.eq(Cause.FAULT)

    def _register_executed(self, m, verdict, load_store, units):
        """xm: the register between execute and retire."""
        insn, control = self.i.payload, self.i.payload.control
        completes, is_slow = verdict.completes, load_store.is_slow
        xm = self.o.payload
        with m.If(self.o.ready):
            m.d.sync += [
                self.o.valid.eq(completes | self.trapped.valid | self.trap_stop),
                xm.kind.eq(Mux(self.trapped.valid, self.trapped.kind, Kind.INSN)),
                xm.ip.eq(self.ip),
                xm.word.eq(insn.word),
                xm.is_constant.eq(control.is_constant),
                xm.writes_d.eq(control.writes_d & completes),
                xm.is_load.eq(control.is_load),
                xm.is_store.eq(control.is_store),
                xm.d.eq(insn.d),
                xm.late.eq(Late.NONE),
                xm.value.eq(Mux(is_slow, load_store.r_data, units.result)),
                xm.addr.eq(load_store.addr),
                xm.data.eq(insn.b),
                xm.code.eq(self.trapped.code),
                xm.is_slow.eq(is_slow),
            ]
            with m.If(completes & control.is_load & ~is_slow):
                m.d.sync += xm.late.eq(Late.LOAD)
            with m.If(completes & (control.unit == Unit.MULTIPLY)):
                m.d.sync += xm.late.eq(Late.MULTIPLY)
            with m.If(self.trap_stop):
                m.d.sync += [xm.kind.eq(Kind.STOP), xm.code.eq(self.trap_stop_code)]

    def _go_on(self, m, verdict, load_store, jump):
        """Where the program goes on, and where fetch must, if it is not there.

        Stale is also what was fetched before a store to a window: it may have changed the mapping
        of memory. What lies below the windows changes no instruction that is fetched ahead.
        """
        insn, trapped, redirect = self.i.payload, self.trapped, self.redirect
        # Only what acts leads elsewhere. Where a stale jump leads is of no importance.
        m.d.comb += redirect.ip.eq(Mux(verdict.might_act, jump.next_ip, self.ip))
        with m.If(trapped.valid):
            with m.If(trapped.jumps):
                m.d.comb += [redirect.valid.eq(1), redirect.ip.eq(trapped.ip)]
                m.d.sync += self.ip.eq(trapped.ip)
            with m.Elif(trapped.kind == Kind.INSN):
                m.d.comb += self.i.ready.eq(1)  # an `int` without effect
                m.d.sync += self.ip.eq(insn.next_ip)
        with m.Else():
            m.d.comb += redirect.valid.eq(verdict.went_off | load_store.remaps
                                          | verdict.refetches)
            with m.If(verdict.completes):
                m.d.sync += self.ip.eq(jump.next_ip)

    def _tell(self, m, verdict, load_store, units):
        """What the account hears."""
        control, progress = self.i.payload.control, self.progress
        m.d.comb += [
            progress.valid.eq(self.i.valid),
            progress.completes.eq(verdict.completes),
            progress.traps.eq(self.trap.valid | self.trap_busy),
            progress.acts.eq(verdict.acts),
            progress.is_stale.eq(((verdict.might_act & ~verdict.acts) | verdict.refetches)
                                 & ~verdict.was_astray),
            progress.room.eq(self.o.ready),
            progress.unit.eq(control.unit),
            progress.unit_done.eq(units.done),
            progress.asleep.eq(verdict.asleep),
            progress.hit.eq(self.translate.hit),
            progress.is_low.eq(load_store.is_slow | self.translate.is_low),
            progress.leads.eq(self.redirect.valid),
            progress.refetches.eq(verdict.refetches & ~verdict.was_astray),
            progress.remaps.eq(load_store.remaps),
        ]
        jumps = control.is_jump & ~control.is_conditional & ~control.is_relative
        with m.If(self.trapped.valid & self.trapped.jumps):
            m.d.comb += progress.flow.eq(Flow.ENTER)
        with m.Elif(verdict.completes & self.returns.push):
            m.d.comb += progress.flow.eq(Flow.CALL)
        with m.Elif(verdict.completes & jumps):
            m.d.comb += progress.flow.eq(Flow.JUMP)
