"""TMDS: octets as symbols of ten bits with few edges and no direct current (DVI 1.0, section 3)."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["CONTROL", "TmdsEncoder"]

# Symbols of the two control bits, bit 0 first on the line. They have seven edges and more, by which
# a monitor finds where symbols begin.
CONTROL = (0b1101010100, 0b0010101011, 0b0101010100, 0b1010101011)


def ones(value):
    """How many bits are set, as a balanced sum."""
    parts = list(value)
    while len(parts) > 1:
        parts = [sum(parts[n:n + 2]) for n in range(0, len(parts), 2)]
    return parts[0]


class TmdsEncoder(wiring.Component):
    """Encodes one lane, a symbol a cycle, two cycles late.

    Members
    -------
    is_data : In(1)
        Of this cycle: `data`, else `control`.
    data : In(8)
    control : In(2)
    symbol : Out(10)
        Bit 0 goes out first.
    """
    is_data: In(1)
    data:    In(8)
    control: In(2)
    symbol:  Out(10, init=CONTROL[0])

    def elaborate(self, platform):
        m = Module()

        # First stage: at most five edges, by XOR or XNOR with the bit before.
        count  = Signal(4)
        is_xor = Signal()
        coded  = [self.data[0]]
        for n in range(1, 8):
            coded.append(coded[-1] ^ self.data[n] ^ ~is_xor)
        m.d.comb += [count.eq(ones(self.data)),
                     is_xor.eq(~((count > 4) | ((count == 4) & ~self.data[0])))]
        s_coded, s_is_xor = Signal(8), Signal()
        s_is_data, s_control = Signal(), Signal(2)
        m.d.sync += [s_coded.eq(Cat(coded)), s_is_xor.eq(is_xor), s_is_data.eq(self.is_data),
                     s_control.eq(self.control)]

        # Second stage: inverted or not, whichever brings ones and zeros sent so far nearer to
        # each other. `excess` is how many more ones than zeros went out, halved.
        excess  = Signal(signed(5))
        surplus = Signal(signed(5))  # of ones in s_coded, halved: -4 to 4
        inverts = Signal()
        m.d.comb += surplus.eq(ones(s_coded) - 4)
        with m.If((excess == 0) | (surplus == 0)):
            m.d.comb += inverts.eq(~s_is_xor)
        with m.Else():
            m.d.comb += inverts.eq((excess < 0) == (surplus < 0))
        m.d.sync += [
            self.symbol.eq(Cat(Mux(inverts, ~s_coded, s_coded), s_is_xor, inverts)),
            # Bits 8 and 9 count, too: 11 is one more, 00 is one less.
            excess.eq(excess + Mux(inverts, -surplus, surplus) + (s_is_xor & inverts)
                      - (~s_is_xor & ~inverts)),
        ]
        with m.If(~s_is_data):
            m.d.sync += excess.eq(0)
            with m.Switch(s_control):
                for control, symbol in enumerate(CONTROL):
                    with m.Case(control):
                        m.d.sync += self.symbol.eq(symbol)

        return m
