"""A person's own programs: compiled by the command line, run under the kernel."""

import re
from array import array
from pathlib import Path

import pytest

from sim.program import load_program
from tests.support.system import SYSTEM, boot, system
from toolchain.qfs import Image
from toolchain.qll.cli import main as qllc

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT.parent / "shared" / "cases" / "faults"


def compiled(tmp_path, name, text):
    """The program as a file, compiled for target user without a warning."""
    source, product = tmp_path / f"{name}.qll", tmp_path / f"{name}.qbin"
    source.write_text(text)
    assert qllc(["--target", "user", "--strict", "-o", str(product), str(source)]) == 0
    return product


def test_the_manuals_program_with_a_pipe_and_a_child(tmp_path):
    manual = (ROOT / "docs" / "kernel.md").read_text()
    [text] = re.findall(r"```qll\n// count.qll\n(.*?)```", manual, re.S)
    product = compiled(tmp_path, "count", text)
    image = Image(array("I", system().disk.read_bytes()))
    image.write("/bin/count", product.read_bytes(), executable=True)
    said = boot("count hello world", "count", disk=image.words.tobytes()).lines()
    assert "12 octets, status 0" in said and "1 octets, status 0" in said


def test_compiler_and_simulator_take_the_same_library(tmp_path):
    text = 'function main(a: string): byte { os::write(1, a); return os::own_pid(); }\n'
    product = compiled(tmp_path, "same", text)
    program = load_program(str(tmp_path / "same.qll"), SYSTEM, "user")
    assert program.words.astype("<u4").tobytes() == product.read_bytes()


@pytest.mark.skipif(not FAULTS.is_dir(), reason="there is no ../shared/cases/faults")
def test_published_programs_compile():
    programs = sorted(FAULTS.glob("*.qll"))
    assert programs
    for path in programs:
        assert qllc(["--target", "user", "--check", str(path)]) == 0
