"""What the sources of the toolchain say about chapters of the manual leads somewhere."""

import re

import pytest

from tests.docs.tables import DOCS

ROOT = DOCS.parent
SOURCES = sorted([*(ROOT / "toolchain").rglob("*.py"), *(ROOT / "toolchain").rglob("*.md")])
# docs/page.md, "Heading"; the text may be wrapped between them.
CHAPTER = re.compile(r'docs/([\w-]+\.md)`*,\s+(?:#\s+)?"([^"]+)"')
LINK = re.compile(r"\[[^\]]*\]\(([\w./-]*)(?:#([\w-]+))?\)")


def headings(page):
    return re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)


def anchor(heading):
    """The name that renderers give a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_chapters_that_sources_name_exist():
    named = [(path, page, heading) for path in SOURCES
             for page, heading in CHAPTER.findall(path.read_text())]
    assert len(named) >= 3
    for path, page, heading in named:
        assert heading in headings(DOCS / page), f"{path}: no {heading!r} in {page}"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target, name in LINK.findall(page.read_text()):
        other = page.parent / target if target else page
        assert other.exists(), f"{page.name}: {target}"
        if name:
            assert name in map(anchor, headings(other)), f"{page.name}: {target}#{name}"


def test_no_source_names_a_section_by_a_number():
    # The language's manual has headings without numbers; the machine's has its own.
    for path in (ROOT / "toolchain" / "qll").rglob("*.py"):
        assert not re.search(r"\bsections? [0-9]", path.read_text()), path
