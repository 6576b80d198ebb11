"""Runs the benches of the whole computer, with the kernel, on its exported Verilog."""

import re

import pytest

from sim.host.disk import SECTOR_OCTETS
from system.build import ROOT
from tests.cocotb.__main__ import main
from tests.cocotb.computer.configs import CONFIGS, DEFAULT
from tests.cocotb.computer.listing import find_benches
from tests.cocotb.computer.plants import PLANTS
from tests.cocotb.computer.regression import Options, regression
from tests.support.cocotb_bench import read_results

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
    options = Options(tests=OTHERS[config], config=config, seed=SEED, windows=False, fast=False)
    assert regression(options, hush)


@pytest.mark.slow
def test_a_failure_says_where_and_for_what_it_waited(tmp_path, capfd):
    (tmp_path / "empty.qfs").write_bytes(bytes(64 * SECTOR_OCTETS))
    options = Options(("boot",), ("the_shell_answers",), seed=SEED, windows=False,
                      disk=tmp_path / "empty.qfs", junit=tmp_path / "results.xml")
    assert not regression(options, hush)
    said = capfd.readouterr().out
    assert re.search(r"the_shell_answers failed at cycle \d+, in the kernel, .* halt", said)
    assert "the machine has stopped; the bench still waits for it to say '$ '" in said
    assert f"seed {SEED}" in said
    assert read_results(options.junit) == (["the_shell_answers"], 1)


def test_every_computer_is_tried():
    assert {DEFAULT, *OTHERS} == set(CONFIGS)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_every_planted_fault_has_its_place(plant):
    assert plant.old != plant.new
    assert (ROOT / plant.file).read_text().count(plant.old) == 1, "the source has changed there"
    assert any(plant.test in bench.tests for bench in find_benches() if bench.name == plant.bench)


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
