"""Timer: the interrupt that drives a scheduler."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import PeripheralBus
from rtl.checks import check_integer

__all__ = ["Timer"]


class Timer(wiring.Component):
    """Raises an interrupt every so many milliseconds.

    Parameters
    ----------
    cycles_per_ms : int
        Length of a millisecond, in cycles. At least 2.

    Members
    -------
    bus : In(PeripheralBus)
        Window of one word, the period in milliseconds. A store starts afresh; 0 stops.
    irq : Out(1)
        High for one cycle as a period ends, the first time `period * cycles_per_ms` cycles after
        the store. A store in the same cycle wins: it takes the interrupt back.
    """
    bus: In(PeripheralBus)
    irq: Out(1)

    def __init__(self, *, cycles_per_ms):
        self.cycles_per_ms = check_integer("cycles_per_ms", cycles_per_ms, least=2)
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        period  = Signal(32)
        cycle   = Signal(range(self.cycles_per_ms))  # within the millisecond
        ms_left = Signal(32)                         # of this period; 0 while stopped
        ms_end  = cycle == self.cycles_per_ms - 1
        m.d.comb += [
            self.irq.eq(ms_end & (ms_left == 1) & ~self.bus.w_stb),
            self.bus.r_data.eq(period),
        ]

        m.d.sync += cycle.eq(cycle + 1)
        with m.If(self.bus.w_stb | ms_end):
            m.d.sync += cycle.eq(0)

        with m.If(self.bus.w_stb):
            m.d.sync += [period.eq(self.bus.w_data), ms_left.eq(self.bus.w_data)]
        with m.Elif(self.irq):
            m.d.sync += ms_left.eq(period)
        with m.Elif(ms_end & (ms_left != 0)):
            m.d.sync += ms_left.eq(ms_left - 1)

        return m
