# amaranth: UnusedElaboratable=no
"""A PS/2 keyboard: octets of scan code set 2 become strokes."""

from amaranth import Cat, Module, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.phy.key_map import MODIFIERS, KeyStroke
from rtl.phy.ps2_line import Ps2Line, Ps2Pins

__all__ = ["EXTENDED", "PLAIN", "Ps2Keyboard", "ScanCodes"]

# Scan codes of set 2 in the order of usages, from the first usage on; None for a place left out.
RUNS = {
    0x04: (0x1C, 0x32, 0x21, 0x23, 0x24, 0x2B, 0x34, 0x33, 0x43, 0x3B, 0x42, 0x4B, 0x3A,   # a to m
           0x31, 0x44, 0x4D, 0x15, 0x2D, 0x1B, 0x2C, 0x3C, 0x2A, 0x1D, 0x22, 0x35, 0x1A),  # n to z
    0x1E: (0x16, 0x1E, 0x26, 0x25, 0x2E, 0x36, 0x3D, 0x3E, 0x46, 0x45),                    # 1 to 0
    0x28: (0x5A, 0x76, 0x66, 0x0D, 0x29, 0x4E, 0x55, 0x54, 0x5B, 0x5D, None,      # enter to \
           0x4C, 0x52, 0x0E, 0x41, 0x49, 0x4A, 0x58),                             # ; to caps lock
    0x55: (0x7C, 0x7B, 0x79, None, 0x69, 0x72, 0x7A, 0x6B, 0x73, 0x74, 0x6C, 0x75, 0x7D,
           0x70, 0x71, 0x61),                                                     # keypad, < >
    MODIFIERS: (0x14, 0x12, 0x11, None, None, 0x59),
}
PLAIN = {code: first + n for first, codes in RUNS.items() for n, code in enumerate(codes)
         if code is not None}
EXTENDED = {0x71: 0x4C, 0x74: 0x4F, 0x6B: 0x50, 0x72: 0x51, 0x75: 0x52, 0x4A: 0x54, 0x5A: 0x58,
            0x1F: MODIFIERS + 3, 0x14: MODIFIERS + 4, 0x11: MODIFIERS + 6, 0x27: MODIFIERS + 7}

IS_EXTENDED, IS_PAUSE, IS_RELEASE, IS_ALIVE = 0xE0, 0xE1, 0xF0, 0xAA
OVERRUNS = (0x00, 0xFF)  # it has lost codes of its own


class ScanCodes(wiring.Component):
    """Octets of scan code set 2 to strokes; what it does not know, it drops.

    Members
    -------
    octets : In(stream)
    strokes : Out(stream)
        `KeyStroke`. All keys go up if the keyboard was plugged in or has lost codes, or if `lost`.
    lost : In(1)
        Strobe: an octet could not be received.
    """
    octets:  In(stream.Signature(8))
    strokes: Out(stream.Signature(KeyStroke))
    lost:    In(1)

    def elaborate(self, platform):
        m = Module()

        usages = [PLAIN.get(code, 0) for code in range(128)]
        usages += [EXTENDED.get(code, 0) for code in range(128)]
        m.submodules.usages = rom = memory.Memory(shape=8, depth=256, init=usages)
        port = rom.read_port()

        octet = self.octets.payload
        is_extended, is_release = Signal(), Signal()
        skips  = Signal(2)  # octets of the pause key
        clears = Signal()
        with m.If(self.lost):
            m.d.sync += clears.eq(1)
        m.d.comb += [port.addr.eq(Cat(octet[:7], is_extended)), port.en.eq(self.octets.ready)]

        # CODES   octets come
        # TELL    a key is looked up; its stroke goes out
        # CLEAR   all keys go up
        with m.FSM():
            with m.State("CODES"):
                m.d.comb += self.octets.ready.eq(1)
                with m.If(self.octets.valid):
                    with m.If(skips != 0):
                        m.d.sync += skips.eq(skips - 1)
                    with m.Elif((octet == OVERRUNS[0]) | (octet == OVERRUNS[1])
                                | (octet == IS_ALIVE)):
                        m.d.sync += [is_extended.eq(0), is_release.eq(0), clears.eq(1)]
                    with m.Elif(octet == IS_EXTENDED):
                        m.d.sync += is_extended.eq(1)
                    with m.Elif(octet == IS_PAUSE):
                        m.d.sync += skips.eq(2)
                    with m.Elif(octet == IS_RELEASE):
                        m.d.sync += is_release.eq(1)
                    with m.Elif(octet[7]):  # answers to commands, and F7
                        m.d.sync += [is_extended.eq(0), is_release.eq(0)]
                    with m.Else():
                        m.next = "TELL"
                with m.Elif(clears):
                    m.d.sync += clears.eq(self.lost)
                    m.next = "CLEAR"
            with m.State("TELL"):
                m.d.comb += [
                    self.strokes.valid.eq(port.data != 0),
                    self.strokes.payload.usage.eq(port.data),
                    self.strokes.payload.down.eq(~is_release),
                ]
                with m.If(self.strokes.ready | (port.data == 0)):
                    m.d.sync += [is_extended.eq(0), is_release.eq(0)]
                    m.next = "CODES"
            with m.State("CLEAR"):
                m.d.comb += [self.strokes.valid.eq(1), self.strokes.payload.clears.eq(1)]
                with m.If(self.strokes.ready):
                    m.next = "CODES"

        return m


class Ps2Keyboard(wiring.Component):
    """A keyboard that speaks scan code set 2, as all do after power-up.

    Parameters
    ----------
    clock_hz : int
        See `Ps2Line`.

    Members
    -------
    pins : Out(Ps2Pins)
    strokes : Out(stream)
        `KeyStroke`.
    """
    def __init__(self, *, clock_hz):
        self.line = Ps2Line(clock_hz=clock_hz)
        super().__init__({"pins": Out(Ps2Pins), "strokes": Out(stream.Signature(KeyStroke))})

    def elaborate(self, platform):
        m = Module()

        m.submodules.line  = line  = self.line
        m.submodules.codes = codes = ScanCodes()
        connect(m, line.pins, flipped(self.pins))
        connect(m, line.received, codes.octets)
        connect(m, codes.strokes, flipped(self.strokes))
        m.d.comb += codes.lost.eq(line.lost)

        return m
