"""What the console says of a process that ends by a mistake, and whose code the host sees."""

import io

import pytest

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status, read_image
from sim.symbols import Symbols
from system.build import Paths, build_program
from tests.support.system import system
from toolchain.debug_info import DebugInfo
from toolchain.qfs import Image

SLICE  = 20_000
BUDGET = 60_000_000

NAMES = ("null", "bounds", "deep")
PROGRAM = """\
function deep(n: byte): byte {
  var a: byte[20];
  a[n % 20] = n;
  return deep(n + 1) + a[n % 7];
}
function main(args: string): byte {
  var nowhere: * byte = null;
  if (args[0] == 'n') { return *nowhere; }
  if (args[0] == 'd') { return deep(0); }
  var a: byte[3];
  return a[len args];
}
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One run of all mistakes: the console's text, and the processes and functions seen."""
    paths, own = system(), Paths(tmp_path_factory.mktemp("os"))
    (own.folder / "wrong.qll").write_text(PROGRAM)
    product = build_program(own, own.folder / "wrong.qll")
    disk = Image.load(paths.disk)
    disk.write("bin/wrong", product.read_bytes(), executable=True)
    output = io.BytesIO()
    config = MachineConfig().fit("block")
    hosts = Hosts(Terminal(("".join(f"wrong {name}\n" for name in NAMES) + "exit\n").encode(),
                           output), disk=Disk(disk.words.tobytes()))
    golden = Golden(config, hosts)
    golden.load(read_image(paths.kernel))
    symbols = Symbols(DebugInfo.read(paths.debug(paths.kernel)),
                      [*paths.debug_folders, product.parent], config)
    seen = set()
    while golden.cycles < BUDGET and golden.run(SLICE) is not Status.STOPPED:
        process = symbols.process(golden.space, golden.memory) if golden.space else None
        for place in symbols.places(golden.registers().ip, golden.space, golden.memory)[-1:]:
            seen.add((process.name if process else "", place.function))
    assert golden.stop is not None, output.getvalue()
    return output.getvalue().decode(), seen


@pytest.mark.parametrize("what", ["null pointer dereference", "index out of bounds",
                                  "stack overflow"])
def test_the_console_says_what_a_process_did(session, what):
    assert f"(wrong) {what} at 0x" in session[0]


def test_code_is_found_in_the_right_program(session):
    _, seen = session
    assert any(name == "wrong" and function == "global::deep" for name, function in seen)
    assert any(name == "sh" for name, _ in seen)
    assert any(name == "" and "global::" in function for name, function in seen)
    assert not any(name == "sh" and function == "global::deep" for name, function in seen)
