"""docs/board.md says what the boot loader says; its codes and parts are those that there are."""

import re

import pytest

from fpga.boards.configs import CONFIGS
from system.loader import texts
from tests.board import PARTS
from toolchain.places import ROOT

PAGE = (ROOT / "docs" / "board.md").read_text()
SAID = {name: text.strip() for name, text in texts().items()}
NOT_FAILURES = {"QUICK_START", "TESTED", "WRITING", "CHECKING", "CLEARING", "CARD", "KERNEL"}
FAILURES = sorted(name for name, text in SAID.items()
                  if text.startswith(("memory:", "card:")) and name not in NOT_FAILURES)


def pattern(text):
    """What a text of the loader's looks like with its numbers; BOARD is any board."""
    parts = re.split(r"([%#]|BOARD)", text)
    return "".join({"%": r"\d+", "#": r"[0-9a-f]+",
                    "BOARD": "|".join(config.name for config in CONFIGS.values())}.get(
                        part, re.escape(part)) for part in parts)


def numberless(text):
    return re.sub(r"\b0x[0-9a-f#]+", "#", text).replace("%", "#")


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_shown_start_is_made_of_what_the_loader_says():
    shown = PAGE.split("<!-- transcript: boot -->\n```\n")[1].split("```")[0].split("\n")
    end = next(n for n, line in enumerate(shown) if line.startswith("starting"))
    for line in shown[:end + 1]:
        assert any(re.fullmatch(pattern(text), line) for text in SAID.values()), line


@pytest.mark.parametrize("name", FAILURES)
def test_each_complaint_of_the_loaders_has_its_row(name):
    rows = re.findall(r"^\| (`+)(.*?)\1 +\|", section("When a step fails"), re.M)
    patterns = [".*".join(map(re.escape, numberless(row).split("…"))) for _, row in rows]
    assert any(re.fullmatch(row, numberless(SAID[name])) for row in patterns), SAID[name]


def test_the_codes_are_those_of_the_loader():
    source = (ROOT / "firmware" / "boot" / "boot.qll").read_text()
    block  = source.split("that went wrong.\n")[1].split("\n\n")[0]
    codes  = {int(code) for code in re.findall(r"byte += (\d+);", block)}
    cells  = re.findall(r"\| (\d+) \| ", section("What the LEDs show"))
    assert codes == {int(cell) for cell in cells}


def test_each_part_of_the_campaign_is_told():
    parts = re.findall(r"^\| `(\w+)` \|", section("Trying a board out"), re.M)
    assert sorted(parts) == sorted([*PARTS, "cuts"])
