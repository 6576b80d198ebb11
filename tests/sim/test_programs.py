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
from isa.trace import Stop
from sim.engine.machine import RtlMachine
from sim.golden import Golden
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.lockstep import Lockstep
from sim.machine import Status
from sim.program import load_program

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
