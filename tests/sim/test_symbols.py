"""Symbols by address space: those of the kernel, and of each process by its page table."""

import numpy as np
import pytest

from isa import encode
from isa.config import MachineConfig
from isa.machine import PageFlag, window_addresses
from isa.trace import RECORD_WORDS, Kind, Word, Wrote
from sim.spaces import SpaceOfRecords, spaces_before
from sim.symbols import Symbols, misfit
from toolchain.build import debug_file, image
from toolchain.debug_info import DebugInfo
from toolchain.source import Source

CONFIG = MachineConfig(ram_words=1 << 16)
PAGES, FIRST, SECOND = 0x8000, 0x9000, 0x9100  # a page table, and two processes in the kernel
KERNEL = """\
namespace process {
  type process = struct {
    pages: * byte; pid: byte; sibling: * process; name: byte[8]; base: byte;
  };
  global all: * process = null;
  global turn: * process = null;
  function idle(): void { turn = all; }
}
function main(): byte { process::idle(); return 0; }
"""


def built(text, name):
    suffix = name.rpartition(".")[2]
    sources = [Source(name, text)]
    return (image(sources, target="bare", debug=True) if suffix == "qll"
            else image([], sources))


@pytest.fixture(scope="module")
def symbols(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    kernel = built(KERNEL, "kernel.qll")
    program = built("@main:\n  constant r0 7\n@inner:\n  jmp r0\n", "cat.qasm")
    (folder / "cat.elf").write_bytes(debug_file(program, "cat.elf"))
    (folder / "ls.elf").write_bytes(debug_file(program, "ls.elf"))
    return Symbols(DebugInfo.of(debug_file(kernel, "kernel.elf"), "kernel.elf"), [folder],
                   CONFIG), program.words


@pytest.fixture
def memory(symbols):
    """Two processes: `cat`, whose code is there, and `ls`, with the code of another build."""
    known, code = symbols
    memory = np.zeros(CONFIG.ram_words, dtype=np.uint32)
    flags = PageFlag.PRESENT | PageFlag.READ | PageFlag.EXECUTE
    for pages, at in ((PAGES, 0xA000), (PAGES + 0x10, 0xB000)):
        memory[pages:pages + 5] = [1, 0x1000, at, 0x100, flags]
    memory[0xA000:0xA000 + len(code)] = code
    memory[0xB000] = 0xFFFFFFFF
    for at, pages, pid, follows, name in ((FIRST, PAGES, 1, SECOND, "cat"),
                                          (SECOND, PAGES + 0x10, 2, 0, "ls")):
        memory[at:at + 3] = [pages, pid, follows]
        memory[at + 3:at + 3 + len(name)] = list(map(ord, name))
    memory[known.own.symbols["global::process::all"]] = FIRST
    return memory


def test_each_space_has_its_own_labels(symbols, memory):
    known, _ = symbols
    assert known.label(0x1002, PAGES, memory) == "inner"
    assert known.label(0x1002, 0, memory) != "inner"
    assert known.places(0x1002, PAGES, memory)[0].file == "cat.qasm"
    assert known.label(0x1002, 0x7000, memory) is None


def test_processes_are_those_of_the_kernel(symbols, memory):
    known, _ = symbols
    assert [(one.pid, one.name, one.space) for one in known.processes(memory)] == [
        (1, "cat", PAGES), (2, "ls", PAGES + 0x10)]


def test_a_process_with_other_code_has_no_symbols(symbols, memory):
    known, _ = symbols
    process = known.process(PAGES + 0x10, memory)
    assert process.info is None and "another build" in process.why
    assert known.label(0x1002, PAGES + 0x10, memory) is None


def test_a_damaged_list_of_processes_ends(symbols, memory):
    known, _ = symbols
    memory[SECOND + 2] = FIRST
    assert len(known.processes(memory)) == 1000


def record(kind, **words):
    made = [0] * RECORD_WORDS
    made[Word.KIND] = kind
    for name, value in words.items():
        made[Word[name]] = value
    return made


def test_the_space_follows_the_records_both_ways():
    window = window_addresses(CONFIG.peripherals)["mmu"]
    call = encode("int", s0=1)
    records = [
        record(Kind.INSN, WROTE=Wrote.MEMORY, ADDRESS=window, DATA=PAGES),
        record(Kind.INSN, INSN=call),   # the kernel returns to a process
        record(Kind.INSN), record(Kind.INSN, INSN=call), record(Kind.INSN),
        record(Kind.INSN, INSN=call), record(Kind.INTERRUPT), record(Kind.INSN),
        record(Kind.INSN, INSN=call), record(Kind.FAULT), record(Kind.INSN),
    ]
    spaces = SpaceOfRecords(CONFIG)
    forwards = [spaces.of(one) for one in records]
    assert forwards == [0, 0, PAGES, PAGES, 0, 0, PAGES, 0, 0, PAGES, 0]
    assert spaces_before(records[:9], PAGES, CONFIG) == forwards[:9]


def test_a_program_is_known_again_anywhere_in_its_code(symbols, memory):
    known, code = symbols
    info = known.process(PAGES, memory).info
    words = {0x1000 + at: int(word) for at, word in enumerate(code)}
    last = max(function.high for function in info.functions) - 1
    assert misfit(info, words.get) == ""
    assert misfit(info, lambda at: words.get(at - 0x500), 0x500) == ""
    assert misfit(info, {**words, last: 0}.get) == ""  # still being loaded
    assert "at 0x1002 there is 0x00000005" in misfit(info, {**words, last: 5}.get)
