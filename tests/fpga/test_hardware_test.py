"""The test of a board, against somebody at the other end of a pseudo-terminal who plays a board."""

import os
import pty
import threading
import tty

import pytest

from fpga.hardware_test import STEPS, Step, main, run
from fpga.serial_line import SerialLine

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
        os.close(self.theirs)
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


def test_a_board_that_does_everything_passes_and_each_step_is_reported(board, capsys):
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


def test_what_needs_a_person_can_be_left_out(board, capsys):
    assert main([board().port, "--alone"]) == 0
    assert "the keyboard is heard" not in capsys.readouterr().out


@pytest.mark.parametrize("is_so, is_good", [(True, True), (False, False), (None, True)])
def test_a_person_is_asked_what_the_monitor_shows(board, is_so, is_good):
    step = Step("a picture", "", "Quince", question="is it blue")
    line, told = SerialLine(board().port, 1_000_000), []
    assert run(line, [step], tell=told.append, answer=lambda question: is_so) == is_good
    assert told[0].startswith("passed" if is_good else "FAILED  a picture: is it blue: no")
    line.close()


def test_silence_fails_after_the_steps_time(board):
    line = SerialLine(board("").port, 1_000_000)
    told = []
    assert not run(line, [Step("anything", "", "x", seconds=0.1)], tell=told.append)
    assert told[0].startswith("FAILED  anything: nothing of the kind came")
    line.close()
