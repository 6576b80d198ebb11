"""One writer at a time: who holds a file is named, and a file that was replaced is locked anew."""

import os
import subprocess
import sys

import pytest

from toolchain.lock import InUseError, exclusive, lock

HOLD = """
import sys
from toolchain.lock import exclusive
with exclusive(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """A file that another program holds, and that program."""
    file = tmp_path / "image"
    file.write_bytes(b"x")
    with subprocess.Popen([sys.executable, "-c", HOLD, file], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as program:
        assert program.stdout.readline() == b"held\n"
        yield file, program
        program.stdin.close()


def test_the_holder_is_named(held):
    file, program = held
    with pytest.raises(InUseError, match=rf"image: in use by '.*' \(pid {program.pid}\)"):
        with exclusive(file):
            pass


def test_a_lock_ends_with_its_holder(held):
    file, program = held
    program.kill()
    program.wait()
    with exclusive(file):
        pass


def test_a_replaced_file_has_a_lock_of_its_own(tmp_path):
    file, other = tmp_path / "image", tmp_path / "new"
    file.write_bytes(b"old")
    other.write_bytes(b"new")
    with exclusive(file):
        os.replace(other, file)
        with exclusive(file):
            assert file.read_bytes() == b"new"


def test_readers_share(tmp_path):
    file = tmp_path / "image"
    file.write_bytes(b"x")
    with open(file) as one, open(file) as two:
        lock(one.fileno(), file, shared=True)
        lock(two.fileno(), file, shared=True)
        with pytest.raises(InUseError):
            with exclusive(file):
                pass


def test_a_file_that_is_not_there_needs_no_lock(tmp_path):
    with exclusive(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()
