"""The test of a board, against somebody at the other end of a pseudo-terminal who plays a board."""

import os
import pty
import struct
import threading
import tty

import pytest

import fpga.hardware_test
from fpga import kernels
from fpga.hardware_test import STEPS, Step, main, run
from fpga.serial_line import ACK, ENQ, GREETING, START, SerialLine

BOOT = ("\r\nQuince on ULX3S\r\nmemory: 16384 KiB tested and cleared\r\ncard: 16 MiB\r\n"
        "\rcard: kernel, 4 of 4 octets\r\nstarting, 4 octets\r\n/ $ ")


class PlayedBoard:
    """Says what a board says as it starts, then answers each line that is typed."""
    def __init__(self, boot, answers):
        self.ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.port, self.boot, self.answers = os.ttyname(self.theirs), boot, answers
        self.thread = threading.Thread(target=self._play, daemon=True)
        self.thread.start()

    def _play(self):
        try:
            os.write(self.ours, self.boot.encode())
            typed = b""
            while True:
                typed += os.read(self.ours, 100)
                while b"\r" in typed:
                    line, _, typed = typed.partition(b"\r")
                    command = line.decode()
                    os.write(self.ours, self.answers(command).encode())
        except OSError:
            pass  # the test is over

    def close(self):
        """Hang up: then the thread ends, before somebody else gets the number of its file."""
        os.close(self.theirs)
        self.thread.join(10)
        os.close(self.ours)


def good_answers(command):
    said = {"cat /readme": "hello\r\n",
            "/test/usertests": "ok names\r\nok modes\r\n0 failed\r\n"}.get(command, "")
    if command == "cat /tmp/hardware":
        said = " ".join(str(n) for n in range(100)) + "\r\n"
    if command == "exit":
        return "exit\r\n\r\nQuince on ULX3S\r\nstopped at 0x1234 with exit code 0x0\r\n"
    return f"{command}\r\n{said}/ $ "


@pytest.fixture
def board():
    made = []

    def make(boot=BOOT, answers=good_answers):
        made.append(PlayedBoard(boot, answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def no_kernels(monkeypatch):
    """They need a boot loader."""
    monkeypatch.setattr(fpga.hardware_test, "run_kernels", lambda line, **options: True)


def test_a_board_that_does_everything_passes_and_each_step_is_reported(board, capsys, monkeypatch,
                                                                      no_kernels):
    monkeypatch.setattr(fpga.hardware_test, "MOST_EARLY", 0)  # this one does not sleep
    assert main([board().port, "--patience", "0.5"]) == 0
    report = capsys.readouterr().out
    assert "passed  memory: 16384 KiB tested and cleared" in report
    assert "passed  usertests: 0 failed" in report
    assert "passed  a picture is shown: nobody has looked" in report
    assert "passed  the keyboard is heard" in report
    assert report.endswith("all passed\n") and "FAILED" not in report


@pytest.mark.parametrize("boot, complaint", [
    ("\r\nQuince on ULX3S\r\nmemory: data bits 0x20 are stuck at 0, 0x0 at 1, 0x0 are not kept\r\n"
     "the memory is bad, and nothing can be started\r\n", "FAILED  memory: the memory is bad"),
    (BOOT.replace("card: 16 MiB", "card: there is none, or it does not answer"),
     "FAILED  the card answers: card: there is none"),
])
def test_what_the_boot_loader_complains_of_is_in_the_report_at_once(board, capsys, boot, complaint):
    assert main([board(boot).port]) == 1
    assert complaint in capsys.readouterr().out


def test_a_file_that_reads_back_wrong_fails(board, capsys):
    def answers(command):
        return good_answers(command).replace("41 42", "41 43")
    assert main([board(answers=answers).port, "--patience", "0.05"]) == 1
    assert "FAILED  and read again: nothing of the kind came" in capsys.readouterr().out


def outcome(board, name, answers, **options):
    """Whether one step passes, and its line of the report."""
    line, told = SerialLine(board("", answers).port, 1_000_000), []
    is_good = run(line, [step for step in STEPS if step.name == name], tell=told.append, **options)
    line.close()
    return is_good, told[-1]


@pytest.mark.parametrize("said, complaint", [
    ("ok names\r\nFAILED modes: not a file\r\n1 failed\r\n", "FAILED modes: not a file"),
    ("ok names\r\n2 failed\r\n", "2 failed"),
    ("sh: /test/usertests: no such file\r\n", "nothing of the kind came"),
    ("0 failed\r\n", "nothing of the kind came"),
    ("ok names\r\n\r\nstopped at 0x1 by a fault\r\n", "stopped at 0x1 by a fault"),
])
def test_usertests_must_have_run_and_passed(board, said, complaint):
    is_good, told = outcome(board, "usertests", lambda command: f"{command}\r\n{said}/ $ ",
                            patience=0.003)
    assert not is_good and told.startswith("FAILED  usertests: ") and complaint in told


def test_a_keyboard_that_is_not_heard_fails(board):
    asked = []
    is_good, told = outcome(board, "the keyboard is heard", lambda command: f"{command}\r\n",
                            patience=0.01, ask=asked.append)
    assert not is_good and "nothing of the kind came" in told
    assert "press escape on the board's own keyboard" in asked[0]


def test_a_clock_that_is_too_fast_fails(board):
    is_good, told = outcome(board, "the clock runs", good_answers)
    assert not is_good and told.endswith("s, and 1 are right")


def test_what_needs_a_person_can_be_left_out(board, capsys, monkeypatch, no_kernels):
    monkeypatch.setattr(fpga.hardware_test, "MOST_EARLY", 0)
    assert main([board().port, "--alone"]) == 0
    assert "the keyboard is heard" not in capsys.readouterr().out


@pytest.mark.parametrize("is_so, is_good", [(True, True), (False, False), (None, True)])
def test_a_person_is_asked_what_the_monitor_shows(board, is_so, is_good):
    step = Step("a picture", "", "Quince", question="is it blue")
    line, told = SerialLine(board().port, 1_000_000), []
    assert run(line, [step], tell=told.append, answer=lambda question: is_so) == is_good
    assert told[0].startswith("passed" if is_good else "FAILED  a picture: is it blue: no")
    line.close()


class PlayedLoader(PlayedBoard):
    """Takes programs as the boot loader does; each ends in the next of some ways."""
    def __init__(self, ends):
        self.ends = list(ends)
        super().__init__("", None)

    def _play(self):
        heard = b""
        try:
            while True:
                heard += os.read(self.ours, 4096)
                while heard:
                    if heard[:1] == ENQ:
                        os.write(self.ours, GREETING)
                        heard = heard[1:]
                        continue
                    if len(heard) < 9:
                        break
                    kind, address = struct.unpack("<II", heard[1:9])
                    length = 13 + 4 * (kind >> 8)
                    if len(heard) < length:
                        break
                    heard = heard[length:]
                    os.write(self.ours, ACK + struct.pack("<I", address))
                    if kind & 0xFF == START:
                        os.write(self.ours, b"\r\n" + self.ends.pop(0).encode() + b"\r\n")
        except OSError:
            pass  # the test is over


def test_kernels_are_compared_with_simulation(monkeypatch):
    monkeypatch.setattr(kernels, "NAMES", ("fib", "gcd", "qsort", "crc32"))
    monkeypatch.setattr(kernels, "figures", lambda: dict.fromkeys(kernels.NAMES, 1000))
    right = {name: kernels.expected_of(name) for name in kernels.NAMES}
    loader = PlayedLoader([
        f"stopped at 0x1000 with exit code {right['fib']:#x}\r\nit ran for 1010 cycles",
        f"stopped at 0x1000 with exit code {right['gcd']:#x}\r\nit ran for 1100 cycles",
        "stopped at 0x1000 with exit code 0x1\r\nit ran for 1000 cycles",
        "stopped at 0x1000 by a fault without handler, reason 3\r\nit ran for 990 cycles"])
    line, told = SerialLine(loader.port, 1_000_000), []
    assert not kernels.run_kernels(line, tell=told.append)
    line.close()
    loader.close()
    assert told == [
        "passed  kernel fib: 1010 cycles, +1.00% against simulation",
        "FAILED  kernel gcd: 1100 cycles, +10.00% against simulation",
        "FAILED  kernel qsort: 1000 cycles, +0.00% against simulation; its result is 0x1, not "
        f"{right['qsort']:#x}",
        "FAILED  kernel crc32: 990 cycles, -1.00% against simulation; its result is None, not "
        f"{right['crc32']:#x}"]


@pytest.mark.parametrize("said, complaint", [
    (b"", "nothing came in 0 s: is it the board's port, and was it reset?"),
    (b"\xfc\x00\x1c\xe0", "the last: '\ufffd\\x00\\x1c\ufffd'; is the baud rate right?"),
    (b"Quinxe\r\n", "the last: 'Quinxe\\r\\n'"),
])
def test_silence_and_a_wrong_baud_rate_are_told_apart(board, said, complaint):
    played, told = board(""), []
    line = SerialLine(played.port, 1_000_000)
    os.write(played.ours, said)
    assert not run(line, [Step("anything", "", "Quince", seconds=0.1)], tell=told.append)
    assert told[0].startswith("FAILED  anything: nothing") and told[0].endswith(complaint)
    line.close()
