"""From keys by their place on a keyboard to the bits of the keyboard peripheral."""

from amaranth import Module, Mux, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.peripherals.tokens import KeyboardChange

__all__ = ["ARROWS", "ENTER", "ESCAPE", "KeyMap", "KeyStroke", "MODIFIERS"]


class KeyStroke(data.Struct):
    """A key goes down or up, or all go up.

    `usage` names a key by its place, as the USB HID usage tables do on their page 7; a key that the
    machine does not know changes nothing.
    """
    usage:  8
    down:   1
    clears: 1  # all keys are up, whatever `usage` says: the keyboard was lost, or begins afresh


ARROWS = {"left": 0x50, "right": 0x4F, "up": 0x52, "down": 0x51}
ENTER, ESCAPE, CAPS_LOCK, MODIFIERS = 0x28, 0x29, 0x39, 0xE0  # control, shift, alt, meta; twice

NO_BIT = 15  # of the first state word, 0 to 13 are keys

# Keys of the first state word, by their bit.
SPECIAL = {ARROWS["left"]: 0, ARROWS["right"]: 1, ARROWS["up"]: 2, ARROWS["down"]: 3, 0x2C: 4,
           ESCAPE: 5, ENTER: 6, 0x58: 6, 0x2B: 7, 0x2A: 8, 0x4C: 9}
CONTROL_BIT, SHIFT_BIT, ALT_BIT, META_BIT = 11, 10, 12, 13

# Characters of a US keyboard, without and with shift, from a usage on.
RUNS = {
    0x04: ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    0x1E: ("1234567890", "!@#$%^&*()"),
    0x28: ("\r\x1b\b\t -=[]\\", "\r\x1b\b\t _+{}|"),
    0x33: (";'`,./", ":\"~<>?"),
    0x4C: ("\x7f", "\x7f"),
    0x54: ("/*-+\r1234567890.", "/*-+\r1234567890."),
    0x64: ("\\", "|"),
}


class Entry(data.Struct):
    special:   4
    plain:     7  # 0 for none
    shifted:   7
    is_letter: 1


def place(usage):
    """Where in the table a usage below 0x70 or of a modifier lies."""
    return 0x70 | usage & 7 if usage >= MODIFIERS else usage


def table():
    rows = [{"special": NO_BIT, "plain": 0, "shifted": 0, "is_letter": 0} for _ in range(128)]
    for first, (plain, shifted) in RUNS.items():
        for n, (low, high) in enumerate(zip(plain, shifted, strict=True)):
            rows[first + n] |= {"plain": ord(low), "shifted": ord(high),
                                "is_letter": int(low.isalpha())}
    for usage, bit in SPECIAL.items():
        rows[usage]["special"] = bit
    for n, bit in enumerate((CONTROL_BIT, SHIFT_BIT, ALT_BIT, META_BIT)):
        for usage in (MODIFIERS + n, MODIFIERS + 4 + n):
            rows[place(usage)]["special"] = bit
    return rows


class KeyMap(wiring.Component):
    """Makes one to three changes of a stroke.

    Which of its two characters a key gives is decided as it goes down, by shift and by caps lock;
    as it goes up it takes both back. While control is held, shift changes nothing.

    Members
    -------
    strokes : In(stream)
        `KeyStroke`.
    changes : Out(stream)
        `KeyboardChange`.
    """
    strokes: In(stream.Signature(KeyStroke))
    changes: Out(stream.Signature(KeyboardChange))

    def elaborate(self, platform):
        m = Module()

        m.submodules.table = rom = memory.Memory(shape=Entry, depth=128, init=table())
        port  = rom.read_port()
        entry = port.data

        stroke   = self.strokes.payload
        is_known = (stroke.usage < 0x70) | (stroke.usage[3:] == MODIFIERS >> 3)
        now      = Signal(KeyStroke)
        held     = Signal(8)  # modifiers
        caps     = Signal()
        has_caps = Signal()   # the key is held: what repeats does not count
        is_modifier = now.usage[7]
        pairs    = held[:4] | held[4:]
        down     = Signal()   # the modifier, or its other half
        m.d.comb += [
            port.addr.eq(Mux(stroke.usage[7], 0x70 | stroke.usage[:3], stroke.usage[:7])),
            port.en.eq(self.strokes.ready),
            down.eq(now.down | is_modifier & held.bit_select(now.usage[:3] ^ 4, 1)),
        ]
        is_shifted = ~pairs[0] & (pairs[1] ^ (caps & entry.is_letter))
        last = Signal(range(160))

        def change(word, bit, down):
            return [self.changes.valid.eq(1), self.changes.payload.word.eq(word),
                    self.changes.payload.bit.eq(bit), self.changes.payload.down.eq(down)]

        # IDLE      a stroke is taken and looked up
        # SPECIAL   its bit in the first word
        # PLAIN     its character, or that without shift as it goes up
        # SHIFTED   as it goes up: the character with shift
        # CLEAR     all bits of all words
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.strokes.ready.eq(1)
                m.d.sync += [now.eq(stroke), last.eq(159)]
                with m.If(self.strokes.valid & stroke.clears):
                    m.d.sync += [held.eq(0), has_caps.eq(0)]
                    m.next = "CLEAR"
                with m.Elif(self.strokes.valid & is_known):
                    m.next = "SPECIAL"
                    with m.If(stroke.usage == CAPS_LOCK):
                        m.d.sync += [has_caps.eq(stroke.down),
                                     caps.eq(caps ^ (stroke.down & ~has_caps))]
                        m.next = "IDLE"
            with m.State("SPECIAL"):
                with m.If(entry.special != NO_BIT):
                    m.d.comb += change(0, entry.special, down)
                with m.If(self.changes.ready | (entry.special == NO_BIT)):
                    with m.If(is_modifier):
                        m.d.sync += held.bit_select(now.usage[:3], 1).eq(now.down)
                    m.next = "IDLE"
                    with m.If(entry.plain != 0):
                        m.next = "PLAIN"
            with m.State("PLAIN"):
                code = Mux(now.down & is_shifted, entry.shifted, entry.plain)
                m.d.comb += change(1 + code[5:7], code[:5], now.down)
                with m.If(self.changes.ready):
                    m.next = "IDLE"
                    with m.If(~now.down & (entry.shifted != entry.plain)):
                        m.next = "SHIFTED"
            with m.State("SHIFTED"):
                m.d.comb += change(1 + entry.shifted[5:], entry.shifted[:5], 0)
                with m.If(self.changes.ready):
                    m.next = "IDLE"
            with m.State("CLEAR"):
                m.d.comb += change(last[5:], last[:5], 0)
                with m.If(self.changes.ready):
                    m.d.sync += last.eq(last - 1)
                    with m.If(last == 0):
                        m.next = "IDLE"

        return m
