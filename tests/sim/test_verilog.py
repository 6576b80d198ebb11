"""The hardware as Verilog for others: its ports are explained, the manual's bench runs on it."""

import re
import subprocess

import pytest

from sim.verilog import main
from tests.support.cocotb_bench import compile_bench
from toolchain.places import ROOT

MANUAL = (ROOT / "docs" / "verilog.md").read_text()
BENCH  = re.search(r"```verilog\n(.*?)```", MANUAL, re.DOTALL)[1]

PROGRAM = """
function main(): byte {
  std::console::print("from a bench of one's own\\n");
  return 0;
}
"""


@pytest.mark.slow
def test_each_port_is_explained(tmp_path, capsys):
    file = tmp_path / "core.v"
    assert main(["core", "-o", str(file)]) == 0
    text = file.read_text()
    explained = re.findall(r"^//   (input|output) +\d+  (\w+) +\S", text, re.MULTILINE)
    declared = re.search(r"^module core\((.*?)\);", text, re.MULTILINE | re.DOTALL)[1]
    assert sorted(name for _, name in explained) == sorted(re.split(r"[,\s]+", declared.strip()))


@pytest.mark.long
@pytest.mark.slow
def test_the_manuals_bench_runs(tmp_path, capsys):
    (tmp_path / "program.qll").write_text(PROGRAM)
    assert main(["soc", "-o", str(tmp_path / "soc.v"),
                 "--memory", str(tmp_path / "program.qll")]) == 0
    (tmp_path / "bench.v").write_text(BENCH)
    program = compile_bench(tmp_path, [tmp_path / "bench.v", tmp_path / "soc.v"], top="bench")
    run = subprocess.run([program, f"+memory={tmp_path / 'soc.hex'}"], check=True, timeout=300,
                         capture_output=True, text=True)
    assert run.stdout.startswith("from a bench of one's own\n")


def test_the_manuals_bench_is_short():
    assert len([line for line in BENCH.splitlines() if line.strip()]) <= 20


@pytest.mark.parametrize("arguments, said", [
    (["--memory", "none.qll"], "none.qll"),
    (["-o", "/dev/null/soc.v"], "/dev/null"),
])
def test_a_file_that_cannot_be_used_is_named(arguments, said, capsys):
    assert main(["core", *arguments]) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("quince: ") and said in told


def test_an_unknown_design_is_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["cpu"])
    assert caught.value.code == 2
    assert "'soc', 'core'" in capsys.readouterr().err
