"""Job control: ctrl-Z, `jobs`, `fg`, `bg`, `stop`, `kill %1`, and the calls behind them."""

import re

import pytest

from sim.host.display import Display
from tests.support.live import PROMPT, Live
from tests.support.system import debug_kernel

SUSPEND, INTERRUPT, END = "\x1a", "\x03", "\x04"
MOMENTS = (0, 1, 1_000, 30_000, 100_000, 300_000, 1_000_000)


@pytest.fixture(scope="module")
def shared():
    """One machine with the kernel that checks itself, for all cases that leave it as it was."""
    machine = Live(kernel=debug_kernel())
    machine.until(PROMPT)
    return machine


@pytest.fixture
def live(shared):
    yield shared
    assert shared.command("jobs") == ""
    rows = shared.command("ps").split("\n")[1:-1]
    assert sorted(row.split()[-1] for row in rows) == ["ps", "sh"]


def start(live, line, cycles=1_500_000):
    live.type(f"{line}\r")
    live.until(f"{line}\n")
    live.run(cycles)


def suspend(live, line, cycles=1_500_000):
    """Start a line and stop it; what was said until the next prompt."""
    start(live, line, cycles)
    live.type(SUSPEND)
    return live.until(PROMPT)


def state_of(live, name):
    rows = [row.split() for row in live.command("ps").split("\n")]
    return [row[2] for row in rows if row and row[-1] == name]


def test_what_is_stopped_goes_on_in_front_where_it_was(live):
    assert suspend(live, "cat | wc").startswith("^Z\n%1 stopped: cat | wc\n")
    assert live.command("echo $?") == "148\n"
    assert live.command("jobs") == "%1 stopped  cat | wc\n"
    assert state_of(live, "cat") == ["stopped"] and state_of(live, "wc") == ["stopped"]
    live.type("fg\r")
    live.until("\ncat | wc\n")
    live.type(f"one two\r{END}")
    assert "      1       2       8 \n" in live.until(PROMPT)


def test_a_stopped_sleeper_sleeps_its_time_and_no_longer(live):
    suspend(live, "sleep 1")
    live.run(1_000_000)
    live.command("bg")
    assert "running  sleep 1" in live.command("jobs")
    began = live.golden.cycles
    live.type("wait; echo it has ended\r")
    live.until("\nit has ended\n")
    assert live.golden.cycles - began < 60_000_000
    suspend(live, "sleep 0.3")
    live.run(60_000_000)
    live.type("fg; echo at once\r")
    live.until("\nat once\n", 3_000_000)
    live.until(PROMPT)


def test_several_jobs_are_told_apart(live):
    suspend(live, "sleep 100")
    suspend(live, "cat")
    assert live.command("jobs") == "%1 stopped  sleep 100\n%2 stopped  cat\n"
    assert live.command("bg %1") == "%1 sleep 100 &\n"
    assert live.command("jobs | cat") == "%1 running  sleep 100\n%2 stopped  cat\n"
    assert "%1 stopped: sleep 100\n" in live.command("stop %1")
    assert re.search(r"\[\d+\] ended with 143", live.command("kill %1; sleep 0.1"))
    assert live.command("jobs") == "%2 stopped  cat\n"
    suspend(live, "sleep 50")  # takes the number that is free
    assert live.command("jobs") == "%1 stopped  sleep 50\n%2 stopped  cat\n"
    live.command("kill %1 %2; sleep 0.1")


def test_who_is_sent_behind_and_reads_the_console_stops(live):
    suspend(live, "cat")
    said = live.command("bg; sleep 0.1")
    assert "%1 cat &\n" in said and "%1 stopped: cat\n" in said
    assert live.command("echo mine") == "mine\n"
    start(live, "fg")
    live.type(f"its\r{END}")
    assert "its\nits\n" in live.until(PROMPT)


@pytest.mark.parametrize("line", ["sleep 100", "cat | cat", "( sleep 100; echo no )",
                                  "sh -c 'sleep 100; echo no'", "while true; do sleep 9; done",
                                  "echo 1 | sleep 100 | cat"])
def test_ctrl_z_and_ctrl_c_come_through_to_all_of_a_job(live, line):
    suspend(live, line)
    assert "stopped  " in live.command("jobs")
    start(live, "fg", 500_000)
    live.type(SUSPEND)
    assert "%1 stopped: " in live.until(PROMPT)
    start(live, "fg", 500_000)
    live.type(INTERRUPT)
    assert "no\n" not in live.until(PROMPT)
    assert live.command("echo $?") == "130\n"


@pytest.mark.parametrize("line", ["sleep 1000 | cat", "cat /bin/sh | wc > /tmp/lost; cat",
                                  "echo $(sleep 3; echo said)"])
def test_ctrl_z_at_any_moment_loses_nothing(live, line):
    for moment in MOMENTS:
        live.type(f"{line}\r")
        live.run(moment)
        live.type(SUSPEND)
        live.run(2_000_000)
        live.type(f"{INTERRUPT}\x15echo mark{moment}\r")
        live.until(f"\nmark{moment}\n")
        live.until(PROMPT)
        if "stopped" in live.command("jobs"):
            live.command("kill %1; sleep 0.1")


@pytest.mark.parametrize("line, complaint", [
    ("fg", "fg: no such job of mine: %"), ("bg %7", "bg: no such job of mine: %7"),
    ("fg %x", "fg: no such job of mine: %x"), ("kill %3", "kill: no such job of mine: %3"),
    ("stop 1", "stop: no such process of mine: 1"), ("wait %2", "wait: no such job of mine: %2"),
    ("stop 99999", "stop: no such process of mine: 99999"),
])
def test_what_is_no_job_is_told(live, line, complaint):
    assert live.command(f"{line}; echo $?") == f"{complaint}\n1\n"


def test_nobody_waits_for_what_is_stopped(live):
    suspend(live, "sleep 100")
    assert live.command("wait; echo $?") == "0\n"
    assert live.command("wait %1; echo $?") == "wait: this job is stopped: %1\n1\n"
    live.command("kill %1; sleep 0.1")


def test_a_shell_tells_once_that_there_are_stopped_jobs():
    live = Live()
    live.until(PROMPT)
    suspend(live, "sleep 100")
    warning = "there are stopped jobs; once more ends them\n"
    assert live.command("exit") == f"exit: {warning}"
    assert live.command("echo stays") == "stays\n"
    assert live.command("halt 3") == f"halt: {warning}"
    live.type("halt 3\r")
    assert live.finish().status == 3


def test_a_stopped_job_ends_with_its_shell(live):
    start(live, "sh", 2_000_000)
    live.until(PROMPT)
    live.type("sleep 100 &\rstop %1\rexit\rexit\r")
    live.until("\nexit: there are stopped jobs")
    live.run(3_000_000)
    live.until(PROMPT)


def test_a_game_that_is_stopped_keeps_the_display_and_leaves_the_keys():
    live = Live(display=Display(64, 48))
    live.until(PROMPT)
    start(live, "plasma 60", 4_000_000)
    live.type(SUSPEND)
    assert "%1 stopped: plasma 60\n" in live.until(PROMPT)
    assert live.command("echo typed for the shell") == "typed for the shell\n"
    live.type("fg\r")
    live.run(1_000_000)
    live.type("junk")
    live.until(PROMPT)
    assert live.command("echo alive") == "alive\n"
    suspend(live, "plasma 60", 4_000_000)
    live.type("kill %1; sleep 0.3\recho typed ahead\r")  # while it still has the display
    live.until("\ntyped ahead\n")
