"""A person at the debugger's own terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from toolchain.places import ROOT

LOOP = "@_entrypoint:\n  constant r1 1\n  constant r2 @again\n@again:\n  add r3 r3 r1\n  jmp r2\n"
TIMEOUT_S = 120


@pytest.fixture
def person(tmp_path):
    """A debugger on a pseudo-terminal: `expect(text)` waits for it, `type(text)` types."""
    path = tmp_path / "loop.qasm"
    path.write_text(LOOP)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "debug", str(path), "--engine", "model"], cwd=ROOT, stdin=slave,
        stdout=slave, stderr=slave, start_new_session=True, env={**os.environ, "TERM": "dumb"})

    class Person:
        seen = b""

        def expect(self, text):
            end = time.monotonic() + TIMEOUT_S
            while text.encode() not in self.seen:
                left = end - time.monotonic()
                assert left > 0, f"{text!r} did not come; there was {self.seen!r}"
                if select.select([master], [], [], min(left, 1))[0]:
                    self.seen += os.read(master, 4096)
            self.seen = self.seen.split(text.encode(), 1)[1]

        def type(self, text):
            os.write(master, text.encode())

    someone = Person()
    someone.process = process
    yield someone
    if process.poll() is None:
        process.kill()
    process.wait()
    os.close(master)
    os.close(slave)


@pytest.mark.slow
def test_ctrl_c_stops_the_machine_and_not_the_debugger(person):
    person.expect("(quince) ")
    for _ in range(2):
        person.type("continue\r")
        person.expect("continue")
        time.sleep(1)
        os.kill(person.process.pid, signal.SIGINT)
        person.expect("Stopped.")
        person.expect("(quince) ")
    person.type("reverse-stepi\r")
    person.expect("(quince) ")
    person.type("info history\r")
    person.expect(" in the past")
    person.type("quit\r")
    assert person.process.wait(TIMEOUT_S) == 0
