"""What a USB keyboard reports, as strokes."""

from amaranth import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from rtl.phy.key_map import MODIFIERS, KeyStroke

__all__ = ["KeyReports"]

KEYS     = 6  # that a report has, after the modifiers and an unused octet
TOO_MANY = 1  # in the place of each key


class KeyReports(wiring.Component):
    """Reports of the boot protocol to strokes.

    Members
    -------
    begins : In(1)
        A packet begins.
    octet, takes : In
        Its next octet after the identifier.
    compares : In(1)
        Strobe: the packet is a report, and new.
    clears : In(1)
        Strobe: all keys are up.
    strokes : Out(stream)
        `KeyStroke`.
    is_busy : Out(1)
    """
    begins:   In(1)
    octet:    In(8)
    takes:    In(1)
    compares: In(1)
    clears:   In(1)
    strokes:  Out(stream.Signature(KeyStroke))
    is_busy:  Out(1)

    def elaborate(self, platform):
        m = Module()

        layout = data.ArrayLayout(8, 2 + KEYS)  # modifiers, unused, keys
        new, old, count = Signal(layout), Signal(layout), Signal(4)
        with m.If(self.begins):
            m.d.sync += count.eq(0)
        with m.Elif(self.takes & (count != 2 + KEYS)):
            m.d.sync += [new[count[:3]].eq(self.octet), count.eq(count + 1)]

        def is_in(key, report):
            return Cat(report[2 + n] == key for n in range(KEYS)).any()

        turn = Signal(range(8))
        key  = Signal(8)
        stroke, clears = self.strokes.payload, Signal()
        was_down, is_down = old[0].bit_select(turn, 1), new[0].bit_select(turn, 1)
        with m.If(self.clears):
            m.d.sync += clears.eq(1)

        def go_on(last, state):
            """To the next turn, once there is no stroke or it was taken."""
            with m.If(self.strokes.ready | ~self.strokes.valid):
                m.d.sync += turn.eq(turn + 1)
                with m.If(turn == last):
                    m.d.sync += turn.eq(0)
                    m.next = state

        # IDLE       reports come
        # MODIFIERS  a bit each
        # UP         keys that are no longer held
        # DOWN       keys that were not held before
        # CLEAR      the keyboard is gone
        with m.FSM() as fsm:
            m.d.comb += self.is_busy.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += turn.eq(0)
                with m.If(clears):
                    m.next = "CLEAR"
                with m.Elif(self.compares & (count == 2 + KEYS)
                            & ~((new[2] == TOO_MANY) & (new[3] == TOO_MANY))):
                    m.next = "MODIFIERS"
            with m.State("MODIFIERS"):
                m.d.comb += [self.strokes.valid.eq(was_down != is_down),
                             stroke.usage.eq(MODIFIERS | turn), stroke.down.eq(is_down)]
                go_on(7, "UP")
            with m.State("UP"):
                m.d.comb += [key.eq(old[2 + turn]), stroke.usage.eq(key),
                             self.strokes.valid.eq((key > TOO_MANY) & ~is_in(key, new))]
                go_on(KEYS - 1, "DOWN")
            with m.State("DOWN"):
                m.d.comb += [key.eq(new[2 + turn]), stroke.usage.eq(key), stroke.down.eq(1),
                             self.strokes.valid.eq((key > TOO_MANY) & ~is_in(key, old))]
                go_on(KEYS - 1, "KEEP")
            with m.State("KEEP"):
                m.d.sync += old.eq(new)
                m.next = "IDLE"
            with m.State("CLEAR"):
                m.d.comb += [self.strokes.valid.eq(1), stroke.clears.eq(1)]
                m.d.sync += old.eq(0)
                with m.If(self.strokes.ready):
                    m.d.sync += clears.eq(0)
                    m.next = "IDLE"

        return m
