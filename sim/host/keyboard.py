"""The keyboard: which keys are held, and the changes on their way to the machine."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from sim.host.error import HostError
from sim.host.terminal import Terminal

__all__ = ["Key", "KeyChange", "Keyboard", "parse_script", "tap_keys"]

ASCII_WORD = 1  # first of the four words with a bit an ASCII code


class Key(IntEnum):
    """Keys with a bit of their own in the first state word."""
    LEFT      = 0
    RIGHT     = 1
    UP        = 2
    DOWN      = 3
    SPACE     = 4
    ESCAPE    = 5
    ENTER     = 6
    TAB       = 7
    BACKSPACE = 8
    DELETE    = 9
    SHIFT     = 10
    CONTROL   = 11
    ALT       = 12
    META      = 13


# Keys that have an ASCII code besides: both bits tell of them.
CODE_OF_KEY = {Key.SPACE: 32, Key.ESCAPE: 27, Key.ENTER: 13, Key.TAB: 9, Key.BACKSPACE: 8,
               Key.DELETE: 127}
KEY_OF_CODE = {code: key for key, code in CODE_OF_KEY.items()} | {10: Key.ENTER}


@dataclass(frozen=True)
class KeyChange:
    """One bit of one state word that changes."""
    word: int   # 0 to 4
    bit:  int   # 0 to 31
    down: bool

    @property
    def token(self) -> int:
        """As the device's `input` stream and its event carry it: {down, word[2:0], bit[4:0]}."""
        return self.down << 8 | self.word << 5 | self.bit

    @staticmethod
    def of_token(token: int) -> "KeyChange":
        """The change that a token stands for."""
        return KeyChange(token >> 5 & 7, token & 31, bool(token >> 8 & 1))


class Keyboard:
    """Five words of key state, and what changed in them since it was last asked.

    Members
    -------
    state : list of int
        The words as they are now, all changes included.
    """

    def __init__(self) -> None:
        self.state = [0] * 5
        self._changes: deque[KeyChange] = deque()
        self._script: deque[tuple[int, KeyChange]] = deque()
        self._released: deque[tuple[int, int | Key]] = deque()  # (ms, key) of taps under way
        self._now_ms = 0
        self._terminal: Terminal | None = None

    def listen(self, terminal: Terminal) -> None:
        """Take keys from a terminal as well, while it is raw.

        A terminal tells of presses only, so that each key is held for a moment.
        """
        self._terminal = terminal

    @property
    def listens(self) -> bool:
        """Whether keys come from a terminal, which should be raw then."""
        return self._terminal is not None

    def set(self, key: Key | int, down: bool) -> None:
        """Press or release a `Key`, or an ASCII code given as a plain integer."""
        if isinstance(key, Key):
            self._change(KeyChange(0, key, down))
            if key in CODE_OF_KEY:
                self._change_code(CODE_OF_KEY[key], down)
        elif 0 <= key < 128:
            if key in KEY_OF_CODE:
                self._change(KeyChange(0, KEY_OF_CODE[key], down))
            self._change_code(key, down)
        else:
            raise ValueError(f"a key is a Key or an ASCII code, not {key!r}")

    def tap(self, key: Key | int, hold_ms: int = 60) -> None:
        """Press a key and release it by itself some machine milliseconds later."""
        self.set(key, True)
        self._released = deque(item for item in self._released if item[1] != key)
        self._released.append((self._now_ms + hold_ms, key))

    def release_all(self) -> None:
        """Release every key, as when a window is no longer in front."""
        for word, held in enumerate(list(self.state)):
            for bit in range(32):
                if held >> bit & 1:
                    self._change(KeyChange(word, bit, False))

    def play(self, script: Iterable[tuple[int, Key | int, bool]]) -> None:
        """Make these changes at their times: (milliseconds since reset, key, down)."""
        scratch = Keyboard()
        for at_ms, key, down in script:
            scratch.set(key, down)
            self._script.extend((at_ms, change) for change in scratch.changes(at_ms))

    def changes(self, now_ms: int) -> list[KeyChange]:
        """What has changed since the last call, in order; the machine's time is `now_ms`."""
        self._now_ms = now_ms
        if self._terminal is not None:
            tap_keys(self, self._terminal.take_keys())
        while self._script and self._script[0][0] <= now_ms:
            self._change(self._script.popleft()[1])
        while self._released and self._released[0][0] <= now_ms:
            self.set(self._released.popleft()[1], False)
        changes = list(self._changes)
        self._changes.clear()
        return changes

    @property
    def next_ms(self) -> int | None:
        """When a change is due by time alone; None if none is."""
        times = [queue[0][0] for queue in (self._script, self._released) if queue]
        return min(times, default=None)

    def _change_code(self, code: int, down: bool) -> None:
        self._change(KeyChange(ASCII_WORD + code // 32, code % 32, down))

    def _change(self, change: KeyChange) -> None:
        mask = 1 << change.bit
        if bool(self.state[change.word] & mask) != change.down:
            self.state[change.word] ^= mask
            self._changes.append(change)


# What a terminal sends for keys that are no characters.
SEQUENCES = {
    b"\x1b[A": Key.UP, b"\x1b[B": Key.DOWN, b"\x1b[C": Key.RIGHT, b"\x1b[D": Key.LEFT,
    b"\x1bOA": Key.UP, b"\x1bOB": Key.DOWN, b"\x1bOC": Key.RIGHT, b"\x1bOD": Key.LEFT,
    b"\x1b[3~": Key.DELETE, b"\x7f": Key.BACKSPACE,
}


def tap_keys(keyboard: Keyboard, octets: bytes) -> None:
    """Tap the keys of one burst of terminal input; an escape sequence comes in one burst."""
    at = 0
    while at < len(octets):
        for sequence, key in SEQUENCES.items():
            if octets.startswith(sequence, at):
                keyboard.tap(key)
                at += len(sequence)
                break
        else:
            if octets[at] < 128:
                keyboard.tap(octets[at])
            at += 1


def parse_script(text: str, name: str = "key script") -> list[tuple[int, Key | int, bool]]:
    """Key changes out of lines such as `1500 down left` or `1600 up a`; `#` begins a comment.

    A key is a `Key`'s name in small letters or one ASCII character. Raises `HostError`.
    """
    script: list[tuple[int, Key | int, bool]] = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split(" #")[0].split() if not line.lstrip().startswith("#") else []
        if not fields:
            continue
        if len(fields) != 3 or not fields[0].isdecimal() or fields[1] not in ("down", "up"):
            raise HostError(f"{name}:{number}: expected '<milliseconds> down|up <key>', "
                            f"not {line.strip()[:40]!r}")
        if fields[2].upper() in Key.__members__:
            key: Key | int = Key[fields[2].upper()]
        elif len(fields[2]) == 1 and fields[2].isascii():
            key = ord(fields[2])
        else:
            raise HostError(f"{name}:{number}: there is no key {fields[2][:40]!r}")
        if script and int(fields[0]) < script[-1][0]:
            raise HostError(f"{name}:{number}: times must not go back")
        script.append((int(fields[0]), key, fields[1] == "down"))
    return script
