"""Jump: where an instruction leads, whether fetch knew it, and what fetch can learn from it."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.core.decode import Decoded
from rtl.core.predictor import ReturnUpdate, TargetUpdate

__all__ = ["Jump"]


class Jump(wiring.Component):
    """Follows the instruction in execute. All but the memory of constants is combinational.

    A call is a jump shortly after a `constant` with the address behind the jump; a return is a
    jump to the latest address on the return stack. Fetch must have known which it is: else its
    return stack has gone astray, and it has to go on from here again.

    Members
    -------
    insn : In(Decoded)
        The instruction in execute.
    ip : In(32)
        Its address.
    leaves : In(1)
        It completes in this cycle.
    next_ip : Out(32)
        Address of the next instruction.
    is_mispredicted : Out(1)
        Fetch went elsewhere.
    is_astray : Out(1)
        Its return stack did. Later than `is_mispredicted`, without which it means nothing.
    return_top : In(32)
        Latest address on the return stack.
    targets : Out(TargetUpdate)
    returns : Out(ReturnUpdate)
    """
    insn:            In(Decoded)
    ip:              In(32)
    leaves:          In(1)
    next_ip:         Out(32)
    is_mispredicted: Out(1)
    is_astray:       Out(1)
    return_top:      In(32)
    targets:         Out(TargetUpdate)
    returns:         Out(ReturnUpdate)

    def elaborate(self, platform):
        m = Module()
        insn, control, jumped = self.insn, self.insn.control, self.insn.jumped

        x_taken  = Signal()
        x_offset = Signal(32)
        x_target = Signal(32)  # too late to be compared
        # As a carry: made of LUTs, the test for zero comes to share those of slower units.
        less_one  = Signal(33)
        a_is_zero = ~less_one[32]
        m.d.comb += [
            less_one.eq(insn.a + 0xFFFF_FFFF),
            x_taken.eq(control.is_jump & (~control.is_conditional
                                          | (a_is_zero == control.if_zero))),
            x_offset.eq(Mux(control.is_conditional, insn.b, insn.a)),
            x_target.eq(Mux(control.is_relative, self.ip + x_offset, x_offset)),
            self.next_ip.eq(Mux(x_taken, x_target, insn.next_ip)),
        ]

        # Calls and returns. The address behind a call is one of the last two constants.
        links     = [Signal(32, name=f"link{n}") for n in range(2)]
        x_is_jmp  = Signal()
        x_calls   = Signal()
        x_returns = Signal()
        x_is_known = Signal()  # to fetch
        # Both comparisons, and both answers, are made before it is known which one counts: this is
        # the beginning of the way to fetch.
        x_is_elsewhere = Signal()  # fetch, if it is taken
        misses = []                # fetch was wrong, if a is not 0, and if it is
        for is_zero in range(2):
            takes = control.is_jump & (~control.is_conditional | (control.if_zero == is_zero))
            misses.append((takes != jumped.taken) | (takes & x_is_elsewhere))
        with m.If(self.leaves & control.is_constant):
            m.d.sync += [links[0].eq(insn.a), links[1].eq(links[0])]
        m.d.comb += [
            x_is_jmp.eq(control.is_jump & ~control.is_conditional & ~control.is_relative),
            x_calls.eq(x_is_jmp & ((links[0] == insn.next_ip) | (links[1] == insn.next_ip))),
        ]
        # Fetch may have overwritten the latest address since it predicted a return.
        guess = jumped.prediction
        with m.If(x_is_known & guess.taken & guess.returns):
            m.d.comb += x_returns.eq(x_is_jmp & (insn.a == jumped.expected))
        with m.Else():
            m.d.comb += x_returns.eq(x_is_jmp & (insn.a == self.return_top) & ~x_calls)
        m.d.comb += [
            x_is_elsewhere.eq(Mux(control.is_conditional, insn.b != jumped.expected,
                                  insn.a != jumped.expected)),
            self.is_mispredicted.eq(Mux(a_is_zero, misses[1], misses[0])),
            self.is_astray.eq(x_taken & ((x_calls != guess.calls) | (x_returns != guess.returns))),
            x_is_known.eq(guess.hit & (guess.pos == jumped.pos)),
            self.returns.moves.eq(self.leaves),
            self.returns.push.eq(x_calls),
            self.returns.pop.eq(x_returns),
            self.returns.address.eq(insn.next_ip),
            self.returns.is_new.eq(~guess.calls),
        ]

        # Two-bit counters; a conditional jump that was never taken gets no entry.
        counter = guess.counter
        m.d.comb += [
            self.targets.valid.eq(self.leaves & control.is_jump & (x_taken | x_is_known)),
            self.targets.group.eq(jumped.group),
            self.targets.pos.eq(jumped.pos),
            self.targets.is_gone.eq(jumped.is_wrong),
            self.targets.always.eq(~control.is_conditional),
            self.targets.taken.eq(x_taken),
            self.targets.index.eq(guess.index),
            self.targets.calls.eq(x_calls),
            self.targets.returns.eq(x_returns),
            self.targets.target.eq(x_target),
        ]
        with m.If(jumped.is_wrong):
            m.d.comb += self.targets.valid.eq(self.leaves)
        with m.If(~x_is_known):
            m.d.comb += self.targets.counter.eq(2)
        with m.Elif(x_taken):
            m.d.comb += self.targets.counter.eq(Mux(counter == 3, 3, counter + 1))
        with m.Else():
            m.d.comb += self.targets.counter.eq(Mux(counter == 0, 0, counter - 1))

        return m
