"""Running a program in one call, on the compiled and on the uncompiled model."""

import io

import pytest

from isa.trace import Stop
from sim.golden import run_words
from sim.golden.__main__ import main
from sim.machine import Status
from toolchain.qasm import assemble
from toolchain.source import Source

HELLO = """
constant r1 0x306          ; console output: data
constant r2 65
store r1 r2
constant r1 0x305          ; size
constant r2 1
store r1 r2
constant r1 0x303          ; control
store r1 r2
@again:
load r3 r1
constant r4 3
eq r5 r3 r4
constant r6 @again
jnz r5 r6
mov r0 r3
constant r7 42
add r0 r0 r7
halt
"""


def words(text):
    return assemble([Source("test.qasm", text)]).words


@pytest.mark.parametrize("compiled", [True, False])
def test_program_prints_and_gives_its_exit_code(compiled):
    outcome = run_words(words(HELLO), compiled=compiled)
    assert (outcome.status, outcome.stop.stop, outcome.stop.exit_code) == \
        (Status.STOPPED, Stop.HALT, 42)
    assert outcome.stdout == "A"


def test_limit_ends_an_endless_loop():
    outcome = run_words(words("@a:\nconstant r1 @a\njmp r1\n"), limit=1000)
    assert (outcome.status, outcome.stop, outcome.instructions) == (Status.RUNNING, None, 1000)


def test_command_line_passes_on_the_exit_code(tmp_path, capfdbinary, monkeypatch):
    image = tmp_path / "hello.qbin"
    image.write_bytes(b"".join(word.to_bytes(4, "little") for word in words(HELLO)))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert main([str(image)]) == 42
    assert capfdbinary.readouterr().out == b"A"
