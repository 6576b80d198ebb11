"""The programs of the manual's page on QLL do what the page says."""

import re
from pathlib import Path

import pytest

from tests.support.qll import LEVELS, build, run
from tests.toolchain.qll.test_programs import header
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.source import Source, SourceErrors

PAGE = (Path(__file__).parents[3] / "docs" / "qll.md").read_text()
BLOCKS = re.findall(r"```([a-z-]+)\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = [text for kind, text in BLOCKS if kind == "qll"]
ASSEMBLY = "".join(text for kind, text in BLOCKS if kind == "qasm")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", PROGRAMS)
def test_program(text, level):
    asm = ASSEMBLY if "function triple(x: byte): byte;" in text else ""
    outcome = run(build([text], header(text, "Target", "none"), level, asm))
    output = header(text, "Output", '""')[1:-1].encode().decode("unicode_escape")
    assert (outcome.r0, outcome.output) == (int(header(text, "Result"), 0), output)


def test_messages():
    [wrong] = [text for kind, text in BLOCKS if kind == "qll-wrong"]
    [messages] = [text for kind, text in BLOCKS if kind == "text"]
    with pytest.raises(SourceErrors) as found:
        with_deep_stack(lambda: analyse([Source("example.qll", wrong)]))
    assert f"{found.value}\n" == messages


def test_there_are_programs():
    assert len(PROGRAMS) >= 10
