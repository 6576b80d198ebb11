"""The measured tables of docs/cocotb.md, each between `<!-- measured: NAME -->` and `<!-- end -->`.

The commands that measure write them if they are told `--page`.
"""

import re

from system.build import ROOT

__all__ = ["PAGE", "put_table", "table"]

PAGE = ROOT / "docs" / "cocotb.md"


def table(name):
    """The rows that a table has, without its titles."""
    return _find(name, PAGE.read_text())[2].strip("\n").split("\n")[2:]


def put_table(name, lines):
    """Replace a table, with its titles, by these lines."""
    text = PAGE.read_text()
    match = _find(name, text)
    PAGE.write_text(text[:match.start(2)] + "\n".join([*lines, ""]) + text[match.end(2):])


def _find(name, text):
    match = re.search(rf"<!-- (measured: {name}) -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert match is not None, f"{PAGE} has no place for the table {name!r}"
    return match
