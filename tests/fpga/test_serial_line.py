"""A program over the serial line: the host's side against the boot loader on the hardware."""

import os
import pty
import re
import threading
import time
import tty

import pytest

from fpga import kernels
from fpga.flash import main
from fpga.serial_line import WRITE, BootRefused, SerialLine, frame, send_frames
from isa.machine import window_addresses
from sim.host.terminal import Terminal
from system.loader import texts
from tests.support.boot_rig import MACHINE, RAM_WORDS, BootRig
from toolchain.qasm.assembler import assemble
from toolchain.source import Source

SERIAL = window_addresses(MACHINE.peripherals)["serial"]
STACK  = 0xFFFFF  # where programs for the bare machine have it
WORDS  = 1000  # of the program's data: several frames, and more than are on the way at once

PROGRAM_TEXT = f"""
  constant r1 {SERIAL:#x}
  constant r2 @sum
  load r3 r2
  store r1 r3
  constant r0 7
  halt
data @sum 0x21
data @rest {" ".join(f"{n * 2654435761 & 0xFFFFFFFF:#x}" for n in range(WORDS))}
"""


@pytest.fixture(scope="module")
def program():
    return assemble([Source("program.qasm", PROGRAM_TEXT)]).to_octets()


class Wire:
    """A pseudo-terminal between the host's tool and a machine; octets may be spoilt on the way."""
    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.port = os.ttyname(self.theirs)
        self.terminal = Terminal(self.ours, self.ours)
        self.heard = bytearray()
        self.spoilt = []  # which octets to the machine change, counted from the first
        self._count, take, write = 0, self.terminal.take, self.terminal.write

        def spoiling_take(limit):
            octets = bytearray(take(limit))
            for n in self.spoilt:
                if 0 <= n - self._count < len(octets):
                    octets[n - self._count] ^= 0x10
            self._count += len(octets)
            return bytes(octets)

        def noting_write(octets):
            self.heard += octets
            write(octets)

        self.terminal.take, self.terminal.write = spoiling_take, noting_write

    def close(self):
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def wire():
    wire = Wire()
    yield wire
    wire.close()


def run_against_a_machine(wire, job, until, seconds=100):
    """Do something in a thread while a machine runs, which must say something; what came of it."""
    rig, results = BootRig(terminal=wire.terminal), []
    worker = threading.Thread(target=lambda: results.append(job()))
    try:
        worker.start()
        end = time.monotonic() + seconds
        while worker.is_alive() or until not in wire.heard:
            assert time.monotonic() < end, bytes(wire.heard)
            rig.step(4_000)
        return results[0]
    finally:
        worker.join()
        rig.close()


@pytest.mark.slow
@pytest.mark.parametrize("spoilt", [(), (700, 2900)])
def test_a_program_arrives_whole_also_over_a_line_with_faults(wire, program, tmp_path, spoilt):
    (tmp_path / "program.qbin").write_bytes(program)
    wire.spoilt = spoilt
    arguments = ["--serial", wire.port, str(tmp_path / "program.qbin")]
    assert run_against_a_machine(wire, lambda: main(arguments), b"exit code 0x7") == 0
    assert texts()["STARTING"].replace("%", str(len(program))).strip().encode() in wire.heard
    assert b"!" in wire.heard


def test_words_that_do_not_fit_are_refused(wire):
    def send():
        line = SerialLine(wire.port, 1_000_000)
        try:
            send_frames(line, [(RAM_WORDS - 8, frame(WRITE, RAM_WORDS - 8, [1]))])
        except BootRefused as error:
            return str(error)
        finally:
            line.close()

    message = run_against_a_machine(wire, send, b"Q1")
    assert message == ("the board refuses the frame for 0x7ff8: the program does not fit, or "
                       "arrived damaged")


def test_nobody_there_is_said(wire, program, tmp_path, capsys):
    (tmp_path / "program.qbin").write_bytes(program)
    assert main(["--serial", wire.port, str(tmp_path / "program.qbin"), "--patience", "0.2"]) == 1
    assert f"{wire.port}: no boot loader answers" in capsys.readouterr().err


def test_a_wrong_rate_is_suspected_when_what_comes_is_no_greeting(wire, program, tmp_path, capsys):
    (tmp_path / "program.qbin").write_bytes(program)
    os.write(wire.ours, b"\x00\xfe\x80\xf8")
    assert main(["--serial", wire.port, str(tmp_path / "program.qbin"), "--patience", "0.2"]) == 1
    assert "it sends something else: is the baud rate right?" in capsys.readouterr().err


@pytest.mark.parametrize("octets, message", [
    (b"", "0 octets are no program"), (b"12345", "5 octets are no program"),
    (bytes(16 << 20), "16777216 octets are more than the 16760832 that a board's memory has"),
])
def test_what_is_no_program_is_refused(wire, tmp_path, capsys, octets, message):
    (tmp_path / "bad.qbin").write_bytes(octets)
    assert main(["--serial", wire.port, str(tmp_path / "bad.qbin")]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("port, message", [
    ("/dev/no-such-port", "No such file or directory"), ("/dev/null", "not a serial port"),
])
def test_a_bad_port_is_refused(program, tmp_path, capsys, port, message):
    (tmp_path / "program.qbin").write_bytes(program)
    assert main(["--serial", port, str(tmp_path / "program.qbin")]) == 1
    assert message in capsys.readouterr().err


def test_a_frame_by_hand():
    """SOH; kind 1 and 1 word; the address; the word; the CRC-32 of these 12 octets."""
    assert frame(WRITE, 0x1000, [0x11223344]).hex(" ", 4) == \
        "01 01010000 00100000 44332211 7f3b79b9"


def test_a_kernel_is_measured_and_takes_the_cycles_of_the_simulated_board(wire, monkeypatch):
    """The machine's memory chip and cache are the board's; it has less RAM, so the stack moves."""
    words, told = kernels.words_of("gcd"), []
    assert words.count(STACK) == 1
    small = [RAM_WORDS // 2 - 1 if word == STACK else word for word in words]
    monkeypatch.setattr(kernels, "words_of", lambda name: small)

    def measure():
        line = SerialLine(wire.port, 1_000_000)
        try:
            return kernels.run_kernels(line, patience=10, tell=told.append, names=("gcd",))
        finally:
            line.close()

    assert run_against_a_machine(wire, measure, texts()["RAN"].split("%")[0].encode()), told
    assert re.fullmatch(r"passed  kernel gcd: \d+ cycles, [+-]\d\.\d\d% against simulation", *told)
