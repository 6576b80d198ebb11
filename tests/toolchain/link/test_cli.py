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
