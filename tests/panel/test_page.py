"""The build of the page: what is missing is told in a sentence, and nothing is left half made."""

import json
import re
import sys

import pytest

from panel.page import FROM_PACKAGES, SOURCES, PageError, built_page

NPM = """import pathlib, sys
assert sys.argv[1] == 'ci'
for name in {names!r}:
    path = pathlib.Path('node_modules', name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name)
"""


@pytest.fixture
def npm(tmp_path):
    """What does npm's work as far as the page sees it."""
    script = tmp_path / "npm.py"
    script.write_text(NPM.format(names=list(FROM_PACKAGES.values())))
    return [sys.executable, str(script)]


def test_the_page_is_its_sources_and_what_npm_fetches(tmp_path, npm):
    said = []
    page = built_page(said.append, tmp_path / "panel", npm)
    assert {path.name for path in page.iterdir()} >= {"index.html", "main.js", *FROM_PACKAGES}
    assert (page / "xterm.js").read_text() == "@xterm/xterm/lib/xterm.js"
    assert said == ["fetching what the page needs, by npm (once)"]
    assert built_page(said.append, tmp_path / "panel", ["nosuch"]) == page and len(said) == 1


def test_npm_that_is_missing_or_fails_is_told(tmp_path):
    def fails(*npm):
        with pytest.raises(PageError) as error:
            built_page(lambda line: None, tmp_path / "panel", npm)
        return str(error.value)

    assert fails("/no/such/npm") == "/no/such/npm: No such file or directory"
    assert fails(sys.executable, "-c", "import sys; sys.exit('npm error no network')") == \
        "npm cannot fetch the page's packages: npm error no network"
    assert not [path for path in (tmp_path / "panel").iterdir() if not path.name.startswith("npm")]


def test_the_lock_file_names_no_host_and_pins_every_package():
    text = (SOURCES / "package-lock.json").read_text()
    assert "resolved" not in text and "://" not in text
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())


def test_what_the_page_loads_is_there():
    names = {path.name for path in SOURCES.iterdir()} | set(FROM_PACKAGES)
    for path in SOURCES.glob("*.[hj]*"):
        loaded = re.findall(r'(?:assets/|from "\./)([\w.-]+)"', path.read_text())
        assert set(loaded) <= names, path.name
