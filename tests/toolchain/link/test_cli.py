"""The command line of the linker."""

import io

import pytest
from elftools.elf.elffile import ELFFile

from sim.golden import run_words
from toolchain.link.cli import main
from toolchain.qasm import cli as qasm
from toolchain.qasm.dis import words_from_octets

MAIN = """
@global::_init:
  jmp r0
@global::main:
  constant r1 @answer
  load r1 r1
  mov r2 r0
  mov r0 r1
  jmp r2
"""
DATA = "data @answer 42\n"


@pytest.fixture(autouse=True)
def _in_folder_with_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.qasm").write_text(MAIN)
    (tmp_path / "data.qasm").write_text(DATA)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def test_flat_image_is_the_one_of_the_assembler_and_runs():
    assert main(["main.qasm", "data.qasm", "-o", "a.qbin"]) == 0
    assert qasm.main(["main.qasm", "data.qasm", "-o", "b.qbin"]) == 0
    assert read("a.qbin") == read("b.qbin")
    assert run_words(words_from_octets(read("a.qbin")), compiled=False).r0 == 42


def test_objects_link_to_the_same_executable():
    assert main(["main.qasm", "-o", "main.o"]) == 0
    assert main(["data.qasm", "-o", "data.o"]) == 0
    assert main(["main.o", "data.o", "-o", "a.elf"]) == 0
    again = read("a.elf")
    assert main(["main.qasm", "data.qasm", "-o", "a.elf"]) == 0
    assert read("a.elf") == again
    assert ELFFile(io.BytesIO(again))["e_type"] == "ET_EXEC"


def test_options_reach_the_executable():
    assert main(["-t", "none", "-f", "dyn", "-e", "global::main", "--stack", "0x400",
                 "main.qasm", "data.qasm"]) == 0
    elf = ELFFile(io.BytesIO(read("out.elf")))
    assert (elf["e_type"], elf["e_entry"]) == ("ET_DYN", 4)
    assert elf.get_section_by_name(".note.quince").data()[-8:-4] == b"\x00\x10\x00\x00"


def test_qll_files_are_compiled_together_and_linked_last(tmp_path):
    (tmp_path / "a.qll").write_text(
        "function add(a: byte, b: byte): byte;\n"
        "function main(): byte { return twice(add(2, 3)); }\n")
    (tmp_path / "b.qll").write_text("function twice(n: byte): byte { return n * 2; }\n")
    (tmp_path / "add.qasm").write_text(
        "@global::add:\n  load r1 r63\n  add r2 r63 r62\n  load r2 r2\n  mov r3 r0\n"
        "  add r0 r1 r2\n  jmp r3\n")
    assert main(["a.qll", "add.qasm", "b.qll", "-o", "a.qbin"]) == 0
    assert run_words(words_from_octets(read("a.qbin")), compiled=False).r0 == 10
    assert main(["a.qll", "add.qasm", "b.qll", "-t", "user", "-o", "a.elf"]) == 0
    elf = ELFFile(io.BytesIO(read("a.elf")))
    dwarf = elf.get_dwarf_info()
    files = [entry.name.decode() for unit in dwarf.iter_CUs()
             for entry in dwarf.line_program_for_CU(unit)["file_entry"]]
    assert {"a.qll", "b.qll", "add.qasm", "firmware/lib/user/entry.qasm"} <= set(files)
    [main_symbol] = elf.get_section_by_name(".symtab").get_symbol_by_name("global::main")
    assert main_symbol["st_size"] > 0


def test_mistakes_in_qll_are_reported(tmp_path, capsys):
    (tmp_path / "a.qll").write_text("function main(): byte { return x; }\n")
    assert main(["a.qll", "-o", "a.elf"]) == 1
    assert "a.qll:1:32: error: unknown identifier" in capsys.readouterr().err


def test_mistakes_give_1_and_leave_no_file(tmp_path, capsys):
    (tmp_path / "bad.o").write_bytes(read("main.qasm"))
    assert main(["main.qasm", "bad.o", "missing.qasm", "-o", "a.elf"]) == 1
    assert capsys.readouterr().err == (
        "error: bad.o: not an ELF file\n"
        "error: cannot read missing.qasm: No such file or directory\n")
    assert main(["main.qasm", "-o", "a.elf"]) == 1
    assert "main.qasm:5:15: error: undefined label 'answer'" in capsys.readouterr().err
    assert not (tmp_path / "a.elf").exists()


@pytest.mark.parametrize("line, message", [
    (["-o", "main.qasm", "main.qasm"], "the output main.qasm is also an input"),
    (["-f", "flat", "--base", "0", "main.qasm"], "do not go with flat"),
    (["-f", "dyn", "--base", "0", "main.qasm"], "--base does not go with dyn"),
    (["--align", "0", "main.qasm"], "invalid positive number of words value: '0'"),
    (["--stack", "many", "main.qasm"], "invalid number of words value: 'many'"),
    (["-f", "coff", "main.qasm"], "invalid choice: 'coff'"),
])
def test_wrong_command_line_gives_2(line, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(line)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
