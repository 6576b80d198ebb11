"""The edits of docs/guides.md, applied to a copy of the sources, do what the page says.

`python -m tests.docs.test_guides GUIDE FOLDER` makes the edits of the guide whose title has that
word in a clone.
"""

import re
import shutil
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from tests.support.system import SYSTEM, boot, system
from toolchain.qfs import Image

ROOT  = Path(__file__).resolve().parents[2]
PAGE  = (ROOT / "docs" / "guides.md").read_text()
ROOMS = ("docs", "firmware", "isa", "kernel", "rtl", "sim", "system", "tests", "toolchain")

# "In `path`:" or "Write `path`:", at a line's end, and the block that follows.
STEP = re.compile(r"\b(In|Write)\s+`([\w/.]+)`:\n\n```(\w+)\n(.*?)```", re.S)


def guide(word):
    """The text of the guide whose title has this word."""
    [text] = [part for part in PAGE.split("\n## ") if word in part.split("\n")[0]]
    return text


def apply(word, folder):
    """Make the edits of a guide in a folder with the sources."""
    steps = STEP.findall(guide(word))
    assert steps, word
    for what, path, kind, block in steps:
        if what == "Write":
            (folder / path).write_text(block)
            continue
        assert kind == "diff", path
        text = (folder / path).read_text()
        for hunk in block.split("@@\n"):
            lines = hunk.removesuffix("\n").split("\n")
            old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
            new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
            assert ("\n" + text).count("\n" + old) == 1, f"{path}: not there once:\n{old}"
            text = ("\n" + text).replace("\n" + old, "\n" + new)[1:]
        (folder / path).write_text(text)


@pytest.fixture
def copy(tmp_path):
    """The sources, to be changed."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "Makefile"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def python(folder, *arguments):
    """Run Python in a folder, with that folder's sources; what it said."""
    done = subprocess.run([sys.executable, *arguments], cwd=folder, text=True,
                          capture_output=True, check=False, timeout=600,
                          env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder),
                               "PYTHONPYCACHEPREFIX": str(folder / "pycache"),
                               "NUMBA_CACHE_DIR": str(folder / "numba")})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# The program on the model, uncompiled; arguments: source, peripherals to fit.
MODEL = """
import sys
from isa.config import MachineConfig
from sim.golden import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.program import load_program
config = MachineConfig().fit(*sys.argv[2:])
golden = Golden(config, Hosts(Terminal(b"", sys.stdout.buffer)), compiled=False)
golden.load(load_program(sys.argv[1], config).words)
golden.run(1_000_000)
sys.stdout.flush()
print("exit code", golden.stop.exit_code)
"""

# What the hardware computes of two words in a cycle.
ALU = """
from amaranth.sim import Simulator
from rtl.core.alu import Alu
from rtl.core.control import CONTROL
alu = Alu()
async def bench(ctx):
    ctx.set(alu.op, CONTROL["xor"]["alu"])
    ctx.set(alu.a, 0xFF00FF00)
    ctx.set(alu.b, 0x0FF00FF0)
    print(hex(ctx.get(alu.result)))
simulator = Simulator(alu)
simulator.add_testbench(bench)
simulator.run()
"""

# The kernel, and the program that is named.
BUILD = """
import sys
from pathlib import Path
from system.build import Paths, build_kernel, build_program
paths = Paths(Path("os"))
print(build_kernel(paths))
print(build_program(paths, Path(sys.argv[1])))
"""


def shown(word, command):
    """What a command of a guide is said to print, without its prompt line."""
    after = guide(word).split(f"$ {command}", 1)[1].split("\n", 1)[1]
    lines = after.split("```")[0].split("\n")
    said = []
    for line in lines:
        if line.startswith("$ "):
            break
        said.append(line)
    return [line for line in said if line and not line.startswith("quince-sim:")]


@pytest.mark.slow
def test_the_instruction_assembles_decodes_and_computes(copy):
    apply("instruction", copy)
    python(copy, "-m", "toolchain.qasm", "xor.qasm", "-t", "none", "-o", "xor.qbin")
    words = array("I", (copy / "xor.qbin").read_bytes())
    assert 0x2B000102 in words
    assert "xor r0 r1 r2" in python(copy, "-m", "toolchain.qasm.dis", "xor.qbin")
    assert python(copy, "-c", ALU) == "0xf0f0f0f0\n"
    [status] = shown("instruction", ".venv/bin/quince-sim xor.qasm")
    assert python(copy, "-c", MODEL, "xor.qasm") == f"exit code {status}\n"
    python(copy, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/isa",
           "tests/rtl/core/test_control.py")


@pytest.mark.long
@pytest.mark.slow
def test_the_peripheral_is_found_and_adds(copy):
    apply("peripheral", copy)
    [line] = shown("peripheral", ".venv/bin/quince-sim checksum.qll")
    assert python(copy, "-c", MODEL, "checksum.qll", "checksum") == f"{line}\nexit code 0\n"
    assert "no checksum here" in python(copy, "-c", MODEL, "checksum.qll")
    python(copy, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/isa",
           "tests/rtl/peripherals/test_documented.py")


@pytest.mark.slow
def test_the_system_call_answers(copy):
    apply("system call", copy)
    python(copy, "-m", "system", "library", "-o", "firmware/lib/user/calls.qll")
    made = python(copy, "-c", BUILD, "firmware/programs/ancestors.qll")
    kernel, program = (copy / name for name in made.split())
    image = Image(array("I", system().disk.read_bytes()))
    image.write("bin/ancestors", program.read_bytes(), executable=True)
    said = boot("ancestors", disk=image.words.tobytes(), kernel=kernel, config=SYSTEM).text
    pids = [int(line) for line in said.split("$ ancestors\n")[1].split("\n")[:2]]
    assert pids[0] > 1 and pids[1] == 1


def test_the_sizes_are_where_the_guide_changes_them(copy):
    apply("cache or TLB", copy)
    assert python(copy, "-c", "from rtl.soc import SocConfig; "
                              "print(SocConfig().data_regions)") == "8\n"


if __name__ == "__main__":
    apply(sys.argv[1], Path(sys.argv[2]))
