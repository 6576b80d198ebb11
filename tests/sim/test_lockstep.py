"""Lockstep: a machine that stops while its devices are busy."""

import io

import pytest

from isa.machine import PROGRAM, window_addresses
from isa.trace import Stop
from sim.host.disk import Disk
from sim.host.display import Display
from sim.host.hosts import Hosts
from sim.host.serial import Serial
from sim.host.terminal import Terminal
from sim.lockstep import Lockstep
from sim.machine import Diverged, Status
from tests.support.lockstep import run_qasm
from tests.support.programs import FULL, store
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
