"""The table of kinds, and the page and the table that are made of results."""

import io
import os
import re
import signal
from unittest import mock

import pytest

from campaign import __main__ as command
from campaign import computer, totals
from campaign.__main__ import end_as_by_ctrl_c
from campaign.kind import Failure, Outcome
from campaign.kinds import KINDS
from campaign.mutants.kind import CPU_SECONDS
from campaign.progress import Lines
from campaign.report import BEGIN, END, figures_into, summaries, write_page
from campaign.runner import Plan, Runner
from campaign.store import Job, Store
from tests.support.live import Silent


def test_each_kind_has_a_command_that_repeats_a_seed():
    for name, kind in KINDS.items():
        assert kind.name == name and kind.batch >= 1 and kind.share >= 0
        assert re.match(r"python -m (\S+) .*7351", kind.command(7351)), name


@pytest.mark.slow
def test_seeds_of_a_kind_can_be_examined():
    outcome = KINDS["qll-damaged"].examine(range(3))
    assert outcome.failures == [] and sum(outcome.cells.values()) == 3


class Saying:
    """A computer that says the same to any command."""
    said, status = "", 0

    def __init__(self, **options):
        pass

    def until(self, text):
        if "hangs" in self.said:
            raise Silent(self.said)

    def run(self, cycles):
        pass

    def command(self, line, limit):
        return self.said

    def finish(self):
        return self


@pytest.mark.parametrize("said, status, complaint", [
    ("ok     names\n0 failed\n", 0, None),
    ("ok     names\nFAILED modes: too many\n", 0, "FAILED modes: too many"),
    ("ok     names\n0 failed\n", 3, "the machine ended with 3"),
    ("usertests: no such file\n", 0, "no such file"),
    ("it hangs", 0, "it hangs"),
])
def test_a_suite_of_the_whole_computer_must_run_and_pass(monkeypatch, said, status, complaint):
    monkeypatch.setattr(computer, "Live", type("Live", (Saying,), {"said": said, "status": status}))
    monkeypatch.setattr(computer, "KERNELS", {"release": lambda: None})
    why = computer._judge_suite(0, Outcome())
    assert why is complaint is None or complaint in why


@pytest.fixture
def store(tmp_path):
    """Two campaigns; the second one is faster, and has a failure."""
    store = Store(tmp_path / "results.db")
    for number, seconds, failures in ((1, 8.0, []), (2, 4.0, [Failure(7, "a < b", "x & y")])):
        store.begin(Plan(("qasm",), count=8).as_dict(), f"version{number}")
        store.start(number, Job("qasm", 0, 8))
        store.finish(number, Job("qasm", 0, 8),
                     Outcome({"words": 80}, {"add": 5, "sub": 0}, failures), seconds, "me")
        store.spend(number, seconds, is_over=True)
    return store


def test_a_campaign_is_compared_with_the_last_one(store):
    summary = summaries(store, store.campaign())["qasm"]
    assert (summary.rate, summary.change_percent) == (2.0, 100.0)
    assert summary.never_met == ["sub"] and summary.is_new(summary.failures[0])
    assert summaries(store, store.campaign(1))["qasm"].change_percent is None


def test_the_page_shows_failures_and_what_was_never_met(store, tmp_path):
    write_page(store, store.campaign(), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "a &lt; b" in text and "x &amp; y" in text and "Never met: sub" in text
    assert KINDS["qasm"].command(7) in text and "+100 %" in text


def test_figures_go_between_their_marks(store, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    figures_into(page, store, store.campaign())
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n\nCampaign of ") and text.endswith(f"{END}\nafter\n")
    assert "| `qasm` |" in text and "| 8 programs | 2 | 80 words | 1 of 2 | 1 |" in text


def test_figures_of_kinds_that_were_not_tried_since_stay(store, tmp_path):
    campaign = store.begin(Plan(("place-soc",), count=1).as_dict(), "version3")
    store.start(campaign.id, Job("place-soc", 0, 1))
    store.finish(campaign.id, Job("place-soc", 0, 1), Outcome(), 1.0, "me")
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    figures_into(page, store, store.campaign())
    text = page.read_text()
    assert text.index("`version3`") < text.index("`place-soc`") < text.index("`version2`")
    assert text.count("`qasm`") == 1 and "`version1`" not in text


def test_figures_that_only_the_page_knows_stay_and_records_are_summed(store, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"""{BEGIN}

Hardware and model agree on nothing.

Campaign of 2020-01-01, 1 minutes, 1 workers, sources `old`:

| kind | what | how many | a second | also | met | failures |
|---|---|---|---|---|---|---|
| `qasm` | x | 1 sources | 1 | 5 records | | 0 |
| `fuzz-list` | x | 1 programs | 1 | 1,234,567 records | | 0 |

Campaign of 2019-01-01, 1 minutes, 1 workers, sources `older`:

| kind | what | how many | a second | also | met | failures |
|---|---|---|---|---|---|---|
| `qasm` | x | 1 sources | 1 | 6 records | | 0 |

{END}
""")
    figures_into(page, store, store.campaign())
    once = page.read_text()
    assert "agree on 1,234,567 records" in once and "agree on nothing" not in once
    assert once.count("`qasm`") == 1 and "`version2`" in once and "`older`" not in once
    figures_into(page, store, store.campaign())
    assert page.read_text() == once


MUTANTS = "mutants-golden"


@pytest.fixture
def judged(store):
    """Results with a campaign that judged four mutants, and one that judged two of them again."""
    names = KINDS[MUTANTS].names()
    for first, fates in ((0, ["killed", "survived", "equivalent", "survived"]),
                         (2, ["not built", "killed"])):
        campaign = store.begin(Plan((MUTANTS,), count=len(fates)).as_dict(), "of mutants")
        store.start(campaign.id, Job(MUTANTS, first, len(fates)))
        outcome = Outcome({CPU_SECONDS: 9}, fates=dict(zip(names[first:], fates, strict=False)))
        store.finish(campaign.id, Job(MUTANTS, first, len(fates)), outcome, 20.0, "me")
    return store


def test_mutants_are_summed_over_campaigns_and_the_last_judgement_counts(judged, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"{totals.BEGIN}\nbefore\n| `{MUTANTS}` | x |\n| `mutants-rtl` | kept |\n"
                    f"{totals.END}\n{BEGIN}\n{END}\n")
    figures_into(page, judged, judged.campaign())
    text = page.read_text()
    row, = re.findall(rf"`{MUTANTS}` \| [\d,]+ (.*)", text)
    assert row == "| 4 | 2 | 1 | 0 | 0 | 1 | 66.7 % | 3.0 |"
    assert text.count(f"`{MUTANTS}`") == 1 and "| `mutants-rtl` | kept |" in text
    assert "before" not in text and "of mutants" not in text and "| `qasm` |" in text


def test_those_that_survived_can_be_judged_again(judged, monkeypatch):
    monkeypatch.setattr(command, "_carry_out", lambda store, campaign, options: 0)
    assert command.main(["--results", str(judged.path), "run", "--kinds", MUTANTS,
                         "--survivors"]) == 0
    assert judged.waiting(judged.campaign().id) == [Job(MUTANTS, 1, 1)]
    said = io.StringIO()
    runner = Runner(judged, judged.campaign(), KINDS, mock.Mock(), Lines(said, every_s=0))
    runner._tell(60)
    assert said.getvalue().startswith("0 seeds of 1, ")


def test_only_mutants_survive(judged, capsys):
    assert command.main(["run", "--kinds", "qasm", "--survivors"]) == 2
    assert "qasm: --survivors is for mutants" in capsys.readouterr().err


def test_results_of_the_version_before_are_taken_over(judged):
    judged.db.executescript("DROP TABLE fates; PRAGMA user_version = 1;")
    judged.close()
    assert Store(judged.path).fates() == {}


def test_a_campaign_that_is_told_to_end_does_so_as_by_ctrl_c():
    before = signal.signal(signal.SIGTERM, end_as_by_ctrl_c)
    try:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([], 10)
    finally:
        signal.signal(signal.SIGTERM, before)
