"""The picture of the panel: somebody plays snake, and the machine stops at a system call."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from panel.page import built_page
from tests.panel.serving import served
from tests.support.system import system

__all__ = ["take"]

SIZE        = {"width": 1600, "height": 1000}  # in pixels
WALK_MS     = 3_000
PATIENCE_MS = 60_000  # on a busy machine


def take(chromium: str, picture: Path) -> None:
    """Boot the computer in the panel, walk through it, and write the page as a PNG file.

    Parameters
    ----------
    chromium : str
        The browser's program.
    picture : Path
        Where the picture goes.
    """
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        disk = Path(folder, "disk.qfs")
        shutil.copy(system().disk, disk)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with served("--disk", disk, runs=True, page=built_page(print)) as panel:
            page = browser.new_page(viewport=SIZE)
            page.set_default_timeout(PATIENCE_MS)
            page.goto(panel.address)
            _walk(page)
            page.screenshot(path=picture)
        browser.close()


def _walk(page: Page) -> None:
    """Snake plays behind `ps` until the kernel chooses a process, and its pages are walked to."""
    _shows(page, "#terminal", "/ $ ")
    _type(page, "echo hello from Quince\nsnake &\nps\n")
    _shows(page, "#terminal", "STATE")
    page.wait_for_function("() => document.querySelector('#screen').dataset.picture > 1")
    _command(page, "break scheduler::next")
    page.wait_for_selector("#stops li")
    _type(page, "\n")  # for the shell, should the game be over
    page.wait_for_selector("#source .here:has-text('look_after')")
    page.click("[role=tab]:text-is('Pipeline')")
    view = page.locator("#view")
    while "page table walk for" not in view.inner_text():  # the kernel may choose the same again
        _command(page, "walk")
        page.wait_for_timeout(WALK_MS)
    page.wait_for_selector("#source .here:has-text('int r')")  # a system call of the process


def _type(page: Page, text: str) -> None:
    page.click("#terminal")
    page.keyboard.type(text)


def _command(page: Page, line: str) -> None:
    page.fill("#line", line)
    page.press("#line", "Enter")


def _shows(page: Page, part: str, text: str) -> None:
    """Wait until a part of the page has the text."""
    page.wait_for_function("([part, text]) => document.querySelector(part).textContent"
                           ".replaceAll('\\u00a0', ' ').includes(text)", arg=[part, text])
