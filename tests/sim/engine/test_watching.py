"""Every signal of a design can be looked at, and cycles be counted by address and cause."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.engine import build
from sim.engine.design import Tally
from sim.engine.library import Outcome, Simulation
from tests.sim.engine.echo import echo_design

CAUSES = ("WAITED", "RAN")


def watched_design():
    return replace(echo_design(), watched=True, tally=Tally("ip", "retire", "asleep", CAUSES))


@pytest.fixture(scope="module")
def model():
    key = build.source_key([Path(__file__).parent, Path(build.__file__).parent], "watched echo")
    return build.built(key, watched_design, lambda line: None)


@pytest.fixture
def echo(model):
    simulation = Simulation(*model)
    simulation.ram[20] = 99
    yield simulation
    simulation.close()


def history(echo, path, changes):
    """The values of a signal by the cycle from which on it has them."""
    signal = next(signal for signal in echo.design.signals_watched
                  if ".".join((*signal.scope, signal.name)) == path)
    return [(int(row["cycle"]), int(row["value"])) for row in changes
            if row["signal"] == signal.number]


def test_what_changes_is_told_with_its_cycle(echo):
    echo.watch(True)
    echo.run(8)
    changes = echo.take_changes()
    assert history(echo, "cycle", changes) == [(n, n) for n in range(8)]
    assert history(echo, "ip", changes) == [(0, 0), (2, 1), (4, 2), (6, 3)]
    assert history(echo, "fsm_state", changes) == [(n, n % 2) for n in range(8)]
    assert len(echo.take_changes()) == 0


def test_all_values_are_told_at_the_beginning_of_a_window(echo):
    echo.run(5)
    echo.watch(True)
    echo.run(1)
    changes = echo.take_changes()
    assert set(changes["cycle"].tolist()) == {5}
    numbers = {signal.number for signal in echo.design.signals_watched}
    assert sorted(changes["signal"].tolist()) == sorted(numbers)


def test_a_run_is_the_same_whether_it_is_looked_at_or_not(model):
    ends = []
    for windows in ([], [(0, 100)], [(3, 10), (17, 18)]):
        echo = Simulation(*model)
        echo.ram[10:13] = 1
        echo.ram[20]    = 99
        for cycle in range(100):
            echo.watch(any(first <= cycle < end for first, end in windows))
            if echo.run(1) is Outcome.STOPPED:
                break
        ends.append((echo.cycles, echo.instructions, echo.receive("left").tolist()))
        echo.close()
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][2] == [21, 23, 25]


def test_signals_are_in_their_components_and_states_have_names(echo):
    by_path = {".".join((*signal.scope, signal.name)): signal
               for signal in echo.design.signals_watched}
    assert by_path["fsm_state"].members == ((0, "READ"), (1, "ACT"))
    assert by_path["memory.data__addr"].number == by_path["ip"].number
    assert by_path["memory.data__addr"].scope == ("memory",)


def test_each_cycle_is_counted_once(echo):
    echo.count()
    assert echo.run(1000) is Outcome.STOPPED
    (space, first, counts), = echo.pages()
    assert (space, first) == (0, 0)
    assert counts.sum() == echo.cycles
    assert (counts[:20] == [[1, 1]] * 20).all()
    assert echo.nodes()["counts"].sum() == echo.cycles


def test_a_sleep_that_is_skipped_is_counted_like_one_that_is_not(model):
    found = []
    for skips in (True, False):
        echo = Simulation(*model)
        echo.ram[4] = 3
        echo.set_skips(skips)
        echo.count()
        echo.run(5_000)
        found.append(np.concatenate([counts for _, _, counts in echo.pages()]))
        echo.close()
    assert (found[0] == found[1]).all()
    assert found[0].sum() == 5_000
