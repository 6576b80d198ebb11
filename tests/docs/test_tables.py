"""The manuals' tables are those of the code; `make docs` writes them anew."""

import contextlib
import io
import re

import pytest

from sim.cli import main as sim
from tests.docs.tables import DOCS, PAGES, with_tables
from toolchain.link.cli import main as qlink
from toolchain.qasm.cli import main as qasm
from toolchain.qll.cli import main as qllc

# Where the options of a command are listed. What --help alone needs to say is left out.
COMMANDS = {"qasm.md": qasm, "link.md": qlink, "qll.md": qllc, "simulation.md": sim}
OPTION   = re.compile(r"(?<![\w-])(--?[a-zA-Z][\w-]*)")


@pytest.mark.parametrize("page", PAGES)
def test_tables_are_as_the_code_has_them(page):
    text = (DOCS / page).read_text()
    assert re.findall(r"<!-- table: (\w+) -->", text) == list(PAGES[page])
    assert with_tables(page, text) == text, "run `make docs`"


def test_no_page_has_a_table_that_nobody_makes():
    for path in DOCS.glob("*.md"):
        assert not (re.search(r"<!-- table:", path.read_text()) and path.name not in PAGES), path


def test_a_bar_within_a_cell_does_not_end_it():
    text = (DOCS / "machine.md").read_text()
    assert r"| `or d s0 s1` | d = s0 \| s1 |" in text


def help_of(command):
    with contextlib.redirect_stdout(io.StringIO()) as said, pytest.raises(SystemExit):
        command(["--help"])
    return said.getvalue()


@pytest.mark.parametrize("page", COMMANDS)
def test_every_option_of_a_command_is_in_its_manual(page):
    offered = {option for line in help_of(COMMANDS[page]).split("\n")
               if line.startswith("  -") for option in OPTION.findall(line.split("  ")[1])}
    text = (DOCS / page).read_text()
    named = set(OPTION.findall(text))
    long = {option for option in offered if option.startswith("--")} - {"--help"}
    assert long - named == set()


@pytest.mark.parametrize("page", COMMANDS)
def test_no_manual_names_an_option_that_is_not_there(page):
    offered = set(OPTION.findall(help_of(COMMANDS[page])))
    text = (DOCS / page).read_text()
    listed = {option for line in text.split("\n") if line.startswith("| `-")
              for option in OPTION.findall(line.split(" | ")[0])}
    assert {option for option in listed if option.startswith("--")} - offered == set()


def test_every_page_is_in_the_list_of_pages():
    listed = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\)", (DOCS / "README.md").read_text(),
                        re.MULTILINE)
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert sorted(listed) == sorted(pages)
