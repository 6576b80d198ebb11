"""The test programs on the disk: every system call, and every attack, on both kernels."""

import re
from array import array

import pytest

from sim.host.display import Display
from tests.support.system import KERNELS, boot
from toolchain.qfs import Image, check

ATTACKS = 57

on_both_kernels = pytest.mark.parametrize("kernel", KERNELS)


@pytest.mark.slow
@on_both_kernels
def test_user_tests_pass(kernel):
    session = boot("/test/usertests", kernel=KERNELS[kernel]())
    assert re.findall("^FAILED.*", session.text, re.M) == []
    assert len(re.findall("^ok ", session.text, re.M)) == 31
    assert "0 failed" in session.text


@pytest.mark.slow
@on_both_kernels
def test_attacks_harm_nobody(kernel):
    session = boot("/test/attacks", "echo the shell is alive", kernel=KERNELS[kernel]())
    assert re.findall("FAILED.*", session.text) == []
    assert len(re.findall(r"ok +\d+ ", session.text)) == ATTACKS
    assert "0 failed" in session.text
    assert "the shell is alive\n" in session.text


# Each of these must end by its own deed, not by the kill that follows.
FATAL = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 27, 30,
         37, 38, 45]


@pytest.mark.slow
@on_both_kernels
def test_forbidden_deeds_are_faults(kernel):
    session = boot(*(f"/test/attacks '@attack' {number}" for number in FATAL),
                   kernel=KERNELS[kernel]())
    deaths = re.findall(r"^process \d+ \(attacks\) .*", session.text, re.M)
    assert len(deaths) == len(FATAL), session.text


@pytest.mark.slow
@on_both_kernels
def test_who_waits_for_what_nobody_else_has_can_end(kernel):
    session = boot("/test/endings", "echo the shell is alive", "/bin/ps", display=Display(64, 48),
                   kernel=KERNELS[kernel]())
    assert re.findall("^FAILED.*", session.text, re.M) == []
    assert len(re.findall("^ok ", session.text, re.M)) == 9 * 6
    assert "the shell is alive\n" in session.text
    assert re.findall("^ +[0-9]+ .*", session.text, re.M)[-1].endswith(" ps")
    assert check(Image(array("I", session.disk))) == []


@on_both_kernels
def test_calls_do_what_they_should_at_their_edges(kernel):
    session = boot("/test/edges", "echo the shell is alive", kernel=KERNELS[kernel]())
    assert re.findall("^FAILED.*", session.text, re.M) == []
    assert len(re.findall("^ok ", session.text, re.M)) == 14
    assert "0 failed" in session.text
    assert "the shell is alive\n" in session.text


@pytest.mark.slow
@pytest.mark.parametrize("kernel, what, count", [
    ("release", "grow last packed limits", 6), ("debug", "grow last packed limits inject", 14)])
def test_what_runs_out_fails_one_call_and_changes_nothing(kernel, what, count):
    session = boot(f"/test/exhaust {what}", "echo alive", display=Display(64, 48),
                   kernel=KERNELS[kernel]())
    assert re.findall("^FAILED.*", session.text, re.M) == []
    assert len(re.findall("^(?:[0-9]+ requests, )?ok ", session.text, re.M)) == count
    assert "alive\n" in session.text


@pytest.mark.slow
@pytest.mark.parametrize("kernel, count", [("release", 1000), ("debug", 200)])
def test_many_lifetimes_leave_memory_as_it_was(kernel, count):
    session = boot(f"/test/lifetimes {count}", kernel=KERNELS[kernel]())
    assert f"{count} processes" in session.text
    assert "nothing was lost" in session.text
