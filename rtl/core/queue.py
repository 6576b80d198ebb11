"""Queue between fetch and decode: turns groups of words back into a stream of words."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import Reason
from rtl.core.control import Hints
from rtl.core.fetch import Group
from rtl.core.predictor import Prediction

__all__ = ["DEPTH", "FetchQueue", "Word"]

# Groups. Three can be in use, since the first one leaves late, and one is on its way.
DEPTH = 4


class Word(data.Struct):
    """A word of the instruction stream."""
    valid:      1
    word:       32          # as `arrange_operands` makes it
    hints:      Hints
    reason:     Reason      # it could not be fetched
    group:      32          # address of its group
    pos:        1           # it is the group's second word
    prediction: Prediction  # of its group
    jumps:      1           # fetch went on elsewhere behind it


class FetchQueue(wiring.Component):
    """Holds groups until decode has taken all of their words.

    It lets go of one group a cycle: a two-word instruction that uses up two single-word groups
    costs a cycle. A group stays for one cycle after its last word was taken. How many words are
    taken is known late, for it depends on everything that an instruction may wait for; so it
    decides here about two bits alone, and what moves in the next cycle is known as that begins.

    Members
    -------
    i_valid, i : In(1), In(Group)
        From fetch.
    next_ip : In(32)
        Fetch's `next_ip`.
    free : Out(3)
        To fetch; depends on registers alone.
    clear : In(1)
        Forget everything.
    first, second : Out(Word)
        The next two words of the stream.
    first_ip : Out(32)
        Virtual address of `first`.
    follows : Out(32)
        Address of the group behind that of `first`: where a jump in it is predicted to go.
    take : In(2)
        How many words decode takes in this cycle, 0 to 2, at most those that are valid.
    """
    i_valid:  In(1)
    i:        In(Group)
    next_ip:  In(32)
    free:     Out(3)
    clear:    In(1)
    first:    Out(Word)
    second:   Out(Word)
    first_ip: Out(32)
    follows:  Out(32)
    take:     In(2)

    def elaborate(self, platform):
        m = Module()

        groups = [Signal(Group, name=f"group{n}") for n in range(DEPTH)]
        count  = Signal(range(DEPTH + 1))
        pops   = Signal()  # the first group is used up, and leaves in this cycle
        kept   = Signal.like(count)
        offset = Signal()  # words of the first group after that, `head`, that are taken already

        head, behind = Signal(Group), Signal(Group)
        head_valid, behind_valid = Signal(), Signal()
        m.d.comb += [
            kept.eq(count - pops),
            self.free.eq(DEPTH - kept),
            head_valid.eq(kept != 0),
            behind_valid.eq(kept > 1),
            head.eq(Mux(pops, groups[1], groups[0])),
            behind.eq(Mux(pops, groups[2], groups[1])),
        ]
        with m.If(behind_valid):
            m.d.comb += self.follows.eq(behind.ip)
        with m.Elif(self.i_valid):
            m.d.comb += self.follows.eq(self.i.ip)
        with m.Else():
            m.d.comb += self.follows.eq(self.next_ip)

        first, second  = self.first, self.second
        is_used_up     = Signal()  # its only word went with the group before
        second_in_head = Signal()
        m.d.comb += [
            is_used_up.eq(offset & ~head.is_pair),
            second_in_head.eq(~offset & head.is_pair),
            self.first_ip.eq(head.ip + offset),
            first.valid.eq(head_valid & ~is_used_up),
            first.word.eq(Mux(offset, head.words[1], head.words[0])),
            first.hints.eq(Mux(offset, head.hints[1], head.hints[0])),
            first.reason.eq(head.reason),
            first.group.eq(head.ip),
            first.pos.eq(offset),
            first.prediction.eq(head.prediction),
            first.jumps.eq(head.prediction.taken & (head.prediction.pos == offset)),
        ]
        with m.If(second_in_head):
            m.d.comb += [
                second.valid.eq(first.valid),
                second.word.eq(head.words[1]),
                second.hints.eq(head.hints[1]),
                second.group.eq(head.ip),
                second.pos.eq(1),
                second.prediction.eq(head.prediction),
                second.jumps.eq(head.prediction.taken & head.prediction.pos),
            ]
        with m.Else():
            m.d.comb += [
                second.valid.eq(first.valid & behind_valid),
                second.word.eq(behind.words[0]),
                second.hints.eq(behind.hints[0]),
                second.reason.eq(behind.reason),
                second.group.eq(behind.ip),
                second.prediction.eq(behind.prediction),
                second.jumps.eq(behind.prediction.taken & ~behind.prediction.pos),
            ]

        # What is left of the head, and whether anything of the group behind it is gone.
        taken = Signal(range(4))
        ends  = Signal()
        spill = Signal()
        m.d.comb += [
            taken.eq(offset + self.take),
            ends.eq(head_valid & (is_used_up | (taken > head.is_pair))),
            spill.eq(~is_used_up & (taken > head.is_pair + 1)),
        ]
        m.d.sync += [
            count.eq(kept + self.i_valid),
            pops.eq(ends),
            offset.eq(Mux(ends, spill, taken[0])),
        ]
        for n, group in enumerate(groups):
            next_group = groups[n + 1] if n + 1 < DEPTH else self.i
            with m.If(pops & (count > n + 1)):
                m.d.sync += group.eq(next_group)
            with m.Elif(self.i_valid & (kept == n)):
                m.d.sync += group.eq(self.i)
        with m.If(self.clear):
            m.d.sync += [count.eq(0), pops.eq(0), offset.eq(0)]

        return m
