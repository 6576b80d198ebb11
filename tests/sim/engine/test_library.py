import os
from pathlib import Path

import numpy as np
import pytest

from isa.trace import Kind, Word
from sim.engine import build
from sim.engine.library import Outcome, Simulation
from tests.sim.engine.echo import RAM_WORDS, echo_design


@pytest.fixture(scope="module")
def model():
    key = build.source_key([Path(__file__).parent, Path(build.__file__).parent], "echo")
    return build.built(key, echo_design, lambda line: None)


@pytest.fixture
def echo(model):
    simulation = Simulation(*model)
    yield simulation
    simulation.close()


def test_a_budget_is_spent_to_the_cycle(echo):
    assert echo.run(1000) is Outcome.BUDGET
    assert echo.run(7) is Outcome.BUDGET
    assert echo.cycles == 1007
    assert echo.instructions == 1007 // 2


def test_ram_is_zero_and_shared_with_the_model(echo):
    assert len(echo.ram) == RAM_WORDS
    assert not echo.ram.any()
    echo.ram[5] = 99
    assert echo.run(100) is Outcome.STOPPED
    assert echo.probe("ip") == 5


def test_nothing_runs_after_a_stop(echo):
    echo.ram[0] = 99
    assert echo.run(100) is Outcome.STOPPED
    cycles = echo.cycles
    assert echo.run(100) is Outcome.STOPPED
    assert echo.cycles == cycles


def test_output_comes_back_in_one_burst(echo):
    echo.ram[10:13] = 1
    assert echo.run(1_000_000) is Outcome.ATTENTION
    assert list(echo.receive("left")) == [21, 23, 25]
    assert list(echo.receive("left")) == []
    assert echo.cycles < 60


def test_every_token_goes_through_once_and_in_order(echo):
    tokens = [3, 1, 4, 1, 5, 0xFFFFFFFE]
    echo.ram[:7] = 2
    echo.send("right", tokens[:4])
    echo.run(100)
    assert echo.unsent("right") == 0
    echo.send("right", tokens[4:])
    while echo.run(100) is Outcome.ATTENTION:
        pass
    assert list(echo.receive("left")) == [token + 1 for token in tokens]
    assert echo.instructions == len(tokens)


def test_sleep_is_told_after_patience_is_over(echo):
    echo.ram[0] = 3
    assert echo.run(1000) is Outcome.BUDGET
    echo.set_patience(50)
    assert echo.run(1000) is Outcome.ASLEEP
    assert echo.cycles < 1101
    assert echo.run(1000) is Outcome.ASLEEP  # still, at the end of the budget
    assert echo.cycles > 2000


def test_records_tell_the_run_in_order(echo):
    echo.ram[:3] = [0, 2, 99]
    echo.record(100)
    echo.send("right", [42])
    while echo.run(100) is not Outcome.STOPPED:
        pass
    records = echo.records()
    assert list(records[:, Word.KIND]) == [Kind.INSN, Kind.DEVICE, Kind.INSN, Kind.STOP]
    assert list(records[:, Word.IP]) == [0, 0, 1, 2]
    assert list(records[1, [Word.CODE, Word.ARG]]) == [7, 42]
    assert (np.diff(records[:, Word.CYCLE].astype(int)) >= 0).all()


def test_no_record_is_lost_when_the_buffer_is_short(echo):
    echo.record(10)
    seen = []
    while len(seen) < 200:
        if echo.run(1_000) is Outcome.FULL:
            seen += list(echo.records()[:, Word.IP])
            echo.forget_records()
    assert seen == list(range(len(seen)))


def test_a_missing_compiler_is_named(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(build.BuildError, match="C\\+\\+ compiler 'no-such-compiler' was not found"):
        build.built(f"test-{os.getpid()}", echo_design, lambda line: None)


def test_a_model_in_the_cache_is_found_without_elaboration(model):
    key = model[1].parent.name

    def fail():
        raise AssertionError("elaborated")

    assert build.built(key, fail, pytest.fail)[1] == model[1]
