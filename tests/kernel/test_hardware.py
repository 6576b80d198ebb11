"""The operating system on the hardware: whole sessions, in lockstep with the golden model."""

import subprocess
import sys

import pytest

from tests.support.system import system
from toolchain.places import ROOT

COMMANDS = """\
echo hello
pwd
ls -l
cd /bin
ls
cd /
echo one two three > /tmp/a
cp /tmp/a /tmp/b
cat /tmp/a /tmp/b | wc
mv /tmp/b /tmp/c
grep two /tmp/c
hexdump /tmp/c
mkdir /tmp/d
rm -r /tmp/d
rm /tmp/c
ps
true && echo yes || echo no
sleep 1 &
./hello.sh
plasma 2
exit 42
"""


def session(tmp_path, *options, commands=COMMANDS, python=()):
    """What a session said, and the status it ended with."""
    script, disk = tmp_path / "script", tmp_path / "disk.qfs"
    script.write_text(commands)
    disk.write_bytes(system().disk.read_bytes())
    done = subprocess.run(
        [sys.executable, *python, "-m", "sim", "--input", script, "--disk", disk,
         "--display", "none:64x48", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout.replace("\r", ""), done.stderr


@pytest.mark.slow
def test_twenty_commands_agree_with_the_golden_model(tmp_path):
    status, text, complaint = session(tmp_path, "--lockstep")
    assert status == 42, complaint
    assert "      2       6      28" in text
    assert "one two three\n" in text
    assert "yes\n" in text
    assert "Hello from a script." in text


def test_a_session_without_trouble_reads_no_debug_information(tmp_path):
    """The kernel's takes longer to read than the whole system to boot."""
    status, _, imported = session(tmp_path, commands="halt\n", python=("-X", "importtime"))
    assert status == 0 and "import time" in imported
    assert "elftools" not in imported


def test_the_end_of_the_input_ends_a_program_and_then_the_shell(tmp_path):
    status, text, _ = session(tmp_path, commands="cat\nto the end\n")
    assert status == 0
    assert text.endswith("to the end\nto the end\n/ $ exit\n")


@pytest.mark.slow
def test_the_model_alone_gives_the_same_status(tmp_path):
    status, text, complaint = session(tmp_path, "--engine", "model")
    assert status == 42, complaint
    assert "Hello from a script." in text
