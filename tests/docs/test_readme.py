"""The README's programs do what it says, and the jobs it names are there."""

import re
import subprocess
from pathlib import Path

import pytest

from sim.cli import main as sim
from sim.golden import run_words
from tests.support.system import boot, system
from toolchain.build import image
from toolchain.qfs import Image
from toolchain.qll.cli import main as qllc
from toolchain.source import Source, SourceErrors

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
FILES = [Path(name) for name in subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()]
PAGES = [ROOT / path for path in FILES if path.suffix == ".md"]


def block(start):
    """The code block that begins so."""
    return next(text for text in re.findall(r"```\n(.*?)```", README, re.S)
                if text.startswith(start))


def compiled(text):
    return image([Source("squares.qll", text)], target="bare").words


def squares():
    return block("using std::fmt;")


def test_the_first_program_runs_as_shown():
    outcome = run_words(compiled(squares()))
    shown = block("$ .venv/bin/quince-sim squares.qll\n").split("\n")
    assert outcome.stdout.split("\n")[:5] == shown[1:6]
    assert str(outcome.r0) == shown[7]


def test_the_mistake_is_explained_as_shown():
    with pytest.raises(SourceErrors) as caught:
        compiled(squares().replace("fu(i * i)", "fu(i * square)"))
    assert str(caught.value).strip() == block("squares.qll:6").strip()


def test_the_program_for_the_kernel_runs_as_shown(tmp_path):
    text = block("$ cat greet.qll")
    source = tmp_path / "greet.qll"
    source.write_text(text.split("$ ")[1].split("\n", 1)[1])
    program = tmp_path / "greet.qbin"
    assert qllc(["--target", "user", "-o", str(program), str(source)]) == 0
    image = Image.load(system().disk)
    image.write("bin/greet", program.read_bytes(), executable=True)
    assert "/ $ greet world\nHello, world!\n" in boot("greet world",
                                                     disk=image.words.tobytes()).text


def test_the_trace_begins_as_shown(tmp_path):
    source, trace = tmp_path / "squares.qll", tmp_path / "trace.txt"
    source.write_text(squares())
    assert sim([str(source), "--trace", str(trace)]) == 55
    shown = block("$ .venv/bin/quince-sim squares.qll --trace").split("\n")[2:6]
    assert trace.read_text().split("\n")[:4] == shown


def test_the_manuals_trace_is_the_hardwares(tmp_path):
    source, trace = tmp_path / "product.qasm", tmp_path / "trace.txt"
    page = (ROOT / "docs" / "simulation.md").read_text()
    shown = next(text for text in re.findall(r"```\n(.*?)```", page, re.S) if "-- stop" in text)
    lines = [line for line in shown.split("\n") if re.match(r" +\d+  0", line)]
    source.write_text("\n".join(re.sub(r" {2,}.*", "", line.strip().split("  ", 2)[2])
                                for line in lines))
    assert sim([str(source), "--trace", str(trace)]) == 42
    assert [line for line in trace.read_text().split("\n") if line] == [
        line for line in shown.split("\n") if line and line != "main:"]


def test_jobs_and_files_that_are_named_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        text = page.read_text()
        assert set(re.findall(r"`make ([a-z][a-z-]*)", text)) <= targets, page
        made = set(re.findall(r"Write\s+`([^`]+)`:", text))  # by following the page
        for name in re.findall(r"`([a-z]+/[a-z0-9_/.]*\.(?:py|qll|qasm|md|toml|cpp))`", text):
            if name in made:
                continue
            places = (ROOT, ROOT / "tests", page.parent)
            assert any((place / name).exists() for place in places), f"{page}: {name}"


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_every_folder_of_sources_has_a_page():
    folders = {path.parent for path in FILES if path.suffix in (".py", ".qll")
               and path.parts[0] != "tests" and len(path.parts) > 1}
    without = {folder for folder in folders if not (ROOT / folder / "README.md").exists()
               and not any((ROOT / above / "README.md").exists() and above != Path(".")
                           for above in folder.parents)}
    assert without == set()


def test_no_page_refers_to_sections_that_are_not_there():
    """`section N` is one of a numbered manual, machine.md, and it exists."""
    numbers = set(re.findall(r"^## (\d+)\.", (ROOT / "docs" / "machine.md").read_text(), re.M))
    for page in PAGES:
        for number in re.findall(r"section (\d+)", page.read_text()):
            assert number in numbers, f"{page}: section {number}"
