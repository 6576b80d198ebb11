"""The README's programs do what it says, and the jobs it names are there."""

import re
from pathlib import Path

import pytest

from sim.golden import run_words
from tests.support.system import boot, system
from toolchain.files import read_source
from toolchain.qasm import assemble
from toolchain.qfs import Image
from toolchain.qll.cli import main as qllc
from toolchain.qll.front import analyse, with_deep_stack
from toolchain.qll.generate import generate
from toolchain.source import Source, SourceErrors
from toolchain.targets import library_files

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def block(start):
    """The code block that begins so."""
    return next(text for text in re.findall(r"```\n(.*?)```", README, re.S)
                if text.startswith(start))


def compiled(text):
    library = [read_source(str(path)) for path in library_files("bare", ".qll")]
    entry = [read_source(str(path)) for path in library_files("bare", ".qasm")]
    program = with_deep_stack(
        lambda: generate(analyse([*library, Source("squares.qll", text)])[0], 2))
    return assemble([*entry, Source("squares.qasm", program)]).words


def squares():
    return block("using std::fmt;")


def test_the_first_program_runs_as_shown():
    outcome = run_words(compiled(squares()))
    shown = block("$ .venv/bin/python -m sim squares.qll\n").split("\n")
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


def test_jobs_and_files_that_are_named_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)", README)) <= targets
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / link).exists(), link
    for name in re.findall(r"`((?:kernel|rtl|docs)/[a-zA-Z_/]+\.[a-z]+)`", README):
        assert (ROOT / name).exists(), name


def test_links_between_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"),
             *(ROOT / folder / "README.md" for folder in ("rtl", "sim", "toolchain", "kernel"))]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
