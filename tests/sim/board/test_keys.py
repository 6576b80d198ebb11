"""What is typed becomes reports, and frames come out of a monitor's tokens."""

import numpy as np
import pytest

from sim.board.keys import UsbKeys, report_of
from sim.board.screen import END, HEIGHT, WIDTH, Screen, picture_in
from sim.host.display import Display
from sim.host.keyboard import Key, Keyboard


def reports(keyboard, now_ms=0):
    return [each.to_bytes(8, "little") for each in UsbKeys(keyboard).reports(now_ms)]


def report(*keys, modifiers=0):
    return bytes([modifiers, 0, *keys, *[0] * (6 - len(keys))])


@pytest.mark.parametrize("key, expected", [
    (ord("a"), report(0x04)), (ord("Z"), report(0x1D, modifiers=2)), (ord("0"), report(0x27)),
    (ord("!"), report(0x1E, modifiers=2)), (ord("?"), report(0x38, modifiers=2)),
    (ord("\\"), report(0x31)), (ord("\n"), report(0x28)), (3, report(0x06, modifiers=1)),
    (Key.ENTER, report(0x28)), (Key.UP, report(0x52)), (Key.ALT, report(modifiers=4)),
    (Key.DELETE, report(0x4C)),
])
def test_a_key_is_told_by_its_usage_and_goes_up_again(key, expected):
    keyboard = Keyboard()
    keyboard.set(key, True)
    keyboard.set(key, False)
    assert reports(keyboard) == [expected, report()]


def test_every_character_and_key_has_a_report_of_its_own():
    seen = []
    for key in [*range(32, 127), Key.LEFT, Key.RIGHT, Key.UP, Key.DOWN, Key.ESCAPE, Key.TAB]:
        keyboard = Keyboard()
        keyboard.set(key, True)
        seen.append(report_of(keyboard.state))
    assert len(set(seen)) == len(seen) and all(any(each[2:]) for each in seen)


def test_keys_are_told_at_their_time_and_more_than_six_are_too_many():
    keyboard = Keyboard()
    keyboard.play([(5, ord(letter), True) for letter in "abcdefg"])
    keys = UsbKeys(keyboard)
    assert list(keys.reports(4)) == []
    told = [each.to_bytes(8, "little") for each in keys.reports(5)]
    assert told[5:] == [report(4, 5, 6, 7, 8, 9), report(1, 1, 1, 1, 1, 1)]


def test_frames_are_shown_as_they_end():
    display = Display(WIDTH, HEIGHT)
    screen  = Screen(display)
    pixels  = np.arange(WIDTH * HEIGHT, dtype=np.uint64)
    tokens  = np.concatenate([[END], pixels, [END], pixels[:7]]).astype(np.uint64)
    for part in np.array_split(tokens, 5):
        screen.take(part)
    assert display.frame_count == 1
    assert np.array_equal(display.last.ravel(), pixels)
    with pytest.raises(ValueError, match="the monitor has 640 by 480 pixels, the display 320"):
        Screen(Display(320, 200))


def test_a_picture_is_twice_as_large_with_black_around_it():
    picture = np.arange(320 * 200, dtype=np.uint32).reshape(200, 320)
    frame   = np.zeros((HEIGHT, WIDTH), np.uint32)
    frame[40:440] = picture.repeat(2, 0).repeat(2, 1)
    assert np.array_equal(picture_in(frame), picture)
    for place in ((40, 1), (0, 0), (479, 3)):
        spoilt = frame.copy()
        spoilt[place] ^= 1
        assert picture_in(spoilt) is None
