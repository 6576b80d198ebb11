"""The user's manual says what the assembler does."""

import re
from pathlib import Path

import pytest

from toolchain.qasm import assemble
from toolchain.source import Source

MANUAL = (Path(__file__).parents[3] / "docs" / "qasm.md").read_text()
BLOCKS = re.findall(r"```qasm\n(.*?)```", MANUAL, re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_examples_assemble_to_the_words_they_show(text):
    program = assemble([Source("manual.qasm", text)])
    shown = re.findall(r"; 0x([0-9a-f]+): ((?:[0-9a-f]{8} ?)+)", text)
    for address, words in shown:
        at = int(address, 16) - 0x1000
        expected = [int(word, 16) for word in words.split()]
        assert program.words[at:at + len(expected)] == expected


def test_there_are_examples():
    assert len(BLOCKS) >= 2
