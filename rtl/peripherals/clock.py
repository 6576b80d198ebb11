"""Clock: milliseconds since reset."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.bus import DeviceEvent, PeripheralBus
from rtl.checks import check_integer

__all__ = ["Clock"]


class Clock(wiring.Component):
    """Counts milliseconds in a shared word.

    Parameters
    ----------
    cycles_per_ms : int
        Length of a millisecond, in cycles. At least 2.

    Members
    -------
    bus : In(PeripheralBus)
        Window of one word, plain memory: what a program stores there stays until the millisecond
        ends. The device counts on its own.
    event : Out(DeviceEvent)
        At the end of each millisecond, the first `cycles_per_ms` cycles after reset. `arg` is what
        the word becomes.
    """
    bus:   In(PeripheralBus)
    event: Out(DeviceEvent)

    def __init__(self, *, cycles_per_ms):
        self.cycles_per_ms = check_integer("cycles_per_ms", cycles_per_ms, least=2)
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        cycle  = Signal(range(self.cycles_per_ms))  # within the millisecond
        ms     = Signal(32)
        word   = Signal(32)                         # what programs see
        r_word = Signal(32)
        ms_end = cycle == self.cycles_per_ms - 1
        m.d.comb += [
            self.event.valid.eq(ms_end),
            self.event.arg.eq(ms + 1),
            self.bus.r_data.eq(r_word),
        ]

        m.d.sync += [cycle.eq(cycle + 1), r_word.eq(word)]
        with m.If(self.bus.w_stb):
            m.d.sync += word.eq(self.bus.w_data)
        with m.If(ms_end):
            m.d.sync += [cycle.eq(0), ms.eq(ms + 1), word.eq(ms + 1)]

        return m
