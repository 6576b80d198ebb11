# amaranth: UnusedElaboratable=no
"""What is behind the keyboard peripheral on a board: PS/2, USB, and buttons."""

from amaranth import Const, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from rtl.checks import check_bool, check_integer
from rtl.peripherals.tokens import KeyboardChange
from rtl.phy.button_keys import USAGES, ButtonKeys
from rtl.phy.key_map import KeyMap
from rtl.phy.ps2_keyboard import Ps2Keyboard
from rtl.phy.ps2_line import Ps2Pins
from rtl.phy.usb_keyboard import UsbKeyboard
from rtl.phy.usb_line import UsbPins

__all__ = ["KeyboardPhy"]


class KeyboardPhy(wiring.Component):
    """All keys of a board.

    Parameters
    ----------
    clock_hz : int
        Of `sync`; at least 200 kHz.
    ps2 : bool
        There is a PS/2 connector.
    usb : bool
        There is a USB port for a keyboard; `clock_hz` must be at least 6 MHz then.
    buttons : int
        How many buttons, in the order left, right, up, down, enter, escape.

    Members
    -------
    from_host : Out(stream)
        `KeyboardChange`.
    ps2 : Out(Ps2Pins)
    usb : Out(UsbPins)
    buttons : In
        1 while pressed; of no clock, and not debounced.

    Members of what there is none of are left out.
    """
    def __init__(self, *, clock_hz, ps2=True, usb=False, buttons=6):
        check_bool("ps2", ps2)
        check_bool("usb", usb)
        check_integer("buttons", buttons, least=0, most=len(USAGES))
        if not (ps2 or usb or buttons):
            raise ValueError("a keyboard must have ps2, usb or buttons")
        self._ps2     = Ps2Keyboard(clock_hz=clock_hz) if ps2 else None
        self._usb     = UsbKeyboard(clock_hz=clock_hz) if usb else None
        self._buttons = ButtonKeys(count=buttons, clock_hz=clock_hz) if buttons else None
        super().__init__({
            "from_host": Out(stream.Signature(KeyboardChange)),
            **({"ps2": Out(Ps2Pins)} if ps2 else {}),
            **({"usb": Out(UsbPins)} if usb else {}),
            **({"buttons": In(buttons)} if buttons else {}),
        })

    def elaborate(self, platform):
        m = Module()

        m.submodules.map = keys = KeyMap()
        connect(m, keys.changes, flipped(self.from_host))
        sources = []
        if self._ps2 is not None:
            m.submodules.ps2 = self._ps2
            connect(m, self._ps2.pins, flipped(self.ps2))
            sources.append(self._ps2.strokes)
        if self._usb is not None:
            m.submodules.usb = self._usb
            connect(m, self._usb.pins, flipped(self.usb))
            sources.append(self._usb.strokes)
        if self._buttons is not None:
            m.submodules.buttons = self._buttons
            m.d.comb += self._buttons.buttons.eq(self.buttons)
            sources.append(self._buttons.strokes)

        # A stroke is taken in the cycle in which it is seen, so that the first that offers one can
        # go first.
        is_taken = Const(0)
        for strokes in sources:
            with m.If(strokes.valid & ~is_taken):
                m.d.comb += [keys.strokes.valid.eq(1), keys.strokes.payload.eq(strokes.payload),
                             strokes.ready.eq(keys.strokes.ready)]
            is_taken = is_taken | strokes.valid

        return m
