"""What the debugger knows of the last cycles, what a second machine counts, and what was shown."""

import numpy as np
import pytest

from debug.recent import accesses, moments, walk
from debug.reel import Reel, ReelDisplay
from tests.debug.dialogue import dialogue

PROGRAM = """global cell: byte = 3;
function main(): byte {
  for (var i = 0; i < 400; i = i + 1) {
    cell = cell * 3 + i;
  }
  std::console::print("said\\n");
  return cell & 1;
}
"""


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """A program of the bare hardware, at its end."""
    path = tmp_path_factory.mktemp("recent") / "recent.qll"
    path.write_text(PROGRAM)
    with dialogue(path) as talk:
        talk("continue")
        yield talk


def test_accesses_of_the_last_cycles_are_known_word_by_word(talk):
    talk("goto start")
    talk("break recent.qll:4 if i == 50")
    talk("continue")
    cell = int(talk("print/x &cell").split()[-1], 0)
    history, here = talk.session.history, talk("print $cycle")
    found = accesses(history, talk.session.look, 200)
    assert cell in found.stored.tolist() and cell in found.loaded.tolist()
    assert talk.session.look.ip - found.fetched.min() < 200
    assert talk("print $cycle") == here
    talk("delete")


def test_the_pipeline_of_the_last_cycles_is_what_it_was_then(talk):
    found = moments(talk.session.history, talk.session.look, 30)
    here = int(talk("print $cycle"))
    assert [one.cycle for one in found] == list(range(here - 29, here + 1))
    talk(f"goto {here - 7}")
    assert moments(talk.session.history, talk.session.look, 1) == [found[-8]]
    talk(f"goto {here}")
    assert {stage.cause for one in found for stage in one.stages} > {""}


def test_a_machine_without_translation_walks_no_page_table(talk):
    assert walk(talk.session.look) is None
    talk("goto start")
    assert talk("walk").startswith("The machine halted")
    assert talk("reverse-walk").startswith("Reached the beginning of the recording.")


def test_a_second_machine_counts_every_cycle_of_the_same_run(talk):
    follower, history = talk.session.profile, talk.session.history
    while not follower.follow(1000):
        assert follower.cycles < history.frontier
    profile = follower.profile()
    assert (profile.cycles, int(profile.total().sum())) == (history.frontier, history.frontier)
    assert "main" in {row.place.function.rpartition("::")[2] for row in profile.rows}
    assert [turn.number for turn in follower.turns] == [0]


def test_a_reel_has_what_was_said_and_shown_by_any_cycle():
    now = [0]
    reel = Reel()
    reel.cycle = lambda: now[0]
    display = ReelDisplay(2, 1, reel)
    for cycle, text, colour in ((10, b"one ", 1), (20, b"two ", 2), (30, b"three", 3)):
        now[0] = cycle
        reel.hear(text)
        display.show(np.array([colour, colour], np.uint32))
    assert [reel.text(0, reel.length(cycle)) for cycle in (9, 10, 29, 30)] == [
        b"", b"one ", b"one two ", b"one two three"]
    assert [reel.number(cycle) for cycle in (9, 10, 29, 99)] == [0, 1, 2, 3]
    assert reel.picture(9) is None and reel.picture(25).tolist() == [[2, 2]]


def test_a_reel_that_is_full_forgets_every_second_of_the_older_pictures():
    reel, noise = Reel(most_octets=100_000), np.random.default_rng(1)
    for cycle in range(200):
        reel.cycle = lambda cycle=cycle: cycle
        reel.see(noise.integers(0, 1 << 32, (20, 20), np.uint32))
    assert reel.number(199) == 200 and 0 < reel.number(50) <= 51
    kept = {reel.number(cycle) for cycle in range(200)}
    assert len(kept) < 80 and {1, 199, 200} <= kept
