"""Random runs of processes and of the shell, a few of each; `make stress` tries more."""

import pytest

from tests.support.process_script import Code, Operation, ProcessRuns, annotate
from tests.support.shell_sessions import ShellSessions
from tests.support.stress import run_seed, shrink


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 41, 10))
def test_random_processes_do_what_the_oracle_says(first):
    for seed in range(first, first + 10):
        assert run_seed(ProcessRuns(), seed, tries=40) is None


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 21, 5))
def test_random_shell_sessions_do_what_the_oracle_says(first):
    for seed in range(first, first + 5):
        assert run_seed(ShellSessions(), seed, tries=20) is None


def test_the_oracle_knows_what_a_pipe_gives():
    script = [Operation(0, Code.PIPE), Operation(0, Code.WRITE, 0x11, 10, 3),
              Operation(0, Code.READ, 0x10, 20, 3), Operation(0, Code.CLOSE, 0x12)]
    wanted = [row for _, row in annotate(script)]
    total = sum((3 + 7 * at) * (at + 1) for at in range(10))
    assert wanted == [0x1110, 10, 10 + total * 0x1000, 0xFFFFFFFF]


def test_shrinking_keeps_what_fails_together():
    assert shrink(list(range(100)), lambda parts: {17, 55, 91} <= set(parts)) == [17, 55, 91]
