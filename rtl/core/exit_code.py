"""The exit code that the machine would have if it stopped now: r0, followed from outside."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.core.registers import RegisterWrite

__all__ = ["ExitCode"]


class ExitCode(wiring.Component):
    """Follows r0 and its word of the frame, so that nobody has to read the register file.

    Members
    -------
    write, frame_write, save, restore : In
        As in `Registers`.
    value : Out(32)
        r0.
    """
    write:       In(RegisterWrite)
    frame_write: In(RegisterWrite)
    save:        In(1)
    restore:     In(1)
    value:       Out(32)

    def elaborate(self, platform):
        m = Module()

        frame = Signal(32)
        with m.If(self.write.en & (self.write.number == 0)):
            m.d.sync += self.value.eq(self.write.value)
        with m.If(self.frame_write.en & (self.frame_write.number == 0)):
            m.d.sync += frame.eq(self.frame_write.value)
        with m.If(self.save):
            m.d.sync += frame.eq(self.value)
        with m.If(self.restore):
            m.d.sync += [self.value.eq(frame), frame.eq(0)]

        return m
