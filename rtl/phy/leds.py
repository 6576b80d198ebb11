"""LEDs that say what the machine does."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer

__all__ = ["StatusLeds"]

SEEN_MS = 60  # how long something short is shown: long enough for an eye


class StatusLeds(wiring.Component):
    """Three LEDs of the machine's state, and a code on the others.

    Parameters
    ----------
    count : int
        LEDs, at least 4.
    clock_hz : int

    Members
    -------
    code : In(5)
        What is wrong, or where the start is; the highest bits of it are not shown if there are too
        few LEDs.
    stopped, asleep, disk : In(1)
        `disk` is a strobe at each sector, or whatever else shall be seen.
    leds : Out(count)
        From bit 0: at work (the busier, the brighter), stopped, disk (for a moment), then `code`.
    """
    def __init__(self, *, count=8, clock_hz):
        self.count    = check_integer("count", count, least=4)
        self.clock_hz = check_integer("clock_hz", clock_hz, least=1000)
        super().__init__({
            "code":    In(5),
            "stopped": In(1),
            "asleep":  In(1),
            "disk":    In(1),
            "leds":    Out(count),
        })

    def elaborate(self, platform):
        m = Module()

        cycles = self.clock_hz * SEEN_MS // 1000
        left   = Signal(range(cycles + 1))
        m.d.sync += [
            left.eq(Mux(self.disk, cycles, Mux(left != 0, left - 1, 0))),
            self.leds.eq(Cat(~self.stopped & ~self.asleep, self.stopped, left != 0, self.code)),
        ]

        return m
