"""The library's manual names everything that there is, with its signature."""

import re
from pathlib import Path

import pytest

from toolchain.targets import LIBRARY

MANUAL = (Path(__file__).parents[3] / "docs" / "library.md").read_text()
SOURCES = sorted(LIBRARY.glob("*/*.qll"))
ITEM = re.compile(r"^ *(?:\.export )?(function|global|type) ([A-Za-z]\w*)(.*?)(?: \{$|;$| =|:)",
                  re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_manual_has_every_name(path):
    text = path.read_text()
    for kind, name, _ in ITEM.findall(text):
        if kind != "function":
            assert re.search(rf"\b{name}\b", MANUAL), name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_manual_has_every_signature(path):
    functions = re.findall(r"function ([a-z][\w<>, ]*\(.*?\): [^{;]*?)(?: \{|;)\n",
                           path.read_text(), re.DOTALL)
    for signature in functions:
        plain = " ".join(signature.split())
        if plain.startswith("input(") and "console" in path.name:
            plain = plain.split(": b")[0]  # its result differs between the targets
        assert f"`{plain}" in MANUAL, plain
