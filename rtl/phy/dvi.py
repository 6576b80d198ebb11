"""A DVI output: pixels and synchronisation to bits on four lanes."""

from amaranth import Cat, DomainRenamer, Module, Signal
from amaranth.lib import data, fifo, wiring
from amaranth.lib.wiring import In, Out

from rtl.phy.tmds import TmdsEncoder

__all__ = ["LANES", "Dvi", "Rgb", "Serialiser"]

# What goes to a DDR buffer: both halves of a cycle, the first one first, each with a bit a lane:
# blue, green, red and the clock, which are lanes 0, 1, 2 and C of the connector.
LANES = data.ArrayLayout(4, 2)

CLOCK = 0b0000011111


class Rgb(data.Struct):
    blue:  8
    green: 8
    red:   8


class Serialiser(wiring.Component):
    """Sends three symbols at once, two bits a cycle of `tmds`, and their clock.

    `pixel` and `tmds` may have any phase, but `tmds` is five times as fast: symbols cross in a FIFO
    that is kept half full.

    Members
    -------
    symbols : In(30)
        Domain `pixel`. Lane 0 lowest.
    lanes : Out(LANES)
        Domain `tmds`.
    """
    symbols: In(30)
    lanes:   Out(LANES)

    def elaborate(self, platform):
        m = Module()

        m.submodules.symbols_cdc = queue = fifo.AsyncFIFO(width=30, depth=8, w_domain="pixel",
                                                          r_domain="tmds")
        m.d.comb += [queue.w_data.eq(self.symbols), queue.w_en.eq(1)]

        turn    = Signal(range(5), reset_less=True)
        is_on   = Signal(reset_less=True)
        symbols = [Signal(10, name=f"lane{n}", reset_less=True) for n in range(3)]
        clock   = Signal(10, init=CLOCK, reset_less=True)
        m.d.tmds += [turn.eq(turn + 1), clock.eq(Cat(clock[2:], clock[:2]))]
        for symbol in symbols:
            m.d.tmds += symbol.eq(symbol >> 2)
        with m.If(turn == 4):
            m.d.tmds += [turn.eq(0), clock.eq(CLOCK), is_on.eq(queue.r_rdy)]
            with m.If(~is_on):
                m.d.tmds += is_on.eq(queue.r_level >= 4)
            with m.If(is_on):
                m.d.comb += queue.r_en.eq(1)
                m.d.tmds += Cat(symbols).eq(queue.r_data)
        for half in range(2):
            m.d.tmds += self.lanes[half].eq(Cat(*(symbol[half] for symbol in symbols),
                                                clock[half]))

        return m


class Dvi(wiring.Component):
    """Encodes and serialises.

    Members
    -------
    rgb : In(Rgb)
    is_active, h_sync, v_sync : In(1)
        Domain `pixel`.
    lanes : Out(LANES)
        Domain `tmds`.
    """
    rgb:       In(Rgb)
    is_active: In(1)
    h_sync:    In(1)
    v_sync:    In(1)
    lanes:     Out(LANES)

    def elaborate(self, platform):
        m = Module()

        m.submodules.serialiser = serialiser = Serialiser()
        controls = (Cat(self.h_sync, self.v_sync), 0, 0)
        symbols  = []
        for n, (octet, control) in enumerate(zip((self.rgb.blue, self.rgb.green, self.rgb.red),
                                                 controls, strict=True)):
            encoder = TmdsEncoder()
            m.submodules[f"encoder{n}"] = DomainRenamer("pixel")(encoder)
            m.d.comb += [encoder.is_data.eq(self.is_active), encoder.data.eq(octet),
                         encoder.control.eq(control)]
            symbols.append(encoder.symbol)
        m.d.comb += [serialiser.symbols.eq(Cat(symbols)), self.lanes.eq(serialiser.lanes)]

        return m
