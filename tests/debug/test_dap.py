"""The Debug Adapter Protocol, spoken by a client that is not ours."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.system import system
from toolchain.places import BUILD, ROOT

CLIENT  = Path(__file__).with_name("dap")
FOLDER  = BUILD / "dap-client"
TIMEOUT = 120

PROGRAM = """using std::fmt;

type point = struct { x: byte; y: byte; };

function main(): byte {
  var corner = point { x = 1, y = 2 };
  var table = [5, 6, 7];
  var sum = 0;
  for (var i = 1; i <= 5; i = i + 1) {
    sum = sum + i * table[0];
  }
  print([fs("sum "), fu(sum + corner.x), nl]);
  return sum;
}
"""
LINE = 10


@pytest.fixture(scope="module")
def client():
    """The client's folder, with what it needs."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed (on Debian: apt install npm)")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in CLIENT.iterdir():
        shutil.copy(path, FOLDER)
    if not (FOLDER / "node_modules").exists():
        made = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, text=True,
                              capture_output=True)
        if made.returncode:
            pytest.skip(f"npm cannot install the client: {made.stderr.strip()[-200:]}")
    return FOLDER


@pytest.fixture(scope="module")
def got(client, tmp_path_factory):
    """All that the client got in one conversation."""
    path = tmp_path_factory.mktemp("dap") / "sums.qll"
    path.write_text(PROGRAM)
    return conversation(client, "client.js", path, LINE)


@pytest.fixture(scope="module")
def processes(client, tmp_path_factory):
    """The same with the operating system."""
    disk = tmp_path_factory.mktemp("dap") / "disk.qfs"
    shutil.copy(system().disk, disk)
    return conversation(client, "processes.js", disk)


def conversation(client, script, *arguments):
    """What a script of the client's got from a server of its own."""
    server = subprocess.Popen([sys.executable, "-m", "debug", "--dap", "--port", "0"], cwd=ROOT,
                              stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        port = re.search(r"port (\d+)", server.stderr.readline())[1]
        talk = subprocess.run(["node", script, port, *map(str, arguments)], cwd=client,
                              text=True, capture_output=True, timeout=TIMEOUT)
    finally:
        server.kill()
        _, told = server.communicate()
    assert talk.returncode == 0, talk.stderr + told
    return json.loads(talk.stdout)


@pytest.mark.slow
def test_the_client_learns_what_is_there(got):
    assert got["capabilities"]["supportsStepBack"]
    assert got["capabilities"]["supportsDisassembleRequest"]
    assert [one["verified"] for one in got["breakpoints"]] == [True, False]
    assert got["breakpoints"][0]["line"] == LINE
    assert "there is no code at line 99999" in got["breakpoints"][1]["message"]


def test_it_stops_where_it_should(got):
    assert got["stop"]["reason"] == "breakpoint"
    assert got["threads"] == [{"id": 1, "name": "program"}]
    assert got["frames"][0]["name"] == "main"
    assert got["frames"][0]["line"] == LINE
    assert got["frames"][0]["source"]["path"].endswith("sums.qll")


def test_variables_have_their_values_and_parts(got):
    assert got["locals"]["i"] == "3"
    assert got["locals"]["sum"] == "15"
    assert got["locals"]["corner"] == "{x = 1, y = 2}"
    assert got["parts"] == {"x": "1", "y": "2"}
    assert got["evaluated"] == "30"


def test_memory_and_instructions_can_be_read(got):
    import base64
    words = base64.b64decode(got["memory"]["data"])
    assert [words[n] for n in range(0, 12, 4)] == [5, 6, 7]
    assert len(got["code"]) == 5
    addresses = [int(one["address"], 0) for one in got["code"]]
    assert addresses == sorted(addresses)
    assert hex(addresses[2]) == got["frames"][0]["instructionPointerReference"]


def test_steps_go_back_as_well(got):
    assert got["next"]["reason"] == "step"
    assert got["nextLine"] == LINE - 1
    assert got["backLine"] == LINE
    assert got["earlier"] == "1"


def test_the_end_is_told_and_can_be_looked_at(got):
    assert got["exited"] == 75
    assert "sum 76\n" in got["output"]
    assert "there is no variable or function 'nonsense' here" in got["wrong"]
    assert got["repl"].startswith("cycle ")


@pytest.mark.slow
def test_processes_are_threads_with_calls_of_their_own(processes):
    assert [one["verified"] for one in processes["breakpoints"]] == [True]
    assert processes["thread"].startswith("wc (")
    calls = {name.split(" ")[0]: names for name, names in processes["calls"].items()}
    assert calls["wc"][0] == "main"
    assert "main" in calls["sh"] and len(calls["sh"]) > 1
    assert "main" in calls["cat"]
    assert calls["kernel"] == []
    assert processes["step"]["reason"] == "step" and processes["same"]
