"""Runs the benches of the whole computer, with the kernel, on its exported Verilog."""

import pytest

from tests.cocotb.__main__ import main
from tests.cocotb.computer.configs import CONFIGS, DEFAULT
from tests.cocotb.computer.listing import find_benches
from tests.cocotb.computer.regression import Options, regression

# What a computer that differs a little is tried on: the boot, and what is about its difference.
OTHERS = {"hesitant": ("the_shell_answers", "the_next_fetch_sees_a_changed_table"),
          "no-fpu": ("the_shell_answers", "a_fault_in_a_process_is_told"),
          "two-level": ("the_next_fetch_sees_a_changed_table",)}
SEED = 1


def hush(line):
    """What is said is for people."""


@pytest.mark.slow
def test_all_benches_pass():
    assert regression(Options(seed=SEED, windows=False), hush)


@pytest.mark.slow
@pytest.mark.parametrize("config", OTHERS)
def test_other_computers_pass(config):
    assert regression(Options(tests=OTHERS[config], config=config, seed=SEED, windows=False), hush)


def test_every_computer_is_tried():
    assert {DEFAULT, *OTHERS} == set(CONFIGS)


def test_the_list_says_what_each_is_about(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines), "something is not explained"
    assert len(lines) == sum(1 + len(bench.tests) for bench in find_benches())


@pytest.mark.parametrize("arguments, said", [
    (["boots"], "quince: there is no bench 'boots'; there are boot, "),
    (["boot", "--test", "the_shell"], "quince: there is no test 'the_shell' in boot; "
                                      "LIST=1 shows all\n"),
    (["boot", "--disk", "none.qfs"], "quince: there is no disk image none.qfs; "
                                     "`make disk` makes build/disk.qfs\n"),
])
def test_what_is_not_there_is_named(arguments, said, capsys):
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(said)
