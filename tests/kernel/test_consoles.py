"""The shell where there is no serial line: console peripherals alone."""

import io

import numpy as np
import pytest

from isa.config import MachineConfig
from isa.trace import Stop
from sim.golden import Golden
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.keyboard import Keyboard
from sim.host.terminal import Terminal
from tests.support.system import system


def run(*lines, display=None):
    """What is said in a session of these lines, and the machine."""
    paths, sink = system(), io.BytesIO()
    terminal = Terminal("".join(f"{line}\n" for line in lines).encode(), sink)
    peripherals = ("block", "display", "keyboard") if display else ("block",)
    golden = Golden(MachineConfig().fit(*peripherals),
                    Hosts(terminal, disk=Disk(paths.disk.read_bytes()), display=display,
                          keyboard=Keyboard()))
    golden.load(np.frombuffer(paths.kernel.read_bytes(), dtype="<u4"))
    golden.run(3_000_000_000)
    return sink.getvalue().decode(), golden


def test_what_ran_in_the_background_is_forgotten_without_a_serial_line():
    text, golden = run(*["true &"] * 70, "echo alive", "exit 5")
    assert "alive\n" in text
    assert text.count("ended with 0") >= 60
    assert golden.stop.stop is Stop.HALT and golden.stop.exit_code == 5


@pytest.mark.parametrize("length", [1019, 1020, 1100, 1265, 1400, 3000])
def test_a_line_is_run_or_dropped_as_a_whole_without_a_serial_line(length):
    """The device hands over a line in parts of 253 characters; the kernel has room for 1,023."""
    text, golden = run(f"echo {'x' * (length - 6)}y", "echo alive", "exit 5")
    is_dropped = length >= 1024
    assert ("the line is too long, and dropped\n" in text) == is_dropped
    assert ("xy\n" in text) == (not is_dropped)
    assert "alive\n" in text
    assert golden.stop.exit_code == 5


def test_an_octet_alone_is_shown_even_if_it_is_the_last_one():
    text, golden = run("echo; exit 5")
    assert text.endswith("\n") and golden.stop.exit_code == 5


def test_without_a_serial_line_a_display_is_not_the_console():
    display = Display(320, 200)
    text, golden = run("echo alive", "exit 5", display=display)
    assert "alive\n" in text and golden.stop.exit_code == 5
    assert display.frame_count == 0
