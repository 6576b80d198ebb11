"""ELF programs run under the kernel, at their own address and placed by the loader."""

import io

import pytest

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status, read_image
from system.build import Paths, build_kernel, build_program
from toolchain.link.cli import main
from toolchain.places import ROOT
from toolchain.qfs import Image

PROGRAM = """
global factor: byte = 100;                       // data, written to below
.constant global greeting: byte[6] = "hello ";   // constants
global table: ((byte) => byte)[2] = [twice, thrice];  // addresses in the image
function twice(n: byte): byte { return 2 * n; }
function thrice(n: byte): byte { return 3 * n; }
function main(args: string): byte {
  factor = factor + 1;
  lib::print(greeting);
  lib::print(args);
  var v = new byte[3] ... table[1](7) + table[0](factor);
  std::fmt::print([std::fmt::fs(" "), std::fmt::fu(v[2]), std::fmt::nl]);
  if (len args == 1) {
    *(<unsafe * byte>0x3000000) = 1;
  }
  return 0;
}
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["exec", "dyn"])
def test_elf_program_runs_and_faults_by_name(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = Paths(tmp_path)
    (tmp_path / "prog.qll").write_text(PROGRAM)
    assert main(["-t", "user", "-f", kind, "prog.qll", "-o", "prog.elf"]) == 0
    disk = Image.format(2048, "disk")
    disk.make_directory("bin")
    shell = build_program(paths, ROOT / "firmware" / "programs" / "sh")
    disk.write("bin/sh", shell.read_bytes(), executable=True)
    disk.write("bin/prog", (tmp_path / "prog.elf").read_bytes(), executable=True)
    disk.save(tmp_path / "disk.qfs")
    output = io.BytesIO()
    terminal = Terminal(b"prog world; prog again\nprog x\nexit\n", output)
    golden = Golden(MachineConfig().fit("block"),
                    Hosts(terminal, disk=Disk((tmp_path / "disk.qfs").read_bytes())))
    golden.load(read_image(build_kernel(paths)))
    assert golden.run(100_000_000) is Status.STOPPED
    text = output.getvalue().decode()
    assert "hello world 223\nhello again 223\n" in text
    assert "hello x 223\nprocess " in text
    assert "memory fault" in text and "in global::main" in text
