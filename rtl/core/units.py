"""Units: what computes the result of an instruction, at once or in several cycles."""

from amaranth import EnableInserter, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_bool
from rtl.core.alu import Alu
from rtl.core.control import Unit
from rtl.core.decode import Decoded
from rtl.core.divider import Divider
from rtl.core.multiplier import Multiplier
from rtl.fpu.fpu import Fpu

__all__ = ["Units"]


class Units(wiring.Component):
    """ALU, multiplier, divider and FPU, for the instruction in execute.

    The ALU's result is there in the same cycle. A product comes a cycle later, when its instruction
    is in retire already. The others say when they are done.

    Parameters
    ----------
    fpu : bool
        Whether the floating-point instructions are there.

    Members
    -------
    valid : In(1)
        There is an instruction.
    insn : In(Decoded)
        Held until it leaves.
    en : In(1)
        It is to be executed: units that take several cycles begin or go on.
    taken : In(1)
        It leaves in this cycle, as far as this depends on anything but `done`.
    room : In(1)
        Retire takes an instruction in this cycle.
    done : Out(1)
        The result is there, or needs no more time here.
    alu_result : Out(32)
        For whatever instruction; there before `result`.
    result : Out(32)
        When `done`; not a product.
    product : Out(32)
        Of the multiplication that left in the cycle before.
    """
    def __init__(self, *, fpu):
        self.fpu = check_bool("fpu", fpu)
        super().__init__({
            "valid":      In(1),
            "insn":       In(Decoded),
            "en":         In(1),
            "taken":      In(1),
            "room":       In(1),
            "done":       Out(1),
            "alu_result": Out(32),
            "result":     Out(32),
            "product":    Out(32),
        })

    def elaborate(self, platform):
        m = Module()
        insn, control = self.insn, self.insn.control

        m.submodules.alu = alu = Alu()
        m.submodules.multiplier = multiplier = Multiplier()
        # The big units stand still while they have nothing to do: that costs nothing in gates, and
        # spares a simulator most of their logic. They move for a little more than their `en`, which
        # is known too late to stop so many registers.
        units = {Unit.DIVIDE: Divider()}
        if self.fpu:
            units[Unit.FLOAT] = Fpu()
        for kind, unit in units.items():
            m.submodules[kind.name.lower()] = EnableInserter(
                self.valid & (control.unit == kind))(unit)

        divider = units[Unit.DIVIDE]
        m.d.comb += [
            alu.op.eq(control.alu),
            alu.a.eq(insn.a),
            alu.b.eq(insn.b),
            multiplier.a.eq(insn.a),
            multiplier.b.eq(insn.b),
            # Early rather than exact: the product of what does not leave is not looked at.
            multiplier.en.eq(self.room & (control.unit == Unit.MULTIPLY)),
            divider.op.eq(control.divide),
            divider.dividend.eq(insn.a),
            divider.divisor.eq(insn.b),
        ]
        if self.fpu:
            fpu = units[Unit.FLOAT]
            m.d.comb += [fpu.op.eq(control.fpu), fpu.a.eq(insn.a), fpu.b.eq(insn.b)]

        m.d.comb += [
            self.done.eq(1),
            self.alu_result.eq(alu.result),
            self.result.eq(alu.result),
            self.product.eq(multiplier.product),
        ]
        for kind, unit in units.items():
            with m.If(control.unit == kind):
                m.d.comb += [
                    unit.en.eq(self.en),
                    unit.taken.eq(self.taken),
                    self.done.eq(unit.done),
                    self.result.eq(unit.result),
                ]
        return m
