"""Lockstep: a machine that stops while its devices are busy, and the pictures that it shows."""

import io
import re

import numpy as np
import pytest

from isa.machine import FRAME_IP, PROGRAM, SECTOR_WORDS, window_addresses
from isa.trace import Kind, Stop, Word
from sim.engine import machine as engine
from sim.engine.adapters import Display as DisplayAdapter
from sim.engine.machine import RtlMachine
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.lockstep import Lockstep
from sim.machine import Diverged, Status
from tests.support.golden import list_table
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


def run_to_stop(machine, slice_cycles=1_000):
    """Run a machine until it stops, and close it, whatever it raises."""
    try:
        while machine.run(slice_cycles) is not Status.STOPPED:
            assert machine.cycles < 100_000
    finally:
        machine.close()


def ends_of(name, spoil):
    """Run an operation up to a stop in its middle, on a machine that something has been done to."""
    given = hosts()
    machine = Lockstep(FULL, given)
    machine.load(assemble([Source("t", OPERATIONS[name] + "nop\n" * 40 + "halt")]).words)
    spoil(machine, given)
    run_to_stop(machine)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.parametrize("at", [0x1000 + 2 * SECTOR_WORDS - 1, 0x6000, 0x1FFFF,
                                0x20000 + 2 * SECTOR_WORDS])
def test_a_word_that_differs_elsewhere_is_one_all_the_same(at):
    def spoil(machine, given):
        machine.memory[at] ^= 1

    with pytest.raises(Diverged, match=f"1 words of memory differ; the first, at {at:#x}"):
        ends_of("read a sector", spoil)
    with pytest.raises(Diverged, match=f"1 words of memory differ; the first, at {at:#x}"):
        ends_of("write a sector", spoil)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.parametrize("name, sector", [("write a sector", 2), ("write a sector", 3),
                                          ("read a sector", 1)])
def test_a_sector_that_differs_elsewhere_is_one_all_the_same(name, sector):
    """Of a disk of four, as the first two are being moved."""
    def spoil(machine, given):
        words = given.disk.read(sector).copy()
        words[5] ^= 1
        given.disk.write(sector, words)

    with pytest.raises(Diverged, match=f"sector {sector} of the disk differs"):
        ends_of(name, spoil)


@pytest.mark.slow  # another build of the simulator
def test_who_observes_hears_each_record_once_and_only_what_the_model_agrees_with():
    heard = []
    machine = Lockstep(FULL, hosts(), observe=lambda records: heard.extend(records.tolist()))
    machine.load(assemble([Source("t", "nop\n" * 20 + load(1, 0x20000) + "halt")]).words)
    machine.memory[0x20000] = 7  # which the model knows nothing of
    with pytest.raises(Diverged, match="the field VALUE differs"):
        run_to_stop(machine, 10)
    places = [record[Word.IP] for record in heard if record[Word.KIND] == Kind.INSN]
    assert places == list(range(PROGRAM, PROGRAM + len(places)))
    assert 10 <= len(places) <= 21


def outcome(kind, text):
    """What the hosts of a machine have got, after a program."""
    console, line = io.BytesIO(), io.BytesIO()
    given = Hosts(Terminal(b"hello\nyou\nall\n", console), disk=Disk(bytes(range(256)) * 8),
                  display=Display(4, 3), serial=Serial(Terminal(b"abc", line)))
    machine = kind(FULL, given)
    machine.load(assemble([Source("t", text)]).words)
    while machine.run(10_000) is not Status.STOPPED:
        assert machine.cycles < 100_000
    memory = machine.memory[PROGRAM:].tolist()
    machine.close()
    return (console.getvalue(), line.getvalue(), given.disk.octets(), given.display.frame_count,
            given.console.read_line(), given.serial.read(9), memory)


@pytest.mark.slow  # another build of the simulator
@pytest.mark.parametrize("name", OPERATIONS)
def test_hosts_get_from_lockstep_what_they_get_from_the_hardware_alone(name):
    text = (store(0x1000, 0xCAFE) + OPERATIONS[name] + "nop\n" * 2_000) * 2 + "halt"
    assert outcome(Lockstep, text) == outcome(RtlMachine, text)


@pytest.mark.slow  # another build of the simulator
def test_a_report_names_places_of_instructions_alone():
    machine = Lockstep(FULL, hosts(), locate=lambda address, space, memory: f"<{address:#x}>")
    machine.load(assemble([Source("t", "nop\n" * 5 + load(1, 0x20000) + "halt")]).words)
    machine.memory[0x20000] = 7
    with pytest.raises(Diverged) as caught:
        run_to_stop(machine)
    lines = [line for line in str(caught.value).split("\n") if line.startswith("  ")]
    for line in lines:
        where = re.match(r" +[0-9]+ +0*([0-9a-f]{4})  ", line)
        assert (" -- " in line) == (where is None), line
        assert where is None or line.endswith(f"; <0x{where[1]}>"), line
    assert len(lines) > 8


@pytest.mark.slow  # another build of the simulator
def test_a_report_names_places_only_where_their_space_is_known():
    """Behind a page table that takes the place of another one, which the records do not name."""
    known  = []
    window = WINDOWS["mmu"]
    words  = list_table((0, 0, 0x40_0000, 15))
    tables = "".join(f"data {label} {' '.join(map(str, words))}\n" for label in ("@one", "@two"))
    text   = f"""{store(window, "@one")}{store(FRAME_IP, "@go")}constant r1 0
        int r1
    @go:
        nop
        {store(window, "@two")}{load(1, 0x20000)}halt
        {tables}"""

    def locate(address, space, memory):
        known.append(space)
        return "known"

    machine = Lockstep(FULL, hosts(), locate=locate)
    machine.load(assemble([Source("t", text)]).words)
    machine.memory[0x20000] = 7
    with pytest.raises(Diverged) as caught:
        run_to_stop(machine)
    lines = str(caught.value).split("\n")
    assert [line.endswith("; known") for line in lines if " nop" in line] == [False]
    assert None not in known and len(set(known)) == 2  # that of the kernel, and the new one


@pytest.mark.slow  # another build of the simulator
def test_of_the_program_before_nothing_is_left():
    """That has stopped as it was reading, or writing something that the model had not got to."""
    machine = Lockstep(FULL, hosts())
    for nops in (0, 3, 19, 31, 100, 390):
        for name in ("read a line", "write to screen", "send an octet"):
            for text in (OPERATIONS[name] + "nop\n" * nops, OPERATIONS[name] + "nop\n" * 2_000):
                machine.load(assemble([Source("t", text + "halt")]).words)
                while machine.run(10_000) is not Status.STOPPED:
                    assert machine.cycles < 100_000
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
