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
from system.build import Paths, build_kernel, build_program
from toolchain.debug_info import DebugInfo
from toolchain.places import FIRMWARE
from toolchain.qfs import Image

SLICE  = 20_000
BUDGET = 60_000_000

PROGRAMS = {
    "nulls": "function main(): byte { var p: * byte = null; return *p; }",
    "bounds": "function main(args: string): byte { var a: byte[3]; return a[len args + 7]; }",
    "deep": "function deep(n: byte): byte { var a: byte[20]; a[n % 20] = n;\n"
            "  return deep(n + 1) + a[n % 7]; }\nfunction main(): byte { return deep(0); }",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One run of all programs: the console's text, and the processes and functions seen."""
    folder = tmp_path_factory.mktemp("os")
    paths = Paths(folder)
    disk = Image.format(2048, "disk")
    disk.make_directory("bin")
    disk.write("bin/sh", build_program(paths, FIRMWARE / "programs" / "sh").read_bytes(),
               executable=True)
    sources = folder / "programs"
    for name, text in PROGRAMS.items():
        (sources / f"{name}.qll").write_text(text)
        product = build_program(paths, sources / f"{name}.qll")
        disk.write(f"bin/{name}", product.read_bytes(), executable=True)
    disk.save(folder / "disk.qfs")
    output = io.BytesIO()
    config = MachineConfig().fit("block")
    hosts = Hosts(Terminal(("".join(f"{name}\n" for name in PROGRAMS) + "exit\n").encode(), output),
                  disk=Disk((folder / "disk.qfs").read_bytes()))
    golden = Golden(config, hosts)
    golden.load(read_image(build_kernel(paths)))
    symbols = Symbols(DebugInfo.read(paths.debug(paths.kernel)), paths.debug_folders, config)
    seen = set()
    while golden.cycles < BUDGET and golden.run(SLICE) is not Status.STOPPED:
        process = symbols.process(golden.space, golden.memory) if golden.space else None
        for place in symbols.places(golden.registers().ip, golden.space, golden.memory)[-1:]:
            seen.add((process.name if process else "", place.function))
    assert golden.stop is not None, output.getvalue()
    return output.getvalue().decode(), seen


@pytest.mark.parametrize("name, what", [
    ("nulls", "null pointer dereference"), ("bounds", "index out of bounds"),
    ("deep", "stack overflow")])
def test_the_console_says_what_a_process_did(session, name, what):
    assert f"({name}) {what} at 0x" in session[0]


def test_code_is_found_in_the_right_program(session):
    _, seen = session
    assert any(name == "deep" and function == "global::deep" for name, function in seen)
    assert any(name == "sh" for name, _ in seen)
    assert any(name == "" and "global::" in function for name, function in seen)
    assert not any(name == "sh" and function == "global::deep" for name, function in seen)
