"""Fetch: asks memory for the instruction stream, two words at a time."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from isa.machine import PROGRAM
from rtl.bus import Access, MemBus, Reason, TranslateBus
from rtl.core.control import Hints, arrange_operands, hints_of
from rtl.core.predictor import (
    BranchTargets,
    Prediction,
    ReturnStack,
    ReturnUpdate,
    TargetUpdate,
)
from rtl.memory.ports import FetchPort

__all__ = ["Fetch", "Group", "Redirect"]


class Group(data.Struct):
    """Up to two neighbouring words of the instruction stream."""
    ip:         32  # virtual address of the first
    words:      data.ArrayLayout(32, 2)  # as `arrange_operands` makes them
    hints:      data.ArrayLayout(Hints, 2)
    is_pair:    1   # the second word belongs to the stream too
    prediction: Prediction
    reason:     Reason  # the first word cannot be fetched


class Redirect(data.Struct):
    """Go on elsewhere; all that was fetched is void."""
    valid: 1
    ip:    32


class Fetch(wiring.Component):
    """Follows the instruction stream, as far as it can be predicted.

    A group of two words is asked for in each cycle, at any address, and put out in the next. It is
    a single word if the next one may be mapped elsewhere, lies past the end of RAM or behind a jump
    that is predicted taken. Words below `RESERVED_LIMIT`, which may be no RAM, are read through
    `slow`, one at a time, once everything before has been executed.

    Parameters
    ----------
    target_entries, return_entries : int
        Sizes of branch target buffer and return stack.

    Members
    -------
    o_valid : Out(1)
        There is a group in `o`. It is there for one cycle: the queue must take it.
    o : Out(Group)
    free : In(3)
        For how many more groups the queue has room, beginning with the one in `o`.
    next_ip : Out(32)
        Address of the group that comes after the one in `o`, or comes next if there is none.
    idle : In(1)
        All instructions that were put out have been executed, and no complete one is waiting.
    redirect : In(Redirect)
        Go on elsewhere. The first group from there is put out two cycles later.
    translate : Out(TranslateBus)
    port : Out(FetchPort)
    slow : Out(MemBus)
    asked : Out(1)
        A group is asked for, at physical address `asked_addr`.
    asked_addr : Out(32)
    targets : In(TargetUpdate)
        Training of the branch target buffer.
    returns : In(ReturnUpdate)
        Training of the return stack.
    return_top : Out(32)
        Latest address on the return stack, as execute sees it.
    """
    def __init__(self, *, target_entries, return_entries):
        self.target_entries = target_entries
        self.return_entries = return_entries
        super().__init__({
            "o_valid":    Out(1),
            "o":          Out(Group),
            "free":       In(3),
            "next_ip":    Out(32),
            "idle":       In(1),
            "redirect":   In(Redirect),
            "translate":  Out(TranslateBus),
            "port":       Out(FetchPort),
            "slow":       Out(MemBus),
            "asked":      Out(1),
            "asked_addr": Out(32),
            "targets":    In(TargetUpdate),
            "returns":    In(ReturnUpdate),
            "return_top": Out(32),
        })

    def elaborate(self, platform):
        m = Module()

        m.submodules.targets = targets = BranchTargets(entries=self.target_entries)
        m.submodules.returns = returns = ReturnStack(entries=self.return_entries)
        m.d.comb += [
            targets.update.eq(self.targets),
            targets.restart.eq(self.redirect.valid),
            returns.executed.eq(self.returns),
            returns.restart.eq(self.redirect.valid),
            self.return_top.eq(returns.executed_top),
        ]

        f_ip     = Signal(32, init=PROGRAM)
        f_parked = Signal()  # behind a word that cannot be fetched
        m.d.comb += [
            targets.group.eq(f_ip),
            self.translate.valid.eq(~f_parked),
            self.translate.va.eq(f_ip),
            self.translate.access.eq(Access.EXECUTE),
        ]

        # Where the group is, and how much of it can be had at once.
        f_pa          = self.translate.pa
        f_two         = Signal()
        f_is_pair     = Signal()
        f_predicted   = Signal()
        slow_fires    = Signal()
        f_fires       = Signal()  # a group comes out of this address
        prediction    = targets.prediction
        m.d.comb += [
            f_two.eq(~self.translate.is_last & ~slow_fires),
            f_predicted.eq(prediction.taken & (~prediction.pos | f_two)),
            f_is_pair.eq(f_two & (prediction.pos | ~prediction.taken)),
            targets.moves.eq(f_fires),
            targets.follows.eq(f_predicted),
            returns.moves.eq(f_fires),
            returns.push.eq(f_predicted & prediction.calls),
            returns.pop.eq(f_predicted & prediction.returns),
            returns.may_push.eq(prediction.taken & prediction.calls),
            returns.address.eq(f_ip + prediction.pos + 1),
        ]

        # Where to go on. Whether a jump is predicted is known last.
        f_next = Signal(32)
        m.d.comb += f_next.eq(Mux(f_predicted, Mux(prediction.returns, returns.top, targets.target),
                                  Mux(f_two, f_ip + 2, f_ip + 1)))

        # fd: the group that was asked for in the last cycle.
        fd_valid, fd_is_slow = Signal(), Signal()
        fd = Signal(Group)
        fd_word    = Signal(32)
        fd_waiting = Signal()
        port_owes  = Signal()  # an answer, be it to a request that a redirection made void
        port_free  = Signal()
        with m.If(port_free):
            m.d.sync += port_owes.eq(self.port.en)
        words = Mux(fd_is_slow, fd_word, self.port.first), self.port.second
        m.d.comb += [
            port_free.eq(~port_owes | self.port.done),
            fd_waiting.eq(fd_valid & ~fd_is_slow & (fd.reason == Reason.NONE) & ~self.port.done),
            self.o_valid.eq(fd_valid & ~fd_waiting),
            self.o.eq(fd),
            *(part.eq(value) for n, word in enumerate(words) for part, value in (
                (self.o.words[n], arrange_operands(word)), (self.o.hints[n], hints_of(word)))),
            self.next_ip.eq(Mux(fd_waiting, fd.ip, f_ip)),
        ]

        # The address translation is known last. What is not plain is rare, and takes a cycle more.
        f_can_ask  = Signal()
        f_is_odd   = Signal()  # neither plain nor a miss
        f_is_low   = Signal()  # so it was in the last cycle, and low
        f_fails    = Signal()  # ...or cannot be fetched
        f_reason   = Signal(Reason)
        m.d.comb += [
            f_can_ask.eq(~f_parked & (self.free > fd_valid) & port_free),
            f_is_odd.eq(f_can_ask & self.translate.hit & ~f_fires),
            self.port.en.eq(f_can_ask & self.translate.is_plain),
            self.port.addr.eq(f_pa),
            f_fires.eq((f_can_ask & (self.translate.is_plain | f_fails)) | slow_fires),
            self.asked.eq(f_fires),
            self.asked_addr.eq(f_pa),
        ]

        # What the group is goes into the register before it is known that there is one.
        with m.If(~fd_waiting):
            m.d.sync += [
                fd_valid.eq(f_fires),
                fd_is_slow.eq(slow_fires),
                fd.ip.eq(f_ip),
                fd.is_pair.eq(f_is_pair & ~f_fails),
                fd.prediction.eq(prediction),
                fd.prediction.taken.eq(f_predicted & ~f_fails),
                fd.reason.eq(Mux(f_fails, f_reason, Reason.NONE)),
            ]
        with m.If(f_fires):
            m.d.sync += [f_parked.eq(f_fails), f_ip.eq(f_next)]
        with m.If(self.redirect.valid):
            m.d.sync += [f_ip.eq(self.redirect.ip), f_parked.eq(0), fd_valid.eq(0)]

        is_odd = f_is_odd & ~self.redirect.valid
        m.d.sync += [
            f_fails.eq(is_odd & (self.translate.reason != Reason.NONE)),
            f_is_low.eq(is_odd & (self.translate.reason == Reason.NONE)),
            f_reason.eq(self.translate.reason),
        ]
        self._elaborate_slow(m, f_pa, f_can_ask & f_is_low, slow_fires, fd_word)

        return m

    def _elaborate_slow(self, m, f_pa, wanted, fires, word):
        """Reads a word that may be no RAM, once nothing under way can change it any more.

        The store watch does not see the saved registers and the interrupt words change, so a fetch
        of them has to wait until all before it is done.
        """
        slow    = self.slow
        addr    = Signal(32)
        is_void = Signal()  # redirected since
        m.d.comb += slow.req.payload.addr.eq(addr)

        # REST  nothing is wanted, or something is still being executed
        # ASK   a read is offered
        # HEAR  its answer becomes a group
        with m.FSM():
            with m.State("REST"):
                m.d.sync += [addr.eq(f_pa), is_void.eq(0)]
                with m.If(wanted & self.idle & ~self.redirect.valid):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += slow.req.valid.eq(1)
                with m.If(self.redirect.valid):
                    m.d.sync += is_void.eq(1)
                with m.If(slow.req.ready):
                    m.next = "HEAR"
            with m.State("HEAR"):
                m.d.comb += slow.rsp.ready.eq(1)
                with m.If(self.redirect.valid):
                    m.d.sync += is_void.eq(1)
                with m.If(slow.rsp.valid):
                    m.d.comb += fires.eq(~is_void)  # even so, a redirection wins
                    m.d.sync += word.eq(slow.rsp.payload.data)
                    m.next = "REST"
