"""The console: lines in, text out, by code points."""

import io

import pytest

from sim.host.console import Console
from sim.host.terminal import Terminal


def shown(points):
    sink = io.BytesIO()
    Console(Terminal(None, sink)).write(points)
    return sink.getvalue()


@pytest.mark.parametrize("points, octets", [
    ([], b""), ([72, 105, 10], b"Hi\n"), ([0xE9, 0x20AC, 0x1F600], "é€😀".encode()),
    ([0, 9, 13], b"\0\t\r"),
    ([0xD800, 0x110000, 0xFFFFFFFF], "\ufffd\ufffd\ufffd".encode()),
])
def test_code_points_are_shown_as_utf8(points, octets):
    assert shown(points) == octets


def test_lines_are_code_points_without_their_newlines():
    console = Console(Terminal("é€😀\n\n last".encode()))
    assert console.line_ready()
    assert console.read_line() == [0xE9, 0x20AC, 0x1F600]
    assert console.read_line() == []
    assert console.read_line() == [ord(char) for char in " last"]
    assert console.read_line() is None and console.read_line() is None


def test_octets_that_are_no_utf8_give_the_replacement_character():
    assert Console(Terminal(b"a\xffb\xc3\n")).read_line() == [97, 0xFFFD, 98, 0xFFFD]
