"""What the waves are of: the words after --waves-when."""

import pytest

from sim.engine.library import What
from sim.machine import ImageError
from sim.waves.window import Window, parse_when

SYMBOLS = {"global::main": 0x1000, "global::main$1": 0x1004, "global::a::read": 0x1010,
           "global::b::read": 0x1020, "global::snake::eat": 0x1030}


@pytest.mark.parametrize("text, window", [
    ("cycle 5..9", Window(5, 9)), ("cycle:5..9", Window(5, 9)), ("cycles 1_000..", Window(1000)),
    ("cycle 7..7", Window(7, 7)),
])
def test_cycles_are_a_window(text, window):
    assert parse_when(text, SYMBOLS) == window


@pytest.mark.parametrize("name", ["global::snake::eat", "snake::eat", "eat"])
def test_a_function_is_known_by_its_label_or_the_end_of_it(name):
    event = parse_when(f"function {name}", SYMBOLS)
    assert event.condition.what is What.POINT
    assert event.condition.low == 0x1030


def test_a_fault_is_an_event():
    assert parse_when("fault", SYMBOLS).condition.what is What.FAULT


@pytest.mark.parametrize("text, message", [
    ("soon",            "expected 'cycle N..M', 'fault' or 'function NAME'"),
    ("function",        "expected 'cycle N..M', 'fault' or 'function NAME'"),
    ("fault now",       "expected 'cycle N..M', 'fault' or 'function NAME'"),
    ("cycle 9..5",      "the window ends before it begins"),
    ("function eats",   "no function 'eats'; did you mean 'eat'?"),
    ("function read",   "several functions 'read': global::a::read, global::b::read"),
])
def test_what_cannot_be_meant_is_refused(text, message):
    with pytest.raises(ImageError, match=message.replace("?", r"\?")):
        parse_when(text, SYMBOLS)
