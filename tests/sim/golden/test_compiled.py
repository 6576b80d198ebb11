"""How the golden model is compiled: what several processes need, one of them makes."""

import os
import subprocess
import sys

import numba
import pytest

from sim.golden.compiled import jit

PROGRAM = """
import sys
from sim.golden.compiled import jit_kept, prepare
@jit_kept
def add(a, b):
    return a + b
sys.stdin.readline()
prepare(add, 1, 2)
print(sum(add.stats.cache_misses.values()), sum(add.stats.cache_hits.values()), add(1, 2))
"""


def test_of_two_processes_one_compiles_and_the_other_loads(tmp_path):
    (tmp_path / "adds.py").write_text(PROGRAM)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    both = [subprocess.Popen([sys.executable, str(tmp_path / "adds.py")], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
            for _ in range(2)]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    said = sorted(process.communicate()[0] for process in both)
    assert said == ["0 1 3\n", "1 0 3\n"]


@jit
def double(a):
    return a + a


def test_a_part_is_compiled_once_whatever_constants_it_is_called_with():
    @numba.njit
    def run(a):
        return double(a) + double(1) + double(2)

    assert run(10) == 26
    assert len(double.overloads) == 1


def test_a_part_cannot_be_called_from_python():
    with pytest.raises(TypeError, match="double cannot be called from Python"):
        double(1)
