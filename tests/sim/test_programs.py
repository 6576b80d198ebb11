"""Whole programs: on the golden model, on the hardware, and on both in lockstep.

A QASM program has its expected output and exit code, and its input if any, in the comment at its
top; a QLL program has what `main` returns.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from isa.config import MachineConfig
from isa.machine import PROGRAM
from isa.trace import Stop
from sim.engine.machine import RtlMachine
from sim.golden import Golden, peripherals
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.lockstep import Lockstep
from sim.machine import ImageError, Status
from sim.program import load_program
from toolchain.link.cli import main as link_main

FOLDER = Path(__file__).parents[1] / "programs"
LIMIT_CYCLES = 20_000_000
ENGINES = {"model": Golden, "rtl": RtlMachine, "lockstep": Lockstep}


@dataclass(frozen=True)
class Expected:
    path:   Path
    exit:   int
    output: str
    input:  str


def read_qasm(path):
    """What the comment at the top of a QASM program says; None if it has no `Exit:`."""
    head = []
    for line in path.read_text().split("\n"):
        if not line.startswith(";"):
            break
        head.append(line[1:])
    parts, name = {}, ""
    for line in head:
        section = re.fullmatch(r" (Input|Output|Exit):(.*)", line)
        if section:
            name = section[1]
            parts[name] = [section[2].strip()] if section[2] else []
        elif line.startswith("   ") or (name in ("Input", "Output") and not line.strip()):
            parts.setdefault(name, []).append(line[3:])
        else:
            name = ""
    if "Exit" not in parts:
        return None
    text = {key: "".join(line + "\n" for line in parts.get(key, [])) for key in ("Input", "Output")}
    return Expected(path, int(parts["Exit"][0], 0), text["Output"], text["Input"])


def read_qll(path):
    """What a QLL program says that it returns; None if it does not."""
    match = re.match(r"// Result: (\S+)", path.read_text())
    return Expected(path, int(match[1], 0) & 0xFFFFFFFF, "", "") if match else None


PROGRAMS = [expected for path in sorted(FOLDER.iterdir())
            if (expected := read_qasm(path) if path.suffix == ".qasm" else read_qll(path))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.path.name)
def test_a_program_does_what_its_first_lines_say(program, engine):
    sink = io.BytesIO()
    config = MachineConfig()
    machine = ENGINES[engine](config, Hosts(Terminal(program.input.encode(), sink)))
    machine.load(load_program(str(program.path), config).words)
    while machine.run(LIMIT_CYCLES) is Status.RUNNING and machine.cycles < LIMIT_CYCLES:
        pass
    assert machine.stop is not None
    assert machine.stop.stop == Stop.HALT
    assert machine.stop.exit_code == program.exit
    if program.path.suffix == ".qasm":
        assert sink.getvalue().decode() == program.output
    machine.close()


def test_programs_were_found():
    assert {"hello.qasm", "echo.qasm"} <= {program.path.name for program in PROGRAMS}


# --- executables ---------------------------------------------------------------------------------

ADDER = """
@main:
    constant r0 @number
    load r0 r0
    halt
data @number 42
"""


def linked(tmp_path, *options, text=ADDER, name="program"):
    source, path = tmp_path / "t.qasm", tmp_path / name
    source.write_text(text)
    assert link_main([str(source), "-t", "none", "-o", str(path), *options]) == 0
    return path


def test_an_executable_is_known_by_its_contents_and_runs_with_symbols(tmp_path):
    program = load_program(str(linked(tmp_path, "--format", "exec")), MachineConfig())
    assert program.locate(PROGRAM) == "main"
    golden = Golden()
    golden.load(program.words)
    assert golden.run(100) is Status.STOPPED
    assert golden.stop.exit_code == 42


@pytest.mark.parametrize("options, message", [
    (["--format", "object"], "an object file: link it first, with qlink"),
    (["--format", "dyn"], "relocatable, for a kernel to place"),
    (["--format", "exec", "--base", "0x2000"], "it begins at 0x2000"),
    (["--format", "exec", "--base", "0x500"], "it has words at 0x500"),
])
def test_an_executable_for_something_else_is_refused(tmp_path, options, message):
    path = linked(tmp_path, *options)
    with pytest.raises(ImageError, match=message):
        load_program(str(path), MachineConfig())


@pytest.mark.parametrize("length", [4, 17, 40, 52, 90, 200])
def test_a_truncated_executable_is_refused(tmp_path, length):
    path = linked(tmp_path, "--format", "exec")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ImageError, match="truncated|damaged|not"):
        load_program(str(path), MachineConfig())


def test_a_peripheral_without_a_model_is_named(monkeypatch):
    monkeypatch.delitem(peripherals.KINDS, "display")
    with pytest.raises(ImageError, match="the golden model does not know display"):
        Golden(MachineConfig().fit("display"))
