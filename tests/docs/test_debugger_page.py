"""The debugger's dialogues in the README and on its page are what it says."""

import re
from pathlib import Path

import pytest

from tests.debug.dialogue import dialogue
from tests.docs.test_readme import squares

ROOT   = Path(__file__).resolve().parents[2]
PROMPT = "(quince) "
START  = "$ .venv/bin/quince-debug squares.qll\n"


def told(text):
    """A dialogue without what each change of the compiler or the library moves."""
    lines = [line for line in text.strip().split("\n") if not line.startswith("=> ")]
    return [re.sub(r"0x[0-9a-f]+", "0x...", line) for line in lines]


def dialogues():
    for name in ("README.md", "docs/debugger.md"):
        for block in re.findall(r"```\n(.*?)```", (ROOT / name).read_text(), re.S):
            if block.startswith(START):
                yield pytest.param(block.removeprefix(START), id=name)


@pytest.mark.parametrize("block", list(dialogues()))
def test_a_dialogue_is_as_shown(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("squares.qll").write_text(squares())
    shown = []
    with dialogue("squares.qll", "--engine", "model") as talk:
        for line in block.split("\n"):
            if line.startswith(PROMPT):
                said = len(talk.said)
                answer = talk(line.removeprefix(PROMPT))
                shown.append(f"{line}\n{talk.said[said:].decode()}{answer}")
    assert told("\n".join(shown)) == told(block)


def test_both_pages_have_one():
    assert [param.id for param in dialogues()] == ["README.md", "docs/debugger.md"]
