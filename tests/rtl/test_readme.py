"""The pages of the hardware's folders name the files that are there, and no others."""

import re
from pathlib import Path

import pytest

RTL = Path(__file__).parents[2] / "rtl"


def named(page):
    return set(re.findall(r"`(\w+\.py)`", page.read_text()))


@pytest.mark.parametrize("folder", ["core", "fpu", "mmu"])
def test_a_folders_page_lists_its_files(folder):
    files = {path.name for path in (RTL / folder).glob("*.py")} - {"__init__.py"}
    assert named(RTL / folder / "README.md") == files


def test_the_first_page_names_files_and_folders_that_exist():
    page = (RTL / "README.md").read_text()
    for name in re.findall(r"`((?:\w+/)?(?:\w+\.py|\w+/))`", page):
        assert (RTL / name).exists() or (RTL / "core" / name).exists(), name
    for folder in RTL.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            assert f"`{folder.name}/`" in page, folder.name
