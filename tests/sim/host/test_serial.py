"""The serial line's host."""

import io
import os

from sim.host.serial import MOST_ENDS, QUIET, Serial
from sim.host.terminal import ScriptedTerminal, Terminal


def test_octets_pass_unchanged_both_ways():
    octets = bytes(range(256))
    sink = io.BytesIO()
    line = Serial(Terminal(octets, sink))
    assert line.read(100) + line.read(1000) == octets and line.read() == b"" and line.ended
    line.write(octets)
    assert sink.getvalue() == octets


def test_reading_never_waits():
    reader, writer = os.pipe()
    line = Serial(Terminal(reader))
    assert line.read(10) == b"" and not line.ended
    os.write(writer, b"\0")
    assert line.read(10) == b"\0"
    os.close(writer)
    assert line.read(10) == b"" and line.ended
    os.close(reader)


def test_the_end_can_be_typed():
    line = Serial(Terminal(b"x"), end_octet=4)
    assert not line.ended
    assert [line.read(5) for _ in range(3)] == [b"x", b"\4", b""] and line.ended
    assert b"".join(line.read(5) for _ in range(3 * QUIET)) == b""


def test_the_end_is_typed_again_when_the_machine_has_answered_and_is_quiet():
    line = Serial(Terminal(b"", io.BytesIO()), end_octet=4)
    ends = []
    for _ in range(2 * MOST_ENDS):
        ends.append(b"".join(line.read(5) for _ in range(2 * QUIET)))
        line.write(b"$ ")
        assert line.read(5) == b""
    assert ends == [b"\4"] * MOST_ENDS + [b""] * MOST_ENDS


def test_a_script_can_sit_at_the_line():
    terminal = ScriptedTerminal([("login: ", "me\r")])
    line = Serial(terminal)
    assert line.read(9) == b""
    line.write(b"login: ")
    assert line.read(9) == b"me\r"
