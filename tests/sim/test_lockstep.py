"""Lockstep: a machine that stops while its devices are busy, and the pictures that it shows."""

import io

import numpy as np
import pytest

from isa.machine import PROGRAM, window_addresses
from isa.trace import Stop
from sim.engine import machine as engine
from sim.engine.adapters import Display as DisplayAdapter
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.lockstep import Lockstep
from sim.machine import Diverged, Status
from tests.support.lockstep import run_qasm
from tests.support.programs import FULL, load, store
from toolchain.qasm import assemble
from toolchain.source import Source

WINDOWS = window_addresses(FULL.peripherals)


def operation(name, command, **words):
    """Begin an operation of a device, after storing these words of its window."""
    text = "".join(store(WINDOWS[name] + int(at[1:]), value) for at, value in words.items())
    return text + store(WINDOWS[name], command)


OPERATIONS = {
    "read a sector":   operation("block", 1, _2=0, _3=2, _4=0x20000),
    "write a sector":  operation("block", 2, _2=0, _3=2, _4=0x1000),
    "flush":           operation("block", 3),
    "flip":            operation("display", 1, _3=0x1000),
    "write to screen": operation("console_output", 1, _2=200),
    "read a line":     operation("console_input", 2),
    "send an octet":   operation("serial", 65),
}


def hosts():
    return Hosts(Terminal(b"hello\n" * 3, io.BytesIO()), disk=Disk(bytes(range(256)) * 8),
                 display=Display(4, 3), serial=Serial(Terminal(b"abc", io.BytesIO())))


@pytest.mark.slow  # another build of the simulator
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("nops", [0, 1, 2, 3, 7, 19, 31, 42, 100, 390, 800])
def test_a_stop_in_the_middle_of_an_operation_is_no_difference(name, nops):
    run = run_qasm(OPERATIONS[name] + "nop\n" * nops + "halt", config=FULL, hosts=hosts())
    assert run.stop.stop == Stop.HALT


@pytest.mark.slow  # another build of the simulator
def test_a_word_that_differs_elsewhere_is_one_all_the_same():
    machine = Lockstep(FULL, hosts())
    machine.load(assemble([Source("t", OPERATIONS["read a sector"] + "nop\n" * 40 + "halt")]).words)
    machine.memory[PROGRAM + 0x5000] ^= 1
    with pytest.raises(Diverged, match="1 words of memory differ; the first, at 0x6000"):
        while machine.run(1000) is not Status.STOPPED:
            pass
    machine.close()


# --- pictures ------------------------------------------------------------------------------------

SHOWN = 0x20000
FLIP = operation("display", 1, _3=SHOWN)
WAIT = f"@again:\n{load(1, WINDOWS['display'])}constant r2 @again\njnz r1 r2\n"


class Faulty(DisplayAdapter):
    """Alters the pixel at (2, 1) of the second picture."""
    shows = 0

    def take(self, tokens):
        pixels = np.flatnonzero(tokens >> np.uint64(32) == 1)  # of a whole flip: 12 fit in a burst
        self.shows += bool(len(pixels))
        if self.shows == 2 and len(pixels):
            tokens = tokens.copy()
            tokens[pixels[6]] ^= np.uint64(0x100)
        super().take(tokens)


def two_flips(during=""):
    return (store(SHOWN + 6, 0x1234) + FLIP + during + WAIT
            + (FLIP + during + WAIT).replace("again", "twice") + "halt")


@pytest.mark.slow  # another build of the simulator
def test_a_pixel_that_differs_is_found_with_flip_and_place(monkeypatch):
    monkeypatch.setitem(engine.ADAPTERS, "display", Faulty)
    with pytest.raises(Diverged, match=r"the picture of flip 2 has 0x00001334 at \(2, 1\), but "
                                       r"the word at 0x20006 is 0x00001234"):
        run_qasm(two_flips(), config=FULL, hosts=hosts())


@pytest.mark.slow  # another build of the simulator
def test_a_picture_is_shown_on_the_display_that_was_given():
    given = hosts()
    run = run_qasm(two_flips(), config=FULL, hosts=given)
    assert run.stop.stop == Stop.HALT
    assert given.display.frame_count == 2 and int(given.display.last[1, 2]) == 0x1234


@pytest.mark.slow  # another build of the simulator
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (4, 3)])
def test_drawing_while_a_picture_is_read_is_no_difference(size):
    """At each distance from the flip, before the pixel is read, after it, and as the flip ends."""
    machine = Lockstep(FULL, Hosts(display=Display(*size)))
    for nops in range(60):
        during = "nop\n" * nops + store(SHOWN, nops + 1) + store(SHOWN, 0xAA)
        machine.load(assemble([Source("t", two_flips(during))]).words)
        while machine.run(10_000) is not Status.STOPPED:
            assert machine.cycles < 100_000
    machine.close()
