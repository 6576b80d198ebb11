"""What is said of a process that ends by a mistake, and of a broken kernel; whose code it is."""

import io
import re

import pytest

from isa.config import MachineConfig
from sim.golden.machine import Golden
from sim.host.disk import Disk
from sim.host.hosts import Hosts
from sim.host.terminal import Terminal
from sim.machine import Status, read_image
from sim.symbols import Symbols
from sim.witness import Witness
from system.build import Paths, build_program
from tests.support.system import debug_kernel, system
from toolchain.debug_info import DebugInfo
from toolchain.qfs import Image

SLICE  = 20_000
SHORT = 1_000   # a program runs for less than a slice between its calls
BUDGET = 60_000_000

NAMES = ("null", "bounds", "deep", "full")
PROGRAM = """\
function first(of: * byte): byte { return *of; }
function deep(n: byte): byte {
  var a: byte[20];
  a[n % 20] = n;
  return deep(n + 1) + a[n % 7];
}
function main(args: string): byte {
  if (args[0] == 'n') { return first(null); }
  if (args[0] == 'd') { return deep(0); }
  if (args[0] == 'f') { return fill(); }
  var a: byte[3];
  return a[len args];
}
function fill(): byte {
  while (true) {
    var a = new byte[5000];
    a[7] = 1;
  }
  return 0;
}
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One run of all mistakes: the console's text, the processes and functions seen, and what the
    host told."""
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
    told, seen = [], set()
    hosts.debugger = witness = Witness(lambda: symbols, told.append)
    witness.machine = golden
    while golden.cycles < BUDGET and golden.run(SLICE) is not Status.STOPPED:
        process = symbols.process(golden.space, golden.memory) if golden.space else None
        for place in symbols.places(golden.registers().ip, golden.space, golden.memory)[-1:]:
            seen.add((process.name if process else "", place.function))
    assert golden.stop is not None, output.getvalue()
    return output.getvalue().decode(), seen, told


@pytest.mark.parametrize("what", ["null pointer dereference", "index out of bounds",
                                  "stack overflow"])
def test_the_console_says_what_a_process_did(session, what):
    assert f"(wrong) {what} at 0x" in session[0]


def test_code_is_found_in_the_right_program(session):
    _, seen, _ = session
    assert any(name == "wrong" and function == "global::deep" for name, function in seen)
    assert any(name == "sh" for name, _ in seen)
    assert any(name == "" and "global::" in function for name, function in seen)
    assert not any(name == "sh" and function == "global::deep" for name, function in seen)


@pytest.mark.parametrize("number, sentence, calls", [
    (0, "process 2 (wrong): null pointer dereference in global::first (wrong.qll:1)",
     ["  at global::first (wrong.qll:1), inlined", "  by global::main (wrong.qll:8)"]),
    (1, "process 3 (wrong): index out of bounds in global::main (wrong.qll:12)",
     ["  at global::main (wrong.qll:12)"]),
    (2, "process 4 (wrong): stack overflow in global::deep (wrong.qll:2)",
     ["  at global::deep (wrong.qll:2)", "  by global::deep (wrong.qll:5), 63 times",
      "  and so on"]),
    (3, "process 5 (wrong): index out of bounds in global::fill (wrong.qll:17)",
     ["the heap is full: of its 65536 words no more than 494 are free in one piece, and `new` "
      "gives null for what does not fit", "  at global::fill (wrong.qll:17)"]),
])
def test_the_host_says_where_and_who_had_called(session, number, sentence, calls):
    lines = [re.sub(r"\(\S*/(wrong.qll:\d+)\)", r"(\1)", line)
             for line in session[2][number].splitlines()]
    assert lines[:1 + len(calls)] == [sentence, *calls]


def broken(kernel, damage):
    """What is told of a kernel that is damaged once the shell runs."""
    paths, config = system(), MachineConfig().fit("block")
    hosts = Hosts(Terminal(b"echo\n", io.BytesIO()), disk=Disk(paths.disk.read_bytes()))
    golden, told = Golden(config, hosts), []
    golden.load(read_image(kernel))
    symbols = Symbols(DebugInfo.read(paths.debug(kernel)), paths.debug_folders, config)
    hosts.debugger = witness = Witness(lambda: symbols, told.append)
    witness.machine = golden
    while not golden.space:
        assert golden.run(SHORT) is Status.RUNNING and golden.cycles < BUDGET
    damage(golden.memory, symbols.own.symbols)
    while golden.stop is None:
        golden.run(SLICE)
        assert golden.cycles < BUDGET
    assert golden.stop.exit_code == 0xFF
    return told[0].splitlines()


def test_a_fault_of_the_kernel_is_told_with_its_place():
    def damage(memory, labels):
        memory[labels["global::syscall::_leave"]] = 0xFFFFFFFF

    lines = broken(system().kernel, damage)
    assert re.match(r"kernel panic: invalid instruction in global::syscall::_leave "
                    r"\(kernel/syscall.qll:\d+\)$", lines[0])
    assert lines[1] == "for process 1 (sh):"
    assert re.match(r"  at \S*support::syscall", lines[2])
    assert any(line.startswith("  by global::main (firmware/programs/sh/") for line in lines[3:])


@pytest.mark.slow
def test_what_the_kernel_finds_broken_is_told_with_who_found_it():
    def damage(memory, labels):
        memory[labels["global::process::count"]] = 77

    lines = broken(debug_kernel(), damage)
    assert lines[0] == "kernel panic: process: a wrong count"
    assert re.match(r"  at global::audit::\S+ \(kernel/audit.qll:\d+\)", lines[1])
    assert any("global::syscall::_syscall (kernel/syscall.qll" in line for line in lines)
    assert "for process 1 (sh):" in lines
