"""The terminal: pipes, real terminals (as pseudo-terminals), and scripts."""

import errno
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from sim.host.error import HostError, OutputClosed
from sim.host.terminal import ScriptedTerminal, Terminal, standard_terminal


@pytest.fixture
def pipe():
    """A terminal that reads from a pipe, and the pipe's other end."""
    reader, writer = os.pipe()
    ends = [reader, writer]
    yield Terminal(reader), writer
    for fd in ends:
        try:
            os.close(fd)
        except OSError as error:
            assert error.errno == errno.EBADF


@pytest.fixture
def tty():
    """A terminal on a pseudo-terminal, and the end that a person would sit at."""
    person, machine = pty.openpty()
    yield Terminal(machine, machine), person
    os.close(person)
    os.close(machine)


def test_octets_come_in_order_and_never_wait(pipe):
    terminal, writer = pipe
    assert not terminal.poll() and terminal.take(5) == b""
    os.write(writer, b"hello")
    assert terminal.poll()
    assert (terminal.take(2), terminal.take(9), terminal.take(9)) == (b"he", b"llo", b"")
    assert not terminal.ended


def test_a_line_is_ready_once_its_newline_is_there(pipe):
    terminal, writer = pipe
    os.write(writer, b"one")
    assert not terminal.line_ready()
    os.write(writer, b" two\nthree\n\n")
    assert terminal.line_ready()
    assert [terminal.take_line() for _ in range(3)] == [b"one two", b"three", b""]
    assert not terminal.line_ready()


def test_what_stands_after_the_last_newline_is_a_line(pipe):
    terminal, writer = pipe
    os.write(writer, b"a\nb")
    os.close(writer)
    assert [terminal.take_line() for _ in range(4)] == [b"a", b"b", None, None]


def test_take_line_waits():
    reader, writer = os.pipe()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(.2); print('late')"],
                             stdout=writer)
    os.close(writer)
    assert Terminal(reader).take_line() == b"late"
    child.wait()
    os.close(reader)


def test_wait_returns_at_input_and_at_the_end(pipe):
    terminal, writer = pipe
    before = time.monotonic()
    assert not terminal.wait(0.05)
    assert time.monotonic() - before >= 0.04
    os.write(writer, b"x")
    assert terminal.wait(10) and not terminal.ended
    os.close(writer)
    assert terminal.wait(10) and terminal.ended
    assert terminal.take(5) == b"x"


def test_a_long_line_is_whole(pipe):
    terminal, writer = pipe
    line = b"x" * 300_000
    child = subprocess.Popen([sys.executable, "-c", "print('x' * 300000)"], stdout=writer)
    assert terminal.take_line() == line
    child.wait()


def test_octets_given_at_once_need_no_descriptor():
    terminal = Terminal(b"a\nbc")
    assert terminal.line_ready() and terminal.take_line() == b"a"
    assert terminal.take(9) == b"bc" and terminal.ended


def test_no_source_is_the_end_of_input():
    assert Terminal(None).take_line() is None and not Terminal(None).is_interactive


def test_a_source_closed_under_us_is_the_end_of_input():
    reader, writer = os.pipe()
    os.close(writer)
    os.close(reader)
    assert Terminal(reader).take_line() is None


def test_write_reaches_the_other_end_in_pieces_if_need_be():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys,time; time.sleep(.2); print(len(sys.stdin.read()))"],
        stdin=reader, stdout=subprocess.PIPE, text=True)
    os.close(reader)
    Terminal(None, writer).write(b"y" * 400_000)
    os.close(writer)
    assert child.communicate()[0] == "400000\n"


def test_a_broken_pipe_is_said_clearly():
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(OutputClosed, match="whoever read the output has gone away"):
        Terminal(None, writer).write(b"x")
    os.close(writer)


def test_a_closed_output_is_said_clearly():
    with pytest.raises(HostError, match="the standard output is closed"):
        Terminal(None, None).write(b"x")
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    with pytest.raises(HostError, match="cannot write the output: Bad file descriptor"):
        Terminal(None, writer).write(b"x")
    Terminal(None, None).write(b"")  # nothing to say is fine


def test_a_full_disk_is_said_clearly():
    with open("/dev/full", "wb", buffering=0) as full:
        with pytest.raises(HostError, match="cannot write the output: No space left on device"):
            Terminal(None, full).write(b"x")


def test_a_terminal_knows_that_a_person_types(tty):
    terminal, person = tty
    assert terminal.is_interactive
    os.write(person, b"typed\n")
    assert terminal.take_line() == b"typed"


def test_raw_mode_gives_each_octet_and_no_echo_and_comes_back(tty):
    terminal, person = tty
    before = termios.tcgetattr(terminal._source_fd)
    with terminal.raw():
        os.write(person, b"a\x03\r\x00\xff")
        assert terminal.wait(5)
        assert terminal.take(9) == b"a\x03\r\x00\xff"
        terminal.write(b"\nok\r\n")
        assert os.read(person, 99) == b"\nok\r\n"
        terminal.write_text("a\nb")
        assert os.read(person, 99) == b"a\r\nb"
    assert termios.tcgetattr(terminal._source_fd) == before and not terminal.is_raw


def test_raw_mode_comes_back_after_an_exception(tty):
    terminal, _ = tty
    before = termios.tcgetattr(terminal._source_fd)
    with pytest.raises(ZeroDivisionError):
        with terminal.raw():
            raise ZeroDivisionError
    assert termios.tcgetattr(terminal._source_fd) == before


def test_the_leave_key_leaves_raw_mode_only(tty):
    terminal, person = tty
    with pytest.raises(KeyboardInterrupt):
        with terminal.raw():
            os.write(person, b"\x1d")
            terminal.wait(5)
    assert not terminal.is_raw
    os.write(person, b"\x1d\n")
    assert terminal.take_line() == b"\x1d"


CHILD = """
import os, sys, time
from sim.host.terminal import Terminal
with Terminal(0, 1).raw():
    sys.stderr.write("raw"); sys.stderr.flush()
    {action}
"""


@pytest.mark.parametrize("action, number", [
    ("time.sleep(60)", signal.SIGTERM), ("time.sleep(60)", signal.SIGHUP),
    ("time.sleep(60)", signal.SIGQUIT), ("time.sleep(60)", signal.SIGINT),
    ("sys.exit(3)", None), ("raise SystemError", None),
])
def test_raw_mode_comes_back_however_the_process_ends(action, number):
    person, machine = pty.openpty()
    before = termios.tcgetattr(machine)
    child = subprocess.Popen([sys.executable, "-c", CHILD.format(action=action)], stdin=machine,
                             stdout=machine, stderr=subprocess.PIPE, cwd=os.getcwd())
    assert child.stderr.read(3) == b"raw"
    if number is not None:
        assert not termios.tcgetattr(machine)[3] & termios.ECHO
        child.send_signal(number)
    child.communicate(timeout=20)
    assert child.returncode in ((-number,) if number else (1, 3))
    assert termios.tcgetattr(machine) == before
    os.close(person)
    os.close(machine)


def test_a_stopped_process_gives_the_terminal_back_and_takes_it_again():
    person, machine = pty.openpty()
    before = termios.tcgetattr(machine)
    child = subprocess.Popen([sys.executable, "-c", CHILD.format(action="time.sleep(60)")],
                             stdin=machine, stdout=machine, stderr=subprocess.PIPE,
                             process_group=0)  # an orphaned group would not stop
    assert child.stderr.read(3) == b"raw"
    child.send_signal(signal.SIGTSTP)
    wait_for(lambda: termios.tcgetattr(machine) == before)
    status = Path(f"/proc/{child.pid}/stat")
    wait_for(lambda: status.read_text().rsplit(")", 1)[1].split()[0] == "T")
    child.send_signal(signal.SIGCONT)
    wait_for(lambda: termios.tcgetattr(machine) != before)
    child.terminate()
    child.communicate(timeout=20)
    assert termios.tcgetattr(machine) == before
    os.close(person)
    os.close(machine)


def wait_for(condition, limit_s=10):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_hung_up_terminal_is_the_end_of_input():
    person, machine = pty.openpty()
    terminal = Terminal(machine)
    os.close(person)
    assert terminal.take_line() is None
    os.close(machine)


def test_raw_mode_does_nothing_to_a_pipe(pipe):
    terminal, writer = pipe
    with terminal.raw():
        os.write(writer, b"\x1d")
        assert terminal.take(5) == b"\x1d" and not terminal.is_raw


def test_the_enter_key_of_a_raw_terminal_ends_a_line(tty):
    terminal, person = tty
    with terminal.raw():
        os.write(person, b"one\rtwo\nthree")
        assert terminal.wait(5)
        assert [terminal.take_line(), terminal.take_line()] == [b"one", b"two"]
        assert not terminal.line_ready() and terminal.take(9) == b"three"


def test_a_script_types_once_it_has_read_what_it_awaits():
    terminal = ScriptedTerminal([("$ ", "ls\n"), ("$ ", "exit\n")])
    assert not terminal.poll() and not terminal.ended
    terminal.write(b"welcome $")
    assert not terminal.poll()
    terminal.write(b" ")
    assert terminal.take(99) == b"ls\n"
    terminal.write(b"file\n$ ")
    assert terminal.take_line() == b"exit"
    assert terminal.ended and terminal.text == "welcome $ file\n$ "


def test_a_script_that_waits_for_what_never_comes_says_so():
    with pytest.raises(HostError, match="waits for b'login:', which never came"):
        ScriptedTerminal([("login:", "x")]).take_line()


def test_standard_streams_may_be_closed():
    code = ("import sys; from sim.host.terminal import standard_terminal\n"
            "from sim.host.error import HostError\n"
            "terminal = standard_terminal()\n"
            "assert terminal.take_line() is None\n"
            "try: terminal.write(b'x')\n"
            "except HostError as error: sys.stderr.write(str(error))")
    result = subprocess.run(["sh", "-c", f'"{sys.executable}" -c "$0" <&- >&-', code],
                            capture_output=True, text=True)
    assert result.stderr == "console: the standard output is closed"


def test_standard_streams_are_those_of_the_process():
    terminal = standard_terminal()
    assert isinstance(terminal.is_interactive, bool) and terminal.size() >= (1, 1)
