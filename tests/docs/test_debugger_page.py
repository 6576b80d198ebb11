"""The debugger's dialogues in the README and on its page are what it says."""

import re
import shutil
from pathlib import Path

import pytest

from tests.debug.dialogue import dialogue
from tests.docs.pictures import snake
from tests.docs.test_readme import squares
from tests.support.system import system

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


def held(block, *arguments):
    """A dialogue's commands, and what is said to each on the golden model."""
    shown = []
    with dialogue(*arguments, "--engine", "model") as talk:
        for line in block.split("\n"):
            if line.startswith(PROMPT):
                said = len(talk.said)
                answer = talk(line.removeprefix(PROMPT))
                text = talk.said[said:].decode().replace("\r", "")
                shown.append(f"{line}\n{text}{answer}")
    return "\n".join(shown)


@pytest.mark.parametrize("block", list(dialogues()))
def test_a_dialogue_is_as_shown(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("squares.qll").write_text(squares())
    assert told(held(block, "squares.qll")) == told(block)


@pytest.mark.slow
def test_the_dialogue_about_the_snake_is_as_shown(tmp_path):
    """Up to the waves, which the model has not: tests/debug/test_waves.py."""
    shutil.copy(system().disk, tmp_path / "disk.qfs")
    block = snake().partition("(quince) waves")[0]
    # The food's place is made of the time, which is another in each build and on the model; so the
    # last change may be of either coordinate.
    now, then = (re.sub(r"[xy] = \d+|snake.qll:3[67]|3[67]\t.*", "...", "\n".join(told(text)))
                 for text in (held(block, "--disk", tmp_path / "disk.qfs"),
                              block.split("\n", 1)[1]))
    assert re.sub(r"\n+", "\n", now) == re.sub(r"\n+", "\n", then)


def test_both_pages_have_one():
    assert [param.id for param in dialogues()] == ["README.md", "docs/debugger.md"]
