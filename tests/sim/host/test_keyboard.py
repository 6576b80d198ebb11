"""The keyboard: key state and its changes."""

import pytest

from sim.host.error import HostError
from sim.host.keyboard import Key, Keyboard, KeyChange, parse_script, tap_keys
from sim.host.serial import Serial
from sim.host.terminal import Terminal


def test_a_letter_is_its_code():
    keyboard = Keyboard()
    keyboard.set(ord("a"), True)
    assert keyboard.state == [0, 0, 0, 0, 2]
    assert keyboard.changes(0) == [KeyChange(4, 1, True)]
    keyboard.set(ord("a"), False)
    assert keyboard.state == [0] * 5 and keyboard.changes(0) == [KeyChange(4, 1, False)]


@pytest.mark.parametrize("key, state", [
    (Key.LEFT, [1, 0, 0, 0, 0]), (Key.DOWN, [8, 0, 0, 0, 0]), (Key.META, [0x2000, 0, 0, 0, 0]),
    (Key.SPACE, [0x10, 0, 1, 0, 0]), (Key.ESCAPE, [0x20, 1 << 27, 0, 0, 0]),
    (Key.ENTER, [0x40, 1 << 13, 0, 0, 0]), (Key.TAB, [0x80, 1 << 9, 0, 0, 0]),
    (Key.BACKSPACE, [0x100, 1 << 8, 0, 0, 0]), (Key.DELETE, [0x200, 0, 0, 0, 1 << 31]),
    (ord(" "), [0x10, 0, 1, 0, 0]), (ord("@"), [0, 0, 0, 1, 0]),
])
def test_named_keys_have_a_bit_and_a_code_if_they_have_one(key, state):
    keyboard = Keyboard()
    keyboard.set(key, True)
    assert keyboard.state == state


def test_only_changes_are_told():
    keyboard = Keyboard()
    keyboard.set(Key.UP, True)
    keyboard.set(Key.UP, True)
    keyboard.set(Key.DOWN, False)
    assert keyboard.changes(0) == [KeyChange(0, 2, True)] and keyboard.changes(0) == []


def test_changes_make_the_state():
    keyboard = Keyboard()
    words = [0] * 5
    for key in (Key.LEFT, ord("q"), Key.ENTER, Key.SHIFT):
        keyboard.set(key, True)
    keyboard.release_all()
    keyboard.set(ord("z"), True)
    for change in keyboard.changes(0):
        words[change.word] ^= 1 << change.bit
    assert words == keyboard.state == [0, 0, 0, 0, 1 << 26]


def test_a_tap_is_released_by_itself():
    keyboard = Keyboard()
    keyboard.changes(1000)
    keyboard.tap(Key.UP, hold_ms=60)
    assert keyboard.changes(1000) == [KeyChange(0, 2, True)] and keyboard.next_ms == 1060
    assert keyboard.changes(1059) == []
    keyboard.tap(Key.UP, hold_ms=60)  # pressed again meanwhile: held on
    assert keyboard.changes(1060) == []
    assert keyboard.changes(1119) == [KeyChange(0, 2, False)] and keyboard.next_ms is None


def test_a_script_plays_at_its_times():
    keyboard = Keyboard()
    keyboard.play(parse_script("# a comment\n10 down left\n\n20 up left # another\n20 down x\n"))
    assert keyboard.changes(9) == [] and keyboard.next_ms == 10
    assert keyboard.changes(10) == [KeyChange(0, 0, True)]
    assert keyboard.changes(500) == [KeyChange(0, 0, False), KeyChange(4, 24, True)]


@pytest.mark.parametrize("text, message", [
    ("10 push a", "keys:1: expected"), ("\nx down a", "keys:2: expected"),
    ("1 down", "keys:1: expected"), ("1 down escap", "keys:1: there is no key 'escap'"),
    ("1 down é", "there is no key"), ("5 down a\n4 up a", "keys:2: times must not go back"),
])
def test_a_bad_script_is_said_with_its_place(text, message):
    with pytest.raises(HostError, match=message):
        parse_script(text, "keys")


def test_tokens_carry_a_change():
    change = KeyChange(4, 31, True)
    assert change.token == 0x19F and KeyChange.of_token(0x19F) == change


def test_a_terminal_sends_keys():
    keyboard = Keyboard()
    tap_keys(keyboard, b"\x1b[Aq\x1b\r\x7f\x1b[3~")
    assert keyboard.state[0] == (1 << Key.UP | 1 << Key.ESCAPE | 1 << Key.ENTER
                                 | 1 << Key.BACKSPACE | 1 << Key.DELETE)
    assert keyboard.state[4] >> (ord("q") - 96) & 1


def test_a_raw_terminal_gives_keys():
    terminal = Terminal(b"")
    keyboard = Keyboard()
    keyboard.listen(terminal)
    terminal._accept(b"x")
    assert keyboard.changes(0) == [] and terminal.take(9) == b"x"
    terminal.is_raw = True
    terminal._accept(b"\x1b[D")
    keyboard.changes(0)
    assert keyboard.state == [1, 0, 0, 0, 0] and terminal.take(9) == b""


def test_a_serial_line_gets_what_the_keyboard_gets():
    terminal = Terminal(b"")
    line, keyboard = Serial(terminal), Keyboard()
    keyboard.listen(terminal)
    terminal.is_raw = True
    terminal._accept(b"a")
    keyboard.changes(0)
    assert keyboard.state[4] == 2 and line.read(9) == b"a"


def test_a_key_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="a key is a Key or an ASCII code, not 128"):
        Keyboard().set(128, True)
