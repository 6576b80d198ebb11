"""SPI: octets to and from a chip, at a clock that can change."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from rtl.checks import check_integer

__all__ = ["Spi", "SpiPins"]

SpiPins = wiring.Signature({
    "sck":  Out(1),
    "mosi": Out(1, init=1),
    "miso": In(1),
})


class Spi(wiring.Component):
    """Exchanges octets in mode 0: both sides change data as the clock falls, the first bit is 7.

    `miso` is sampled as late as can be, when the clock falls again: the chip and the way to it and
    back have a whole period of the clock.

    Parameters
    ----------
    most_half_cycles : int
        Of the slowest clock.
    pin_cycles : int
        Registers on the way to the pins and back, in I/O cells.

    Members
    -------
    half_cycles : In
        Half a period of the clock, in cycles of `sync`, at least 1. Read as each half begins.
    octets : In(stream)
        To send. The next one follows the last one without a gap if it is there in time.
    arrives : Out(1)
        Strobe: `octet` has come, a few cycles after the last clock of the one that was sent for it.
    octet : Out(8)
    pins : Out(SpiPins)
        Outputs of registers; `miso` comes through a synchroniser.
    """
    def __init__(self, *, most_half_cycles, pin_cycles=0):
        self.most_half_cycles = check_integer("most_half_cycles", most_half_cycles, least=1)
        self.pin_cycles       = check_integer("pin_cycles", pin_cycles, least=0, most=8)
        super().__init__({
            "half_cycles": In(range(most_half_cycles + 1)),
            "octets":      In(stream.Signature(8)),
            "arrives":     Out(1),
            "octet":       Out(8),
            "pins":        Out(SpiPins),
        })

    def elaborate(self, platform):
        m = Module()
        pins, octets = self.pins, self.octets

        left    = Signal.like(self.half_cycles)  # of this half, after this cycle
        bits    = Signal(range(9))               # of this octet, with the one under way
        shift   = Signal(7)                      # bits still to go out
        is_end  = left == 0
        falls   = Signal()
        last    = Signal()
        m.d.comb += [
            falls.eq(pins.sck & is_end & (bits != 0)),
            last.eq(falls & (bits == 1)),
            octets.ready.eq((bits == 0) | last),
        ]
        with m.If(~is_end):
            m.d.sync += left.eq(left - 1)
        with m.Elif(bits != 0):
            m.d.sync += [left.eq(self.half_cycles - 1), pins.sck.eq(~pins.sck)]
        with m.If(falls):
            m.d.sync += [bits.eq(bits - 1), Cat(shift, pins.mosi).eq(Cat(1, shift))]
        with m.If(octets.ready & octets.valid):
            m.d.sync += [bits.eq(8), Cat(shift, pins.mosi).eq(octets.payload),
                         left.eq(self.half_cycles - 1)]

        # A bit is behind the synchroniser two cycles after the clock's fall left this component.
        line = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(pins.miso, line, init=1)
        samples, ends = falls, last
        for n in range(2 + self.pin_cycles):
            later = Signal(2, name=f"falls_{n + 1}")
            m.d.sync += later.eq(Cat(samples, ends))
            samples, ends = later
        with m.If(samples):
            m.d.sync += self.octet.eq(Cat(line, self.octet))
        m.d.sync += self.arrives.eq(ends)

        return m
