"""Decode: takes an instruction from the queue, looks it up, and fetches its operands."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import Reason
from rtl.checks import check_bool
from rtl.core.control import Control, Decoder, InsnWord, restore_operands
from rtl.core.predictor import Prediction
from rtl.core.queue import Word
from rtl.core.registers import RegisterRead

__all__ = ["Decode", "Decoded", "Forward", "Jumped"]


class Forward(data.Struct):
    """The result of an instruction further on, before the register file has it."""
    valid:   1  # the instruction writes register `d`
    d:       6
    value:   32
    is_late: 1  # the value is not known yet


class Jumped(data.Struct):
    """How fetch went on behind an instruction, and what must be known to teach it better."""
    taken:      1   # elsewhere, instead of straight on
    expected:   32  # the operand that would lead there: an address, or an offset if it is relative
    is_wrong:   1   # behind a word that is no jump at all
    group:      32  # where the jump was fetched
    pos:        1
    prediction: Prediction


class Decoded(data.Struct):
    """Decode to execute."""
    word:    InsnWord
    next_ip: 32       # of the instruction behind it in memory
    control: Control
    d:       6
    a:       32       # s0; the address of a store; the immediate of a constant
    b:       32       # s1; the data of a store
    jumped:  Jumped
    reason:  Reason   # it cannot be fetched, or not be decoded


class Decode(wiring.Component):
    """Puts out one instruction a cycle, with its operands.

    Waits while an operand comes from a load or a multiplication directly ahead, or from any other
    result that execute does not have in time.

    Parameters
    ----------
    fpu : bool
        Whether the floating-point instructions are there.

    Members
    -------
    first, second, first_ip, follows, take
        The queue's.
    read : Out(RegisterRead).array(2)
    executing, retiring : In(Forward)
        Results of the two instructions ahead, in execute and behind it.
    clear : In(1)
        Drop what is put out.
    o : Out(stream.Signature(Decoded))
    is_complete : Out(1)
        There is a whole instruction to be put out.
    waits : Out(1)
        It waits for an operand.
    """
    def __init__(self, *, fpu):
        self.fpu = check_bool("fpu", fpu)
        super().__init__({
            "first":       In(Word),
            "second":      In(Word),
            "first_ip":    In(32),
            "follows":     In(32),
            "take":        Out(2),
            "read":        Out(RegisterRead).array(2),
            "executing":   In(Forward),
            "retiring":    In(Forward),
            "clear":       In(1),
            "o":           Out(stream.Signature(Decoded)),
            "is_complete": Out(1),
            "waits":       Out(1),
        })

    def elaborate(self, platform):
        m = Module()

        first, second, hints = self.first, self.second, self.first.hints
        m.submodules.decoder = decoder = Decoder(fpu=self.fpu)
        d_control = decoder.control
        d_word    = decoder.word
        m.d.comb += [
            d_word.eq(restore_operands(first.word)),
        ]
        fields = data.View(InsnWord, first.word)
        d_a_is_late = self._elaborate_operand(m, "a", fields.s0, self.read[0])
        d_b_is_late = self._elaborate_operand(m, "b", fields.s1, self.read[1])
        with m.If(hints.is_constant):
            m.d.comb += [self.read[0].instead.eq(1),
                         self.read[0].other.eq(restore_operands(second.word))]

        d_is_pair       = Signal()  # the instruction has a second word, which matters
        d_stall_on_late = Signal()
        d_issues        = Signal()
        m.d.comb += [
            d_is_pair.eq(hints.is_constant & (first.reason == Reason.NONE) & ~first.jumps),
            self.is_complete.eq(first.valid & (~d_is_pair | second.valid)),
            d_stall_on_late.eq((hints.uses_a & d_a_is_late) | (hints.uses_b & d_b_is_late)),
            self.waits.eq(self.is_complete & d_stall_on_late),
            d_issues.eq(self.is_complete & ~d_stall_on_late & (~self.o.valid | self.o.ready)),
        ]
        with m.If(d_issues):
            m.d.comb += self.take.eq(Mux(d_is_pair, 2, 1))

        # dx: the register between decode and execute.
        dx = self.o.payload
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [
                self.o.valid.eq(d_issues),
                dx.word.eq(d_word),
                dx.next_ip.eq(self.first_ip + Mux(hints.is_constant, 2, 1)),
                dx.control.eq(d_control),
                dx.d.eq(d_word.d),
                dx.a.eq(self.read[0].value),
                dx.b.eq(self.read[1].value),
                dx.reason.eq(decoder.reason),
            ]
            self._register_jumped(m, dx.jumped, d_is_pair, d_control)
            with m.If(first.reason != Reason.NONE):
                m.d.sync += dx.reason.eq(first.reason)
            with m.Elif(d_is_pair & (second.reason != Reason.NONE)):
                m.d.sync += dx.reason.eq(second.reason)
        with m.If(self.clear):
            m.d.sync += self.o.valid.eq(0)

        return m

    def _elaborate_operand(self, m, name, field, read):
        """Reads the operand that `field` names; whether it is not known yet."""
        number   = field[:6]
        is_late  = Signal(name=f"d_{name}_is_late")
        in_x     = Signal(name=f"d_{name}_in_x")
        in_m     = Signal(name=f"d_{name}_in_m")
        names_ip = field[6]
        m.d.comb += [
            read.number.eq(number),
            in_x.eq(self.executing.valid & (self.executing.d == number)),
            in_m.eq(self.retiring.valid & (self.retiring.d == number)),
            is_late.eq(~names_ip & Mux(in_x, self.executing.is_late,
                                       in_m & self.retiring.is_late)),
        ]
        m.d.comb += [
            read.instead.eq(names_ip | in_x | in_m),
            read.other.eq(self.retiring.value),
        ]
        with m.If(names_ip):
            m.d.comb += read.other.eq(self.first_ip)
        with m.Elif(in_x):
            m.d.comb += read.other.eq(self.executing.value)
        return is_late

    def _register_jumped(self, m, jumped, is_pair, control):
        """What fetch did behind the word in question: the immediate, if fetch left behind that."""
        first, second = self.first, self.second
        m.d.sync += [
            jumped.taken.eq(first.jumps),
            jumped.expected.eq(self.follows - Mux(first.hints.is_relative, self.first_ip, 0)),
            jumped.is_wrong.eq(first.jumps & ~control.is_jump),
            jumped.group.eq(first.group),
            jumped.pos.eq(first.pos),
            jumped.prediction.eq(first.prediction),
        ]
        with m.If(is_pair & second.jumps):
            m.d.sync += [
                jumped.is_wrong.eq(1),
                jumped.group.eq(second.group),
                jumped.pos.eq(second.pos),
            ]
