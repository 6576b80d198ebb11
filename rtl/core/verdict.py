"""Verdict: what becomes of the instruction in execute, in this cycle."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import Reason
from rtl.core.decode import Decoded

__all__ = ["Verdict"]


class Verdict(wiring.Component):
    """Decides whether the instruction acts, faults, traps, completes, and what else follows.

    Not all that decides is known at the same time. Most of it comes out of registers, at the
    beginning of the cycle. Whether the instruction is stale comes out of a comparison of addresses,
    halfway through. What the address translation says comes last. So some questions have several
    answers, each as exact as can be had in time for those who need it:

    ==================  ============================  =================  =======================
    question            early: out of registers       later: staleness   last: translation
    ==================  ============================  =================  =======================
    does it act?        `might_act`, unless stale     `acts`
    is there an         `gives_way`, unless stale     `is_interrupted`
    interrupt instead?
    does it fault?                                                       `faults`, `reason`
    does it leave?      `may_complete`, unless stale  `is_simple`, of    `is_through`, unless
                        or its access does not pass   jumps, constants   stale; `completes`
    must fetch go       `went_off`, `refetches`       `is_misfetched`
    elsewhere?
    ==================  ============================  =================  =======================

    What is stale does not act, and in the next cycle causes a redirection: the way to fetch is too
    long to begin at the comparison. So early answers may be used where the difference does not
    matter: a unit may be told that its result was taken (`may_complete`), for it has no access, and
    what is stale is lost in any case, be it that it leaves (`is_through`) or that fetch left behind
    it at a wrong place, or goes where it leads (`went_off`). Nor may the way to fetch lead through
    the address translation: hence `is_simple`.

    Members
    -------
    valid : In(1)
        There is an instruction.
    insn : In(Decoded)
    leaves : In(1)
        It leaves in this cycle.
    is_stale : In(1)
        What was fetched, and begins to be executed now or later, is stale.
    redirected : In(1)
        All that was fetched is void, and fetched anew.
    interrupted : In(1)
        A peripheral's interrupt may be taken.
    is_privileged : In(1)
    trap_busy : In(1)
        A trap is under way, or the machine has stopped.
    room : In(1)
        Retire takes an instruction in this cycle.
    unit_done : In(1)
        No unit needs more time.
    access_waits : In(1)
        The access has begun, and its answer is not there.
    access_passes, access_may_pass : In(1)
        There is no access, or nothing else of it is missing; or it only has to be plain.
    access_is_plain : In(1)
    access_reason : In(Reason)
        It faults.
    is_mispredicted, is_astray : In(1)
        Fetch does not follow where it leads, or in a wrong belief, if it is a jump.
    might_act, acts : Out(1)
        Nothing comes before it: it was not overwritten since it was fetched, fetch did not leave
        behind it as behind a jump, and no interrupt is taken first.
    is_misfetched : Out(1)
        Fetch left behind it although it is no jump.
    gives_way, is_interrupted : Out(1)
        An interrupt is taken before it.
    reason, faults : Out(Reason), Out(1)
        It acts, and faults.
    traps : Out(1)
        It is `int` or `halt`, and acts.
    may_complete, is_simple, is_through, completes : Out(1)
        It does all that it has to, in this cycle.
    went_off, refetches, was_astray : Out(1)
        What comes next must be fetched from elsewhere: the instruction led there; or, since what
        was fetched has been stale since an earlier cycle, or fetch `was_astray`, from `ip` again.
    asleep : Out(1)
        It is a `wait` that goes on.
    """
    valid:           In(1)
    insn:            In(Decoded)
    leaves:          In(1)
    is_stale:        In(1)
    redirected:      In(1)
    interrupted:     In(1)
    is_privileged:   In(1)
    trap_busy:       In(1)
    room:            In(1)
    unit_done:       In(1)
    access_waits:    In(1)
    access_passes:   In(1)
    access_may_pass: In(1)
    access_is_plain: In(1)
    access_reason:   In(Reason)
    is_mispredicted: In(1)
    is_astray:       In(1)
    might_act:       Out(1)
    acts:            Out(1)
    is_misfetched:   Out(1)
    gives_way:       Out(1)
    is_interrupted:  Out(1)
    reason:          Out(Reason)
    faults:          Out(1)
    traps:           Out(1)
    may_complete:    Out(1)
    is_simple:       Out(1)
    is_through:      Out(1)
    completes:       Out(1)
    went_off:        Out(1)
    refetches:       Out(1)
    was_astray:      Out(1)
    asleep:          Out(1)

    def elaborate(self, platform):
        m = Module()
        insn, control = self.insn, self.insn.control

        # --- out of registers --------------------------------------------------------------------

        x_is_fresh   = Signal()  # it has not begun, for this is its first cycle or it was stale
        x_is_there   = Signal()  # and no trap is under way
        x_is_decoded = Signal()  # it could be fetched and decoded
        was_stale    = Signal()  # what comes next, since an earlier cycle
        was_void     = Signal()  # ...or astray, and it is here
        x_is_stale   = Signal()  # later
        m.d.sync += x_is_fresh.eq(~self.valid | self.leaves | x_is_stale)
        with m.If(self.is_simple & self.is_astray):
            m.d.sync += self.was_astray.eq(1)
        with m.If(self.redirected):
            m.d.sync += [was_stale.eq(0), self.was_astray.eq(0)]
        with m.If(self.is_stale):  # even then: a stale jump may redirect fetch anywhere
            m.d.sync += was_stale.eq(1)
        m.d.comb += [
            x_is_there.eq(self.valid & ~self.trap_busy),
            # What has begun does not, but for a `wait`.
            self.gives_way.eq(self.interrupted & (x_is_fresh | control.is_wait)),
            x_is_decoded.eq(insn.reason == Reason.NONE),
            was_void.eq((was_stale | self.was_astray) & x_is_fresh),
            self.might_act.eq(x_is_there & ~insn.jumped.is_wrong & ~self.gives_way & ~was_void),
            self.may_complete.eq(self.might_act & x_is_decoded & ~control.is_int
                                 & ~control.is_halt & ~control.is_wait & self.room
                                 & ~self.access_waits & self.unit_done),
            self.went_off.eq((self.might_act & control.is_jump & x_is_decoded & self.room
                              & self.is_mispredicted)
                             | (x_is_there & insn.jumped.is_wrong)),
            self.refetches.eq((was_stale | self.was_astray) & (x_is_fresh | ~self.valid)),
        ]

        # --- and staleness -----------------------------------------------------------------------

        m.d.comb += [
            x_is_stale.eq((self.is_stale & x_is_fresh) | was_void),
            self.acts.eq(self.might_act & ~x_is_stale),
            self.is_misfetched.eq(x_is_there & ~x_is_stale & insn.jumped.is_wrong),
            self.is_interrupted.eq(x_is_there & ~x_is_stale & ~insn.jumped.is_wrong
                                   & self.gives_way),
            self.traps.eq(self.acts & (control.is_int | control.is_halt)),
            self.is_simple.eq(self.acts & (control.is_jump | control.is_constant) & x_is_decoded
                              & self.room),
        ]

        # --- and the address translation ---------------------------------------------------------

        m.d.comb += self.reason.eq(insn.reason)
        with m.If(x_is_decoded):
            with m.If(control.is_halt & ~self.is_privileged):
                m.d.comb += self.reason.eq(Reason.INVALID_INSTRUCTION)
            with m.Else():
                m.d.comb += self.reason.eq(self.access_reason)
        m.d.comb += [
            self.faults.eq(self.acts & (self.reason != Reason.NONE)),
            # In this form one gate takes up `access_is_plain`.
            self.is_through.eq((self.may_complete & self.access_passes)
                               | (self.may_complete & self.access_may_pass
                                  & self.access_is_plain)),
            self.completes.eq(self.is_through & ~x_is_stale),
            self.asleep.eq(self.acts & control.is_wait & ~self.faults),
        ]

        return m
