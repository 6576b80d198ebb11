"""What a person types, as a USB keyboard's reports: the HID class's boot protocol."""

from collections.abc import Iterator, Sequence

from sim.host.keyboard import ASCII_WORD, Key, Keyboard

__all__ = ["UsbKeys", "report_of"]

# Usages of a US keyboard, from the first on: without and with shift.
CHARACTERS = {
    0x04: ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    0x1E: ("1234567890", "!@#$%^&*()"),
    0x28: ("\r\x1b\b\t ", ""),
    0x2D: ("-=[]\\", "_+{}|"),
    0x33: (";'`,./", ":\"~<>?"),
    0x4C: ("\x7f", ""),
}
USAGES = {ord(character): (first + n, is_shifted)
          for first, both in CHARACTERS.items() for is_shifted, characters in enumerate(both)
          for n, character in enumerate(characters)}
ARROWS    = {Key.RIGHT: 0x4F, Key.LEFT: 0x50, Key.DOWN: 0x51, Key.UP: 0x52}
MODIFIERS = {Key.CONTROL: 1, Key.SHIFT: 2, Key.ALT: 4, Key.META: 8}
CONTROL, SHIFT = MODIFIERS[Key.CONTROL], MODIFIERS[Key.SHIFT]
MOST_KEYS = 6
TOO_MANY  = 0x01


def report_of(state: Sequence[int]) -> bytes:
    """The report of a keyboard that is held as the five words say: see `Keyboard.state`."""
    usages, modifiers = [], 0
    for key in Key:
        if state[0] >> key & 1:
            modifiers |= MODIFIERS.get(key, 0)
            usages += [ARROWS[key]] if key in ARROWS else []
    for code in range(128):
        if not state[ASCII_WORD + code // 32] >> code % 32 & 1:
            continue
        if code == ord("\n"):
            code = ord("\r")
        if code not in USAGES:  # a letter with control
            code, modifiers = code + 0x60 & 0x7F, modifiers | CONTROL
        usage, is_shifted = USAGES[code]
        usages.append(usage)
        modifiers |= SHIFT if is_shifted else 0
    usages = list(dict.fromkeys(usages))
    if len(usages) > MOST_KEYS:
        usages = [TOO_MANY] * MOST_KEYS
    return bytes([modifiers, 0, *usages, *[0] * (MOST_KEYS - len(usages))])


class UsbKeys:
    """The reports of a host's keyboard, whenever one is another than the one before."""

    def __init__(self, keyboard: Keyboard) -> None:
        self._keyboard = keyboard
        self._state = [0] * 5
        self._last  = report_of(self._state)

    def reports(self, now_ms: int) -> Iterator[int]:
        """Those of what has changed until now: octets as a number, the first one lowest."""
        for change in self._keyboard.changes(now_ms):
            mask = 1 << change.bit
            self._state[change.word] &= ~mask
            self._state[change.word] |= mask if change.down else 0
            report = report_of(self._state)
            if report != self._last:
                self._last = report
                yield int.from_bytes(report, "little")
