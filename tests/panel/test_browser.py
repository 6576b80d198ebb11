"""The whole computer in a real browser: boot, type, stop in the scheduler, drag back in time."""

import re
import shutil

import pytest

from tests.panel.serving import served
from tests.support.system import system

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 40_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium was not found; on Debian: apt install "
                                                "chromium"),
    # Playwright's own: an event loop that it leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def page_folder():
    from panel.page import PageError, built_page
    try:
        return built_page(print)
    except PageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="`make panel-test` installs it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(chromium, page_folder, tmp_path_factory):
    """The computer at its shell, in a page whose errors fail the tests."""
    disk = tmp_path_factory.mktemp("disk") / "disk.qfs"
    shutil.copy(system().disk, disk)
    with served("--disk", disk, runs=True, page=page_folder) as panel:
        page = chromium.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text)
                if said.type in ("error", "warning") else None)
        page.goto(panel.address)
        says(page, "/ $ ")
        yield page
        assert page.faults == []
        page.close()


def terminal(page):
    return page.evaluate("""() => {
        const rows = document.querySelectorAll('.xterm-rows > div');
        return [...rows].map(row => row.textContent.replaceAll('\\u00a0', ' ').trimEnd())
          .join('\\n').trimEnd() + ' ';
    }""")


def says(page, text):
    page.wait_for_function("""text => [...document.querySelectorAll('.xterm-rows > div')]
        .map(row => row.textContent.replaceAll('\\u00a0', ' ')).join('\\n').includes(text)""",
                           arg=text)


def state(page, words):
    page.wait_for_function("words => document.querySelector('#state').textContent.includes(words)",
                           arg=words)


def command(page, line):
    """Say something to the debugger."""
    page.fill("#line", line)
    page.press("#line", "Enter")


def tab(page, name):
    page.click(f"[role=tab]:text-is('{name}')")


def picture(page):
    """What the page shows of the present position."""
    return {name: page.locator(name).inner_text() for name in (
        "#frames", "#source .here", "#disassembly", "#view", "#terminal .xterm-rows")}


def drag_to(page, share):
    """Drag the time line's knob to so much of the recording."""
    box = page.locator("#when").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + (box["width"] - 16) * share, y, steps=4)
    page.mouse.up()


def test_boot_type_stop_in_the_scheduler_and_drag_back_to_the_same_picture(page):
    page.click("#terminal")
    page.keyboard.type("echo hello from the panel\n")
    says(page, "\nhello from the panel")
    command(page, "break scheduler::next")
    page.wait_for_selector("#stops li")
    page.click("#terminal")
    page.keyboard.type("ls\n")
    state(page, "paused")
    page.wait_for_function("() => document.querySelector('#source .here')?.textContent"
                           "?.includes('look_after')")
    assert page.locator("#source .stop.here").count() == 1
    assert "scheduler::next ()" in page.locator("#frames .selected").inner_text()
    page.wait_for_function("() => document.querySelector('#when').value > 0")
    here = page.locator("#cycle").inner_text()
    before = picture(page)

    drag_to(page, 0.3)
    state(page, "in the past")
    page.wait_for_function("before => document.querySelector('#cycle').textContent !== before",
                           arg=here)
    assert picture(page) != before

    cycle = re.sub(",(?! )", "", here).split(", ")[0].removeprefix("cycle ")
    command(page, f"goto {cycle}")
    page.wait_for_function("here => document.querySelector('#cycle').textContent === here",
                           arg=here)
    page.wait_for_function("() => document.querySelector('#source .here')?.textContent"
                           "?.includes('look_after')")
    assert picture(page) == before
    command(page, "delete")
    page.wait_for_function("() => !document.querySelector('#source .stop')")


def test_a_breakpoint_is_set_in_the_source_by_the_keyboard(page):
    page.click("#source .row.here")
    page.keyboard.press("F9")
    page.wait_for_selector("#source .stop")
    assert page.locator("#stops li").count() == 1
    page.keyboard.press("F9")
    page.wait_for_selector("#source .stop", state="detached")


def test_a_walk_of_the_page_table_is_watched(page):
    tab(page, "Pipeline")
    page.keyboard.press("F7")
    page.wait_for_function("() => document.querySelector('#view').textContent"
                           ".includes('page table walk for')")
    page.keyboard.press("Shift+F4")
    page.wait_for_function("() => document.querySelector('#view').textContent.includes('reading')")
    tab(page, "Memory")
    page.wait_for_function("() => document.querySelector('#view').textContent.includes('a walk')")


@pytest.mark.parametrize("view, text", [
    ("Registers", "r63 sp"), ("Processes", "sh"), ("Memory", "page tables"),
    ("Pipeline", "execute"), ("Devices", "keyboard"), ("Disk", "bin/cat"),
    ("Profile", "kernel: "),
])
def test_each_view_shows_the_machine(page, view, text):
    tab(page, view)
    page.wait_for_function("text => document.querySelector('#view').textContent.includes(text)",
                           arg=text)
    assert page.locator("[role=tab][aria-selected=true]").inner_text() == view


def test_the_display_shows_pictures(page):
    tab(page, "Registers")
    command(page, "delete")
    command(page, "goto end")
    state(page, "paused")
    page.wait_for_function("() => document.body.dataset.past === 'false'")
    page.click("#go")
    state(page, "running")
    page.click("#terminal")
    page.keyboard.type("snake\n")
    page.wait_for_function("() => document.querySelector('#screen').dataset.picture > 1")
    assert page.evaluate("""() => {
        const screen = document.querySelector('#screen');
        const pixels = screen.getContext('2d').getImageData(0, 0, screen.width, screen.height).data;
        return new Set(new Uint32Array(pixels.buffer)).size;
    }""") > 1


@pytest.mark.parametrize("width", [400, 800, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(page, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("Registers", "Memory", "Pipeline", "Disk", "Profile", "Processes", "Devices"):
        tab(page, name)
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.set_viewport_size({"width": 1600, "height": 1000})


CONTRAST = """() => {
  const lamp = colour => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    const part = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return { a, light: 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) };
  };
  const behind = node => {
    for (; node; node = node.parentElement) {
      const found = lamp(getComputedStyle(node).backgroundColor);
      if (found.a > 0.99) return found.light;
    }
    return 1;
  };
  const poor = [];
  for (const node of document.querySelectorAll('body *')) {
    const hasText = [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    if (!hasText || !node.offsetParent || node.closest('.xterm, option')) continue;
    const ink = lamp(getComputedStyle(node).color).light, paper = behind(node);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) poor.push(`${node.nodeName} '${node.textContent.slice(0, 20)}' ${ratio}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for name in ("Registers", "Memory", "Pipeline", "Disk", "Profile", "Processes", "Devices"):
        tab(page, name)
        page.wait_for_timeout(100)
        assert page.evaluate(CONTRAST) == [], name


def test_every_part_is_reached_and_left_by_the_keyboard(page):
    page.click("#terminal")
    seen = []
    for _ in range(6):
        page.keyboard.press("F6")
        seen.append(page.evaluate("document.activeElement.closest('[data-region]').id"))
    assert seen == ["display", "code", "ask", "calls", "views", "time"]
    names = page.evaluate("""() => [...document.querySelectorAll(
            'button, input, select, [tabindex]')]
        .filter(one => one.offsetParent && !one.closest('.xterm'))
        .filter(one => !(one.ariaLabel || one.textContent.trim() || one.title
            || one.labels?.length || one.getAttribute('aria-label'))).map(one => one.outerHTML)""")
    assert names == []
    page.keyboard.press("F1")
    assert "to the next walk of the page table" in page.locator("#help").inner_text()
    page.keyboard.press("Escape")
